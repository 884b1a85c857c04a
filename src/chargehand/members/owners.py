"""Who is responsible for a work item, and whether they are told or only named.

The order is the assignee, whoever committed to it last, whoever was assigned before, the owner of
its epic, and the team's default. Who is not known to be somebody's is named and never notified.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chargehand.domain.account import Account, AccountRef
from chargehand.domain.member import Identity, Member

LEAVE_ALONE_AFTER_TOUCH: Final = timedelta(hours=24)
LEAVE_ALONE_AFTER_TAG: Final = timedelta(hours=48)


class OwnerSource(StrEnum):
    """What made somebody the owner, in the order they are asked for."""

    ASSIGNEE = "assignee"
    COMMIT_AUTHOR = "commit_author"
    EARLIER_ASSIGNEE = "earlier_assignee"
    EPIC_OWNER = "epic_owner"
    TEAM_DEFAULT = "team_default"


class Silence(StrEnum):
    """Why an owner is named and not notified."""

    UNKNOWN = "unknown"
    NOT_WANTED = "not_wanted"
    DRAFT = "draft"
    JUST_TOUCHED = "just_touched"
    JUST_TAGGED = "just_tagged"


@dataclass(frozen=True, slots=True)
class Responsible:
    """Everybody who could be responsible for a work item.

    Shape: `commit_authors` and `earlier_assignees` are newest first.
    """

    assignee: Account | None = None
    commit_authors: tuple[Account, ...] = ()
    earlier_assignees: tuple[Account, ...] = ()
    epic_owner: Account | None = None
    team_default: Account | None = None


@dataclass(frozen=True, slots=True)
class Peace:
    """What lets a work item be left alone for a while."""

    is_draft: bool = False
    touched_at: datetime | None = None
    tagged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is responsible.

    Shape: `member` is None for an account that is nobody's; `silence` is None for one who is
    notified, and says why another one is only named.
    """

    account: Account
    source: OwnerSource
    member: Member | None
    silence: Silence | None

    @property
    def is_notified(self) -> bool:
        """Whether the mention may notify."""
        return self.silence is None


WhoIs = Callable[[AccountRef], tuple[Member, Identity] | None]


def resolve_owner(
    responsible: Responsible,
    who_is: WhoIs,
    *,
    wants_notice: Callable[[Member], bool],
    now: datetime,
    peace: Peace = Peace(),
) -> Owner | None:
    """The first of the order who is still there; None when there is nobody.

    Shape: `wants_notice` is False for the muted and the absent. An account that was deactivated,
    or whose member left, is nobody's any more, and the next one is asked for.
    """
    for source, account in _in_order(responsible):
        found = who_is(account.ref)
        if found is None:
            return Owner(account, source, None, Silence.UNKNOWN)
        member, identity = found
        if member.left_at is None and identity.is_active:
            silence = _peace(peace, now)
            if silence is None and not wants_notice(member):
                silence = Silence.NOT_WANTED
            return Owner(account, source, member, silence)
    return None


def _in_order(responsible: Responsible) -> Iterator[tuple[OwnerSource, Account]]:
    single = {
        OwnerSource.ASSIGNEE: responsible.assignee,
        OwnerSource.EPIC_OWNER: responsible.epic_owner,
        OwnerSource.TEAM_DEFAULT: responsible.team_default,
    }
    several = {
        OwnerSource.COMMIT_AUTHOR: responsible.commit_authors,
        OwnerSource.EARLIER_ASSIGNEE: responsible.earlier_assignees,
    }
    for source in OwnerSource:
        one = single.get(source)
        accounts = several.get(source, ()) if one is None else (one,)
        yield from ((source, account) for account in accounts)


def _peace(peace: Peace, now: datetime) -> Silence | None:
    if peace.is_draft:
        return Silence.DRAFT
    if peace.touched_at is not None and now - peace.touched_at < LEAVE_ALONE_AFTER_TOUCH:
        return Silence.JUST_TOUCHED
    if peace.tagged_at is not None and now - peace.tagged_at < LEAVE_ALONE_AFTER_TAG:
        return Silence.JUST_TAGGED
    return None

"""Who and what an action goes back to: whose words caused it, and where they were written."""

from typing import Final

from chargehand.domain.ask import Ask
from chargehand.domain.attention import Person
from chargehand.domain.command import Surface
from chargehand.domain.event import ActorKind, Place
from chargehand.domain.ids import MemberId
from chargehand.domain.member import Identity, Member
from chargehand.domain.policy import Cause, Origin, Trust
from chargehand.pipeline.caller import Caller
from chargehand.storage.transaction import Reading, Writing

MEMBER: Final = "member:"
# The column is as long; an account's id never is.
_LONGEST: Final = 255
# People who read and write from outside: the portal's customers, and nobody knows who.
_OUTSIDERS: Final = frozenset({ActorKind.CUSTOMER, ActorKind.ANONYMOUS})
_DISCUSSED: Final = {"pull": Origin.PULL_REQUEST, "issue": Origin.TICKET, "page": Origin.PAGE}


def cause_of_ask(tx: Reading | Writing, ask: Ask) -> Cause:
    """The cause of what an ask leads to: the asker, by the rights their account carries now."""
    asker = ask.asker
    is_outsider = asker.kind in _OUTSIDERS or (ask.place is not None and ask.place.is_outsider)
    owner = None
    if asker.account_id is not None:
        owner = tx.members.by_account(ask.connection_id, asker.account_id)
    return Cause(
        requester=_requester(owner, ask.connection_id, asker.account_id),
        origin=_origin(ask.place),
        trust=_trust(owner, is_outsider=is_outsider),
    )


def cause_of_caller(caller: Caller) -> Cause:
    """The cause of what a command leads to: whoever said it."""
    if caller.is_operator:
        return cause_of_request(caller.by)
    member, identity = caller.rightful_member, caller.identity
    owner = (member, identity) if member is not None and identity is not None else None
    is_outsider = caller.place is not None and caller.place.is_outsider
    is_ticket = caller.surface is Surface.TICKET and caller.place is None
    return Cause(
        requester=_requester(owner, caller.connection_id, caller.account_id),
        origin=Origin.TICKET if is_ticket else _origin(caller.place),
        trust=_trust(owner, is_outsider=is_outsider),
    )


def cause_of_operator(by: str) -> Cause:
    """The cause of what is done with a key or at the command line, as `cli:anna`."""
    return Cause(requester=by[:_LONGEST], origin=Origin.OPERATOR, trust=Trust.TEAM)


def cause_of_request(by: str) -> Cause:
    """The cause of what is done by the API: a member's own, whatever proved them, or a key's."""
    if by.startswith(MEMBER):
        # A board or a script of theirs; the words that made them do it may stand anywhere.
        return Cause(requester=by[:_LONGEST], origin=Origin.UNKNOWN, trust=Trust.TEAM)
    return cause_of_operator(by)


def cause_of_reminder(tx: Reading | Writing, person: Person) -> Cause:
    """The cause of saying a reminder: whoever set it, and the moment that came."""
    owner = None
    if person.connection_id is not None and person.account_id is not None:
        owner = tx.members.by_account(person.connection_id, person.account_id)
    return Cause(
        requester=_requester(owner, person.connection_id, person.account_id),
        origin=Origin.SCHEDULE,
        trust=_trust(owner, is_outsider=False),
    )


def requesting_member(cause: Cause) -> MemberId | None:
    """The member a cause names; None where it names an account, an operator or nobody."""
    _, is_member, member_id = cause.requester.partition(MEMBER)
    return MemberId(member_id) if is_member and member_id else None


def _requester(
    owner: tuple[Member, Identity] | None, connection_id: str | None, account_id: str | None
) -> str:
    if owner is not None and _has_rights(owner):
        return f"{MEMBER}{owner[0].id}"
    return f"{connection_id}:{account_id}"[:_LONGEST] if account_id is not None else ""


def _trust(owner: tuple[Member, Identity] | None, *, is_outsider: bool) -> Trust:
    if is_outsider:
        return Trust.OUTSIDER
    return Trust.TEAM if owner is not None and _has_rights(owner) else Trust.UNKNOWN


def _has_rights(owner: tuple[Member, Identity]) -> bool:
    member, identity = owner
    return identity.carries_rights and member.left_at is None


def _origin(place: Place | None) -> Origin:
    if place is None:
        return Origin.TICKET
    if not place.is_discussion:
        return Origin.CHAT
    what, _, _ = (place.thread_id or "").partition("/")
    return _DISCUSSED.get(what, Origin.UNKNOWN)

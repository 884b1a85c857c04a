"""What Bitbucket tells of, in one form for Cloud and Data Center, webhooks and answers."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from chargehand.domain.code import CheckState, PullRequestState, ReviewState
from chargehand.domain.event import ActorKind
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

MAX_TEXT_CHARS: Final = 131_072
DESCRIPTION_CHARS: Final = 4_000
MOST_COMMITS: Final = 50
MOST_PEOPLE: Final = 100
_SUMMARY_CHARS: Final = 200
_REF_CHARS: Final = 250
_URL_CHARS: Final = 2_000
_MOST_DIGITS: Final = 18
_HASH: Final = re.compile(r"[0-9a-f]{7,64}")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.~-]{1,128}/[A-Za-z0-9_.-]{1,128}")
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """An account: its id and name, and what stands behind it."""

    id: AccountId
    name: str
    kind: ActorKind = ActorKind.PERSON
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class SeenRepository:
    """A repository; `is_private` is None where the host does not say.

    Shape: `main` is the branch that work ends in, empty where the host tells it elsewhere.
    """

    full_name: str
    is_private: bool | None
    url: str = ""
    main: str = ""


@dataclass(frozen=True, slots=True)
class SeenPullRequest:
    """A pull request as it was at one moment."""

    number: int
    title: str
    url: str
    state: PullRequestState
    is_draft: bool
    source_branch: str
    source_repository: str
    target_branch: str
    head_commit: str
    author: SeenAccount | None
    description: str
    created_at: datetime | None
    updated_at: datetime | None
    reviewers: tuple[tuple[SeenAccount, ReviewState], ...] = ()
    version: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still be merged or declined."""
        return self.state is PullRequestState.OPEN


@dataclass(frozen=True, slots=True)
class SeenComment:
    """A comment on a pull request.

    Shape: `root_id` is the comment its conversation hangs on, None for one that stands alone;
    `line` and `path` say where an inline comment is; `version` is Data Center's.
    """

    id: str
    raw: str
    author: SeenAccount | None
    created_at: datetime | None
    updated_at: datetime | None
    parent_id: str | None = None
    root_id: str | None = None
    path: str | None = None
    line: int | None = None
    url: str = ""
    is_deleted: bool = False
    version: int | None = None


@dataclass(frozen=True, slots=True)
class SeenCommit:
    """One pushed commit."""

    id: str
    message: str
    url: str
    author_name: str
    author_id: str | None


@dataclass(frozen=True, slots=True)
class SeenChange:
    """What a push did to one branch or tag; `before` and `after` are empty for none."""

    ref: str
    ref_kind: str
    name: str
    before: str
    after: str
    is_forced: bool | None
    url: str = ""
    commits: tuple[SeenCommit, ...] = ()
    commits_total: int | None = None

    def as_json(self) -> JSONObject:
        """The part of an event's data that is about the branch or tag."""
        return {
            "ref": self.ref,
            "ref_kind": self.ref_kind,
            "name": self.name,
            "before": self.before or None,
            "after": self.after or None,
            "is_created": not self.before,
            "is_deleted": not self.after,
            "is_forced": self.is_forced,
            "url": self.url or None,
            "commits": [
                {
                    "id": one.id,
                    "message": one.message,
                    "url": one.url or None,
                    "author_name": one.author_name or None,
                    "author_id": one.author_id,
                }
                for one in self.commits[:MOST_COMMITS]
            ],
            "commits_total": self.commits_total,
        }


@dataclass(frozen=True, slots=True)
class SeenCheck:
    """A status somebody reported of a commit."""

    key: str
    name: str
    state: CheckState
    url: str
    commit: str
    branch: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenPage:
    """One page of a list; `next` is where the following one is, None after the last."""

    values: tuple[Fields, ...] = field(default_factory=tuple)
    next: str | None = None


def number_in(fields: Fields, name: str) -> int | None:
    """A whole number that is not negative; None when there is none."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 10**_MOST_DIGITS else None


def flag_in(fields: Fields, name: str) -> bool | None:
    """A yes or no; None when neither is said."""
    value = fields.get(name)
    return value if isinstance(value, bool) else None


def raw_in(fields: Fields, name: str) -> str:
    """A text as it was typed, on as many lines as it has."""
    value = fields.get(name)
    return value[:MAX_TEXT_CHARS] if isinstance(value, str) else ""


def hash_in(fields: Fields, name: str) -> str:
    """The hash of a commit; empty when there is none, or nothing but zeros."""
    value = text_in(fields, name).lower()
    return value if _HASH.fullmatch(value) and value.strip("0") else ""


def repository_name(text: str) -> str:
    """The full name of a repository; empty for what is none."""
    return text if _REPOSITORY.fullmatch(text) else ""


def ref_in(fields: Fields, name: str) -> str:
    """The name of a branch or tag."""
    return text_in(fields, name, _REF_CHARS)


def address_in(fields: Fields, name: str) -> str:
    """A web address; empty for what is none."""
    value = text_in(fields, name, _URL_CHARS)
    return value if value.startswith(("https://", "http://")) else ""


def first_line(text: str) -> str:
    """The first line of a commit's message, bounded."""
    lines = text[: 10 * _SUMMARY_CHARS].strip().splitlines()
    return text_in({"line": lines[0]}, "line", _SUMMARY_CHARS) if lines else ""


def people_in(fields: Fields, name: str) -> tuple[Fields, ...]:
    """The objects of a list, bounded."""
    return tuple(one for one in list_in(fields, name)[:MOST_PEOPLE] if isinstance(one, dict))


def iso_in(fields: Fields, name: str) -> datetime | None:
    """A moment written in ISO 8601 with its offset, in UTC; None when it is none."""
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > 64:  # noqa: PLR2004 - no time is written longer.
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def moment_in(fields: Fields, name: str) -> datetime | None:
    """A moment as milliseconds since 1970, or in ISO 8601 as some releases write it.

    None when it is none.
    """
    value = number_in(fields, name)
    if value is None:
        return iso_in(fields, name)
    try:
        return EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return None


def millis_of(moment: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - EPOCH) // _MILLISECOND


def author_name(fields: Fields) -> str:
    """Who wrote a commit, without the address Git keeps beside the name."""
    return text_in(fields, "raw").partition("<")[0].strip() or text_in(
        fields_in(fields, "user"), "display_name"
    )

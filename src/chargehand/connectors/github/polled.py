"""One look at one repository, and what it found, in the bodies webhooks would have had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

FIRST: Final = "poll a repository"


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened, in the body of a webhook; `key` tells it from every other.

    Shape: `is_only_polled` says that no webhook has to tell of it.
    """

    event: str
    key: str
    at: datetime
    body: bytes
    is_only_polled: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The name of an event, what tells it from every other, and when it was."""

    event: str
    key: str
    at: datetime
    is_only_polled: bool = False


@dataclass(slots=True)
class Round:
    """One look at one repository: what it is, since when, and what was learned.

    Shape: `shown` is what webhooks say of it; `old_etags` and `old_heads` are what the look before
    learned. `etags` is by list, `heads` has those of both lists of checks by commit,
    and by the default branch's name. `tags` are what each tag names, None where nobody knows.
    """

    repository: str
    shown: Mapping[str, Any]
    default_branch: str
    floor: datetime
    origin: datetime
    old_etags: Mapping[str, str]
    old_heads: Mapping[str, Sequence[str]]
    etags: dict[str, str] = field(default_factory=dict)
    heads: dict[str, list[str]] = field(default_factory=dict)
    old_tags: Mapping[str, str] | None = None
    tags: Mapping[str, str] | None = None


def news_of(turn: Round, told: Told, action: str, parts: Mapping[str, object]) -> News:
    """Something that happened as its webhook would tell it; `action` is empty where it has none."""
    # Whoever polls is not told who did it: of comments it is the writer, of the rest nobody.
    said = parts.get("comment") or parts.get("review")
    sender = said.get("user") if isinstance(said, Mapping) else None
    named = {"action": action} if action else {}
    body = {"repository": turn.shown, "sender": sender, **named, **parts}
    encoded = msgspec.json.encode(body)
    return News(told.event, told.key, told.at, encoded, told.is_only_polled)

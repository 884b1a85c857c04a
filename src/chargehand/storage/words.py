"""Digests of the words of an event, by which it is found.

An index of words would keep words of people in pages that are written anew late or never, so it
holds digests in their place. They hide nothing from whoever can read the texts beside them.
Source: docs/decisions/0012-words-are-indexed-as-digests.md
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from chargehand.kit.words import words_in, words_sought

# Beyond this many different words a text is found by the first of them in the alphabet.
_MOST_WORDS: Final = 2000
# The text of a change repeats the title; where the title itself is news, it can be looked for.
_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    "work_item.created": ("title",),
    "work_item.updated": ("title",),
    "sprint.created": ("name", "goal"),
    "sprint.updated": ("name", "goal"),
}
# Two words of a million share a digest of this length once in five hundred installations.
_DIGEST_BYTES: Final = 6
# Most words of a text stood in another one a moment ago.
_WORDS_KEPT: Final = 8192
_KEY_BYTES: Final = 64
_SEPARATOR: Final = " "


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was found so far.

    Shape: `found` holds positions with event ids, newest first; `reached` is the position down to
    which everything was looked at, None when nothing older is left.
    """

    found: tuple[tuple[int, str], ...]
    reached: int | None


def tokens_of_event(
    organization_id: str,
    *,
    kind: str,
    project: str | None,
    work_item: str | None,
    text: str | None,
    data: Mapping[str, Any],
) -> str:
    """What an event can be found by: its words and its scope, as digests with spaces between."""
    told = [text or "", *(str(data.get(name) or "") for name in _TITLES.get(kind, ()))]
    words = sorted(words_in(" ".join(told)))[:_MOST_WORDS]
    scope = scope_tokens(organization_id, kind=kind, project=project, work_item=work_item)
    return _SEPARATOR.join([*scope, *(_token(organization_id, "word", word) for word in words)])


def scope_tokens(
    organization_id: str,
    *,
    kind: str | None = None,
    project: str | None = None,
    work_item: str | None = None,
) -> tuple[str, ...]:
    """What stands beside the words, so that a filter costs no more than a word."""
    named = (("kind", kind), ("project", project), ("work_item", work_item))
    own = _token(organization_id, "organization", organization_id)
    return (own, *(_token(organization_id, name, one) for name, one in named if one is not None))


def sought_tokens(organization_id: str, text: str) -> tuple[str, ...]:
    """What every event holds that has all words of a text; none when the text has no word."""
    return tuple(_token(organization_id, "word", word) for word in sorted(words_sought(text)))


@lru_cache(maxsize=_WORDS_KEPT)
def _token(organization_id: str, kind: str, text: str) -> str:
    told = f"{kind}\x1f{text}".encode("utf-8", "replace")
    key = organization_id.encode()[:_KEY_BYTES]
    return hashlib.blake2b(told, digest_size=_DIGEST_BYTES, key=key).hexdigest()

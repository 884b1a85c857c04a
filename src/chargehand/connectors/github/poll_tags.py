"""Finds pushed tags by asking: GitHub's history of changes is one of branches alone.

One list holds every tag with the object it names, which is what the key of a push is made of, and
while nothing changed it costs nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.polled import FIRST, News, Round, Told, news_of
from chargehand.connectors.github.schemas import commit_in
from chargehand.connectors.github.transport import Call, path_of
from chargehand.kit.tolerant import fields_in, text_in
from chargehand.plugins.errors import (
    PermissionMissing,
    RequestRefused,
    TargetMissing,
    VendorAnswerUnreadable,
)

# They stand in the cursor, whole, because a push is known by both its ends.
MOST_TAGS: Final = 1_000
_TAGS: Final = "refs/tags/"
_NULL_COMMIT: Final = "0" * 40
# A repository without commits refuses; a list larger than anybody reads is unreadable.
_NOT_FOR_US: Final = (PermissionMissing, TargetMissing, RequestRefused, VendorAnswerUnreadable)


@dataclass(frozen=True, slots=True)
class TagPoller:
    """Polls the tags of a repository; raises the errors of plugins/errors.py."""

    api: GitHubAPI

    async def tags(self, turn: Round) -> Sequence[News]:
        """The tags that came, moved or went since the look before; the first look tells nothing.

        Shape: of a repository with more than a thousand tags nothing is told.
        """
        path = path_of("repos", turn.repository, "git", "matching-refs", "tags")
        call = Call("GET", path, FIRST, turn.repository, etag=turn.old_etags.get(path, ""))
        turn.tags = turn.old_tags
        try:
            answer = await self.api.get(call)
        except _NOT_FOR_US:
            return ()
        if not answer.is_new:
            return ()
        turn.etags[path] = answer.etag
        is_whole = isinstance(answer.data, list) and answer.next_url is None
        turn.tags = _tags_in(answer.data) if is_whole else None
        if turn.tags is None or turn.old_tags is None:
            return ()
        return [
            _of_push(turn, tag, turn.old_tags.get(tag, ""), turn.tags.get(tag, ""))
            for tag in sorted({*turn.old_tags, *turn.tags})
            if turn.old_tags.get(tag) != turn.tags.get(tag)
        ]


def _tags_in(listed: Sequence[object]) -> Mapping[str, str] | None:
    """What each tag names; None where they are too many."""
    if len(listed) > MOST_TAGS:
        return None
    found: dict[str, str] = {}
    for one in listed:
        fields = one if isinstance(one, Mapping) else {}
        ref, names = text_in(fields, "ref", 500), commit_in(fields_in(fields, "object"), "sha")
        if ref.startswith(_TAGS) and names:
            found[ref.removeprefix(_TAGS)] = names
    return found


def _of_push(turn: Round, tag: str, before: str, after: str) -> News:
    ref = f"{_TAGS}{tag}"
    parts: dict[str, object] = {
        "ref": ref,
        "before": before or _NULL_COMMIT,
        "after": after or _NULL_COMMIT,
        "created": not before,
        "deleted": not after,
        "forced": bool(before and after),
        "commits": [],
    }
    key = f"{turn.repository}:push:{ref}:{before}:{after}"
    return news_of(turn, Told("push", key, turn.floor, is_only_polled=True), "", parts)

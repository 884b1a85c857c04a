"""What a comment at a code host or in a wiki carries, until its connector describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.decisions.placement import COMMENTS_ON
from chargehand.domain.action import ActionKind
from tools.reference.kinds import Kind


@dataclass(frozen=True, slots=True)
class _Comment:
    markdown: str
    in_reply_to: str | None


@dataclass(frozen=True, slots=True)
class _NoBase:
    pass


KINDS: Final[Mapping[ActionKind, Kind]] = {
    kind: Kind("Comments on what the target names.", _Comment, _NoBase)
    for kind in COMMENTS_ON.values()
}
MEANINGS: Final[Mapping[tuple[type[object], str], str]] = {
    (_Comment, "markdown"): "The words, as Markdown.",
    (_Comment, "in_reply_to"): "The comment that the conversation hangs on; `null` for none.",
}

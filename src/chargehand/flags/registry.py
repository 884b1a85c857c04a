"""The closed list of flags."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Flag(StrEnum):
    """Every switch there is; a new one is a new line here and in `ABOUT`."""

    MODEL_DECISIONS = "model_decisions"


@dataclass(frozen=True, slots=True)
class AboutFlag:
    """What a flag does, and how it stands until somebody sets it."""

    does: str
    is_on_at_first: bool


ABOUT: Final[Mapping[Flag, AboutFlag]] = MappingProxyType(
    {
        Flag.MODEL_DECISIONS: AboutFlag(
            does="Questions that no rule understands may go to a configured model, in projects "
            "that consent to it; off, every answer is by rule.",
            is_on_at_first=True,
        ),
    }
)


def is_on(flag: Flag, was_set: bool | None) -> bool:  # noqa: FBT001 - the value itself.
    """How a flag stands, given what somebody set it to, None when nobody did."""
    return ABOUT[flag].is_on_at_first if was_set is None else was_set

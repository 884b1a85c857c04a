"""The closed list of flags, and how one stands by everything that was set.

A flag is off where any setting whose scope covers the subject says off, however narrow or wide that
scope is; so an exception can never open what somebody closed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from chargehand.domain.switches import FlagSetting, ScopeKind, Subject


class Flag(StrEnum):
    """Every switch there is; a new one is a new line here and in `ABOUT`."""

    AGENTS = "agents"
    MODEL_DECISIONS = "model_decisions"
    SENDING = "sending"
    UNASKED_MESSAGES = "unasked_messages"


@dataclass(frozen=True, slots=True)
class AboutFlag:
    """What a flag does, how it stands until somebody sets it, and in which scopes it can be set."""

    does: str
    is_on_at_first: bool
    scopes: tuple[ScopeKind, ...]


_OF_ASKS: Final = (
    ScopeKind.ORGANIZATION,
    ScopeKind.PROJECT,
    ScopeKind.AGENT,
    ScopeKind.CONNECTOR,
    ScopeKind.COHORT,
)
ABOUT: Final[Mapping[Flag, AboutFlag]] = MappingProxyType(
    {
        Flag.AGENTS: AboutFlag(
            does="Agents decide and propose; off, what is asked is kept and waits, and is late "
            "when it has waited for too long.",
            is_on_at_first=True,
            scopes=_OF_ASKS,
        ),
        Flag.MODEL_DECISIONS: AboutFlag(
            does="Questions that no rule understands may go to a configured model, in projects "
            "that consent to it; off, every answer is by rule.",
            is_on_at_first=True,
            scopes=_OF_ASKS,
        ),
        Flag.SENDING: AboutFlag(
            does="Actions are sent; off, they are decided, shown and approved as ever, and wait.",
            is_on_at_first=True,
            scopes=tuple(ScopeKind),
        ),
        Flag.UNASKED_MESSAGES: AboutFlag(
            does="People are told what they did not just ask for: news they subscribed to, and "
            "events announced in a channel; off, it is not told, later either.",
            is_on_at_first=True,
            scopes=_OF_ASKS,
        ),
    }
)


def is_on(
    flag: Flag,
    settings: Iterable[FlagSetting],
    subject: Subject,
    *,
    now: datetime,
    off_by_settings: Collection[str] = (),
) -> bool:
    """How a flag stands for a subject.

    Shape: `off_by_settings` are the flags that the configuration turns off for good.
    """
    if flag.value in off_by_settings:
        return False
    found = [
        one.is_on
        for one in settings
        if one.flag == flag.value and one.scope.covers(subject) and one.holds(now)
    ]
    return all(found) if found else ABOUT[flag].is_on_at_first

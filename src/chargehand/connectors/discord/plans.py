"""Writes that were prepared and not yet sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from chargehand.connectors.discord.transport import Call
from chargehand.domain.action import Done

# How far Discord's clock and ours may differ before a look-up would miss a message of ours.
CLOCK_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests that perform an action, in order; `finish` reads Discord's consent to them.

    Shape: `sent` are the answers that an earlier attempt got already, by the messages it left;
    `is_resumable` when another attempt finds what this one left, and sends only the rest.
    """

    calls: tuple[Call, ...]
    finish: Callable[[Sequence[bytes]], Done]
    sent: tuple[bytes, ...] = field(default=())
    is_resumable: bool = True

"""A write that was prepared and not yet sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from chargehand.connectors.jira.transport import Call
from chargehand.domain.action import Done, Faulty

# How far Jira's clock and ours may differ before a look-up would miss a comment of ours.
CLOCK_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Plan:
    """The one request that performs an action; `finish` reads Jira's consent to it."""

    call: Call
    finish: Callable[[bytes], Awaitable[Done | Faulty]]

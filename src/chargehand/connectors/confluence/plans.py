"""A write that was prepared and not yet sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chargehand.connectors.confluence.transport import Call
from chargehand.domain.action import Done

# How far Confluence's clock and ours may differ before a look-up would miss what is ours.
CLOCK_MARGIN: Final = timedelta(minutes=5)
BASE_CHANGED: Final = "base_changed"
QUESTION_DELETED: Final = "question_deleted"


@dataclass(frozen=True, slots=True)
class Plan:
    """The one request that performs an action; `finish` reads Confluence's consent to it."""

    call: Call
    finish: Callable[[bytes], Awaitable[Done]]

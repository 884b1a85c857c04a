"""What the doors of the fake share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chargehand.testing.discord.gateway import Gateway
from chargehand.testing.discord.limits import Limits
from chargehand.testing.discord.state import State
from chargehand.testing.jira.failures import FailureQueue
from chargehand.testing.jira.received import RequestLog


@dataclass(frozen=True, slots=True)
class Parts:
    """The server's state, its limits, the failures to come, and the record of requests."""

    state: State
    limits: Limits
    failures: FailureQueue
    log: RequestLog
    sleep: Callable[[float], Awaitable[None]]
    gateway: Gateway

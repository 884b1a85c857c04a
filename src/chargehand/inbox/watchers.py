"""Those who watch the inbox: the log, and the worker that waits for work."""

from collections.abc import Callable, Sequence

import structlog

from chargehand.inbox.errors import InboxUnavailable
from chargehand.inbox.nudge import Nudge
from chargehand.inbox.ports import StoreOutcome, StoreStatus

_log = structlog.get_logger(__name__)


class InboxLog:
    """One line when the store goes, one when it returns, one when the writer dies."""

    def committed(self, outcomes: Sequence[StoreOutcome], *, took_s: float) -> None:
        """Commits are counted by the metrics, not logged."""

    def went_away(self, error: InboxUnavailable) -> None:
        """The store stopped taking deliveries."""
        _log.warning("inbox.store_lost", code=error.code, reason=error.reason)

    def came_back(self) -> None:
        """The store takes deliveries again."""
        _log.info("inbox.store_returned")

    def died(self, error: BaseException) -> None:
        """The writer met what it does not know."""
        _log.error("inbox.writer_died", exc_info=error)


class WorkerNudge:
    """Wakes the worker when something new is durable."""

    def __init__(self, nudge: Nudge) -> None:
        self._nudge = nudge

    def committed(self, outcomes: Sequence[StoreOutcome], *, took_s: float) -> None:
        """Wake the worker, once for a whole batch."""
        del took_s
        if any(outcome.status is StoreStatus.STORED for outcome in outcomes):
            self._nudge.send()

    def went_away(self, error: InboxUnavailable) -> None:
        """Nothing new to look at."""

    def came_back(self) -> None:
        """Nothing new to look at."""

    def died(self, error: BaseException) -> None:
        """Nothing new to look at."""


class DeathBell:
    """Calls `on_dead` when the writer died, so that the process ends and is started anew."""

    def __init__(self, on_dead: Callable[[BaseException], None]) -> None:
        self._on_dead = on_dead

    def committed(self, outcomes: Sequence[StoreOutcome], *, took_s: float) -> None:
        """Alive."""

    def went_away(self, error: InboxUnavailable) -> None:
        """Alive, and trying again."""

    def came_back(self) -> None:
        """Alive."""

    def died(self, error: BaseException) -> None:
        """End the process, in the way the caller chose."""
        self._on_dead(error)

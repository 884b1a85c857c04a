"""How failed rounds of the worker are told: a mistake each time, what is away once."""

from chargehand.domain.errors import Retryable
from chargehand.logs.log import get_logger

_log = get_logger()


class RoundLog:
    """What the log says of the rounds of every loop of one worker.

    A database that is away for an hour fails thousands of rounds; one line when it goes and one
    when it is back say as much, and leave room on the disk.
    """

    def __init__(self) -> None:
        self._away: dict[str, str] = {}

    def failed(self, loop: str, error: Exception) -> None:
        """Tell of a round that failed, unless the same was told of the round before."""
        if not isinstance(error, Retryable):
            _log.error("worker.round_failed", loop=loop, exc_info=error)
            return
        if self._away.get(loop) == error.code:
            return
        self._away[loop] = error.code
        reason = str(error.fields.get("reason", ""))
        _log.warning(
            "worker.round_postponed", loop=loop, code=error.code, detail=str(error), reason=reason
        )

    def worked(self, loop: str) -> None:
        """Tell that what was away is back, if it was."""
        if self._away.pop(loop, None) is not None:
            _log.warning("worker.round_works_again", loop=loop)

"""How often the library looks for work of kinds that nothing here starts.

Once a second it looks for delays and deadlines that ended, and once a second for tasks in its own
queue, where only tasks of a dead process are put. On a small machine that was more than half of
what an idle worker cost. The library has no setting for either, so two of its private names are
set, and nothing else of it: see docs/decisions/0015-the-library-looks-less-often.md
"""

from typing import Any

from dbos import _dbos as library
from dbos import _workflow_commands as background
from dbos._queue import Queue

_DELAYS_AND_DEADLINES_S = 30.0
_OWN_QUEUE_S = 3.0


def look_less_often() -> None:
    """Set the library's pace for this process; before it is launched.

    Raises: AttributeError when the library no longer has what is set here.
    """
    _set(background, "_BACKGROUND_JOBS_INTERVAL_SEC", _DELAYS_AND_DEADLINES_S)
    queue: Queue = library._get_or_create_dbos_registry().get_internal_queue()  # noqa: SLF001
    _set(queue, "_polling_interval_sec", _OWN_QUEUE_S)


def _set(owner: Any, name: str, seconds: float) -> None:
    # Setting what is not there would change nothing and say nothing.
    if not hasattr(owner, name):
        raise AttributeError(name=name, obj=owner)
    setattr(owner, name, seconds)

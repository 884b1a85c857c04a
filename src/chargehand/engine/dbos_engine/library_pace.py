"""How often the library looks for work of kinds that nothing here starts.

Once a second it looks for delays and deadlines that ended, once a second for tasks in its own
queue, where only tasks of a dead process are put, and once a second whether the database names
further queues, which nothing here makes. On a small machine that was more than half of what an
idle worker cost. The library has no setting for any of it, so three of its private names are set,
and nothing else of it: see docs/decisions/0015-the-library-looks-less-often.md
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from dbos import DBOS
from dbos import _dbos as library
from dbos import _workflow_commands as background
from dbos._queue import Queue

_DELAYS_AND_DEADLINES_S = 30.0
_OWN_QUEUE_S = 3.0
_QUEUES_S: Final = 60.0


def look_less_often() -> None:
    """Set the library's pace for this process; before it is launched.

    Raises: AttributeError when the library no longer has what is set here.
    """
    _set(background, "_BACKGROUND_JOBS_INTERVAL_SEC", _DELAYS_AND_DEADLINES_S)
    queue: Queue = library._get_or_create_dbos_registry().get_internal_queue()  # noqa: SLF001
    _set(queue, "_polling_interval_sec", _OWN_QUEUE_S)


def list_queues_less_often(launched: DBOS) -> None:
    """Have the library ask for the queues of the database once a minute; after its launch.

    Raises: AttributeError when the library no longer has what is set here.
    """
    system_database = launched._sys_db  # noqa: SLF001
    _set(system_database, "list_queues", _remembering(system_database.list_queues, _QUEUES_S))


def _remembering(ask: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """Ask again after that many seconds; whoever asks with other words is not answered from memory.

    A failure is remembered by nobody.
    """
    answers: dict[str, tuple[float, Any]] = {}

    def answer(**words: Any) -> Any:
        now_s, asked = monotonic(), repr(sorted(words.items()))
        known = answers.get(asked)
        if known is None or known[0] <= now_s:
            known = answers[asked] = (now_s + seconds, ask(**words))
        return known[1]

    return answer


def _set(owner: Any, name: str, value: Any) -> None:
    # Setting what is not there would change nothing and say nothing.
    if not hasattr(owner, name):
        raise AttributeError(name=name, obj=owner)
    setattr(owner, name, value)

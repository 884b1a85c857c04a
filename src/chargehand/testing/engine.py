"""A task engine without durability, for tests that only need tasks to run."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from chargehand.domain.json import JSONValue
from chargehand.engine.port import Task, TaskBody, TaskState


class _Steps:
    async def step(self, name: str, work: Callable[[], Awaitable[JSONValue]]) -> JSONValue:
        _ = name
        return await work()


class InlineEngine:
    """Runs a task to its end inside `start`; keeps `chargehand.engine.port.TaskEngine`.

    What a body raises is raised by `start`, so that a test sees it.
    """

    def __init__(self) -> None:
        self._bodies: Mapping[str, TaskBody] = {}
        self.outcomes: dict[str, JSONValue] = {}

    def register(self, bodies: Mapping[str, TaskBody]) -> None:
        """Name the task bodies."""
        self._bodies = bodies

    async def launch(self) -> None:
        """Begin work; there is nothing to resume."""

    async def start(self, task: Task) -> bool:
        """Run a task; False when its id was run before."""
        if task.id in self.outcomes:
            return False
        self.outcomes[task.id] = None
        self.outcomes[task.id] = await self._bodies[task.kind](_Steps(), task.arguments)
        return True

    async def state_of(self, task_id: str) -> TaskState | None:
        """Done once it was run; None before."""
        if task_id not in self.outcomes:
            return None
        return TaskState(id=task_id, status="done", recovery_attempts=0)

    def running_count(self) -> int:
        """Nothing runs between two calls."""
        return 0

    async def executors_at_work(self) -> frozenset[str]:
        """Nobody: nothing is ever unfinished."""
        return frozenset()

    async def take_over(self, executor_ids: Collection[str]) -> int:
        """Nothing was left."""
        _ = executor_ids
        return 0

    async def take_up_stranded(self) -> int:
        """Nothing is stranded."""
        return 0

    async def drain(self, timeout_s: float) -> bool:
        """Nothing is ever left over."""
        _ = timeout_s
        return True

    async def close(self) -> None:
        """Nothing to let go of."""

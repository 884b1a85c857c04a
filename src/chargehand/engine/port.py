"""What the house asks of a durable engine; another one could stand behind it."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from chargehand.domain.json import JSONObject, JSONValue

# A task that was cut off and taken up again this often is not taken up once more.
MOST_TAKEOVERS: Final = 5


@dataclass(frozen=True, slots=True)
class Task:
    """One durable unit of work.

    Shape: `id` is derived from the row that asked for it, so starting twice runs once; `kind`
    names a registered body; `arguments` are ids and small named values, nothing personal.
    """

    id: str
    kind: str
    arguments: JSONObject


class StepRunner(Protocol):
    """Hands a task body its checkpoints."""

    async def step(self, name: str, work: Callable[[], Awaitable[JSONValue]]) -> JSONValue:
        """Run `work` and keep its value; after a crash a kept value is returned, not made again.

        Shape: the value is JSON, small, and holds ids and closed words only.
        """
        ...


TaskBody: TypeAlias = Callable[[StepRunner, JSONObject], Awaitable[JSONValue]]


@dataclass(frozen=True, slots=True)
class TaskState:
    """How the engine sees a task: pending, done, failed or cancelled."""

    id: str
    status: str
    recovery_attempts: int


class TaskEngine(Protocol):
    """Starts tasks, keeps their checkpoints, and takes up after a crash what was under way."""

    def register(self, bodies: Mapping[str, TaskBody]) -> None:
        """Name the task bodies; before `launch`, once."""
        ...

    async def launch(self) -> None:
        """Begin work, first resuming what an earlier process left."""
        ...

    async def start(self, task: Task) -> bool:
        """Start a task in this process; False when its id was started before."""
        ...

    async def state_of(self, task_id: str) -> TaskState | None:
        """How a task stands; None when its id was never started."""
        ...

    def running_count(self) -> int:
        """How many tasks this process is working on."""
        ...

    async def executors_at_work(self) -> frozenset[str]:
        """The executors under whose name tasks are unfinished, this one's among them."""
        ...

    async def take_over(self, executor_ids: Collection[str]) -> int:
        """Let any executor go on with what others left; how many tasks.

        Whoever had them is fenced: none of its steps is recorded any more.
        """
        ...

    async def take_up_stranded(self) -> int:
        """Go on with what stands under this executor and is not worked on; how many tasks.

        Only what two calls in a row found is stranded: a task that just began looks the same.
        """
        ...

    async def drain(self, timeout_s: float) -> bool:
        """Take nothing new and wait; False when work was left for the next start."""
        ...

    async def close(self) -> None:
        """Let go of everything; safe to call twice."""
        ...

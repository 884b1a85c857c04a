"""Durable tasks in this process, on SQLite or PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, ClassVar

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowStatus
from dbos import error as dbos_error
from sqlalchemy import Engine

from chargehand.domain.json import JSONObject, JSONValue
from chargehand.engine.dbos_engine.library_log import library_log
from chargehand.engine.dbos_engine.library_pace import (
    list_queues_less_often,
    look_less_often,
)
from chargehand.engine.dbos_engine.recoveries import (
    SUSPECT_PAUSE_S,
    Recoveries,
    detached,
    recoveries_in,
)
from chargehand.engine.dbos_engine.serializer import JSONSerializer, object_to_json, to_json
from chargehand.engine.dbos_engine.system_database import require_durable
from chargehand.engine.errors import (
    EngineInUse,
    EngineNotLaunched,
    EngineStopping,
    TaskFailed,
    UnknownTaskKind,
)
from chargehand.engine.port import MOST_TAKEOVERS, Task, TaskBody, TaskState

TASK_FAILED = "engine.task_failed"
TASK_GIVEN_UP = "engine.task_given_up"
TASKS_ABANDONED = "engine.tasks_abandoned"
TASKS_STRANDED = "engine.tasks_stranded"

_Workflow = Callable[[str, JSONObject], Coroutine[Any, Any, JSONValue]]

_NAME = "chargehand"
_WORKFLOW = "task"
# Checkpoints are single-row writes of a millisecond or less; more threads would only queue for
# the database's write lock.
_THREADS = 8
# Nothing here waits for the library's notifications or uses its schedules. The first interval is
# also how long `close` may wait for a thread, so it is short; the loop behind it does no I/O.
_NOTIFICATION_POLL_S = 0.2
_SCHEDULE_POLL_S = 3600.0
_CANCEL_TIMEOUT_S = 10.0
_HANDED_OUT_AT_ONCE = 100

_UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]
_STATUSES = {
    **dict.fromkeys(_UNFINISHED, "pending"),
    "SUCCESS": "done",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class _Steps:
    """The checkpoints of the task whose body it is handed to."""

    async def step(self, name: str, work: Callable[[], Awaitable[JSONValue]]) -> JSONValue:
        """Run `work` and keep its value; after a crash a kept value is returned, not made again."""

        async def attempt() -> JSONValue:
            return to_json(await work(), where=f"the value of step {name}")

        return await DBOS.run_step_async({"name": name, "retries_allowed": False}, attempt)


class DBOSEngine:
    """A task engine on DBOS Transact; keeps `chargehand.engine.port.TaskEngine`.

    Shape: `engine` is configured for the library (see `system_database`) and stays the caller's,
    to be disposed after `close`. `executor_id` is stable across restarts and held by one process;
    `application_version` changes only when running tasks could not go on with the new bodies.
    Tasks beyond `max_running` wait for a turn, oldest first, and count as running.
    Source: docs/decisions/0001-durable-engine-dbos-behind-a-port.md
    """

    # The library is one per process; a second engine would silently share the first one's.
    _in_process: ClassVar["DBOSEngine | None"] = None

    def __init__(
        self,
        *,
        engine: Engine,
        executor_id: str,
        application_version: str,
        max_recovery_attempts: int = MOST_TAKEOVERS,
        max_running: int = 16,
        suspect_pause_s: float = SUSPECT_PAUSE_S,
    ) -> None:
        self._engine = engine
        self._executor_id = executor_id
        self._application_version = application_version
        self._bodies: dict[str, TaskBody] = {}
        self._workflow: _Workflow | None = None
        self._recoveries = Recoveries(max_recovery_attempts, pause_s=suspect_pause_s)
        self._slots = asyncio.Semaphore(max_running)
        # None until the task has begun to run; gone when its outcome is recorded.
        self._active: dict[str, asyncio.Task[object] | None] = {}
        self._maybe_stranded: frozenset[str] = frozenset()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_stopping = False
        self._is_closed = False
        self._undo = ExitStack()

    def register(self, bodies: Mapping[str, TaskBody]) -> None:
        """Name the task bodies; before `launch`, once.

        Raises: EngineInUse.
        """
        if self._bodies or self._workflow is not None or self._is_closed:
            raise EngineInUse(what="The task bodies were registered before")
        self._bodies = dict(bodies)

    async def launch(self) -> None:
        """Begin work, first resuming what an earlier process of this executor left.

        The loop stands still while the library creates or migrates its tables.
        Raises: EngineInUse, EngineMisconfigured.
        """
        if self._workflow is not None or self._is_closed:
            raise EngineInUse(what="This engine was launched before")
        if DBOSEngine._in_process is not None:
            raise EngineInUse(what="Another engine is running in this process")
        require_durable(self._engine)
        with ExitStack() as undo:
            DBOSEngine._in_process = self
            undo.callback(self._leave_process)
            undo.enter_context(library_log(_log, is_stopping=lambda: self._is_stopping))
            undo.callback(DBOS.destroy, destroy_registry=True)
            workflow = self._define_workflow()
            library = DBOS(config=self._config())
            look_less_often()
            # In the loop's own thread, so that the library runs resumed tasks on this loop.
            DBOS.launch()
            list_queues_less_often(library)
            self._undo = undo.pop_all()
            self._workflow = workflow

    async def start(self, task: Task) -> bool:
        """Start a task in this process; False when its id was started before.

        Raises: EngineNotLaunched, EngineStopping, UnknownTaskKind, ValueNotJSON.
        """
        workflow = self._launched()
        if self._is_stopping:
            raise EngineStopping(task_id=task.id)
        self._body_of(task.kind)
        arguments = object_to_json(task.arguments, where=f"the arguments of task {task.id}")
        if task.id in self._active:
            return False
        self._active[task.id] = None
        self._idle.clear()
        # Shielded: a caller that gives up between the row and the run would strand the row.
        return await asyncio.shield(detached(self._start(workflow, task, arguments)))

    async def state_of(self, task_id: str) -> TaskState | None:
        """How a task stands; None when its id was never started.

        Shape: `recovery_attempts` counts the runs that began because an earlier one was cut off
        by a crash; those cut off by `close` do not count.
        Raises: EngineNotLaunched.
        """
        self._launched()
        status = await detached(DBOS.get_workflow_status_async(task_id))
        if status is None:
            return None
        return TaskState(
            id=task_id,
            status=_STATUSES[status.status],
            recovery_attempts=max(0, recoveries_in(status.attributes)),
        )

    def running_count(self) -> int:
        """How many tasks this process is working on, those waiting for a turn included."""
        return len(self._active)

    async def executors_at_work(self) -> frozenset[str]:
        """The executors under whose name tasks are unfinished, this one's among them.

        Raises: EngineNotLaunched.
        """
        return frozenset(one.executor_id for one in await self._begun() if one.executor_id)

    async def take_over(self, executor_ids: Collection[str]) -> int:
        """Let any executor go on with what others left; how many tasks.

        Raises: EngineNotLaunched.
        """
        left = [one.workflow_id for one in await self._begun(executor_ids)]
        await self._hand_out(left)
        return len(left)

    async def take_up_stranded(self) -> int:
        """Go on with what stands under this executor and is not worked on; how many tasks.

        Raises: EngineNotLaunched.
        """
        mine = {one.workflow_id for one in await self._begun([self._executor_id])}
        idle = frozenset(mine - self._active.keys())
        stranded, self._maybe_stranded = idle & self._maybe_stranded, idle
        await self._hand_out(sorted(stranded))
        if stranded:
            _log.warning(TASKS_STRANDED, task_ids=sorted(stranded))
        return len(stranded)

    async def _begun(self, executor_ids: Collection[str] | None = None) -> "list[WorkflowStatus]":
        self._launched()
        return await detached(
            DBOS.list_workflows_async(
                status="PENDING",
                executor_id=sorted(executor_ids) if executor_ids is not None else None,
                app_version=self._application_version,
                load_input=False,
                load_output=False,
            )
        )

    async def _hand_out(self, task_ids: Sequence[str]) -> None:
        """Back into the library's own queue, from which one executor takes each."""
        for first in range(0, len(task_ids), _HANDED_OUT_AT_ONCE):
            some = list(task_ids[first : first + _HANDED_OUT_AT_ONCE])
            await detached(DBOS.resume_workflows_async(some))

    async def drain(self, timeout_s: float) -> bool:
        """Take nothing new and wait; False when work was left for the next start.

        Tasks that wait for a turn are left; those that run may end within `timeout_s` seconds.
        """
        self._is_stopping = True
        if self._workflow is None or self._is_closed:
            return True
        if not await self._wait_until_idle(timeout_s):
            return False
        unfinished = await detached(
            DBOS.list_workflows_async(
                status=_UNFINISHED,
                executor_id=self._executor_id,
                app_version=self._application_version,
                limit=1,
                load_input=False,
                load_output=False,
            )
        )
        return not unfinished

    async def close(self) -> None:
        """Cancel what still runs, for the next start to take up; safe to call twice."""
        if self._is_closed:
            return
        self._is_stopping = True
        self._is_closed = True
        for task in list(self._active.values()):
            if task is not None:
                task.cancel()
        if not await self._wait_until_idle(_CANCEL_TIMEOUT_S):
            _log.error(TASKS_ABANDONED, task_ids=sorted(self._active))
        loop = asyncio.get_running_loop()
        # On a thread of its own: the library's threads may be waiting for this loop, and its own
        # executor is among what it shuts down.
        with ThreadPoolExecutor(1) as thread:
            await loop.run_in_executor(thread, self._undo.close)
        if self._workflow is not None:
            # The library made its executor the loop's default one, and has now shut it down.
            loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))

    def _config(self) -> DBOSConfig:
        return {
            "name": _NAME,
            "system_database_engine": self._engine,
            "executor_id": self._executor_id,
            "application_version": self._application_version,
            "serializer": JSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
            "max_executor_threads": _THREADS,
            # With LISTEN/NOTIFY a thread would wake a hundred times a second for nothing.
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": _NOTIFICATION_POLL_S,
            "scheduler_polling_interval_sec": _SCHEDULE_POLL_S,
        }

    def _define_workflow(self) -> _Workflow:
        # No limit of the library's own: see `recoveries`.
        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)
        async def task(kind: str, arguments: JSONObject) -> JSONValue:
            return await self._take_turn(DBOS.workflow_id or "", kind, arguments)

        return task

    async def _take_turn(self, task_id: str, kind: str, arguments: JSONObject) -> JSONValue:
        is_recovered = task_id not in self._active
        self._adopt(task_id)
        recoveries = await self._recoveries.next_of(task_id) if is_recovered else 0
        if self._recoveries.are_too_many(recoveries):
            _log.error(TASK_GIVEN_UP, task_id=task_id, kind=kind, recoveries=recoveries - 1)
            raise TaskFailed(task_id=task_id, kind=kind, error="too many recoveries")
        async with self._recoveries.apart(recoveries), self._slots:
            if self._is_stopping:
                # Ends the run without an outcome, so the next start takes the task up.
                raise asyncio.CancelledError
            await self._recoveries.note_begun(task_id, recoveries)
            try:
                return await self._run_body(task_id, kind, arguments)
            except asyncio.CancelledError:
                await self._recoveries.note_stopped(task_id, recoveries)
                raise

    def _launched(self) -> _Workflow:
        if self._workflow is None or self._is_closed:
            raise EngineNotLaunched
        return self._workflow

    async def _start(self, workflow: _Workflow, task: Task, arguments: JSONObject) -> bool:
        with ExitStack() as undo:
            undo.callback(self._forget, task.id, None)
            try:
                with SetWorkflowID(task.id, workflow_id_reuse_policy="reject"):
                    await DBOS.start_workflow_async(workflow, task.kind, arguments)
            except dbos_error.DBOSWorkflowIDInUseError:
                return False
            undo.pop_all()
        return True

    async def _run_body(self, task_id: str, kind: str, arguments: JSONObject) -> JSONValue:
        try:
            result = await self._body_of(kind)(_Steps(), arguments)
            return to_json(result, where=f"the result of task {task_id}")
        except asyncio.CancelledError as error:
            if self._is_stopping:
                raise
            # Nobody here asked for it; left so, the task would wait for a restart.
            cause: BaseException = error
        except Exception as error:  # noqa: BLE001 -- the worker loop's edge: one task's bug must not end the others.
            cause = error
        _log.error(
            TASK_FAILED, task_id=task_id, kind=kind, error=type(cause).__name__, exc_info=cause
        )
        raise TaskFailed(task_id=task_id, kind=kind, error=type(cause).__name__)

    def _body_of(self, kind: str) -> TaskBody:
        body = self._bodies.get(kind)
        if body is None:
            raise UnknownTaskKind(kind=kind, known=", ".join(sorted(self._bodies)) or "none")
        return body

    def _adopt(self, task_id: str) -> None:
        running = asyncio.current_task()
        if running is None:
            raise EngineNotLaunched
        self._active[task_id] = running
        self._idle.clear()
        # When the library's own task ends the outcome is recorded, which is after the body ends.
        running.add_done_callback(lambda ended: self._forget(task_id, ended))

    def _forget(self, task_id: str, holder: "asyncio.Task[object] | None") -> None:
        # A later run of the same id is not forgotten on an earlier one's behalf.
        if self._active.get(task_id) is holder:
            self._active.pop(task_id, None)
        if not self._active:
            self._idle.set()

    async def _wait_until_idle(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    @staticmethod
    def _leave_process() -> None:
        DBOSEngine._in_process = None

"""Errors every durable engine raises, whichever stands behind the port.

Retryable
└── EngineStopping      the process is going down; the row that asked is taken up by the next start
Rejected
└── EngineNotDrained    tasks are unfinished that something else has to wait for
Fault
├── EngineNotLaunched   `launch` was not called, or `close` was
├── EngineInUse         registered or launched twice, or a second engine in one process
├── EngineMisconfigured the database handed in would lose or block work
├── UnknownTaskKind     no body is registered under this name
├── ValueNotJSON        a value that could not be read back after a crash
└── TaskFailed          a task body raised; the mark the engine keeps of it
"""

from chargehand.domain.errors import Fault, Rejected, Retryable


class EngineStopping(Retryable):
    """Nothing new is taken; the caller's row stays open for the next start."""

    code = "engine_stopping"
    template = "The engine is stopping; task {task_id} was not started."


class EngineNotDrained(Rejected):
    """Tasks are unfinished."""

    code = "engine_not_drained"
    template = (
        "{tasks} task(s) are unfinished. Start the service, wait until `chargehand status` shows "
        "nothing under way, stop it, and try again."
    )


class EngineNotLaunched(Fault):
    """The engine is asked for work it can not do now."""

    code = "engine_not_launched"
    template = "The engine is not running: call launch first, and nothing after close."


class EngineInUse(Fault):
    """A step of the engine's life was taken twice."""

    code = "engine_in_use"
    template = "{what}; one engine lives once, and one at a time in a process."


class EngineMisconfigured(Fault):
    """The database engine handed in lacks a setting that durability rests on."""

    code = "engine_misconfigured"
    template = "The engine's SQLite connection has {setting}={found}; it must be {wanted}."


class UnknownTaskKind(Fault):
    """A task names a body nobody registered."""

    code = "unknown_task_kind"
    template = "No task body is registered as {kind!r}; registered are: {known}."


class ValueNotJSON(Fault):
    """A value handed to the engine would not survive a crash unchanged."""

    code = "value_not_json"
    template = (
        "{where} is not JSON at {path}: found {found}; allowed are mappings with text keys, "
        "sequences, text, whole numbers, finite numbers, true, false and null."
    )


class TaskFailed(Fault):
    """A task body raised; what it raised is in the log, under the task's id."""

    code = "task_failed"
    template = "Task {task_id} of kind {kind} failed with {error}."

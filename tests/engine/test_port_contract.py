"""What any engine behind the port must keep; nothing here knows which one it is."""

import asyncio
import math
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
import structlog

from chargehand.domain.json import JSONObject, JSONValue
from chargehand.engine.errors import (
    EngineInUse,
    EngineNotLaunched,
    EngineStopping,
    UnknownTaskKind,
    ValueNotJSON,
)
from chargehand.engine.port import StepRunner, Task, TaskBody
from tests.engine.conftest import Place
from tests.engine.engines import until, until_ended

pytestmark = pytest.mark.anyio


class Colour(StrEnum):
    RED = "red"


def body_of_one_step(value: Any, seen: list[Any] | None = None) -> TaskBody:
    async def make() -> JSONValue:
        return value

    async def body(steps: StepRunner, _: JSONObject) -> JSONValue:
        result = await steps.step("make", make)
        if seen is not None:
            seen.append(result)
        return None

    return body


class Gated:
    """A body that reports where it is and waits there until it may go on."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.begun: list[JSONValue] = []
        self.first_steps: list[JSONValue] = []
        self.values: list[JSONValue] = []
        self.inside = 0
        self.most_inside = 0

    async def body(self, steps: StepRunner, arguments: JSONObject) -> JSONValue:
        async def first() -> JSONValue:
            self.first_steps.append(arguments["n"])
            return {"n": arguments["n"], "made": len(self.first_steps)}

        async def second() -> JSONValue:
            self.begun.append(arguments["n"])
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
            await self.gate.wait()
            self.inside -= 1
            return "through"

        self.values.append(await steps.step("first", first))
        return await steps.step("second", second)


async def test_task_runs_once_when_started_twice(place: Place) -> None:
    seen: list[Any] = []
    engine = await place.launch({"k": body_of_one_step("made", seen)})

    first = await engine.start(Task("t", "k", {}))
    await until_ended(engine, "t")
    second = await engine.start(Task("t", "k", {}))

    assert (first, second, seen) == (True, False, ["made"])


async def test_task_runs_once_when_started_many_times_at_the_same_moment(place: Place) -> None:
    seen: list[Any] = []
    engine = await place.launch({"k": body_of_one_step("made", seen)})

    answers = await asyncio.gather(*(engine.start(Task("t", "k", {})) for _ in range(8)))
    await until_ended(engine, "t")

    assert sorted(answers) == [False] * 7 + [True]
    assert seen == ["made"]


async def test_id_started_by_an_earlier_engine_is_not_started_again(place: Place) -> None:
    seen: list[Any] = []
    bodies = {"k": body_of_one_step("made", seen)}
    earlier = await place.launch(bodies)
    await earlier.start(Task("t", "k", {}))
    await until_ended(earlier, "t")
    await earlier.close()

    later = await place.launch(bodies)

    assert await later.start(Task("t", "k", {})) is False
    assert seen == ["made"]


async def test_state_tells_unknown_pending_and_done(place: Place) -> None:
    gated = Gated()
    engine = await place.launch({"k": gated.body})
    unknown = await engine.state_of("t")
    await engine.start(Task("t", "k", {"n": 1}))
    pending = await engine.state_of("t")
    gated.gate.set()

    ended = await until_ended(engine, "t")

    assert unknown is None
    assert pending is not None
    assert (pending.id, pending.status, pending.recovery_attempts) == ("t", "pending", 0)
    assert ended == ["done"]


async def test_checkpointed_step_is_not_run_again_by_the_next_engine(place: Place) -> None:
    gated = Gated()
    engine = await place.launch({"k": gated.body})
    await engine.start(Task("t", "k", {"n": 1}))
    await until(lambda: gated.begun == [1])
    await engine.close()
    gated.gate.set()

    later = await place.launch({"k": gated.body})
    ended = await until_ended(later, "t")

    assert ended == ["done"]
    assert gated.first_steps == [1], "the first step was checkpointed and ran again"
    assert gated.begun == [1, 1], "the second step was cut off and had to run again"
    assert gated.values == [{"n": 1, "made": 1}] * 2


async def test_stop_on_purpose_is_no_recovery_attempt(place: Place) -> None:
    gated = Gated()
    for _ in range(3):
        engine = await place.launch({"k": gated.body}, max_recovery_attempts=1)
        await engine.start(Task("t", "k", {"n": 1}))
        begun = len(gated.begun)
        await until(lambda begun=begun: len(gated.begun) > begun)
        await engine.close()
    gated.gate.set()

    last = await place.launch({"k": gated.body}, max_recovery_attempts=1)
    ended = await until_ended(last, "t")

    assert ended == ["done"]
    assert gated.begun == [1] * 4


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param(None, None, id="null"),
        pytest.param(
            {"a": [1, 2.5, True, "x\u0000\ud800"]},
            {"a": [1, 2.5, True, "x\u0000\ud800"]},
            id="nested",
        ),
        pytest.param((1, (2,)), [1, [2]], id="tuples-become-lists"),
        pytest.param(Colour.RED, "red", id="enumeration-becomes-text"),
        pytest.param({"error": {"name": "x"}}, {"error": {"name": "x"}}, id="looks-like-an-error"),
    ],
)
async def test_step_value_is_given_as_it_will_be_read_back(
    place: Place, value: Any, kept: JSONValue
) -> None:
    seen: list[Any] = []
    engine = await place.launch({"k": body_of_one_step(value, seen)})

    await engine.start(Task("t", "k", {}))

    assert await until_ended(engine, "t") == ["done"]
    assert seen == [kept]
    assert type(seen[0]) is type(kept)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        pytest.param({1, 2}, r"the value of step make is not JSON at \$: found set", id="set"),
        pytest.param({"a": [b"x"]}, r"at \$\.a\[0\]: found bytes", id="bytes-inside"),
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), r"at \$: found datetime", id="datetime"),
        pytest.param([math.nan], r"at \$\[0\]: found nan", id="not-a-number"),
        pytest.param({"a": {1: "x"}}, r"at \$\.a: found a key of type int", id="number-as-key"),
        pytest.param(object(), r"at \$: found object", id="object"),
    ],
)
async def test_step_value_that_is_not_json_fails_the_task_and_says_where(
    place: Place, value: Any, complaint: str
) -> None:
    engine = await place.launch({"k": body_of_one_step(value)})

    with structlog.testing.capture_logs() as logs:
        await engine.start(Task("t", "k", {}))
        ended = await until_ended(engine, "t")

    assert ended == ["failed"]
    (line,) = [line for line in logs if line["event"] == "engine.task_failed"]
    with pytest.raises(ValueNotJSON, match=complaint):
        raise line["exc_info"]


async def test_arguments_that_are_not_json_are_refused_and_do_not_take_the_id(place: Place) -> None:
    engine = await place.launch({"k": body_of_one_step(1)})
    wrong: Any = {"when": {datetime(2026, 1, 1, tzinfo=UTC)}}

    with pytest.raises(ValueNotJSON, match=r"the arguments of task t is not JSON at \$\.when"):
        await engine.start(Task("t", "k", wrong))

    assert await engine.state_of("t") is None
    assert await engine.start(Task("t", "k", {})) is True


async def test_body_that_raises_fails_its_task_only_and_is_logged_once(place: Place) -> None:
    async def broken(_: StepRunner, __: JSONObject) -> JSONValue:
        raise ZeroDivisionError

    engine = await place.launch({"broken": broken, "sound": body_of_one_step(1)})

    with structlog.testing.capture_logs() as logs:
        await engine.start(Task("b", "broken", {}))
        await engine.start(Task("s", "sound", {}))
        ended = await until_ended(engine, "b", "s")
        await until(lambda: engine.running_count() == 0)

    assert ended == ["failed", "done"]
    assert [(line["event"], line["task_id"], line["kind"], line["error"]) for line in logs] == [
        ("engine.task_failed", "b", "broken", "ZeroDivisionError")
    ]


async def test_body_cancelled_by_itself_is_failed_rather_than_left_pending(place: Place) -> None:
    async def cancelled(_: StepRunner, __: JSONObject) -> JSONValue:
        raise asyncio.CancelledError

    engine = await place.launch({"k": cancelled})
    with structlog.testing.capture_logs():
        await engine.start(Task("t", "k", {}))

        assert await until_ended(engine, "t") == ["failed"]


async def test_kind_nobody_registered_is_refused_with_those_known(place: Place) -> None:
    engine = await place.launch({"answer": body_of_one_step(1), "execute": body_of_one_step(1)})

    with pytest.raises(UnknownTaskKind, match="'anwser'; registered are: answer, execute"):
        await engine.start(Task("t", "anwser", {}))

    assert await engine.state_of("t") is None


async def test_running_tasks_are_bounded_and_all_are_counted(place: Place) -> None:
    gated = Gated()
    engine = await place.launch({"k": gated.body}, max_running=2)
    for n in range(5):
        await engine.start(Task(f"t{n}", "k", {"n": n}))
    await until(lambda: len(gated.begun) == 2)
    counted = engine.running_count()
    gated.gate.set()

    ended = await until_ended(engine, *(f"t{n}" for n in range(5)))
    await until(lambda: engine.running_count() == 0)

    assert counted == 5
    assert ended == ["done"] * 5
    assert gated.most_inside == 2
    assert sorted(gated.begun, key=str) == [0, 1, 2, 3, 4]


async def test_drain_leaves_waiting_and_running_tasks_for_the_next_start(place: Place) -> None:
    gated = Gated()
    engine = await place.launch({"k": gated.body}, max_running=1)
    for n in range(3):
        await engine.start(Task(f"t{n}", "k", {"n": n}))
    await until(lambda: len(gated.begun) == 1)

    drained = await engine.drain(0.01)
    with pytest.raises(EngineStopping, match="task t9 was not started"):
        await engine.start(Task("t9", "k", {"n": 9}))
    await engine.close()
    gated.gate.set()
    later = await place.launch({"k": gated.body})
    ended = await until_ended(later, "t0", "t1", "t2")

    assert drained is False
    assert ended == ["done"] * 3
    assert sorted(gated.first_steps, key=str) == [0, 1, 2]


async def test_another_executor_goes_on_with_what_one_left_once_it_is_told_to(
    place: Place,
) -> None:
    gated = Gated()
    gone = await place.launch({"k": gated.body}, "gone")
    for n in range(3):
        await gone.start(Task(f"t{n}", "k", {"n": n}))
    await until(lambda: len(gated.begun) == 3)
    await gone.close()
    gated.gate.set()
    other = await place.launch({"k": gated.body}, "other")

    before = await other.executors_at_work()
    taken = await other.take_over(["gone"])
    ended = await until_ended(other, "t0", "t1", "t2")

    assert before == {"gone"}
    assert taken == 3
    assert ended == ["done"] * 3
    assert sorted(gated.first_steps, key=str) == [0, 1, 2], "a checkpointed step ran again"
    assert await other.take_over(["gone"]) == 0


async def test_task_at_work_is_not_stranded(place: Place) -> None:
    gated = Gated()
    engine = await place.launch({"k": gated.body})
    await engine.start(Task("t", "k", {"n": 0}))
    await until(lambda: len(gated.begun) == 1)

    stranded = [await engine.take_up_stranded() for _ in range(3)]
    gated.gate.set()

    assert stranded == [0, 0, 0]
    assert await until_ended(engine, "t") == ["done"]


async def test_drain_lets_running_tasks_end_and_leaves_those_waiting(place: Place) -> None:
    gated = Gated()
    engine = await place.launch({"k": gated.body}, max_running=1)
    for n in range(2):
        await engine.start(Task(f"t{n}", "k", {"n": n}))
    await until(lambda: len(gated.begun) == 1)

    with structlog.testing.capture_logs() as logs:
        draining = asyncio.create_task(engine.drain(30))
        await asyncio.sleep(0)
        gated.gate.set()
        drained = await draining
    states = [await engine.state_of(task_id) for task_id in ("t0", "t1")]

    assert drained is False
    assert [state.status for state in states if state] == ["done", "pending"]
    assert logs == [], "leaving work on purpose is not worth a warning"


async def test_drain_without_work_is_true(place: Place) -> None:
    engine = await place.launch({"k": body_of_one_step(1)})
    await engine.start(Task("t", "k", {}))
    await until_ended(engine, "t")

    assert await engine.drain(30) is True


async def test_caller_that_gives_up_does_not_strand_the_task(place: Place) -> None:
    seen: list[Any] = []
    engine = await place.launch({"k": body_of_one_step("made", seen)})
    starting = asyncio.create_task(engine.start(Task("t", "k", {})))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert await until_ended(engine, "t") == ["done"]
    assert seen == ["made"]


async def test_task_started_by_a_body_is_a_task_of_its_own(place: Place) -> None:
    async def parent(_: StepRunner, __: JSONObject) -> JSONValue:
        return await engine.start(Task("child", "child", {}))

    engine = await place.launch({"parent": parent, "child": body_of_one_step(1)})
    await engine.start(Task("parent", "parent", {}))

    assert await until_ended(engine, "parent", "child") == ["done", "done"]


async def test_engine_lives_once_and_one_at_a_time(place: Place) -> None:
    engine = await place.launch({"k": body_of_one_step(1)})
    second = place.open()
    second.register({"k": body_of_one_step(1)})

    with pytest.raises(EngineInUse, match="Another engine is running"):
        await second.launch()
    with pytest.raises(EngineInUse, match="launched before"):
        await engine.launch()
    with pytest.raises(EngineInUse, match="registered before"):
        engine.register({})
    await engine.close()
    await engine.close()
    await second.launch()

    assert await second.start(Task("t", "k", {})) is True


async def test_engine_that_does_not_run_refuses_work(place: Place) -> None:
    never = place.open()
    closed = await place.launch({"k": body_of_one_step(1)})
    await closed.close()

    with pytest.raises(EngineNotLaunched):
        await never.start(Task("t", "k", {}))
    with pytest.raises(EngineNotLaunched):
        await closed.start(Task("t", "k", {}))
    with pytest.raises(EngineNotLaunched):
        await closed.state_of("t")
    assert await never.drain(1) is True

"""Scenario 5: the process may die between any two steps; nothing is lost, nothing happens twice.

A worker is dropped where it stands, and another one starts from the databases alone.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from chargehand.bootstrap.configured import pipeline_rules
from chargehand.domain.ids import DeliveryId
from chargehand.domain.json import JSONObject
from chargehand.engine.port import MOST_TAKEOVERS, Task, TaskState
from chargehand.inbox.ports import DeliveryQueue
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.flow import ANSWER, EXECUTE
from chargehand.testing.engine import InlineEngine
from tests.acceptance.conftest import OpenHouse, both_sites
from tests.house import CONNECTION, Doubles, House
from tests.wire import ContractCheck, Killed

# What a database keeps of a transaction that was cut differs by the moment.
pytestmark = [pytest.mark.anyio, pytest.mark.every_variant]
SETTLED_S = 60


class DyingQueue:
    """The inbox of a worker that dies where a step between the two databases is half done."""

    def __init__(self, queue: DeliveryQueue) -> None:
        self._queue = queue
        self.deaths = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    def mark_dispatched(self, delivery_ids: Sequence[DeliveryId], *, now: datetime) -> int:
        if self.deaths:
            self.deaths -= 1
            raise Killed
        return self._queue.mark_dispatched(delivery_ids, now=now)


def kill_at(when: str, method: str, path: str) -> Callable[[House], None]:
    def order(house: House) -> None:
        house.wire.deaths.append((method, path, when))  # type: ignore[arg-type] # two words only.

    return order


READS = "/rest/api/3/issue/PAY-7"
POSTS = "/rest/api/3/issue/PAY-7/comment"


@both_sites
@pytest.mark.parametrize(
    "order_death",
    [
        pytest.param(kill_at("before", "GET", READS), id="before-reading"),
        pytest.param(kill_at("after", "GET", READS), id="after-reading"),
        pytest.param(kill_at("before", "POST", POSTS), id="before-the-send"),
        pytest.param(kill_at("after", "POST", POSTS), id="after-jira-stored-it"),
        pytest.param(
            kill_at("before", "GET", POSTS + r"/\d+"), id="between-intent-and-preparation"
        ),
    ],
)
async def test_death_at_any_request_leaves_one_reply(
    house: House, order_death: Callable[[House], None]
) -> None:
    house.mode("auto")
    order_death(house)
    await house.say("@bot what's blocking this?")

    await house.settle_until_killed()
    await house.settle()
    await house.wait(SETTLED_S)

    assert len(house.replies()) == 1
    assert house.states == [("jira.add_comment", "executed")]
    assert house.actions[0].result["external_id"] == house.replies()[0].id
    assert len(house.decisions) == 1


async def test_send_that_may_be_under_way_is_waited_out_before_it_is_looked_up(
    house: House,
) -> None:
    house.mode("auto")
    house.wire.die("after", "POST", POSTS)
    await house.say("@bot what's blocking this?")
    await house.settle_until_killed()
    before = len(house.jira.requests)

    await house.settle()

    assert len(house.jira.requests) == before
    assert house.states == [("jira.add_comment", "executing")]


@both_sites
@pytest.mark.parametrize(
    ("command", "path", "is_there"),
    [
        pytest.param(
            "@bot assign to me",
            "/rest/api/3/issue/PAY-7/assignee",
            lambda house: (
                house.jira.issue("PAY-7").assignee == house.jira.person("Mei Tanaka").account_id
            ),
            id="assign",
        ),
        pytest.param(
            "@bot move to In Review",
            "/rest/api/3/issue/PAY-7/transitions",
            lambda house: len(house.jira.state.changes) == 7,
            id="transition",
        ),
        pytest.param(
            "@bot label urgent",
            "/rest/api/3/issue/PAY-7",
            lambda house: house.jira.issue("PAY-7").labels == ("refunds", "urgent"),
            id="label",
        ),
        pytest.param(
            "@bot link relates to PAY-12",
            "/rest/api/3/issueLink",
            lambda house: (
                [one.kind for one in house.jira.state.links if one.target == "PAY-12"]
                == ["Relates"]
            ),
            id="link",
        ),
        pytest.param(
            "@bot set priority Low",
            "/rest/api/3/issue/PAY-7",
            lambda house: house.jira.issue("PAY-7").priority == "Low",
            id="fields",
        ),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_death_around_a_change_leaves_it_done_once(
    house: House, command: str, path: str, is_there: Callable[[House], bool], when: str
) -> None:
    house.mode("auto")
    method = "POST" if path.endswith(("transitions", "issueLink")) else "PUT"
    kill_at(when, method, path)(house)
    await house.say(command)

    await house.settle_until_killed()
    await house.settle()
    await house.wait(SETTLED_S)

    assert is_there(house)
    assert [state for _, state in house.states] == ["executed"]
    assert len(house.writes) == 1


@both_sites
@pytest.mark.parametrize("when", ["before", "after"])
async def test_death_around_a_new_item_leaves_one(house: House, when: str) -> None:
    house.mode("auto")
    kill_at(when, "POST", "/rest/api/3/issue")(house)
    await house.say('@bot create bug "Refunds fail twice"')

    await house.settle_until_killed()
    await house.settle()
    for _ in range(10):
        await house.wait(SETTLED_S)

    found = [one for one in house.jira.state.issues.values() if one.properties]
    assert [one.summary for one in found] == ["Refunds fail twice"]
    assert house.states == [("jira.create_issue", "executed")]
    assert house.actions[0].result["external_id"] == found[0].key


@both_sites
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/rest/servicedeskapi/request/HELP-1/comment", id="comment"),
        pytest.param("PUT", "/rest/api/3/comment/.*", id="mark"),
    ],
)
async def test_death_around_an_internal_comment_leaves_one(
    house: House, method: str, path: str, when: str
) -> None:
    house.mode("auto")
    kill_at(when, method, path)(house)
    await house.say("@bot status", item="HELP-1", author="Lena Novak", public=False)

    await house.settle_until_killed()
    await house.settle()
    await house.wait(SETTLED_S)

    assert [reply.visibility for reply in house.replies("HELP-1")] == ["internal"]
    assert [state for _, state in house.states] == ["executed"]


async def test_death_between_the_two_databases_dispatches_once(
    open_another: OpenHouse, contract_if_any: ContractCheck | None
) -> None:
    queues: list[DyingQueue] = []

    def wrap(queue: DeliveryQueue) -> DeliveryQueue:
        queues.append(DyingQueue(queue))
        queues[-1].deaths = len(queues) == 1
        return queues[-1]  # type: ignore[return-value] # the rest is passed on.

    async with open_another(doubles=Doubles(contract_if_any, wrap_queue=wrap)) as house:
        house.mode("auto")
        for number in range(3):
            await house.say(f"@bot due{number}")

        await house.settle_until_killed()
        await house.settle()

        assert house.stores.queue.counts().dispatched == 3
        assert len(house.deliveries) == len(house.events) == len(house.replies()) == 3


async def test_many_accepted_deliveries_survive_deaths_on_the_way(house: House) -> None:
    house.mode("auto")
    items = ("PAY-1", "PAY-3", "PAY-7", "PAY-12", "PAY-18")
    for item in items:
        for question in ("@bot due", "@bot blockers", "@bot who"):
            await house.say(question, item=item)
    house.wire.die("after", "POST", "/rest/api/3/issue/PAY-12/comment")
    house.wire.die("before", "POST", "/rest/api/3/issue/PAY-3/comment")
    house.wire.die("before", "GET", "/rest/api/3/issue/PAY-18")

    while house.wire.deaths:
        await house.settle_until_killed()
    await house.settle()
    await house.wait(SETTLED_S)

    assert [len(house.replies(item)) for item in items] == [3] * 5
    assert [state for _, state in house.states] == ["executed"] * 15
    assert {ask.ask.state.value for ask in house.asks} == {"decided"}


async def test_approved_action_survives_a_death_before_it_was_started(house: House) -> None:
    house.mode("approve")
    await house.ask("@bot due")
    house.approve(house.approvals[0])

    house.start()
    await house.settle()

    assert len(house.replies()) == 1


async def test_result_that_comes_after_others_settled_the_send_changes_nothing(
    house: House,
) -> None:
    """A worker that stood still while it waited for Jira meets the line as another one left it."""
    house.mode("auto")
    await house.say("@bot what's blocking this?")
    connections = {CONNECTION: house.connection}
    rules = pipeline_rules(house.settings)
    other = Executing(house.stores.database, connections, rules=rules, clock=house.clock)
    outcomes: list[JSONObject] = []

    async def look_it_up() -> None:
        house.clock.advance(SETTLED_S)
        outcomes.append(await other.execute([house.actions[0].id]))

    house.wire.before_answers = look_it_up
    await house.settle()

    assert [list(one.values()) for one in outcomes] == [[{"outcome": "executed", "problem": ""}]]
    assert house.states == [("jira.add_comment", "executed")]
    assert len(house.replies()) == 1
    assert house.notices == []


class LostEngine(InlineEngine):
    """An engine that has given a kind of task up, as one that kills worker after worker."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._is_given_up: set[str] = set()

    async def start(self, task: Task) -> bool:
        if task.kind != self._kind:
            return await super().start(task)
        self._is_given_up.add(task.id)
        return False

    async def state_of(self, task_id: str) -> TaskState | None:
        if task_id in self._is_given_up:
            return TaskState(id=task_id, status="failed", recovery_attempts=MOST_TAKEOVERS)
        return await super().state_of(task_id)


@pytest.mark.parametrize(
    ("kind", "state", "notice"),
    [
        pytest.param(ANSWER, "stuck", "ask_failed", id="ask"),
        pytest.param(EXECUTE, "failed", "action_failed", id="action"),
        pytest.param(EXECUTE, "unknown", "effect_unknown", id="action-that-may-have-happened"),
    ],
)
async def test_what_is_given_up_after_takeovers_gets_an_honest_state_and_one_notice(
    house: House, kind: str, state: str, notice: str
) -> None:
    house.mode("auto")
    if state == "unknown":
        house.wire.die("before", "POST", POSTS)
        await house.say("@bot what's blocking this?")
        await house.settle_until_killed()
    else:
        await house.say("@bot what's blocking this?")
    house.start(LostEngine(kind))

    await house.settle()
    await house.settle()

    found = house.asks[0].ask.state if kind == ANSWER else house.actions[0].state
    problem = house.asks[0].problem if kind == ANSWER else house.actions[0].problem
    assert (found.value, problem) == (state, "taken_over_too_often")
    assert house.notices == [notice]
    assert house.replies() == []

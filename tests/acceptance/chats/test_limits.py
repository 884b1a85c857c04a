"""What a vendor lets itself be asked: nothing beyond it leaves, and nothing is lost by waiting."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from chargehand.bootstrap.configured import pipeline_rules
from chargehand.bootstrap.slack import live_slack, open_client
from chargehand.cli.story import tell
from chargehand.config.slack_settings import SlackConnection
from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.ids import ActionId, DecisionId, ProjectKey
from chargehand.domain.policy import Cause
from chargehand.kit.ids import derive_id
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.pacing import Pacing
from chargehand.pipeline.proposing import propose
from chargehand.pipeline.sharing import Alone
from chargehand.pipeline.tracing import trace
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.jira.failures import Failure
from tests.acceptance.chats.conftest import OpenChats
from tests.chat_house import PAY_CHANNEL, RANDOM_CHANNEL, SLACK, ChatHouse

pytestmark = pytest.mark.anyio
# Ten messages in ten seconds, and a second for those that leave late.
BURST, WINDOW_S = 10, 11


class TwoWorkers(Alone):
    """The share of a worker that knows of another one."""

    workers = 2


async def test_messages_beyond_the_limit_wait_and_are_sent_when_it_allows(
    chats: ChatHouse,
) -> None:
    decision = await asked(chats)
    chats.clock.advance(60)
    sent = len(chats.messages())

    post(chats, decision, 25)
    await chats.settle()
    assert len(chats.messages()) == sent + BURST
    waiting = [one for one in chats.actions if one.state is ActionState.APPROVED]
    assert {one.problem for one in waiting} == {"vendor_limit"}
    told = chats.stores.database.read(lambda tx: tell(trace(tx, waiting[0].id), {}))
    assert any("waits for Slack's limit until" in step.line and step.until for step in told)

    for _ in range(2):
        await chats.wait(WINDOW_S - 1)
        before = len(chats.messages())
        await chats.wait(1)
        assert len(chats.messages()) > before
    assert len(chats.messages()) == sent + 25
    assert chats.notices == []


async def test_waiting_is_no_attempt_that_failed(chats: ChatHouse) -> None:
    decision = await asked(chats)
    chats.clock.advance(60)

    (action_id,) = post(chats, decision, 1)
    for _ in range(30):
        chats.connections[SLACK].limits.stop("chat.postMessage", after_s=20)
        await chats.wait(20)
    await chats.wait(20)

    action = chats.stores.database.read(lambda tx: tx.actions.find(action_id))
    assert action is not None
    assert action.state is ActionState.EXECUTED
    assert action.failed_attempts == 0


async def test_refusal_of_one_worker_stops_the_others(chats: ChatHouse) -> None:
    """It is about the method, and what is another method's goes on."""
    decision = await asked(chats)
    chats.clock.advance(60)
    first = another_worker(chats)
    second = another_worker(chats)
    refused, held, other = post(chats, decision, 3, channel=RANDOM_CHANNEL)
    chats.slack.desk.failures.add(Failure(path="/api/chat.postMessage", status=429, retry_after=40))

    await first.execute([refused])
    asked_before = len(chats.slack.writes())
    outcome = await second.execute([held, other])

    assert {str(one["problem"]) for one in outcome.values()} == {"vendor_limit"}  # type: ignore[call-overload, index]
    assert len(chats.slack.writes()) == asked_before
    await chats.wait(39)
    assert len(chats.slack.writes()) == asked_before
    await chats.wait(5)
    assert len(chats.slack.writes()) == asked_before + 3


async def test_two_workers_share_what_there_is(chats: ChatHouse) -> None:
    decision = await asked(chats)
    chats.clock.advance(60)
    before = len(chats.messages())
    first, second = another_worker(chats), another_worker(chats)
    ids = post(chats, decision, 16)

    await asyncio.gather(first.execute(ids[:8]), second.execute(ids[8:]))

    assert len(chats.messages()) == before + BURST


async def asked(chats: ChatHouse) -> DecisionId:
    """A decision that the further messages belong to."""
    await chats.chat("@bot status PAY-7")
    return chats.actions[0].decision_id


def another_worker(chats: ChatHouse) -> Executing:
    """What another process would send with: its own client, and its own memory of limits."""
    configured = next(one for one in chats.settings.connections if isinstance(one, SlackConnection))
    live = live_slack(configured, Surroundings(chats.clock))
    client = open_client(
        configured,
        Surroundings(chats.clock, chats.slack.transport(), limits=live.limits),
    )
    connections: dict = {**chats.connections, SLACK: replace(live, client=client, places=client)}
    pacing = Pacing(connections, chats.clock, TwoWorkers())
    return Executing(
        chats.stores.database,
        connections,
        rules=pipeline_rules(chats.settings),
        clock=chats.clock,
        pacing=pacing,
    )


def post(
    chats: ChatHouse, decision: DecisionId, times: int, *, channel: str = PAY_CHANNEL
) -> list[ActionId]:
    """Messages that may leave at once; their ids in the order they are due."""
    ids = sorted(ActionId(derive_id("act", decision, channel, str(n))) for n in range(times))
    now = chats.clock.now()
    for action_id in ids:
        action = ProposedAction(
            ActionKind.SLACK_POST_MESSAGE,
            SLACK,
            ProjectKey("PAY"),
            channel,
            {"markdown": f"About {action_id}"},
            {},
            "a message",
        )
        chats.stores.database.write(
            lambda tx, one=action_id, what=action: propose(  # type: ignore[misc]
                tx,
                one,
                what,
                decision_id=decision,
                ask_id=None,
                mode=Mode.AUTO,
                policy_version=1,
                cause=Cause(),
                approval_lasts=timedelta(days=1),
                now=now,
            )
        )
    return ids


@pytest.mark.parametrize(("factor", "sent"), [(0.5, 5), (3.0, 16)])
async def test_operator_says_how_much_of_the_limit_the_bot_may_use(
    open_chats: OpenChats, *, factor: float, sent: int
) -> None:
    async with open_chats(limit_factor=factor) as chats:
        chats.mode("auto", kind="slack.post_message")
        decision = await asked(chats)
        chats.clock.advance(60)
        before = len(chats.messages())

        post(chats, decision, 16)
        await chats.settle()

        assert len(chats.messages()) == before + sent


async def test_answer_that_waited_for_slack_is_decided_anew(chats: ChatHouse) -> None:
    """What was true a quarter of an hour ago is not said in words of then."""
    chats.slack.desk.failures.add(Failure(path="/api/chat.postMessage", status=503, times=1000))
    await chats.chat("@bot status PAY-7")
    await chats.wait(15 * 60)
    chats.slack.desk.failures.clear()

    for _ in range(3):
        await chats.wait(600)

    (answer,) = chats.messages()
    assert "You asked this on" in answer["text"]
    found = [(one.state.value, one.problem) for one in chats.actions if "post" in one.kind.value]
    assert sorted(found) == [("executed", ""), ("rejected", "outdated")]

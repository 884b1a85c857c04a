"""What several actions read of Jira at one moment is asked once, and never mixed up."""

import asyncio

import pytest

from chargehand.connectors.jira.answers import StateAnswer
from chargehand.connectors.jira.cloud import CloudDialect
from chargehand.connectors.jira.states import StateReader
from chargehand.domain.action import Done, Refused
from chargehand.plugins.errors import TargetMissing, VendorFailing
from tests.connectors.jira.client import samples
from tests.connectors.jira.client.wire import HANG, Rig, Wire, answer

pytestmark = pytest.mark.anyio

TOGETHER = "/rest/api/3/issue/bulkfetch"


def state(key: str) -> dict[str, object]:
    return {"key": key, "fields": {"status": {"name": f"of {key}"}}}


def reader(wire: Wire, **settings: float) -> StateReader:
    transport = Rig(wire, **settings).transport()
    return StateReader(transport, CloudDialect(transport))


async def test_states_wanted_at_one_moment_share_one_request():
    wire = Wire([answer(200, {"issues": [state("PAY-2"), state("PAY-1")], "issueErrors": []})])
    states = reader(wire)

    first, second, again = await asyncio.gather(*map(states.one, ["PAY-1", "PAY-2", "PAY-1"]))

    assert wire.paths == [TOGETHER]
    assert wire.requests[0].content == (
        b'{"issueIdsOrKeys":["PAY-1","PAY-2"],"fields":["status","assignee","labels","project"]}'
    )
    assert [first.key, second.key, again.key] == ["PAY-1", "PAY-2", "PAY-1"]


async def test_one_state_is_read_alone():
    wire = Wire([answer(200, state("PAY-1"))])

    found = await reader(wire).one("PAY-1")

    assert wire.paths == ["/rest/api/3/issue/PAY-1"]
    assert found.fields.status is not None
    assert found.fields.status.name == "of PAY-1"


async def test_what_the_common_answer_lacks_is_asked_for_alone():
    wire = Wire(
        [
            answer(200, {"issues": [state("PAY-1"), state("OPS-9")], "issueErrors": []}),
            answer(200, state("OPS-9")),
            answer(404),
        ]
    )
    states = reader(wire)

    here, moved, gone = await asyncio.gather(
        *map(states.one, ["PAY-1", "PAY-2", "PAY-3"]), return_exceptions=True
    )

    assert isinstance(here, StateAnswer)
    assert isinstance(moved, StateAnswer)
    assert moved.key == "OPS-9"
    assert isinstance(gone, TargetMissing)


async def test_refused_common_question_is_asked_one_by_one():
    wire = Wire([answer(400), answer(200, state("PAY-1")), answer(200, state("PAY-2"))])
    states = reader(wire)

    found = await asyncio.gather(*map(states.one, ["PAY-1", "PAY-2"]))

    assert [one.key for one in found] == ["PAY-1", "PAY-2"]


async def test_failing_jira_fails_all_who_asked():
    states = reader(Wire([answer(500)]))

    found = await asyncio.gather(*map(states.one, ["PAY-1", "PAY-2"]), return_exceptions=True)

    assert [type(one) for one in found] == [VendorFailing, VendorFailing]


async def test_who_gives_up_leaves_the_answer_to_the_others():
    wire = Wire([answer(200, {"issues": [state("PAY-1"), state("PAY-2")]})])
    states = reader(wire)
    impatient = asyncio.create_task(states.one("PAY-1"))
    patient = asyncio.create_task(states.one("PAY-2"))
    await asyncio.sleep(0)

    impatient.cancel()

    assert (await patient).key == "PAY-2"
    assert impatient.cancelled()


async def test_later_question_starts_a_round_of_its_own():
    wire = Wire([HANG, answer(200, state("PAY-2"))])
    states = reader(wire)
    hanging = asyncio.create_task(states.one("PAY-1"))
    # The round is closed in the next turn of the loop, and asked alone in the one after.
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    found = await states.one("PAY-2")

    assert found.key == "PAY-2"
    hanging.cancel()


async def test_actions_of_one_moment_read_their_states_together(world):
    world.jira.add_issue("PAY", "Payouts are late", assignee="Ana Ruiz", labels=["api"])
    labelled = samples.labels("urgent", "api", base=("api",), target="PAY-2")
    changed = samples.labels("urgent", "api", base=("other",))

    done, refused = await asyncio.gather(*map(world.client.perform, [labelled, changed]))

    assert isinstance(done, Done)
    assert isinstance(refused, Refused)
    assert TOGETHER in [request.path for request in world.jira.log.entries]

"""Single reads and the trace: everything of one thing, and nothing of what is not there."""

from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from chargehand.domain.action import Mode
from chargehand.domain.ids import AskId, DecisionId, ReservationId
from chargehand.domain.records import ModelRequestRecord
from chargehand.kit.ids import new_id
from tests.web.api.world import NOW, Told, World

pytestmark = pytest.mark.anyio

READS = {
    "deliveries": ("dlv", "delivery_id"),
    "events": ("evt", "event_id"),
    "asks": ("ask", "ask_id"),
    "decisions": ("dec", "decision_id"),
    "actions": ("act", "action_id"),
    "approvals": ("apv", "approval_id"),
}
NO_IDS = {
    "empty-looking": "%20",
    "zero byte": "%00",
    "not ASCII": "%C3%A9%C3%A9",
    "broken bytes": "%ff%fe",
    "very long": "x" * 3000,
    "quote": "'%20OR%201=1--",
    "wildcard": "%25",
}


def id_in(told: Told, path: str) -> str:
    return str(getattr(told, READS[path][1]))


@pytest.mark.every_variant
@pytest.mark.parametrize("path", READS)
async def test_one_thing_is_what_the_list_holds(
    world: World, client: httpx.AsyncClient, path: str
) -> None:
    identifier = id_in(world.comment(), path)
    world.comment()

    one = await client.get(f"/v1/{path}/{identifier}")
    page = await client.get(f"/v1/{path}")

    assert one.status_code == 200
    assert one.json()["id"] == identifier
    listed = page.json()["items"][1]
    if path == "approvals":
        # Who may decide is looked up for one, and not for each of a list.
        assert listed.pop("may_decide") is None
        assert {**listed, "may_decide": one.json()["may_decide"]} == one.json()
        return
    assert one.json() == listed


@pytest.mark.parametrize("path", [*READS, "trace"])
async def test_unknown_id_is_not_found(quiet_client: httpx.AsyncClient, path: str) -> None:
    prefix = READS.get(path, ("evt", ""))[0]
    identifier = new_id(prefix, NOW)

    answer = await quiet_client.get(f"/v1/{path}/{identifier}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert identifier in answer.json()["detail"]


@pytest.mark.parametrize("identifier", NO_IDS.values(), ids=NO_IDS)
@pytest.mark.parametrize("path", [*READS, "trace"])
async def test_what_is_no_id_is_not_found(
    quiet_client: httpx.AsyncClient, path: str, identifier: str
) -> None:
    answer = await quiet_client.get(f"/v1/{path}/{identifier}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.text) < 500


@pytest.mark.parametrize("path", [*READS, "trace"])
async def test_thing_of_another_organization_is_not_found(
    world: World, client: httpx.AsyncClient, path: str
) -> None:
    told = world.beside("other").comment()
    identifier = told.event_id if path == "trace" else id_in(told, path)

    answer = await client.get(f"/v1/{path}/{identifier}")

    assert answer.status_code == 404


async def test_decision_carries_the_names_of_the_plan(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()

    found = (await client.get(f"/v1/decisions/{told.decision_id}")).json()

    assert found["should_respond"] is True
    assert found["response"] == "**In Progress**, assigned to Ana Ruiz."
    assert found["reasoning"] == "The question was answered from facts."
    assert found["urgency"] == "low"
    assert found["suggested_actions"] == ["jira.add_comment"]
    assert found["decided_by"] == "rule"
    assert found["confidence"] == 1.0
    assert found["cost_usd"] == "0"
    assert found["decided_at"] == "2026-11-20T10:00:01Z"
    assert found["withheld"] == [
        "the names and states of 2 linked items in other projects or with a security level"
    ]


async def test_silent_decision_says_why(world: World, client: httpx.AsyncClient) -> None:
    decision_id = world.silence()

    found = (await client.get(f"/v1/decisions/{decision_id}")).json()

    assert found["should_respond"] is False
    assert found["response"] == ""
    assert found["reasoning"] == "The comment does not mention the bot."
    assert found["suggested_actions"] == []


@pytest.mark.parametrize("field", [field for _, field in READS.values()])
async def test_trace_is_the_same_from_whichever_end(
    world: World, client: httpx.AsyncClient, field: str
) -> None:
    told = world.comment()
    effect_id = world.done(told.action_id)
    world.comment()

    answer = await client.get(f"/v1/trace/{getattr(told, field)}")

    assert answer.status_code == 200
    found = answer.json()
    assert [one["id"] for one in found["deliveries"]] == [told.delivery_id]
    assert found["event"]["id"] == told.event_id
    assert found["ask"]["id"] == told.ask_id
    assert [one["id"] for one in found["decisions"]] == [told.decision_id]
    [line] = found["actions"]
    assert line["action"]["id"] == told.action_id
    assert line["approval"]["id"] == told.approval_id
    assert line["effect"]["id"] == effect_id
    assert line["effect"]["state"] == "done"
    assert {record["subject_id"] for record in found["audit"]} == {
        told.decision_id,
        told.approval_id,
    }


async def test_trace_of_a_simulated_action_has_neither_approval_nor_effect(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment(mode=Mode.SIMULATE)

    [line] = (await client.get(f"/v1/trace/{told.event_id}")).json()["actions"]

    assert (line["approval"], line["effect"]) == (None, None)
    assert line["action"]["state"] == "simulated"


async def test_requests_to_models_are_told_as_they_left(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()
    record = ModelRequestRecord(
        reservation_id=ReservationId("rsv_06f0c4h8k2v9m3p7r1t5w8x2z4"),
        decision_id=DecisionId(told.decision_id),
        ask_id=AskId(told.ask_id),
        position=0,
        provider="claude",
        model="claude-haiku-5-5",
        prompt_version="decision-1",
        outcome="answered",
        input_tokens=900,
        output_tokens=50,
        cost_usd=Decimal("0.0034"),
        sent_at=datetime(2026, 11, 19, 10, 0, tzinfo=UTC),
        body='{"model": "claude-haiku-5-5"}',
    )
    world.database.write(lambda tx: tx.model_requests.add(record))

    found = await client.get(f"/v1/decisions/{told.decision_id}/requests")

    assert found.status_code == 200
    (request,) = found.json()["requests"]
    assert (request["body"], request["cost_usd"]) == (record.body, "0.0034")
    assert (await client.get("/v1/decisions/dec_nope/requests")).status_code == 404

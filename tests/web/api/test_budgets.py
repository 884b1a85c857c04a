"""Budgets by REST: caps are shown and set, and what was spent comes as JSON or as a table."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from chargehand.domain.ids import AskId, EventId
from chargehand.domain.records import AuditRecord
from chargehand.pipeline.spending import Spending
from chargehand.plugins.budget import SpendRequest, Spent
from tests.budgets.requests import ANA, PRICE, request
from tests.web.api.world import BUDGET_RULES, World

pytestmark = pytest.mark.anyio


def door(world: World) -> Spending:
    return Spending(world.database, rules=BUDGET_RULES, clock=world.clock)


async def spend(world: World, wanted: SpendRequest, spent: Spent) -> None:
    await door(world).reserve(wanted)
    await door(world).settle(wanted.reservation_id, spent)


def newest_record(world: World) -> AuditRecord:
    return world.database.read(lambda tx: tx.audit.newest(limit=1))[0]


def line(found: Any, period: str = "day", project: str | None = None) -> dict[str, Any]:
    lines: list[dict[str, Any]] = found["budgets"]
    return next(one for one in lines if (one["period"], one["project"]) == (period, project))


async def test_organization_has_a_cap_for_a_day_before_anybody_sets_one(
    client: httpx.AsyncClient,
) -> None:
    found = (await client.get("/v1/budgets")).json()

    assert [(one["scope"], one["period"]) for one in found["budgets"]] == [
        ("organization", "day"),
        ("organization", "month"),
    ]
    assert line(found) == {
        "scope": "organization",
        "scope_id": "",
        "is_each": False,
        "fullest_id": None,
        "project": None,
        "period": "day",
        "starts_on": "2026-11-20",
        "resets_at": "2026-11-21T00:00:00Z",
        "cap_usd": "10",
        "spent_usd": "0",
        "reserved_usd": "0",
        "left_usd": "10",
        "cap_tokens": None,
        "spent_tokens": 0,
        "reserved_tokens": 0,
        "left_tokens": None,
        "changed_at": None,
        "changed_by": "",
    }
    assert line(found, "month")["cap_usd"] is None


async def test_what_is_under_way_and_what_was_spent_are_apart(
    world: World, client: httpx.AsyncClient
) -> None:
    await spend(world, request("4"), Spent(1_000_000, 0))
    await door(world).reserve(request("2"))

    found = line((await client.get("/v1/budgets")).json())

    assert (found["spent_usd"], found["reserved_usd"], found["left_usd"]) == ("1", "2", "7")


@pytest.mark.every_variant
@pytest.mark.parametrize(
    ("body", "where"),
    [
        pytest.param({"cap_usd": "25"}, ("day", None), id="organization"),
        pytest.param({"cap_usd": "0.50", "project": "PAY"}, ("day", "PAY"), id="project"),
        pytest.param({"cap_usd": "0", "period": "month"}, ("month", None), id="month"),
        pytest.param({"cap_usd": "0.25", "scope": "run"}, ("whole", None), id="each-run"),
    ],
)
async def test_cap_is_set_at_once_and_recorded_with_who_set_it(
    world: World, client: httpx.AsyncClient, body: dict[str, Any], where: tuple[str, str | None]
) -> None:
    answer = await client.put("/v1/budgets", json=body)

    assert answer.status_code == 200
    found = line(answer.json(), *where)
    assert Decimal(found["cap_usd"]) == Decimal(body["cap_usd"])
    assert (found["changed_by"], found["changed_at"]) == ("key:ci", "2026-11-20T10:00:00Z")
    record = newest_record(world)
    assert record.tag == "person:budget:changed"
    assert record.by == "key:ci"


async def test_cap_can_be_taken_away_but_for_the_organizations_day(
    client: httpx.AsyncClient,
) -> None:
    await client.put("/v1/budgets", json={"cap_usd": "5", "project": "PAY"})

    taken = await client.put("/v1/budgets", json={"cap_usd": None, "project": "PAY"})
    kept = await client.put("/v1/budgets", json={"cap_usd": None})

    assert [one["project"] for one in taken.json()["budgets"]] == [None, None]
    assert (kept.status_code, kept.json()["code"]) == (409, "budget_kept")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param('{"cap_usd": "-1"}', "cap_usd", id="negative"),
        pytest.param('{"cap_usd": "NaN"}', "cap_usd", id="not-a-number"),
        pytest.param('{"cap_usd": NaN}', "cap_usd", id="a-number-that-is-none"),
        pytest.param('{"cap_usd": 25}', "cap_usd", id="no-text"),
        pytest.param('{"cap_usd": "0.0000001"}', "cap_usd", id="too-fine"),
        pytest.param('{"cap_usd": "1000000.01"}', "cap_usd", id="too-much"),
        pytest.param("{}", "cap_usd", id="missing"),
        pytest.param('{"cap_usd": "1", "period": "year"}', "period", id="period"),
        pytest.param('{"cap_usd": "1", "project": "NOPE"}', "project", id="project"),
        pytest.param('{"cap_usd": "1", "cap": 1}', "cap", id="unknown"),
        pytest.param('{"cap_tokens": -1}', "cap_tokens", id="negative-tokens"),
        pytest.param('{"cap_tokens": 1.5}', "cap_tokens", id="half-a-token"),
        pytest.param('{"cap_usd": "1", "scope": "team"}', "scope", id="scope"),
        pytest.param('{"cap_usd": "1", "scope": "run", "period": "day"}', "period", id="run"),
        pytest.param(
            '{"cap_usd": "1", "scope": "agent", "scope_id": "nobody"}', "scope_id", id="agent"
        ),
        pytest.param(
            '{"cap_usd": "1", "scope": "member", "project": "PAY"}', "project", id="both-ways"
        ),
    ],
)
async def test_bad_cap_is_refused_by_the_name_of_its_field(
    quiet_client: httpx.AsyncClient, body: str, field: str
) -> None:
    answer = await quiet_client.put(
        "/v1/budgets", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert line((await quiet_client.get("/v1/budgets")).json())["cap_usd"] == "10"


async def test_spending_is_told_by_day_and_model(world: World, client: httpx.AsyncClient) -> None:
    await spend(world, request("4"), Spent(1_000_000, 500_000))
    world.clock.advance(86_400)
    await spend(world, request("4"), Spent(250_000, 0))
    unpriced = replace(PRICE, model="unpriced", is_at_most=True)
    await spend(world, request("4", price=unpriced, project=None), Spent(1, 0))

    found = (await client.get("/v1/spending")).json()

    assert (found["since"], found["until"]) == ("2026-10-22", "2026-11-21")
    told = [
        (one["day"], one["project"], one["model"], one["cost_usd"], one["is_at_most"])
        for one in found["days"]
    ]
    assert told == [
        ("2026-11-21", None, "unpriced", "0.000001", True),
        ("2026-11-21", "PAY", "m", "0.25", False),
        ("2026-11-20", "PAY", "m", "1.5", False),
    ]
    assert (found["cost_usd"], found["is_at_most"]) == ("1.750001", True)
    assert found["days"][-1]["price_versions"] == ["table 1"]


async def test_spending_is_told_by_decision(world: World, client: httpx.AsyncClient) -> None:
    told = world.comment()
    for subject_id in (told.ask_id, told.ask_id, told.event_id):
        await spend(world, _about(subject_id), Spent(1_000_000, 0))

    found = (await client.get("/v1/spending?by=decision")).json()

    spent = {one["subject_id"]: (one["requests"], one["cost_usd"]) for one in found["subjects"]}
    assert spent == {told.ask_id: (2, "2"), told.event_id: (1, "1")}
    assert {one["decision_id"] for one in found["subjects"]} == {told.decision_id}


async def test_spending_is_told_by_agent_person_project_and_answer_in_pages(
    world: World, client: httpx.AsyncClient
) -> None:
    for number, usd in enumerate(("1", "2", "3")):
        wanted = request("4", subject_id=f"ask_{number}", member_id=ANA if number else None)
        await spend(world, wanted, Spent(int(usd) * 1_000_000, 0))

    by_person = (await client.get("/v1/spending?by=person")).json()
    by_agent = (await client.get("/v1/spending?by=agent")).json()["groups"]
    by_project = (await client.get("/v1/spending?by=project")).json()["groups"]
    told, cursor = [], ""
    while True:
        page = (await client.get(f"/v1/spending?by=answer&limit=1{cursor}")).json()
        assert page["cost_usd"] == "6"
        told += [one["subject_id"] for one in page["subjects"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert [(one["id"], one["cost_usd"]) for one in by_person["groups"]] == [(ANA, "5"), ("", "1")]
    assert [(one["id"], one["requests"]) for one in by_agent] == [("chargehand", 3)]
    assert [(one["id"], one["cost_usd"]) for one in by_project] == [("PAY", "6")]
    assert told == ["ask_2", "ask_1", "ask_0"]


async def test_forecast_goes_on_as_the_working_days_so_far(
    world: World, client: httpx.AsyncClient
) -> None:
    world.clock.set(datetime(2026, 11, 2, 10, tzinfo=UTC))
    for _ in range(4):
        await spend(world, request("4"), Spent(2_000_000, 0))
        world.clock.advance(86_400)
    await client.put("/v1/budgets", json={"cap_usd": "20", "period": "month"})

    found = (await client.get("/v1/spending/forecast")).json()

    # Friday the 6th: four working days cost 8, today and 16 more are expected to cost 2 each.
    [whole, project] = found["lines"]
    assert (found["working_days_before"], found["working_days_left"]) == (4, 16)
    assert (whole["spent_usd"], whole["expected_usd"]) == ("8", "42")
    assert (whole["cap_usd"], whole["reaches_cap_on"]) == ("20", "2026-11-13")
    assert (project["project"], project["expected_usd"]) == ("PAY", "42")


async def test_forecast_of_few_days_is_too_little_to_say(
    world: World, client: httpx.AsyncClient
) -> None:
    world.clock.set(datetime(2026, 11, 3, 10, tzinfo=UTC))
    await spend(world, request("4"), Spent(2_000_000, 0))

    found = (await client.get("/v1/spending/forecast")).json()

    assert found["lines"][0]["expected_usd"] is None
    assert found["lines"][0]["spent_usd"] == "2"


async def test_what_was_given_back_was_never_spent(world: World, client: httpx.AsyncClient) -> None:
    wanted = request("4")
    await door(world).reserve(wanted)
    await door(world).release(wanted.reservation_id)

    assert (await client.get("/v1/spending")).json()["days"] == []


@pytest.mark.every_variant
@pytest.mark.parametrize("by", ["day", "decision", "answer"])
async def test_spending_is_a_table_too_and_no_cell_is_a_formula(
    world: World, client: httpx.AsyncClient, by: str
) -> None:
    odd = replace(request("1", price=replace(PRICE, model="\t=1+1")), subject_id="\t=1+1")
    await spend(world, odd, Spent(250_000, 0))

    answer = await client.get(f"/v1/spending?by={by}&format=csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["cost_usd"], row["requests"], row["is_at_most"]) == ("0.25", "1", "no")
    assert "'\t=1+1" in row.values()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=2026-02-31", "since"),
        ("since=yesterday", "since"),
        ("since=2026-11-02&until=2026-11-01", "since"),
        ("since=2020-01-01", "since"),
        ("until=0", "until"),
        ("by=hour", "by"),
        ("format=xml", "format"),
        ("by=answer&cursor=x", "cursor"),
        ("by=answer&limit=0", "limit"),
    ],
)
async def test_bad_choice_of_spending_is_named(
    quiet_client: httpx.AsyncClient, query: str, field: str
) -> None:
    answer = await quiet_client.get(f"/v1/spending?{query}")

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_first_days_there_are_can_be_asked_for(quiet_client: httpx.AsyncClient) -> None:
    assert (await quiet_client.get("/v1/spending?until=0001-01-05")).status_code == 200


def _about(subject_id: AskId | EventId) -> SpendRequest:
    return request("2", subject_id=subject_id)

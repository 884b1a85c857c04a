"""Flags over REST: how they stand, and a change that holds at once."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from chargehand.domain.switches import Subject
from chargehand.flags.registry import Flag
from chargehand.pipeline.barriers import barriers
from tests.web.api.world import World

pytestmark = pytest.mark.anyio
PATH = "/v1/flags/model_decisions"


def is_on(world: World) -> bool:
    now = world.clock.now()
    in_force = world.database.read(lambda tx: barriers(tx, now=now))
    return in_force.is_on(Flag.MODEL_DECISIONS, Subject())


async def test_flag_stands_as_it_does_at_first(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/flags")).json()["flags"]

    assert [(one["flag"], one["is_on"], one["changed_at"]) for one in found] == [
        ("agents", True, None),
        ("model_decisions", True, None),
        ("sending", True, None),
        ("unasked_messages", True, None),
    ]


async def test_flag_is_turned_off_and_the_change_is_audited(
    world: World, client: httpx.AsyncClient
) -> None:
    answer = await client.put(PATH, json={"is_on": False})

    assert answer.status_code == 200
    assert answer.json() == (await client.get("/v1/flags")).json()
    line = answer.json()["flags"][1]
    assert (line["is_on"], line["changed_by"]) == (False, "key:ci")
    assert not is_on(world)
    newest = (await client.get("/v1/audit?limit=1")).json()["items"][0]
    assert (newest["tag"], newest["subject_id"]) == ("person:flag:changed", "flag:model_decisions")


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "a word": ({"is_on": "off"}, "is_on"),
    "a number": ({"is_on": 0}, "is_on"),
    "nothing": ({}, "is_on"),
    "another field": ({"is_on": True, "why": "x"}, "why"),
    "a moment without a zone": ({"is_on": False, "expires_at": "2026-12-01T10:00"}, "expires_at"),
    "a scope that is none": ({"is_on": False, "scope": {"kind": "all"}}, "scope.kind"),
}


@pytest.mark.parametrize(("body", "field"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_body_that_can_not_be_used_is_refused_by_field(
    world: World, client: httpx.AsyncClient, body: Any, field: str
) -> None:
    answer = await client.put(PATH, json=body)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert is_on(world)


async def test_unknown_flag_is_refused_with_those_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/flags/nope", json={"is_on": True})

    assert answer.status_code == 422
    assert "model_decisions" in answer.text


async def test_scope_expires_and_is_cleared(world: World, client: httpx.AsyncClient) -> None:
    until = (world.clock.now() + timedelta(hours=1)).isoformat()
    scope = {"kind": "project", "name": "PAY"}

    answer = await client.put(
        PATH, json={"is_on": False, "scope": scope, "reason": "odd", "expires_at": until}
    )

    (setting,) = answer.json()["flags"][1]["settings"]
    assert (setting["scope"], setting["reason"], setting["set_by"]) == (scope, "odd", "key:ci")
    cleared = await client.post(f"{PATH}/clear", json={"scope": scope})
    assert cleared.json()["flags"][1]["settings"] == []
    assert (await client.post(f"{PATH}/clear", json={"scope": scope})).status_code == 404


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"scope": {"kind": "project", "name": "NO"}}, "PAY", id="project"),
        pytest.param({"expires_at": "2020-01-01T00:00:00Z"}, "a moment after", id="past"),
        pytest.param({"scope": {"kind": "kind", "name": "jira.add_comment"}}, "project", id="kind"),
    ],
)
async def test_what_can_not_be_set_says_what_is_allowed(
    world: World, client: httpx.AsyncClient, change: dict[str, Any], told: str
) -> None:
    answer = await client.put(PATH, json={"is_on": False, **change})

    assert answer.status_code == 422
    assert told in answer.json()["detail"]
    assert is_on(world)


async def test_stop_is_once_and_resume_ends_it(client: httpx.AsyncClient) -> None:
    scope = {"scope": {"kind": "project", "name": "PAY"}}

    first = await client.post("/v1/stops", json={**scope, "reason": "odd"})
    again = await client.post("/v1/stops", json=scope)

    assert (first.json()["is_new"], again.json()["is_new"]) == (True, False)
    assert again.json()["stop"] == first.json()["stop"]
    (stop,) = (await client.get("/v1/stops")).json()["stops"]
    assert (stop["reason"], stop["by"], stop["source"]) == ("odd", "key:ci", "database")
    assert (await client.get("/v1/status")).json()["stops"] == [stop]
    everything = await client.post("/v1/stops/resume", json={"scope": {"kind": "all"}})
    assert everything.status_code == 409
    assert "Stopped now: project PAY" in everything.json()["detail"]
    ended = await client.post("/v1/stops/resume", json=scope)
    assert ended.json() == {"lifted": [stop], "left": []}


async def test_stop_of_what_is_not_there_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/stops", json={"scope": {"kind": "project", "name": "NO"}})

    assert answer.status_code == 422
    assert "PAY" in answer.json()["detail"]
    assert (await client.get("/v1/stops")).json() == {"stops": []}

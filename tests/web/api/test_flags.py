"""Flags over REST: how they stand, and a change that holds at once."""

from typing import Any

import httpx
import pytest

from chargehand.flags.registry import Flag
from chargehand.pipeline.flags import is_flag_on
from tests.web.api.world import World

pytestmark = pytest.mark.anyio
PATH = "/v1/flags/model_decisions"


async def test_flag_stands_as_it_does_at_first(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/flags")).json()["flags"]

    assert [(one["flag"], one["is_on"], one["changed_at"]) for one in found] == [
        ("model_decisions", True, None)
    ]


async def test_flag_is_turned_off_and_the_change_is_audited(
    world: World, client: httpx.AsyncClient
) -> None:
    answer = await client.put(PATH, json={"is_on": False})

    assert answer.status_code == 200
    assert answer.json() == (await client.get("/v1/flags")).json()
    line = answer.json()["flags"][0]
    assert (line["is_on"], line["changed_by"]) == (False, "key:ci")
    assert not world.database.read(lambda tx: is_flag_on(tx, Flag.MODEL_DECISIONS))
    newest = (await client.get("/v1/audit?limit=1")).json()["items"][0]
    assert (newest["tag"], newest["subject_id"]) == ("person:flag:changed", "flag:model_decisions")


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "a word": ({"is_on": "off"}, "is_on"),
    "a number": ({"is_on": 0}, "is_on"),
    "nothing": ({}, "is_on"),
    "another field": ({"is_on": True, "reason": "x"}, "reason"),
}


@pytest.mark.parametrize(("body", "field"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_body_that_can_not_be_used_is_refused_by_field(
    world: World, client: httpx.AsyncClient, body: Any, field: str
) -> None:
    answer = await client.put(PATH, json=body)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert world.database.read(lambda tx: is_flag_on(tx, Flag.MODEL_DECISIONS))


async def test_unknown_flag_is_refused_with_those_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/flags/nope", json={"is_on": True})

    assert answer.status_code == 422
    assert "model_decisions" in answer.text

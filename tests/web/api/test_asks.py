"""Asks that wait for a person are answered or dismissed, once, by a named key."""

import httpx
import pytest

from chargehand.domain.ask import AskState
from tests.web.api.world import World

pytestmark = pytest.mark.anyio

WAITING = [AskState.LATE, AskState.STUCK]
WAYS = {
    "answer": ("open", "", "person:ask:released"),
    "dismiss": ("dismissed", "key:ci", "person:ask:dismissed"),
}


@pytest.mark.parametrize("state", WAITING)
@pytest.mark.parametrize("way", WAYS)
async def test_waiting_ask_is_closed_or_released(
    world: World, client: httpx.AsyncClient, way: str, state: AskState
) -> None:
    told = world.comment(ask_state=state)
    expected, closed_by, tag = WAYS[way]

    answer = await client.post(f"/v1/asks/{told.ask_id}/{way}")

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["closed_by"]) == (expected, closed_by)
    newest = (await client.get("/v1/audit?limit=1")).json()["items"][0]
    assert (newest["tag"], newest["subject_id"]) == (tag, told.ask_id)
    assert newest["by"] == "key:ci"


@pytest.mark.parametrize("state", [state for state in AskState if state not in WAITING])
@pytest.mark.parametrize("way", WAYS)
async def test_ask_that_does_not_wait_is_left_alone(
    world: World, client: httpx.AsyncClient, way: str, state: AskState
) -> None:
    told = world.comment(ask_state=state)

    answer = await client.post(f"/v1/asks/{told.ask_id}/{way}", json={})

    assert (answer.status_code, answer.json()["code"]) == (409, "ask_not_waiting")
    assert (await client.get(f"/v1/asks/{told.ask_id}")).json()["state"] == state


@pytest.mark.parametrize("way", WAYS)
async def test_second_caller_comes_too_late(
    world: World, client: httpx.AsyncClient, way: str
) -> None:
    told = world.comment(ask_state=AskState.LATE)

    answers = [await client.post(f"/v1/asks/{told.ask_id}/{way}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]


@pytest.mark.parametrize("way", WAYS)
async def test_ask_of_another_organization_is_not_found(
    world: World, client: httpx.AsyncClient, way: str
) -> None:
    told = world.beside("other").comment(ask_state=AskState.LATE)

    answer = await client.post(f"/v1/asks/{told.ask_id}/{way}")

    assert answer.status_code == 404

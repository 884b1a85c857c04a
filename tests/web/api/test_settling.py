"""An action of which only a person can tell whether it happened is settled once, by a named key."""

import httpx
import pytest

from chargehand.domain.action import ActionState
from chargehand.domain.ids import ActionId
from tests.web.api.world import World

pytestmark = pytest.mark.anyio


def unknown_action(world: World) -> ActionId:
    told = world.comment()
    now = world.clock.now()
    world.done(told.action_id)
    world.database.write(
        lambda tx: tx.actions.move(
            told.action_id, ActionState.UNKNOWN, now=now, problem="undecided"
        )
    )
    return told.action_id


@pytest.mark.parametrize(
    ("finding", "state"), [("happened", "executed"), ("did_not_happen", "failed")]
)
async def test_finding_of_a_person_closes_it(
    world: World, client: httpx.AsyncClient, finding: str, state: str
) -> None:
    action_id = unknown_action(world)

    answer = await client.post(f"/v1/actions/{action_id}/settle", json={"finding": finding})

    assert (answer.status_code, answer.json()["state"]) == (200, state)
    newest = (await client.get("/v1/audit?limit=1")).json()["items"][0]
    assert (newest["tag"], newest["subject_id"]) == ("person:action:settled", action_id)
    assert newest["by"] == "key:ci"
    assert "key:ci" not in newest["body"]


async def test_second_finding_comes_too_late(world: World, client: httpx.AsyncClient) -> None:
    path = f"/v1/actions/{unknown_action(world)}/settle"

    answers = [await client.post(path, json={"finding": "happened"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["code"] == "action_not_unknown"


async def test_another_finding_is_refused_by_name(world: World, client: httpx.AsyncClient) -> None:
    path = f"/v1/actions/{unknown_action(world)}/settle"

    answer = await client.post(path, json={"finding": "perhaps"})

    assert answer.status_code == 422
    assert "finding" in answer.text
    assert "did_not_happen" in answer.text

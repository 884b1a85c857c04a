"""An executed action is undone by a named key: its inverse is proposed, and only once."""

import httpx
import pytest

from chargehand.domain.action import ActionState
from tests.web.api.world import World

pytestmark = pytest.mark.anyio


def executed_comment(world: World) -> str:
    told = world.comment()
    world.done(told.action_id)
    now = world.clock.now()
    world.database.write(
        lambda tx: tx.actions.move(
            told.action_id, ActionState.EXECUTED, now=now, result={"external_id": "10077"}
        )
    )
    return told.action_id


async def test_undo_is_a_new_action_that_names_what_it_undoes(
    world: World, client: httpx.AsyncClient
) -> None:
    action_id = executed_comment(world)

    answer = await client.post(f"/v1/actions/{action_id}/undo")

    told = answer.json()
    assert answer.status_code == 200
    assert (told["kind"], told["undoes"]) == ("jira.delete_comment", action_id)
    assert told["params"] == {"comment_id": "10077"}
    assert told["preview"].startswith("Delete comment 10077 from")
    newest = (await client.get("/v1/audit?limit=5")).json()["items"]
    [record] = [one for one in newest if one["tag"] == "person:undo:proposed"]
    assert record["subject_id"] == told["id"]
    assert record["by"] == "key:ci"


async def test_undo_of_what_was_not_done_is_refused_with_the_reason(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()

    answer = await client.post(f"/v1/actions/{told.action_id}/undo")

    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_undoable")
    assert "only what was executed can be undone" in answer.text


async def test_undo_of_nothing_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/actions/act_06cqv7rdvcv9qf6h1k1v2m9r4s/undo")

    assert answer.status_code == 404

"""Replays over REST: what is kept, what is not, and what can not be asked."""

import httpx
import pytest

from chargehand.kit.ids import new_id
from tests.web.api.world import NOW, World

pytestmark = pytest.mark.anyio


async def test_decision_without_its_material_says_why(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()
    world.clock.advance(1)

    one = await client.get(f"/v1/replay/{told.decision_id}")
    of_ask = await client.get(f"/v1/replay/{told.ask_id}")
    many = await client.get("/v1/replay?project=PAY")

    assert one.status_code == 200
    assert one.json() == of_ask.json()
    assert (one.json()["why_not"], one.json()["is_identical"]) == ("not_kept", False)
    assert many.json()["not_replayed"] == {"not_kept": 1}


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        pytest.param("/v1/replay?limit=501", 422, "limit", id="limit"),
        pytest.param("/v1/replay?since=soon", 422, "since", id="since"),
        pytest.param("/v1/replay?model=m", 422, "model", id="unknown"),
        pytest.param(f"/v1/replay/{new_id('dec', NOW)}", 404, "not_found", id="none"),
        pytest.param(f"/v1/replay/{new_id('act', NOW)}", 404, "not_found", id="kind"),
        pytest.param("/v1/replay/%00", 404, "not_found", id="zero"),
    ],
)
async def test_what_can_not_be_asked_is_refused(
    quiet_client: httpx.AsyncClient, path: str, status: int, word: str
) -> None:
    answer = await quiet_client.get(path)

    assert answer.status_code == status
    assert word in answer.text

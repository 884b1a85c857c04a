"""How each connection is, over REST: the same that the command line shows."""

import httpx
import pytest

from chargehand.domain.ids import AccountId
from chargehand.storage.transaction import Writing
from tests.web.api.world import SITE, World

pytestmark = pytest.mark.anyio


async def test_connections_are_told_with_state_reason_and_secrets(
    world: World, client: httpx.AsyncClient
) -> None:
    now = world.clock.now()
    untouched = (await client.get("/v1/connections/acme")).json()

    def work(tx: Writing) -> None:
        tx.connections.ensure(SITE, connector="jira", site="https://acme.example")
        account = AccountId("712020:bot")
        tx.connections.record_identity(SITE, account_id=account, name="Chargehand", now=now)
        tx.connections.record_poll(SITE, cursor="secret position", now=now)

    world.database.write(work)
    answer = await client.get("/v1/connections")
    one = await client.get("/v1/connections/acme")

    assert "not called yet" in untouched["reason"]
    assert answer.status_code == 200
    [found] = answer.json()["connections"]
    assert found == one.json()
    assert (found["id"], found["state"]) == ("acme", "yellow")
    assert found["reason"] == "connections.acme.api_token expires in 5 day(s)."
    assert found["missed"] == {"lately": 0, "last_at": None, "last_event_id": None}
    [secret] = found["secrets"]
    assert (secret["days_left"], secret["warning_days"]) == (5, 7)
    assert "secret position" not in answer.text


@pytest.mark.parametrize(("name", "status"), [("nobody", 404), ("No-Name", 422)])
async def test_connection_that_is_not_there_is_told_as_such(
    client: httpx.AsyncClient, name: str, status: int
) -> None:
    answer = await client.get(f"/v1/connections/{name}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"

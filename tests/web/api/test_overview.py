"""How things stand, how much happened, and what the operator was told."""

from datetime import timedelta

import httpx
import pytest

from chargehand.domain.ask import AskState
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import AccountId, DeliveryId
from chargehand.kit.ids import new_id
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.inbox.writer import open_inbox_writer
from chargehand.storage.transaction import Writing
from tests.web.api.world import SITE, World

pytestmark = pytest.mark.anyio


async def test_status_says_how_things_stand(world: World, client: httpx.AsyncClient) -> None:
    world.comment()
    world.comment(ask_state=AskState.LATE)
    now = world.clock.now()
    _deliver(world)

    def connect(tx: Writing) -> None:
        tx.connections.ensure(SITE, connector="jira", site="https://acme.example")
        account = AccountId("712020:bot")
        tx.connections.record_identity(SITE, account_id=account, name="Chargehand", now=now)
        tx.connections.record_poll(SITE, cursor="secret position", now=now)

    world.database.write(connect)

    answer = await client.get("/v1/status")

    assert answer.status_code == 200
    found = answer.json()
    assert found["version"] == "0.0.test"
    assert found["now"] == "2026-11-20T10:00:02Z"
    assert found["inbox"] == {"interactive": 1, "bulk": 0, "dispatched": 0, "dead": 0}
    assert (found["waiting"]["asks_late"], found["waiting"]["approvals_open"]) == (1, 2)
    assert (found["policy_version"], found["audit_records"]) == (1, 6)
    [connection] = found["connections"]
    assert (connection["id"], connection["bot_name"]) == (SITE, "Chargehand")
    assert connection["last_delivery_at"] is None
    assert "secret position" not in answer.text


async def test_stats_count_what_happened_lately(world: World, client: httpx.AsyncClient) -> None:
    world.comment()
    world.clock.advance(timedelta(hours=30).total_seconds())
    world.comment()
    world.silence()

    lately = (await client.get("/v1/stats")).json()
    longer = (await client.get("/v1/stats?hours=48")).json()

    assert lately["verdicts"] == {"respond": 1, "silent": 1}
    assert longer["verdicts"] == {"respond": 2, "silent": 1}
    assert longer["deliveries"] == {"webhook": 3}
    assert longer["reasons"] == {"answered_from_facts": 2, "not_mentioned": 1}
    assert (longer["actions"], longer["approvals"]) == ({"waiting": 2}, {"open": 2})
    assert (longer["since"], longer["until"]) == ("2026-11-19T16:00:00Z", "2026-11-21T16:00:03Z")


async def test_notice_is_told_once_with_its_count(world: World, client: httpx.AsyncClient) -> None:
    for _ in range(3):
        _tell(world)

    [notice] = (await client.get("/v1/notices")).json()["items"]

    assert (notice["code"], notice["severity"], notice["count"]) == ("asks_late", "warning", 3)
    assert (notice["first_at"], notice["last_at"]) == (
        "2026-11-20T10:01:00Z",
        "2026-11-20T10:03:00Z",
    )


def _tell(world: World) -> None:
    now = world.clock.advance(60)
    world.database.write(
        lambda tx: tell_operator(
            tx, "asks_late", subject_id="acme", text="Questions wait.", now=now
        )
    )


def _deliver(world: World) -> None:
    now = world.clock.now()
    delivery = VerifiedDelivery(
        connection_id=SITE,
        connector="jira",
        delivery_key="key-1",
        source=DeliverySource.WEBHOOK,
        lane=Lane.INTERACTIVE,
        received_at=now,
        body=b"{}",
        headers={},
    )
    writer = open_inbox_writer(world.stores.inbox_engine)
    writer.store([(DeliveryId(new_id("dlv", now)), delivery)])

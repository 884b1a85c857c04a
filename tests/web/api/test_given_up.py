"""Deliveries that nobody could dispatch: they are listed, and taken up again once each."""

import httpx
import pytest

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.ids import DeliveryId, ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.permission import Permission
from chargehand.kit.ids import new_id
from chargehand.pipeline.keys import KeyLimits, create_key
from chargehand.storage.inbox.writer import open_inbox_writer
from chargehand.web.api.given_up_models import GivenUpPage
from tests.web.api.world import SITE, World

# Both statements are asked of each database in their own way.
pytestmark = [pytest.mark.anyio, pytest.mark.every_variant]
LIST = "/v1/deliveries/given-up"


def given_up(world: World, number: int = 1) -> DeliveryId:
    """A delivery that was given up."""
    now = world.clock.advance(60)
    delivery_id = DeliveryId(new_id("dlv", now))
    delivery = VerifiedDelivery(
        connection_id=SITE,
        connector="jira",
        delivery_key=f"key-{number}",
        source=DeliverySource.WEBHOOK,
        lane=Lane.INTERACTIVE,
        received_at=now,
        body=b'{"text": "secret words"}',
        headers={},
    )
    writer = open_inbox_writer(world.stores.inbox_engine)
    writer.store([(delivery_id, delivery)])
    writer.close()
    world.stores.queue.mark_dead(delivery_id, "IndexError", now=world.clock.advance(5))
    return delivery_id


def key_of(world: World, name: str, limits: KeyLimits) -> str:
    now = world.clock.now()
    return world.database.write(
        lambda tx: create_key(tx, name, by="cli", now=now, limits=limits)
    ).secret


async def test_given_up_deliveries_are_listed_newest_first_and_without_their_bodies(
    world: World, client: httpx.AsyncClient
) -> None:
    first, second = given_up(world, 1), given_up(world, 2)

    answer = await client.get(LIST)

    assert [one["id"] for one in answer.json()["items"]] == [second, first]
    assert answer.json()["items"][1] == {
        "id": first,
        "connection_id": SITE,
        "source": "webhook",
        "received_at": "2026-11-20T10:01:00Z",
        "given_up_at": "2026-11-20T10:01:05Z",
        "attempts": 0,
        "error": "IndexError",
        "size_bytes": 24,
    }
    assert "secret words" not in answer.text
    assert GivenUpPage.model_validate_json(answer.content).model_dump_json() == answer.text


async def test_pages_hold_each_given_up_delivery_once(
    world: World, client: httpx.AsyncClient
) -> None:
    ids = [given_up(world, number) for number in range(5)]
    seen, cursor = [], None

    for _ in range(3):
        page = (await client.get(LIST, params={"limit": 2, "cursor": cursor or ids[-1]})).json()
        cursor = page["next_cursor"]
        seen.append([one["id"] for one in page["items"]])
        if cursor is None:
            break

    assert seen == [[ids[3], ids[2]], [ids[1], ids[0]]]


async def test_retried_delivery_is_dispatched_next_and_told_in_the_audit(
    world: World, client: httpx.AsyncClient
) -> None:
    delivery_id = given_up(world)

    answer = await client.post(f"/v1/deliveries/{delivery_id}/retry")
    again = await client.post(f"/v1/deliveries/{delivery_id}/retry")

    assert (answer.status_code, answer.json()) == (200, {"id": delivery_id})
    assert [one.id for one in world.stores.queue.claim(5)] == [delivery_id]
    assert (await client.get(LIST)).json()["items"] == []
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    (record,) = world.database.read(lambda tx: tx.audit.about(delivery_id))
    assert (record.tag, record.by) == ("person:delivery:retried", "key:ci")


async def test_delivery_that_was_not_given_up_can_not_be_retried(
    world: World, client: httpx.AsyncClient
) -> None:
    told = world.comment()
    before = (await client.get("/v1/status")).json()["audit_records"]

    answer = await client.post(f"/v1/deliveries/{told.delivery_id}/retry")

    assert answer.status_code == 404
    assert (await client.get("/v1/status")).json()["audit_records"] == before


async def test_only_who_operates_everything_may_retry(world: World) -> None:
    delivery_id = given_up(world)
    lead = world.member(role=Role.PROJECT_MANAGER)
    keys = {
        "looking": KeyLimits(permissions=frozenset({Permission.DELIVERY_VIEW})),
        "one project": KeyLimits(projects=frozenset({ProjectKey("PAY")})),
        "leading": KeyLimits(member_id=lead.id),
    }
    found = {}

    for name, limits in keys.items():
        async with world.client(key=key_of(world, name, limits)) as client:
            answer = await client.post(f"/v1/deliveries/{delivery_id}/retry")
            found[name] = ((await client.get(LIST)).status_code, answer.status_code)

    assert found == {"looking": (200, 403), "one project": (403, 403), "leading": (200, 403)}
    assert world.stores.queue.claim(5) == []

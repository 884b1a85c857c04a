"""The audit chain over REST: its records, and every way of breaking it is named."""

import json

import httpx
import pytest
from sqlalchemy import text

from chargehand.storage.engines import WRITES
from tests.web.api.world import World

pytestmark = pytest.mark.anyio

TAMPERED = {
    "edited": (["UPDATE audit_records SET body='{}' WHERE seq=3"], 3),
    "deleted": (["DELETE FROM audit_records WHERE seq=3"], 3),
    "reordered": (
        [
            "UPDATE audit_records SET seq=99 WHERE seq=3",
            "UPDATE audit_records SET seq=3 WHERE seq=4",
            "UPDATE audit_records SET seq=4 WHERE seq=99",
        ],
        3,
    ),
    "cut off": (
        [
            "DELETE FROM audit_records WHERE seq>4",
            "UPDATE audit_heads SET seq=4, hash=(SELECT hash FROM audit_records WHERE seq=4)",
        ],
        5,
    ),
}


async def test_records_are_newest_first_and_hang_together(
    world: World, client: httpx.AsyncClient
) -> None:
    world.comment()

    records = (await client.get("/v1/audit")).json()["items"]

    assert [record["seq"] for record in records] == [4, 3, 2, 1]
    assert records[0]["previous_hash"] == records[1]["hash"]
    assert records[-1]["previous_hash"] == "0" * 64
    assert all(isinstance(json.loads(record["body"]), dict) for record in records)


async def test_untouched_chain_is_intact(world: World, client: httpx.AsyncClient) -> None:
    world.comment()

    answer = await client.get("/v1/audit/verification")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["is_intact"], found["records"], found["breaks"]) == (True, 4, [])


@pytest.mark.every_variant
@pytest.mark.parametrize(("statements", "seq"), TAMPERED.values(), ids=TAMPERED)
async def test_tampering_is_named(
    world: World, client: httpx.AsyncClient, statements: list[str], seq: int
) -> None:
    world.comment()
    world.comment()
    _tamper(world, *statements)

    found = (await client.get("/v1/audit/verification")).json()
    listed = await client.get("/v1/audit")

    assert found["is_intact"] is False
    assert found["breaks"][0]["seq"] == seq
    assert listed.status_code == 200


async def test_tampered_checkpoint_is_named(world: World, client: httpx.AsyncClient) -> None:
    world.comment()
    world.stores.checkpoint.path.write_text("[1, 2]", encoding="utf-8")

    found = (await client.get("/v1/audit/verification")).json()

    assert (found["is_intact"], found["records"]) == (False, 4)
    assert "checkpoint" in found["breaks"][0]["problem"]


async def test_chain_of_another_organization_is_its_own(world: World) -> None:
    world.comment()
    other = world.beside("other")

    async with world.client() as ours, other.client() as theirs:
        mine = (await ours.get("/v1/audit/verification")).json()["records"]
        found = (await theirs.get("/v1/audit")).json()["items"]

    assert mine == 4
    assert [record["tag"] for record in found] == ["person:key:created"]


def _tamper(world: World, *statements: str) -> None:
    with (
        world.database.engine.connect().execution_options(**{WRITES: True}) as connection,
        connection.begin(),
    ):
        for statement in statements:
            connection.execute(text(statement))

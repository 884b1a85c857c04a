"""Keys of before there were scopes: they go on as they were, and one that was revoked stays so."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table, make_url

from chargehand.domain.ids import DEFAULT_ORGANIZATION
from chargehand.domain.permission import Permission
from chargehand.kit.clock import to_micros
from chargehand.storage.engines import open_engine
from chargehand.storage.migrate import upgrade
from tests.web.api.world import NOW, open_world

pytestmark = pytest.mark.anyio
BEFORE_SCOPES = "m0022"


def keep_old_keys(folder: Path) -> None:
    """A database as it was, with a key that works and one that was revoked."""
    engine = open_engine(make_url(f"sqlite:///{folder}/main.db"))
    with engine.begin() as connection:
        upgrade(connection, "main", BEFORE_SCOPES)
        keys = Table("api_keys", MetaData(), autoload_with=connection)
        assert "permissions" not in keys.c
        for secret, revoked_at in (("old", None), ("revoked", to_micros(NOW))):
            connection.execute(
                keys.insert().values(
                    organization_id=DEFAULT_ORGANIZATION,
                    key_id=f"key_{secret}",
                    name=secret,
                    secret_digest=hashlib.sha256(f"chk_{secret}".encode()).hexdigest(),
                    created_at=to_micros(NOW),
                    created_by="cli:lead",
                    revoked_at=revoked_at,
                )
            )
    engine.dispose()
    inbox = open_engine(make_url(f"sqlite:///{folder}/inbox.db"))
    with inbox.begin() as connection:
        upgrade(connection, "inbox", "head")
    inbox.dispose()


async def test_key_of_before_scopes_may_do_everything_and_a_revoked_one_nothing(
    tmp_path: Path,
) -> None:
    keep_old_keys(tmp_path)

    world = open_world(tmp_path)
    told = world.comment()
    async with world.client(key="chk_old") as client:
        me = (await client.get("/v1/me")).json()
        approved = await client.post(f"/v1/approvals/{told.approval_id}/approve", json={})
        everywhere = await client.put("/v1/modes", json={"mode": "approve"})
    async with world.client(key="chk_revoked") as client:
        refused = await client.get("/v1/me")
    kept = {one.name: one for one in world.database.read(lambda tx: tx.api_keys.all())}
    world.close()

    held = {one for of in me["permissions"] if of["project"] is None for one in of["permissions"]}
    assert held == set(Permission)
    assert (approved.status_code, everywhere.status_code) == (200, 200)
    old = kept["old"]
    assert (old.permissions, old.projects, old.member_id, old.expires_at) == (None,) * 4
    assert refused.status_code == 401

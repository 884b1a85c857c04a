"""Stored secrets in the database, on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from chargehand.pipeline.errors import NotFound
from chargehand.pipeline.stored_secrets import (
    open_secret,
    remove_secret,
    reseal_secrets,
    store_secret,
)
from chargehand.secrets.errors import SecretKeyMissing
from chargehand.secrets.key_file import with_new_key
from chargehand.secrets.sealing import Keyring
from tests.house import House

pytestmark = pytest.mark.anyio


async def test_secret_is_replaced_sealed_anew_and_removed(house: House) -> None:
    database, now = house.stores.database, house.clock.now()
    first = with_new_key(None, Path("keys"))
    both = with_new_key(first, Path("keys"))
    only_new = Keyring(both.newest, {both.newest: both.keys[both.newest]}, "keys")

    for text in ("old", "new"):
        database.write(lambda tx, t=text: store_secret(tx, "jira", t, keys=first, by="x", now=now))
    with pytest.raises(SecretKeyMissing):
        database.write(lambda tx: reseal_secrets(tx, only_new, by="x", now=now))
    count = database.write(lambda tx: reseal_secrets(tx, both, by="x", now=now))

    assert count == 1
    assert database.read(lambda tx: open_secret(tx, "jira", only_new)) == "new"
    assert database.read(lambda tx: tx.stored_secrets.key_ids()) == {both.newest}
    database.write(lambda tx: remove_secret(tx, "jira", by="x", now=now))
    with pytest.raises(NotFound):
        database.read(lambda tx: open_secret(tx, "jira", only_new))

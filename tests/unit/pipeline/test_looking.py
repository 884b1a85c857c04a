"""Cursors and limits are checked before the database is asked, by whichever entry point."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.kit.clock import EPOCH, SystemClock
from chargehand.pipeline import looking
from chargehand.pipeline.errors import ArgumentInvalid, NotFound

LISTS: dict[str, tuple[Callable[..., Any], str]] = {
    "deliveries": (looking.list_deliveries, "dlv_"),
    "events": (looking.list_events, "evt_"),
    "asks": (looking.list_asks, "ask_"),
    "decisions": (looking.list_decisions, "dec_"),
    "actions": (looking.list_actions, "act_"),
    "approvals": (partial(looking.list_approvals, now=EPOCH), "apv_"),
    "notices": (looking.list_notices, "ntc_"),
}
BAD_CURSORS = {
    "empty": "",
    "no id": "yesterday",
    "another kind": f"key_{'0' * 26}",
    "zero byte": "\x00",
    "half a surrogate": "\ud800",
    "negative": "-1",
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    folder: Path = tmp_path_factory.mktemp("looking")
    settings = Settings(storage={"data_dir": folder})
    migrate_stores(settings, clock=SystemClock())
    stores = open_stores(settings)
    yield stores
    stores.close()


@pytest.mark.parametrize(("look", "prefix"), LISTS.values(), ids=LISTS)
def test_cursor_of_its_own_kind_is_accepted(
    stores: Stores, look: Callable[..., Any], prefix: str
) -> None:
    page = stores.database.read(lambda tx: look(tx, cursor=prefix + "0" * 26))

    assert (page.items, page.next_cursor) == ((), None)


@pytest.mark.parametrize("cursor", BAD_CURSORS.values(), ids=BAD_CURSORS)
@pytest.mark.parametrize(
    "look", [*(look for look, _ in LISTS.values()), looking.list_audit], ids=[*LISTS, "audit"]
)
def test_bad_cursor_is_named(stores: Stores, look: Callable[..., Any], cursor: str) -> None:
    with pytest.raises(ArgumentInvalid, match=r"cursor is .* allowed: the next_cursor"):
        stores.database.read(lambda tx: look(tx, cursor=cursor))


@pytest.mark.parametrize("limit", [-1, 0, 201])
@pytest.mark.parametrize(
    "look", [*(look for look, _ in LISTS.values()), looking.list_audit], ids=[*LISTS, "audit"]
)
def test_bad_limit_is_named(stores: Stores, look: Callable[..., Any], limit: int) -> None:
    with pytest.raises(ArgumentInvalid, match=r"limit is .* allowed: 1 to 200"):
        stores.database.read(lambda tx: look(tx, limit=limit))


@pytest.mark.parametrize("identifier", ["", "\x00", "é", "\ud800", "a b", "x" * 41])
def test_what_can_be_no_id_is_not_found(stores: Stores, identifier: str) -> None:
    with pytest.raises(NotFound):
        stores.database.read(lambda tx: looking.find_trace(tx, identifier))

"""`keys`: a secret is shown once, works until it is revoked, and is kept nowhere."""

from pathlib import Path

import pytest

from chargehand.pipeline.keys import find_key
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio


async def test_create_prints_the_secret_alone_and_keeps_its_digest(
    house: House, terminal: Terminal, data_dir: Path
) -> None:
    ended = terminal.done("keys", "create", "ci")

    secret = ended.out.strip()
    key = house.stores.database.read(lambda tx: find_key(tx, secret))
    assert ended.out == f"{secret}\n"
    assert key is not None
    assert key.name == "ci"
    assert key.id in ended.err
    assert files_with(secret, data_dir) == []
    assert secret not in terminal.done("keys", "list").out


async def test_revoke_ends_a_key_and_may_be_repeated(house: House, terminal: Terminal) -> None:
    secret = terminal.done("keys", "create", "ci").out.strip()
    key_id = terminal.done("keys", "list", "--json").json["items"][0]["id"]

    first = terminal.done("keys", "revoke", key_id)
    house.clock.advance(60)
    second = terminal.done("keys", "revoke", key_id)

    assert house.stores.database.read(lambda tx: find_key(tx, secret)) is None
    assert (
        first.out
        == second.out
        == (f"{key_id} (ci) is revoked since 2026-11-19 11:01:01 Europe/Madrid.\n")
    )


async def test_revoke_of_an_unknown_key_is_exit_2(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("keys", "revoke", "key_nobody")

    assert (ended.code, ended.err) == (2, "chargehand: There is no API key key_nobody.\n")


async def test_list_without_keys_says_how_to_make_one(quiet_terminal: Terminal) -> None:
    assert "chargehand keys create NAME" in quiet_terminal.done("keys", "list").out


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("  ", id="blank"),
        pytest.param("x" * 61, id="long"),
        pytest.param("ci\x1b[2J", id="control"),
    ],
)
async def test_create_refuses_a_name_that_tells_nothing(
    quiet_terminal: Terminal, name: str
) -> None:
    ended = quiet_terminal.run("keys", "create", name)

    assert ended.code == 2
    assert "must have 1 to 60 visible characters" in ended.err
    assert ended.out == ""


def files_with(text: str, folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir() if text.encode() in file.read_bytes()]

"""`keys`: a secret is shown once, works until it is revoked, and is kept nowhere."""

from datetime import timedelta
from pathlib import Path

import pytest

from chargehand.domain.permission import Permission
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


async def test_limits_are_kept_and_listed(house: House, terminal: Terminal) -> None:
    terminal.done("members", "add", "Ana Ruiz", "--email", "ana@example.com")

    secret = terminal.done(
        *("keys", "create", "board", "--scope", "approval:*", "--scope", "mode:view"),
        *("--project", "pay", "--acts-for", "ana@example.com", "--expires", "in 90 days"),
    ).out.strip()

    key = house.stores.database.read(lambda tx: find_key(tx, secret))
    assert key is not None
    assert key.permissions == {
        *(Permission.APPROVAL_COMMENT, Permission.APPROVAL_DECIDE, Permission.APPROVAL_EDIT),
        *(Permission.APPROVAL_VIEW, Permission.MODE_VIEW),
    }
    assert (key.projects, key.expires_at) == ({"PAY"}, house.clock.now() + timedelta(days=90))
    listed = terminal.done("keys", "list").out
    assert "approval:decide" in listed
    assert f"in PAY, for {key.member_id}, until" in listed
    assert terminal.done("keys", "list", "--json").json["items"][0]["projects"] == ["PAY"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(("--scope", "approval"), "allowed: action:settle", id="a kind alone"),
        pytest.param(("--scope", "Approval:View"), "field", id="another case"),
        pytest.param(("--scope", ""), "scope is ''", id="no word"),
        pytest.param(("--project", "NOPE"), "keys of served projects", id="unknown project"),
        pytest.param(("--acts-for", "nobody@example.com"), "no member", id="unknown member"),
        pytest.param(("--expires", "yesterday"), "a moment to come", id="over"),
        pytest.param(("--expires", "2020-01-01"), "a moment to come", id="long over"),
        pytest.param(("--expires", "soon"), "a moment to come", id="no moment"),
    ],
)
async def test_limits_that_can_not_be_are_refused(
    quiet_terminal: Terminal, options: tuple[str, ...], told: str
) -> None:
    ended = quiet_terminal.run("keys", "create", "odd", *options)

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err or told == "field"
    assert "odd" not in quiet_terminal.done("keys", "list").out

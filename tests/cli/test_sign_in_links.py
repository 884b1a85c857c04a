"""`members link-sign-in`: an account of a provider that vouches for no address, and back."""

from pathlib import Path

import pytest

from chargehand.testing.clock import FakeClock
from tests.cli.terminal import Terminal, write_config
from tests.house import START, Doubles, house_settings, open_house

pytestmark = pytest.mark.anyio
ISSUER = "https://login.example.com/acme"
ACCOUNT = "AAAAAIkzqFVrSaSaFHy782bbtaQ"


async def test_account_is_linked_once_shown_audited_and_taken_back(
    data_dir: Path, tmp_path: Path
) -> None:
    settings = house_settings(data_dir)
    config = write_config(settings, tmp_path)
    with config.open("a", encoding="utf-8") as file:
        file.write(f'\n[oidc]\nissuer = "{ISSUER}"\nclient_id = "chargehand"\n')
    async with open_house(settings, Doubles()) as house:
        terminal = Terminal(config, house.clock)
        terminal.done("members", "add", "Ana Ruiz", "--email", "ana@example.com")
        terminal.done("members", "add", "Ben Adler", "--email", "ben@example.com")

        told = terminal.done("members", "link-sign-in", "ana@example.com", ACCOUNT)
        shown = terminal.done("members", "show", "ana@example.com")
        twice = terminal.run("members", "link-sign-in", "ana@example.com", "another")
        taken = terminal.run("members", "link-sign-in", "ben@example.com", ACCOUNT)
        odd = terminal.run("members", "link-sign-in", "ben@example.com", "a\nb")
        gone = terminal.done("members", "unlink-sign-in", "ana@example.com")
        nothing = terminal.run("members", "unlink-sign-in", "ana@example.com")
        terminal.done("members", "link-sign-in", "ben@example.com", ACCOUNT)

        assert told.out == f"Whoever signs in as {ACCOUNT} at {ISSUER} is Ana Ruiz.\n"
        assert f"{ACCOUNT} at {ISSUER}" in shown.out
        assert "already; take it away first" in twice.err
        assert "is linked to the member" in taken.err
        assert "1 to 255 ASCII characters" in odd.err
        assert {twice.code, taken.code, odd.code, nothing.code} == {2}
        assert "signs in as Ana Ruiz; sessions ended" in gone.out
        records = list(house.stores.database.read(lambda tx: list(tx.audit.walk(after_seq=0))))
        tags = [one.tag for one in records if ":sign_in:" in one.tag]
        assert tags == ["person:sign_in:linked", "person:sign_in:unlinked", "person:sign_in:linked"]
        assert ACCOUNT not in "".join(one.body for one in records)


def test_without_a_provider_nothing_is_linked(data_dir: Path, tmp_path: Path) -> None:
    terminal = Terminal(write_config(house_settings(data_dir), tmp_path), FakeClock(START))
    terminal.done("members", "add", "Ana Ruiz", "--email", "ana@example.com")

    told = terminal.run("members", "link-sign-in", "ana@example.com", ACCOUNT)

    assert told.code == 2
    assert "issuer" in told.err

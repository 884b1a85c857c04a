"""`members password` and `sessions`: given on the host, not on its command line, ended at once."""

from datetime import timedelta

import pytest

from chargehand.domain.sign_in import Device, SignInMethod
from chargehand.kit.passwords import is_password
from chargehand.pipeline.members import find_member
from chargehand.pipeline.sessions import SessionRules, start_session
from tests.cli.terminal import Terminal
from tests.house import House

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse battery"


def signed_in(house: House) -> str:
    """Somebody who is signed in."""
    now = house.clock.now()
    ana = house.stores.database.read(lambda tx: find_member(tx, "ana@example.com"))
    started = house.stores.database.write(
        lambda tx: start_session(
            tx,
            ana.id,
            SignInMethod.PASSWORD,
            device=Device.COMPUTER,
            rules=SessionRules(),
            now=now,
        )
    )
    return started.record.id


async def test_password_is_read_from_the_terminal_and_ends_sessions(
    house: House, terminal: Terminal
) -> None:
    terminal.done("members", "add", "Ana Ruiz", "--email", "ana@example.com")
    signed_in(house)

    told = terminal.run("members", "password", "ana@example.com", given=f"{PASSWORD}\n".encode())

    ana = house.stores.database.read(lambda tx: find_member(tx, "ana@example.com"))
    digest = house.stores.database.read(lambda tx: tx.sign_in.password_of(ana.id))
    assert told.code == 0
    assert is_password(PASSWORD, digest)
    assert PASSWORD not in f"{told.out}{told.err}{digest}"
    assert "Nobody is signed in" in terminal.done("sessions", "list").out


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        pytest.param("", "shorter than 12", id="nothing"),
        pytest.param("short", "shorter than 12", id="short"),
        pytest.param("a" * 40, "the same few characters", id="one letter"),
        pytest.param("x1y2z3" * 50, "longer than 256", id="long"),
        pytest.param("ana@example.com", "your own name or address", id="own address"),
    ],
)
async def test_weak_password_is_refused(terminal: Terminal, typed: str, told: str) -> None:
    terminal.done("members", "add", "Ana Ruiz", "--email", "ana@example.com")

    ended = terminal.run("members", "password", "ana@example.com", given=f"{typed}\n".encode())

    assert ended.code == 2
    assert told in ended.err


async def test_sessions_are_listed_and_revoked(house: House, terminal: Terminal) -> None:
    terminal.done("members", "add", "Ana Ruiz", "--email", "ana@example.com")
    first, second = signed_in(house), signed_in(house)

    listed = terminal.done("sessions", "list", "--member", "ana@example.com").out
    terminal.done("sessions", "revoke", first)
    again = terminal.done("sessions", "revoke", first)
    left = terminal.done("sessions", "list", "--json").json["items"]
    rest = terminal.done("sessions", "revoke", "--member", "ana@example.com")

    assert "Ana Ruiz" in listed
    assert again.out == f"{first} is ended.\n"
    assert [one["id"] for one in left] == [second]
    assert rest.out == "1 sessions of Ana Ruiz are ended.\n"


async def test_old_sessions_are_not_listed(house: House, terminal: Terminal) -> None:
    terminal.done("members", "add", "Ana Ruiz", "--email", "ana@example.com")
    signed_in(house)
    house.clock.advance(timedelta(hours=13).total_seconds())

    assert "Nobody is signed in" in terminal.done("sessions", "list").out


@pytest.mark.parametrize(
    "arguments", [(), ("ses_nobody",), ("ses_1", "--member", "ana@example.com")]
)
async def test_revoke_names_what_it_ends(
    quiet_terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    assert quiet_terminal.run("sessions", "revoke", *arguments).code == 2

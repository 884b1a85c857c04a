"""`members away`, `back` and `absences` as an operator uses them."""

import pytest

from tests.cli.terminal import Terminal

pytestmark = pytest.mark.anyio


async def test_who_is_away_is_listed_with_their_deputy_until_they_are_back(
    quiet_terminal: Terminal,
) -> None:
    for name in ("Ana Ruiz", "Ben Adler"):
        quiet_terminal.done("members", "add", name, "--role", "PAY:approver")

    until = ("--until", "2026-12-24", "--deputy", "Ben Adler")
    told = quiet_terminal.done("members", "away", "Ana Ruiz", "--from", "2026-12-20", *until).out

    assert "Ben Adler may decide in their place" in told
    (shown,) = quiet_terminal.done("members", "absences", "--json").json
    assert (shown["member_name"], shown["deputy_name"]) == ("Ana Ruiz", "Ben Adler")
    ended = quiet_terminal.run("members", "away", "Ana Ruiz", "--from", "2026-12-21", *until)
    assert (ended.code, "away then already" in ended.err) == (2, True)
    circle = quiet_terminal.run(
        *("members", "away", "Ben Adler", "--from", "2026-12-20"),
        *("--until", "2026-12-22", "--deputy", "Ana Ruiz"),
    )
    assert "in a circle" in circle.err
    assert quiet_terminal.done("members", "back", "Ana Ruiz").out == "Ana Ruiz is back.\n"
    assert "Nobody is away" in quiet_terminal.done("members", "absences").out


async def test_absence_that_is_over_is_refused(quiet_terminal: Terminal) -> None:
    quiet_terminal.done("members", "add", "Ana Ruiz")

    ended = quiet_terminal.run("members", "away", "Ana Ruiz", "--until", "2020-01-01")

    assert (ended.code, "is over already" in ended.err) == (2, True)

"""How columns, times and texts are printed."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chargehand.cli.output import excerpt, safe_line, safe_text, since, span
from tests.cli.terminal import on_a_terminal
from tests.house import House

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        pytest.param(timedelta(0), "0 s", id="nothing"),
        pytest.param(timedelta(milliseconds=12), "0.012 s", id="milliseconds"),
        pytest.param(timedelta(seconds=59), "59 s", id="seconds"),
        pytest.param(timedelta(seconds=90), "1 min 30 s", id="minutes"),
        pytest.param(timedelta(hours=2), "2 h", id="hours"),
        pytest.param(timedelta(days=3, hours=4, minutes=5), "3 d 4 h", id="days"),
        pytest.param(timedelta(seconds=-90), "-1 min 30 s", id="negative"),
    ],
)
def test_span_names_its_two_largest_units(length: timedelta, shown: str) -> None:
    assert span(length) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        pytest.param(NOW - timedelta(hours=2), "2 h ago", id="past"),
        pytest.param(NOW + timedelta(days=1), "in 1 d", id="future"),
        pytest.param(NOW - timedelta(milliseconds=300), "just now", id="now"),
    ],
)
def test_since_says_on_which_side_of_now(moment: datetime, shown: str) -> None:
    assert since(moment, NOW) == shown


def test_safe_text_names_what_a_terminal_would_obey() -> None:
    assert safe_text("a\x1b[2J\u202eb\nc") == "a⟨U+001B⟩[2J⟨U+202E⟩b\nc"
    assert safe_line("a\r\n\tb  c") == "a b c"
    assert safe_text("naïve 漢字 👩‍💻") == "naïve 漢字 👩‍💻"


def test_excerpt_ends_with_an_ellipsis_only_when_cut() -> None:
    assert excerpt("short") == "short"
    assert excerpt("x" * 61) == "x" * 59 + "…"


@pytest.mark.anyio
async def test_table_on_a_narrow_terminal_keeps_ids_whole(house: House, config: Path) -> None:
    await house.ask("@bot when is it due?")

    code, shown = on_a_terminal(config, "actions", "list", columns=60)

    assert code == 0
    assert house.actions[0].id in shown
    assert "jira.add_comment" in shown
    assert "…" not in shown


@pytest.mark.anyio
async def test_terminal_of_another_encoding_gets_escapes(house: House, config: Path) -> None:
    await house.ask("@bot quand? \u2603")

    shown = in_latin_1(config, "events", "list")

    assert "quand? \\u2603" in shown


def in_latin_1(config: Path, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "chargehand", "-c", str(config), *arguments],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    return ended.stdout.decode("latin-1")

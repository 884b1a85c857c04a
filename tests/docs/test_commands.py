import shutil
from pathlib import Path

import pytest

from tests.cli.outside import environ
from tests.conftest import ROOT
from tests.docs.walking import Walk, missing_line, shape, steps_of

DOCUMENTS = ("README.md", "docs/tutorial.md", "docs/howto/try-it-offline.md")


@pytest.mark.process
@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_do_what_the_document_says(name: str, tmp_path: Path) -> None:
    steps = steps_of(ROOT / name)
    if any("curl" in step.command for step in steps) and shutil.which("curl") is None:
        pytest.skip("this machine has no curl")

    with Walk(tmp_path, environ()) as walk:
        for step in steps:
            walk.take(step)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_has_commands(name: str) -> None:
    assert len(steps_of(ROOT / name)) >= 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("  12 ms x", "1,012 ms x", id="numbers"),
        pytest.param("on Friday 3 July 2026", "on Wednesday 21 May 2027", id="dates"),
        pytest.param(
            "dec_01m7x64bks5czsadx2eh8s0sc3 ok", "dec_01m7x64bks5czsadx2eh8s0sc4 ok", id="ids"
        ),
        pytest.param("approval n5wf0t is open", "approval vnanqj is open", id="short-ids"),
    ],
)
def test_what_changes_each_time_is_not_compared(one: str, other: str) -> None:
    assert shape(one) == shape(other)


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        pytest.param(("a 1", "b 2"), None, id="all"),
        pytest.param(("b 9",), None, id="from-the-middle"),
        pytest.param(("a 1", "…", "d 4"), None, id="left-out"),
        pytest.param(("a 1", "d 4"), "d 4", id="not-next"),
        pytest.param(("a 1", "…", "e 5"), "e 5", id="never"),
    ],
)
def test_line_that_is_not_printed_is_named(wanted: tuple[str, ...], missing: str | None) -> None:
    assert missing_line(wanted, "a 7\nb 7\nc 7\nd 7") == missing

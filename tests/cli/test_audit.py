"""`audit`: the chain is shown, exported whole, and any tampering is named."""

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.pipeline.looking import list_audit
from chargehand.pipeline.showing import to_json
from tests.cli.terminal import Terminal
from tests.house import Doubles, House, house_settings, open_house

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(data_dir: Path, anyio_backend: str) -> AsyncIterator[House]:
    """A house whose audit chain may be broken by the test."""
    async with open_house(house_settings(data_dir), Doubles(), check=lambda _: None) as house:
        house.mode("auto")
        await house.ask("@bot when is it due?")
        yield house


async def test_verify_says_how_many_records_hold(house: House, terminal: Terminal) -> None:
    end = house.stores.database.read(lambda tx: tx.audit.head()).seq

    assert terminal.done("audit", "verify").out == f"audit: {end} records, chain verified\n"


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        pytest.param(
            "UPDATE audit_records SET body = '{}' WHERE seq = 4",
            "  record 4: its content was changed after it was written",
            id="edited",
        ),
        pytest.param(
            "DELETE FROM audit_records WHERE seq = 3",
            "  record 3: record 3 is missing",
            id="deleted",
        ),
        pytest.param(
            "DELETE FROM audit_records WHERE seq > 4",
            "were cut off",
            id="cut-off",
        ),
        pytest.param(
            "UPDATE audit_records SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END "
            "WHERE seq IN (3, 4); UPDATE audit_records SET seq = -seq WHERE seq < 0",
            "  record 3: does not follow the record before it",
            id="reordered",
        ),
    ],
)
async def test_verify_names_every_break_and_exits_1(
    house: House, terminal: Terminal, tampering: str, told: str
) -> None:
    for statement in tampering.split(";"):
        house.sql(statement)

    ended = terminal.run("audit", "verify")

    assert ended.code == 1
    assert "chain BROKEN in" in ended.lines[0]
    assert told in ended.out
    assert terminal.run("audit", "verify", "--json").json["is_intact"] is False


async def test_verify_names_a_checkpoint_that_was_changed(
    house: House, terminal: Terminal, data_dir: Path
) -> None:
    (data_dir / "audit.checkpoint").write_text("something else", encoding="utf-8")

    ended = terminal.run("audit", "verify")

    assert ended.code == 1
    assert "audit.checkpoint can not be read: somebody changed it" in ended.out


async def test_show_as_json_is_what_rest_shows(house: House, terminal: Terminal) -> None:
    page = house.stores.database.read(lambda tx: list_audit(tx, limit=3))

    assert terminal.done("audit", "show", "--last", "3", "--json").json == to_json(page)


async def test_show_goes_on_before_a_number(house: House, terminal: Terminal) -> None:
    shown = terminal.done("audit", "show", "--cursor", "3")

    assert [line.split()[0] for line in shown.lines] == ["seq", "2", "1"]
    assert "No records before" in terminal.done("audit", "show", "--cursor", "1").out


async def test_export_writes_every_record_oldest_first(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    records = house.stores.database.read(lambda tx: tuple(tx.audit.walk()))
    file = tmp_path / "audit.jsonl"

    printed = terminal.done("audit", "export").lines
    told = terminal.done("audit", "export", "--out", str(file)).out

    assert [json.loads(line) for line in printed] == [to_json(record) for record in records]
    assert file.read_text(encoding="utf-8").splitlines() == printed
    assert told == f"{len(records)} records written to {file}.\n"


async def test_export_as_csv_is_a_table_with_headings(
    house: House, terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "audit.csv"

    told = terminal.done("audit", "export", "--format", "csv", "--out", str(file)).out

    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert [int(row["seq"]) for row in rows] == list(range(1, len(rows) + 1))
    assert all(json.loads(row["body"]) for row in rows)
    assert told.startswith(f"{len(rows)} records")


async def test_export_that_can_not_be_written_leaves_nothing(
    quiet_terminal: Terminal, tmp_path: Path
) -> None:
    ended = quiet_terminal.run("audit", "export", "--out", str(tmp_path / "no" / "audit.jsonl"))

    assert ended.code == 2
    assert "can not be written to" in ended.err
    assert "No such file or directory" in ended.err

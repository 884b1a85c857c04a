"""What is peculiar to the one engine there is: its rows, its log and the database it accepts."""

import asyncio
import contextlib
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import structlog
from dbos import _dbos as library
from sqlalchemy import create_engine, event

from chargehand.domain.errors import Rejected
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.engine.dbos_engine.engine import DBOSEngine
from chargehand.engine.dbos_engine.serializer import JSONSerializer, RecordedError
from chargehand.engine.errors import EngineMisconfigured
from chargehand.engine.port import StepRunner, Task
from tests.engine.conftest import Place
from tests.engine.engines import until_ended

pytestmark = pytest.mark.anyio

PICKLE_IN_BASE64 = "gASV"
SOUND = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON"}


class Refused(Rejected):
    code = "refused"
    template = "The vendor said: {quote}"


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return Place("dbos", f"sqlite:///{tmp_path / 'main.db'}")


async def broken(steps: StepRunner, _: JSONObject) -> JSONValue:
    async def work() -> JSONValue:
        raise Refused(quote="a very private sentence")

    return await steps.step("ask the vendor", work)


async def test_rows_are_json_and_quote_no_error_text(sqlite_place: Place, tmp_path: Path) -> None:
    engine = await sqlite_place.launch({"broken": broken})
    with structlog.testing.capture_logs():
        await engine.start(Task("t", "broken", {"ask_id": "ask_1"}))
        await until_ended(engine, "t")
    await engine.close()

    with contextlib.closing(sqlite3.connect(tmp_path / "main.db")) as connection:
        dump = "\n".join(connection.iterdump())

    assert '{"value":{"args":["broken",{"ask_id":"ask_1"}],"kwargs":{}}}' in dump
    assert '{"error":{"name":"Refused","code":"refused"}}' in dump
    assert '{"error":{"name":"TaskFailed","code":"task_failed"}}' in dump
    assert "a very private sentence" not in dump
    assert PICKLE_IN_BASE64 not in dump


async def test_library_asks_rarely_which_queues_the_database_names(sqlite_place: Place) -> None:
    """It would ask once a second for ever, and nothing here makes any."""
    engine = await sqlite_place.launch({"broken": broken})
    asked = list[str]()

    def note(*told: Any) -> None:
        if "queues" in told[2]:
            asked.append(told[2])

    system = library._get_dbos_instance()._sys_db
    event.listen(system.engine, "before_cursor_execute", note)
    for _ in range(3):
        assert system.list_queues(application_name=system.app_name) == []
    await engine.close()

    assert len(asked) <= 1


async def test_task_that_stands_under_an_executor_without_it_is_taken_up(
    sqlite_place: Place, tmp_path: Path
) -> None:
    """What the library forgot in memory stands in its table as if it were being worked on."""
    begun = asyncio.Event()

    async def waits(_: StepRunner, __: JSONObject) -> JSONValue:
        if begun.is_set():
            return None
        begun.set()
        return await asyncio.get_running_loop().create_future()

    first = await sqlite_place.launch({"waits": waits}, "first")
    await first.start(Task("t", "waits", {}))
    await begun.wait()
    await first.close()
    second = await sqlite_place.launch({"waits": waits}, "second")
    with contextlib.closing(sqlite3.connect(tmp_path / "main.db")) as connection:
        connection.execute("UPDATE workflow_status SET executor_id = 'second'")
        connection.commit()

    with structlog.testing.capture_logs() as logs:
        found = [await second.take_up_stranded() for _ in range(2)]
        ended = await until_ended(second, "t")
    await second.close()

    assert found == [0, 1]
    assert ended == ["done"]
    assert [line["task_ids"] for line in logs if line["event"] == "engine.tasks_stranded"] == [
        ["t"]
    ]


async def test_library_speaks_through_our_log_while_it_runs(
    sqlite_place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    library = logging.getLogger("dbos")
    before = library.handlers[:]
    engine = await sqlite_place.launch({"broken": broken})

    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            library.warning("the %s is full", "pool")
        library.info("chatter")
    await engine.close()

    assert [(line["event"], line["message"], line["log_level"]) for line in logs] == [
        ("engine.library_reported", "the pool is full", "warning")
    ]
    assert library.handlers == before
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        pytest.param("journal_mode", "DELETE", "journal_mode=delete; it must be wal", id="journal"),
        pytest.param("synchronous", "NORMAL", "synchronous=1; it must be 2", id="synchronous"),
        pytest.param("foreign_keys", "OFF", "foreign_keys=0; it must be 1", id="foreign-keys"),
        pytest.param("isolation", "", "isolation_level=; it must be IMMEDIATE", id="isolation"),
    ],
)
async def test_database_that_would_lose_work_is_refused_at_launch(
    tmp_path: Path, setting: str, value: str, complaint: str
) -> None:
    level = value if setting == "isolation" else "IMMEDIATE"
    database = create_engine(
        f"sqlite:///{tmp_path / 'main.db'}", connect_args={"isolation_level": level}
    )

    @event.listens_for(database, "connect")
    def set_pragmas(connection: Any, _: Any) -> None:
        for name, sound in SOUND.items():
            connection.execute(f"PRAGMA {name}={value if name == setting else sound}")

    engine = DBOSEngine(engine=database, executor_id="worker-1", application_version="1")
    engine.register({"broken": broken})

    with pytest.raises(EngineMisconfigured, match=complaint):
        await engine.launch()

    await engine.close()
    database.dispose()


async def test_launch_that_fails_leaves_the_process_free_for_another(
    sqlite_place: Place, tmp_path: Path
) -> None:
    (tmp_path / "other.db").write_text("this is no database, and long enough to be read as one")
    unreadable = Place("dbos", f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(Exception, match="file is not a database"):
        await unreadable.launch({"broken": broken})

    engine = await sqlite_place.launch({"broken": broken})

    assert engine.running_count() == 0
    await engine.close()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param({"value": 1, "error": None}, id="keys-of-the-envelope"),
        pytest.param(["\u0000", "\ud800", "ü"], id="awkward-text"),
        pytest.param(2**70, id="large-number"),
    ],
)
def test_serializer_gives_back_what_it_was_given(value: JSONValue) -> None:
    serializer = JSONSerializer()

    row = serializer.serialize(value)

    assert row.isascii()
    assert serializer.deserialize(row) == value


def test_serializer_keeps_name_and_code_of_an_error_twice_over() -> None:
    serializer = JSONSerializer()

    once = serializer.deserialize(serializer.serialize(Refused(quote="private")))
    twice = serializer.deserialize(serializer.serialize(once))

    assert isinstance(twice, RecordedError)
    assert (twice.name, twice.code, str(twice)) == ("Refused", "refused", "Refused (refused)")

"""A backup is of one moment, whole or named as broken, and knows no secret."""

import gzip
import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from chargehand.bootstrap.backups import (
    BackupOrigin,
    MadeBackup,
    list_backups,
    make_backup,
    verify_backup,
)
from chargehand.bootstrap.stores import Stores
from chargehand.config.settings import Settings
from chargehand.pipeline.keys import create_key
from chargehand.storage.backup.archive import extract
from chargehand.storage.backup.errors import (
    BackupCut,
    BackupDamaged,
    BackupExists,
    BackupMissing,
    BackupNewer,
    BackupUnreadable,
    BackupUnwritable,
)
from chargehand.storage.errors import SchemaMissing, SchemaNewer
from chargehand.testing.clock import FakeClock
from tests.conftest import ROOT
from tests.house import SECRET, START

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
def made(settings: Settings, stores: Stores, clock: FakeClock) -> MadeBackup:
    stores.database.write(lambda tx: create_key(tx, "one", by="cli:one\tof\\two\n", now=START))
    return make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)


def test_backup_verifies_and_says_what_it_holds(made: MadeBackup, stores: Stores) -> None:
    checked = verify_backup(made.path)

    head = stores.database.read(lambda tx: tx.audit.head())
    counts = {name.rpartition(".")[2]: rows for name, rows in checked.manifest.counts.items()}
    assert checked.is_intact
    assert checked.manifest.created_at == START
    assert checked.manifest.audit == {"default": head}
    assert checked.chains["default"].records == head.seq == 2
    assert (counts["api_keys"], counts["audit_records"]) == (1, 2)


def test_backup_holds_the_settings_and_no_secret(
    made: MadeBackup, settings: Settings, tmp_path: Path
) -> None:
    extract(made.path, tmp_path / "out", version="x")

    held = b"".join(file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file())
    config = json.loads((tmp_path / "out" / "config.json").read_bytes())
    token = settings.connections[0].api_token.get_secret_value()
    assert config["connections"][0]["site"] == settings.connections[0].site
    assert token.encode() not in held
    assert SECRET.encode() not in held
    assert b"postgresql://" not in held


@contextmanager
def writing(settings: Settings) -> Iterator[None]:
    url = settings.storage.database_url
    storage = {
        "data_dir": str(settings.storage.data_dir),
        "database_url": url.get_secret_value() if url is not None else None,
    }
    command = [sys.executable, "-m", "tests.backup.writing_process"]
    with subprocess.Popen(
        [*command, json.dumps({"storage": storage})], cwd=ROOT, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"written\n"
        yield
        assert writer.poll() is None
        writer.kill()


@pytest.mark.process
def test_backup_while_others_write_is_of_one_moment(
    settings: Settings, stores: Stores, clock: FakeClock, tmp_path: Path
) -> None:
    """What is done has its work, and a poll position covers only what is there."""
    seen = []
    with writing(settings):
        for number in range(4):
            out = tmp_path / f"{number}.tar.gz"
            make_backup(settings, origin=BackupOrigin.PERSON, clock=clock, out=out)
            seen.append(out)

    moments = [moment_of(out, tmp_path / out.stem) for out in seen]
    for stored, dispatched, worked, cursor in moments:
        assert dispatched <= worked
        assert cursor <= stored
        assert len(stored) - len(worked & stored) <= 1
    assert len({len(stored) for stored, *_ in moments}) == len(moments)


def moment_of(backup: Path, into: Path) -> tuple[set[str], set[str], set[str], set[str]]:
    """The deliveries that are stored, dispatched, worked on, and the one polling has come to."""
    extract(backup, into, version="x")
    if not (into / "main.db").exists():
        inbox, notices, connections = (
            rows_of(into / "tables" / f"public.{name}.copy")
            for name in ("inbox_deliveries", "notices", "connections")
        )
        stored = {row["delivery_key"] for row in inbox}
        dispatched = {row["delivery_key"] for row in inbox if row["state"] == "dispatched"}
        worked = {row["subject_id"] for row in notices}
        return stored, dispatched, worked, {connections[0]["cursor"]}
    with sqlite3.connect(into / "main.db") as main, sqlite3.connect(into / "inbox.db") as inbox_db:
        found = list(inbox_db.execute("SELECT delivery_key, state FROM inbox_deliveries"))
        worked = {row[0] for row in main.execute("SELECT subject_id FROM notices")}
        [(cursor,)] = main.execute("SELECT cursor FROM connections")
    main.close()
    inbox_db.close()
    return (
        {one for one, _ in found},
        {one for one, s in found if s == "dispatched"},
        worked,
        {cursor},
    )


def rows_of(file: Path) -> list[dict[str, str]]:
    columns, *lines = file.read_text().splitlines()
    names = [name.strip('"') for name in columns.split(", ")]
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


@ON_SQLITE
@pytest.mark.parametrize("part", [0.0, 0.001, 0.2, 0.5, 0.9, 0.999])
def test_cut_backup_is_named_as_cut(made: MadeBackup, part: float) -> None:
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[: int(len(whole) * part)])

    with pytest.raises(BackupCut, match=made.path.name):
        verify_backup(made.path)


@ON_SQLITE
def test_backup_without_its_very_last_byte_is_cut(made: MadeBackup) -> None:
    made.path.write_bytes(made.path.read_bytes()[:-1])

    with pytest.raises(BackupCut):
        verify_backup(made.path)


def test_changed_byte_is_found(made: MadeBackup) -> None:
    made.path.write_bytes(with_changed_byte(made.path.read_bytes()))

    with pytest.raises((BackupDamaged, BackupCut, BackupUnreadable)):
        verify_backup(made.path)


def with_changed_byte(packed: bytes) -> bytes:
    """The first change from the middle on that is one: in a run of zeros, some unpack the same."""
    whole = gzip.decompress(packed)
    for place in range(len(packed) // 2, len(packed)):
        changed = bytearray(packed)
        changed[place] ^= 0x40
        try:
            if gzip.decompress(changed) != whole:
                break
        except (OSError, EOFError, zlib.error):
            break
    return bytes(changed)


def test_member_that_was_exchanged_is_found(made: MadeBackup, tmp_path: Path) -> None:
    def change(name: str, content: bytes) -> bytes:
        return content.replace(b"default", b"defaulT") if name != "manifest.json" else content

    repack(made.path, change)

    with pytest.raises(BackupDamaged, match="digest"):
        verify_backup(made.path)


def test_backup_of_a_newer_program_names_both_versions(made: MadeBackup) -> None:
    def change(name: str, content: bytes) -> bytes:
        if name != "manifest.json":
            return content
        return json.dumps({**json.loads(content), "format": 2, "program": "9.9.9"}).encode()

    repack(made.path, change)

    with pytest.raises(BackupNewer, match=r"(?s)9\.9\.9.*0\.1\.0"):
        verify_backup(made.path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"some text", id="text"),
        pytest.param(gzip.compress(b"some text"), id="compressed-text"),
    ],
)
def test_other_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.tar.gz").write_bytes(content)

    with pytest.raises((BackupUnreadable, BackupCut), match=r"other\.tar\.gz"):
        verify_backup(tmp_path / "other.tar.gz")


def test_missing_backup_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupMissing, match="none"):
        verify_backup(tmp_path / "none")


def test_backup_replaces_no_file(settings: Settings, stores: Stores, clock: FakeClock) -> None:
    out = settings.storage.data_dir / "precious"
    out.write_text("precious")

    with pytest.raises(BackupExists, match="precious"):
        make_backup(settings, origin=BackupOrigin.PERSON, clock=clock, out=out)

    assert out.read_text() == "precious"


# A folder of the kernel's own takes no file, whatever the user of the tests.
@pytest.mark.parametrize("folder", ["in the way", "/proc/sys/kernel"], ids=["a file", "not ours"])
def test_place_that_can_not_be_written_is_named(
    settings: Settings, stores: Stores, clock: FakeClock, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "in the way").write_text("")
    out = tmp_path / folder / "out.tar.gz"

    with pytest.raises(BackupUnwritable, match=rf"to \S*{folder}.*set backup\.folder"):
        make_backup(settings, origin=BackupOrigin.PERSON, clock=clock, out=out)


def test_nothing_is_left_beside_a_backup(made: MadeBackup, settings: Settings) -> None:
    [found] = list_backups(settings)

    assert found.manifest == made.manifest
    assert {one.name for one in settings.backup_folder.iterdir()} == {made.path.name, ".lock"}


def test_database_that_is_not_there_is_not_made(settings: Settings, clock: FakeClock) -> None:
    with pytest.raises(SchemaMissing):
        make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)

    assert not (settings.storage.data_dir / "main.db").exists()


def test_newer_database_is_not_backed_up_by_an_older_program(
    settings: Settings, stores: Stores, clock: FakeClock
) -> None:
    with stores.database.engine.begin() as connection:
        connection.execute(text("UPDATE chargehand_main_version SET version_num = 'x9999'"))

    with pytest.raises(SchemaNewer, match="x9999"):
        make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)


def test_broken_chain_in_a_backup_is_found(
    settings: Settings, stores: Stores, clock: FakeClock, made: MadeBackup
) -> None:
    with stores.database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_records SET body = '{}' WHERE seq = 1"))
    broken = make_backup(
        settings, origin=BackupOrigin.PERSON, clock=clock, out=made.path.with_name("b.tar.gz")
    )

    checked = verify_backup(broken.path)

    assert not checked.is_intact
    assert [one.seq for one in checked.chains["default"].breaks] == [1]


def repack(path: Path, change) -> None:
    content = io.BytesIO()
    with tarfile.open(path) as old, tarfile.open(fileobj=content, mode="w:gz") as new:
        for info in old:
            file = old.extractfile(info)
            assert file is not None
            changed = change(info.name, file.read())
            info.size = len(changed)
            new.addfile(info, io.BytesIO(changed))
    path.write_bytes(content.getvalue())

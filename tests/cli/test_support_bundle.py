"""`support-bundle`: everything that helps, and nothing of what was planted in every place."""

import json
import re
import tarfile
from pathlib import Path

import pytest

from chargehand.cli.shown_log import last_lines
from chargehand.testing.clock import FakeClock
from tests.cli.terminal import Terminal
from tests.house import SECRET, START, House

SECRETS = (
    "fake-api-token-of-chargehand",
    SECRET,
    "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
    "the-password-of-the-mail-server",
    "T0123/B0456/hook-path-token",
    "ATATT3xFfGF0plantedplantedplanted",
)
PEOPLE = (
    "Mei", "Tanaka", "Chargehand ", "strawberry", "ops@example.com", "lead@example.com",
    "chargehand@example.com", "smtp-account",
)  # fmt: skip
NOTICES = """
[notices]
webhook_url = "https://hooks.example.com/T0123/B0456/hook-path-token"
webhook_secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
email_to = ["ops@example.com"]
email_from = "lead@example.com"
smtp_host = "mx.example.com"
smtp_user = "smtp-account"
smtp_password = "the-password-of-the-mail-server"

[log]
file = "log/chargehand.log"

[[connections]]"""
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/srv/Tanaka/chargehand/pipeline/judging.py", line 12, in take\n'
    '    raise ValueError("strawberry")\n'
    "ValueError: strawberry of Mei, ops@example.com\n"
)
LOG = [
    {"event": "ask.decided", "level": "info", "ask_id": "ask_1", "reason": "answered_from_facts"},
    {"event": "operator.notice_raised", "level": "warning", "text": "Mei Tanaka asked strawberry"},
    {"event": "x", "level": "info", "code": "Mei Tanaka", "delivery_id": ["ops@example.com"]},
    {"event": "dispatch.delivery_failed", "level": "error", "exception": TRACEBACK},
    {"event": "y", "level": "info", "detail": "ATATT3xFfGF0plantedplantedplanted"},
]


@pytest.fixture
def planted(config: Path) -> Path:
    text = config.read_text(encoding="utf-8")
    config.write_text("# Mei Tanaka wrote this\n" + text.replace("\n[[connections]]", NOTICES))
    log = config.parent / "log" / "chargehand.log"
    log.parent.mkdir()
    lines = [json.dumps(line) for line in LOG]
    log.write_text("\n".join([*lines, "strawberry, said Mei", '{"half']) + "\n")
    return config


def unpack(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as opened:
        return {
            Path(entry.name).name: opened.extractfile(entry).read().decode()  # type: ignore[union-attr]
            for entry in opened.getmembers()
        }


@pytest.mark.anyio
async def test_bundle_holds_what_helps_and_nothing_that_was_planted(
    house: House, planted: Path, tmp_path: Path
) -> None:
    house.mode("approve")
    await house.ask("@bot when is the strawberry release due?")
    with_name = {"code": "poll_failing", "text": "Mei Tanaka has no right, ops@example.com"}
    house.sql(
        "INSERT INTO notices VALUES (:o, 'ntc_1', 'k', 'warning', :code, 's', :text, 1, 1, 1)",
        o=house.stores.database.organization_id,
        **with_name,
    )
    archive = tmp_path / "bundle.tar.gz"

    ended = Terminal(planted, house.clock).done("support-bundle", "--output", str(archive))
    files = unpack(archive)

    whole = "\n".join(files.values()) + ended.out
    assert [word for word in (*SECRETS, *PEOPLE) if word in whole] == []
    assert set(files) == {
        "versions.json", "settings.json", "doctor.txt", "schema.json", "status.json",
        "figures.json", "notices.json", "log.jsonl",
    }  # fmt: skip
    assert all(name in ended.out for name in files)
    assert json.loads(files["settings.json"])["connections"][0]["projects"] == ["PAY", "HELP"]
    assert json.loads(files["settings.json"])["notices"]["smtp_password"] == "(set)"
    assert json.loads(files["status.json"])["waiting"]["approvals_open"] == 1
    assert json.loads(files["figures.json"])["chargehand_open_approvals"] == {"": 1}
    assert json.loads(files["notices.json"])[0]["code"] == "poll_failing"
    assert re.search(r"^ok +audit: \d+ records", files["doctor.txt"], re.MULTILINE)
    assert archive.stat().st_mode & 0o077 == 0


def test_log_lines_keep_ids_words_and_the_place_of_an_error(planted: Path) -> None:
    text = last_lines(planted.parent / "log" / "chargehand.log", 100)

    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0] == LOG[0]
    assert lines[1] == {
        "event": "operator.notice_raised",
        "level": "warning",
        "left_out": ["text"],
    }
    assert lines[3]["exception"] == ["chargehand/pipeline/judging.py:12 take", "ValueError"]
    assert lines[5] == {"left_out": "a line that is not JSON"}
    assert len(last_lines(planted.parent / "log" / "chargehand.log", 2).splitlines()) == 2


def test_bundle_of_a_broken_database_still_tells_the_rest(
    planted: Path, data_dir: Path, tmp_path: Path
) -> None:
    for file in data_dir.glob("main.db*"):
        file.unlink()
    archive = tmp_path / "bundle.tar.gz"

    Terminal(planted, FakeClock(START)).done("support-bundle", "--output", str(archive))
    files = unpack(archive)

    assert json.loads(files["status.json"])["error"] == "schema_missing"
    assert "log.jsonl" in files


def test_bundle_of_a_wrong_configuration_says_so_and_repeats_nothing(
    config: Path, tmp_path: Path
) -> None:
    config.write_text(config.read_text().replace('email = "', 'emial = "Mei Tanaka '))
    archive = tmp_path / "bundle.tar.gz"

    Terminal(config, FakeClock(START)).done("support-bundle", "--output", str(archive))

    assert json.loads(unpack(archive)["settings.json"]) == {"error": "config_invalid"}


def test_file_that_exists_is_not_overwritten(quiet_terminal: Terminal, tmp_path: Path) -> None:
    archive = tmp_path / "bundle.tar.gz"
    archive.write_text("dear")

    ended = quiet_terminal.run("support-bundle", "--output", str(archive))

    assert ended.code == 2
    assert "--output" in ended.err
    assert archive.read_text() == "dear"

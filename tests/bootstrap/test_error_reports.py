"""Errors reach Sentry with what helps, and without a text, a secret or a person."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from chargehand.bootstrap.error_reports import open_error_reports
from chargehand.config.settings import Settings
from chargehand.domain.errors import Fault
from chargehand.logs.log import configure_logs, get_logger
from tests.house import house_settings
from tests.network.taking import Taken, taking

SECRET = "a-secret-of-no-known-shape"
# What is loaded only where it is configured.
LATE = (
    "boto3",
    "botocore",
    "chargehand.bootstrap.otlp",
    "chargehand.pipeline.spans",
    "chargehand.secrets",
    "cryptography",
    "opentelemetry.sdk",
    "sentry_sdk",
)


@pytest.fixture
def ingest() -> Iterator[Taken]:
    with taking() as taken:
        yield taken


@pytest.fixture
def settings(ingest: Taken, tmp_path: Path) -> Iterator[Settings]:
    dsn = ingest.url.replace("http://", "http://publickey@") + "/7"
    yield house_settings(
        tmp_path, sentry={"dsn": dsn, "environment": "staging"}, connection={"api_token": SECRET}
    )
    structlog.reset_defaults()


def events(ingest: Taken) -> list[dict[str, Any]]:
    found = []
    for path, _, body in ingest.posts:
        assert path == "/api/7/envelope/"
        _, head, *rest = body.split(b"\n")
        assert json.loads(head)["type"] == "event"
        found.append(json.loads(rest[0]))
    return found


def read(text: str) -> int:
    return int(text)


def fail() -> None:
    strawberry = "the strawberry of Mei Tanaka"
    try:
        read(strawberry)
    except ValueError as error:
        raise Fault(text=f"{strawberry} with {SECRET}") from error


def test_line_that_is_an_error_is_reported_without_its_words(
    settings: Settings, ingest: Taken, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_error_reports(settings, role="worker") as reports:
        configure_logs(
            level="info", form="json", role="worker", secrets=(SECRET,), tell=reports.tell
        )
        get_logger().warning("poll.connection_lost", code="vendor_failing")
        try:
            fail()
        except Fault:
            get_logger().exception(
                "worker.round_failed", loop="dispatch", ask_id="ask_1", text="strawberry"
            )

    (event,) = events(ingest)
    assert (event["message"], event["level"]) == ("worker.round_failed", "error")
    assert event["environment"] == "staging"
    assert event["tags"] == {
        "role": "worker", "loop": "dispatch", "ask_id": "ask_1", "error_code": "fault",
    }  # fmt: skip
    assert [one["type"] for one in event["exception"]["values"]] == ["ValueError", "Fault"]
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "fail"
    whole = b"".join(body for _, _, body in ingest.posts).decode()
    for word in ("strawberry", "Tanaka", SECRET, str(Path.home()), "abs_path", "vars"):
        assert word not in whole
    assert SECRET not in capsys.readouterr().err


def test_what_ends_a_process_is_reported(settings: Settings, ingest: Taken) -> None:
    with pytest.raises(Fault), open_error_reports(settings, role="front"):
        fail()
    with pytest.raises(ZeroDivisionError), open_error_reports(settings, role="front"):
        _ = 1 / 0

    (event,) = events(ingest)
    assert event["message"] == "process.died"
    assert event["exception"]["values"][0]["value"] == "(left out)"


def test_what_is_not_configured_is_not_loaded(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
import chargehand.__main__, chargehand.bootstrap.worker, chargehand.web.process
from chargehand.bootstrap.error_reports import open_error_reports
from chargehand.bootstrap.reading_settings import read_settings
settings = read_settings(Path("chargehand.toml"), {{}})
with open_error_reports(settings, role="worker"):
    pass
print([name for name in {LATE!r} if name in sys.modules])
"""
    (tmp_path / "chargehand.toml").touch()

    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (ran.stdout, ran.stderr) == ("[]\n", "")

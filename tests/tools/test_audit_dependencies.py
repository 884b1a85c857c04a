"""`make audit-dependencies`: against a service of this machine, one that is away, and a mirror."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tools.audit_dependencies import AUDITED, NOT_AUDITED, VULNERABLE, tell

ROOT = Path(__file__).resolve().parents[2]
ADVISORY = {
    "id": "OSV-2026-1",
    "summary": "Reads what it should not.",
    "affected": [
        {
            "package": {"name": "starlette", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "999.0"}]}],
        }
    ],
}

pytestmark = pytest.mark.process


@contextmanager
def advisory_service(*, vulnerable: str = "", status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A service that speaks as OSV does, and the packages it was asked about."""
    asked: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            name = json.loads(self.rfile.read(length))["package"]["name"]
            asked.append(name)
            body = json.dumps({"vulns": [ADVISORY]} if name == vulnerable else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
        server.shutdown()


def audit(address: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.audit_dependencies"]
    return subprocess.run(
        [*command, "--vulnerability-service", "osv", "--osv-url", address],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def locked() -> list[str]:
    lines = (ROOT / "requirements" / "runtime.txt").read_text().splitlines()
    return [line.partition("==")[0] for line in lines if "==" in line]


def test_every_locked_package_is_asked_about() -> None:
    with advisory_service() as (address, asked):
        told = audit(address)

    assert told.returncode == AUDITED, told.stdout + told.stderr
    assert "none is known to be vulnerable" in told.stdout
    # Some are for other systems alone.
    assert len(set(locked()) - set(asked)) <= 5
    assert {"starlette", "sqlalchemy", "cryptography"} <= set(asked)


def test_vulnerable_package_fails_and_is_named_with_its_cure() -> None:
    with advisory_service(vulnerable="starlette") as (address, _):
        told = audit(address)

    assert told.returncode == VULNERABLE
    assert "OSV-2026-1, mended in 999.0" in told.stdout
    assert "1 of " in told.stdout
    assert "are vulnerable" in told.stdout


def test_service_that_fails_is_no_success() -> None:
    with advisory_service(status=503) as (address, _):
        told = audit(address)

    assert told.returncode == NOT_AUDITED
    assert "not audited: " in told.stdout
    assert "none is known" not in told.stdout


def test_service_that_is_away_is_no_success() -> None:
    with advisory_service() as (address, _):
        pass

    told = audit(address)

    assert told.returncode == NOT_AUDITED
    assert "not audited: " in told.stdout
    assert "none is known" not in told.stdout


def test_mirror_that_knows_no_package_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    """As pip-audit tells of it, itself with "no known vulnerabilities found" and a success."""
    skipped = [{"name": f"p{number}", "skip_reason": "not found"} for number in range(7)]

    assert tell([*skipped, {"name": "known", "version": "1", "vulns": []}]) == NOT_AUDITED
    assert capsys.readouterr().out == (
        "audit-dependencies: not audited: the service knows nothing of p0, p1, p2, p3, p4 and "
        "others\n"
    )


def test_check_tells_what_it_could_not_audit() -> None:
    printed = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "all passed but the audit of dependencies" in printed

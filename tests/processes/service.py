"""The service and a fake Jira as real processes, for tests that kill them."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.cli.demo_folder import choose_port
from chargehand.config.load import load_settings
from chargehand.config.settings import Settings
from chargehand.domain.action import Mode
from chargehand.domain.ids import ProjectKey
from chargehand.kit.clock import SystemClock
from chargehand.kit.signing import hmac_sha256_hex
from chargehand.pipeline.modes import set_mode
from chargehand.testing.families import die_with_parent, end_family

SECRET = "the-signing-secret-of-the-tests"
DEADLINE_S = 120.0
# A migration is told of the roles it serves, after its own.
_ARGUMENTS_TO_ROLE = 5


@dataclass
class FakeSite:
    """A fake Jira in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    email: str
    token: str
    bot: str

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: Any) -> Any:
        return self._send("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def comment(self, item: str, author: str, text: str) -> Any:
        body = f"[~accountid:{self.bot}] {text}"
        return self.post(f"/__fake__/issues/{item}/comments", {"author": author, "body": body})

    def acknowledged(self, identifiers: list[str]) -> set[str]:
        """Which of some webhooks were answered with success; the others were never promised."""
        wanted = set(identifiers)
        return {
            one["id"]
            for one in self.get("/__fake__/webhooks")["webhooks"]
            if one["id"] in wanted and one["status"] in (200, 202)
        }

    def replies(self) -> list[str]:
        """The path and body of every comment the bot posted, each time it did."""
        found = self.get("/__fake__/requests?writes=1")
        requests = found["requests"] if isinstance(found, dict) else found
        return [
            one["body"]
            for one in requests
            if one["method"] == "POST" and one["path"].endswith("/comment")
        ]


@dataclass
class Service:
    """`chargehand serve`, killed and started again as the test likes."""

    folder: Path
    site: FakeSite
    port: int
    settings: Settings = field(init=False)
    stores: Stores = field(init=False)
    process: subprocess.Popen[bytes] | None = None
    is_migrated: bool = True
    environ: dict[str, str] = field(default_factory=dict)
    role: str = "all"

    def __post_init__(self) -> None:
        self.settings = load_settings(self.folder / "chargehand.toml", self.environ)
        if self.is_migrated:
            migrate_stores(self.settings, clock=SystemClock())
            self.stores = open_stores(self.settings)

    @property
    def webhook_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/jira/jira"

    def start(self, **environ: str) -> None:
        log = (self.folder / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "chargehand",
                "-c",
                str(self.folder / "chargehand.toml"),
                "serve",
                "--role",
                self.role,
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it asks the system one thing.
            env={**os.environ, **self.environ, **environ},
        )
        log.close()

    def wait_until_ready(self) -> None:
        wait_until(self._is_ready, "the service is ready", on_failure=self.log)

    def answers_ready(self) -> bool:
        """Whether the front says that it can do its work."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _is_ready(self) -> bool:
        if not self.answers_ready():
            return False
        records = self.stores.database.read(lambda tx: tx.connections.all())
        return any(record.bot_account_id for record in records)

    def kill(self, role: str) -> None:
        """SIGKILL one process: supervisor, front or worker."""
        pid = self.pid_of(role)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        if role == "supervisor" and self.process is not None:
            self.process.wait()

    def pid_of(self, role: str) -> int | None:
        if self.process is None:
            return None
        if role == "supervisor":
            return self.process.pid
        for child in children_of(self.process.pid):
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if role.encode() in command[:_ARGUMENTS_TO_ROLE]:
                return child
        return None

    def everyone(self) -> list[int]:
        """The process ids that belong to this service, wherever their parent went."""
        wanted = str(self.folder).encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if wanted in command and b"chargehand" in command:
                found.append(int(entry.name))
        return found

    def stop(self) -> int | None:
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)

    def end(self) -> None:
        """Kill whoever is left, stopped ones too."""
        if self.process is not None:
            end_family(self.process)
        for pid in self.everyone():
            # It may end meanwhile.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def set_mode(self, mode: str) -> None:
        now = SystemClock().now()
        self.stores.database.write(
            lambda tx: set_mode(
                tx,
                Mode(mode),
                project=None,
                kind=None,
                served={ProjectKey("PAY")},
                by="cli:tester",
                now=now,
            )
        )

    def log(self) -> str:
        return (self.folder / "serve.log").read_text(errors="replace")[-4000:]

    def log_lines(self, event: str) -> int:
        """How often something was logged."""
        return (self.folder / "serve.log").read_text(errors="replace").count(event)

    def post_delivery(self, key: str, body: bytes) -> int:
        """Send a signed delivery; the status, 0 when there was no answer."""
        request = urllib.request.Request(
            self.webhook_url,
            data=body,
            headers={
                "content-type": "application/json",
                "x-atlassian-webhook-identifier": key,
                "x-hub-signature": "sha256=" + hmac_sha256_hex(SECRET.encode(), body),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(child) for child in listed.read_text().split()]
    except OSError:
        return []


def wait_until(
    is_so: Callable[[], bool],
    what: str,
    *,
    on_failure: Callable[[], str] = str,
    s: float = DEADLINE_S,
) -> None:
    """Return as soon as a condition holds; fail with the log when it never does."""
    end = time.monotonic() + s
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"it never came true that {what}\n{on_failure()}")
        # lint: allow test-sleep — other processes make the condition true, not a clock of ours.
        time.sleep(0.05)


@contextmanager
def running_fake(state: Path) -> Iterator[FakeSite]:
    command = [sys.executable, "-m", "chargehand.testing.jira", "--port", "0", "--seed", "demo"]
    with _started_fake([*command, "--state", str(state)]) as (process, ready):
        yield FakeSite(process, ready["url"], ready["email"], ready["token"], ready["account_id"])


@contextmanager
def running_chat(vendor: str) -> Iterator[tuple[FakeSite, dict[str, Any]]]:
    """A fake chat in a process of its own, and what it said of itself when it was ready."""
    command = [sys.executable, "-m", f"chargehand.testing.{vendor}", "--port", "0"]
    with _started_fake(command) as (process, ready):
        yield FakeSite(process, ready["url"], "", ready["bot_token"], ""), ready


@contextmanager
def _started_fake(
    command: list[str],
) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - as above.
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
        process.terminate()
        process.wait(30)
    finally:
        end_family(process)
        process.stdout.close()


@contextmanager
def installed_service(
    folder: Path,
    site: FakeSite,
    *,
    is_migrated: bool = True,
    environ: dict[str, str] | None = None,
    chats: str = "",
    intake: str = 'intake = "webhook"',
    role: str = "all",
) -> Iterator[Service]:
    """A configured service that is not started yet; nothing of it survives the test.

    Shape: `chats` are further connections, as the settings file names them; `role` is what of the
    service runs.
    """
    port = choose_port(None)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chargehand.toml").write_text(
        f"""
[server]
port = {port}
[[connections]]
site = "{site.url}"
email = "{site.email}"
api_token = "{site.token}"
projects = ["PAY"]
{intake}
webhook_secrets = ["{SECRET}"]
request_timeout = "PT5S"
{chats}"""
    )
    service = Service(folder, site, port, is_migrated=is_migrated, environ=environ or {}, role=role)
    site.put("/__fake__/webhooks/targets", [{"url": service.webhook_url, "secret": SECRET}])
    try:
        yield service
    finally:
        try:
            service.stop()
        finally:
            service.end()
            service.stores.close()

"""`chargehand serve` beside a fake Jira, as processes, with the shipped defaults."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procfs import family_of, free_port, role_of, shipped_environment

from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.load import load_settings
from chargehand.config.settings import Settings
from chargehand.domain.action import Mode
from chargehand.domain.ids import ProjectKey
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.modes import set_mode
from chargehand.testing.families import die_with_parent

PROJECT = ProjectKey("PAY")
PEOPLE = ("Mei Tanaka", "Tom Berg", "Ana Ruiz", "Lena Novak")
_DEADLINE_S = 180.0
_POLL_S = 0.02
_CONFIG = """
[server]
port = {port}
[[connections]]
id = "site"
site = "{site}"
email = "{email}"
api_token = "{token}"
projects = ["{project}"]
intake = "both"
webhook_secrets = ["{secret}"]
"""


@dataclass(frozen=True, slots=True)
class FakeSite:
    """A fake Jira in a process of its own."""

    url: str
    email: str
    token: str
    bot: str

    def get(self, path: str) -> Any:
        """The answer of the control API."""
        with urllib.request.urlopen(f"{self.url}/__fake__{path}", timeout=30) as answer:
            return json.load(answer)

    def send(self, path: str, body: Any, *, method: str = "POST") -> Any:
        """Have the control API do something."""
        request = urllib.request.Request(
            f"{self.url}/__fake__{path}",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def add_item(self, summary: str, assignee: str) -> str:
        """A new work item; its key."""
        item = {"project": PROJECT, "summary": summary, "assignee": assignee}
        return str(self.send("/issues", item)["key"])

    def mention(self, item: str, author: str, text: str) -> str:
        """Have a person ask the bot; the identifier of the webhook that tells of it."""
        body = {"author": author, "body": f"[~accountid:{self.bot}] {text}"}
        identifiers: list[str] = self.send(f"/issues/{item}/comments", body)["webhooks"]
        return identifiers[0]

    def posted_comments(self) -> list[dict[str, Any]]:
        """Every request of the bot's that left a comment, oldest first."""
        requests: list[dict[str, Any]] = self.get("/requests?writes=1")["requests"]
        return [one for one in requests if one["path"].endswith("/comment")]


@dataclass(slots=True)
class Service:
    """A configured service, and the process it runs in."""

    folder: Path
    site: FakeSite
    port: int
    secret: str
    process: "subprocess.Popen[bytes] | None" = None
    said_before: int = 0

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "chargehand.toml"

    @property
    def settings(self) -> Settings:
        """What the service goes by."""
        return load_settings(self.config, {})

    @contextmanager
    def stores(self) -> Iterator[Stores]:
        """The databases, migrated, for what a benchmark puts there itself."""
        settings = self.settings
        migrate_stores(settings, clock=SystemClock())
        stores = open_stores(settings)
        try:
            yield stores
        finally:
            stores.close()

    def set_mode(self, mode: Mode) -> None:
        """Give every kind of action a mode."""
        now = SystemClock().now()
        with self.stores() as stores:
            stores.database.write(
                lambda tx: set_mode(
                    tx, mode, project=None, kind=None, served={PROJECT}, by="cli:bench", now=now
                )
            )

    @contextmanager
    def running(self) -> Iterator[int]:
        """The process id of a service that is ready; it is stopped at the end."""
        self.start()
        try:
            self.wait_until_ready()
            yield self._running().pid
        finally:
            self.stop()

    def start(self) -> None:
        """Start without waiting."""
        command = [sys.executable, "-m", "chargehand", "-c", str(self.config), "serve"]
        with (self.folder / "serve.log").open("ab") as log:
            self.said_before = log.tell()
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=shipped_environment(),
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it asks the system one thing.
            )

    def wait_until_ready(self) -> None:
        """Return when the front is ready, and the worker runs and knows who the bot is."""
        wait_until(self.is_ready, "the service is ready", on_failure=self.log)

    def wait_until_front_ready(self) -> None:
        """Return when `/ready` says so: deliveries are stored from now on."""
        wait_until(self.is_front_ready, "the front is ready", on_failure=self.log)

    def stop(self) -> None:
        """End the service as an operator would."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def kill(self, role: str) -> int:
        """End the front or the worker as a crash would, by SIGKILL; its process id."""
        pid = next(one for one in family_of(self._running().pid) if role_of(one) == role)
        os.kill(pid, signal.SIGKILL)
        return pid

    def require_running(self) -> None:
        """Raise SystemExit, with the last of what it said, when the service ended by itself."""
        self._running()

    def log(self) -> str:
        """The last of what it said."""
        return (self.folder / "serve.log").read_text(errors="replace")[-4000:]

    def _running(self) -> "subprocess.Popen[bytes]":
        if self.process is None or self.process.poll() is not None:
            raise SystemExit(f"the service does not run\n{self.log()}")
        return self.process

    def is_front_ready(self) -> bool:
        """Whether the front takes deliveries."""
        self._running()
        try:
            return self._answers("/ready") is not None
        except OSError:
            return False

    def is_ready(self) -> bool:
        """Whether both processes do their work."""
        try:
            return self.is_front_ready() and self._works()
        except OSError:
            return False

    def _works(self) -> bool:
        with (self.folder / "serve.log").open("rb") as log:
            log.seek(self.said_before)
            is_started = b"worker.started" in log.read()
        return is_started and all(one["ok"] for one in self._answers("/")["connections"])

    def _answers(self, path: str) -> Any:
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, headers={"accept": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)


def wait_until(
    is_so: Callable[[], bool], what: str, *, on_failure: Callable[[], str] = str
) -> None:
    """Return as soon as a condition holds.

    Raises: SystemExit when it does not within three minutes.
    """
    end_s = time.monotonic() + _DEADLINE_S
    while not is_so():
        if time.monotonic() > end_s:
            raise SystemExit(f"it never came true that {what}\n{on_failure()}")
        time.sleep(_POLL_S)


@contextmanager
def running_fake() -> Iterator[FakeSite]:
    """A fake Jira with a small believable project, forgotten at the end."""
    command = [sys.executable, "-m", "chargehand.testing.jira", "--port", "0", "--seed", "demo"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=shipped_environment(),
        preexec_fn=die_with_parent,  # noqa: PLW1509 - as above.
    )
    try:
        told = json.loads(process.stdout.readline() if process.stdout is not None else "{}")
        yield FakeSite(told["url"], told["email"], told["token"], told["account_id"])
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def installed_service(folder: Path, *, more: str = "") -> Iterator[Service]:
    """A service configured for a fake Jira, not started yet; `more` is further settings."""
    port, secret = free_port(), secrets.token_hex(16)
    folder.mkdir(parents=True)
    with running_fake() as site:
        service = Service(folder, site, port, secret)
        text = _CONFIG.format(
            port=port,
            site=site.url,
            email=site.email,
            token=site.token,
            project=PROJECT,
            secret=secret,
        )
        service.config.write_text(text + more)
        target = {"url": f"http://127.0.0.1:{port}/webhooks/jira/site", "secret": secret}
        site.send("/webhooks/targets", [target], method="PUT")
        try:
            yield service
        finally:
            service.stop()

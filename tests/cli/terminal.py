"""Runs the command line in this process, as `main` does, and keeps what it printed."""

import contextlib
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from chargehand.cli.app import main
from chargehand.cli.context import Invocation
from chargehand.config.settings import Settings
from chargehand.kit.clock import Clock

ZONE = "Europe/Madrid"
# Of the discard protocol, which no machine serves any more; the usual one may well be in use.
NOBODYS_PORT = 9


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Terminal:
    """A person with a configuration file and a clock, whose output is no terminal."""

    def __init__(self, config: Path, clock: Clock) -> None:
        self._given = Invocation(config=config, own_clock=clock)

    def run(self, *arguments: str, given: bytes = b"") -> Ended:
        """Run a command to its end; `given` comes through a pipe."""
        out, err, outer = _stream(), _stream(), sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(given), encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(arguments, self._given)
            except SystemExit as ended:
                code = int(ended.code or 0)
            finally:
                sys.stdin = outer
                # A command sets the logging of its process up, and this one has others.
                structlog.reset_defaults()
        return Ended(code, _text(out), _text(err))

    def done(self, *arguments: str) -> Ended:
        """Run what has to succeed."""
        ended = self.run(*arguments)
        assert ended.code == 0, ended
        return ended


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def on_a_terminal(
    config: Path, *arguments: str, typed: bytes = b"", columns: int = 80
) -> tuple[int, str]:
    """Run in a process of its own whose input and output are a terminal: exit code and screen."""
    person, program = pty.openpty()
    fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "chargehand", "-c", str(config), *arguments]
    process = subprocess.Popen(command, stdin=program, stdout=program, stderr=program)
    os.close(program)
    os.write(person, typed)
    shown = b""
    while part := _read(person):
        shown += part
    os.close(person)
    return process.wait(), shown.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the other side has closed the terminal.
        return b""


def write_config(settings: Settings, folder: Path) -> Path:
    """The configuration file that says the same as some settings of one connection."""
    (connection,) = settings.connections
    secrets = [secret.get_secret_value() for secret in connection.webhook_secrets]
    url = settings.storage.database_url
    database = f"database_url = {json.dumps(url.get_secret_value())}" if url is not None else ""
    config = folder / "chargehand.toml"
    config.write_text(
        f"""
[server]
port = {settings.server.port}

[storage]
data_dir = {json.dumps(str(settings.storage.data_dir))}
{database}

[business]
time_zone = "{ZONE}"

[[connections]]
id = "{connection.id}"
site = "{connection.site}"
email = "{connection.email}"
api_token = "{connection.api_token.get_secret_value()}"
projects = {json.dumps(list(connection.projects))}
intake = "{connection.intake}"
webhook_secrets = {json.dumps(secrets)}
""",
        encoding="utf-8",
    )
    return config

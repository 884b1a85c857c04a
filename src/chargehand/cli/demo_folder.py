"""The demo's folder: its configuration, its secrets, and the commands that open it again.

Rejected
├── DemoFolderTaken  the folder holds something already
└── PortTaken        another program listens there
"""

import os
import random
import secrets
import shlex
import shutil
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from chargehand.config.environment import NAMES
from chargehand.domain.errors import Rejected

_HOST: Final = "127.0.0.1"
_OURS: Final = "CHARGEHAND_"
_NO_PROXY: Final = "127.0.0.1,localhost,::1"
# Below the ports that systems lend to outgoing connections (Linux from 32768, the others from
# 49152): one of those may be lent before the printed commands start the demo again.
_PORTS: Final = range(15_000, 30_000)
_TRIES: Final = 100


class DemoFolderTaken(Rejected):
    """The folder holds something already."""

    code = "demo_folder_taken"
    template = "{path} {problem}; give --folder with the name of a folder that is not there yet."


class PortTaken(Rejected):
    """Another program listens there."""

    code = "port_taken"
    template = "Port {port} of this machine can not be used ({detail}); leave --port out."


@dataclass(frozen=True, slots=True)
class Site:
    """The fake Jira as it said of itself when it was ready."""

    url: str
    port: int
    email: str
    token: str
    account_id: str
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The fake Slack as it said of itself when it was ready."""

    url: str
    port: int
    api_url: str
    bot_token: str
    signing_secret: str
    team_id: str
    channel_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """A folder made for one demo."""

    path: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.path / "chargehand.toml"

    @property
    def site_state(self) -> Path:
        """What the fake Jira keeps."""
        return self.path / "jira.json"


def make_folder(wanted: Path | None, *, now: datetime) -> DemoFolder:
    """A new folder: the wanted one, else one named by the time below `demo-data`.

    Raises: DemoFolderTaken.
    """
    path = wanted or _unused(Path("demo-data") / f"{now:%Y%m%dT%H%M%SZ}")
    try:
        path.mkdir(parents=True, exist_ok=True)
        is_empty = not any(path.iterdir())
    except OSError as error:
        raise DemoFolderTaken(path=path, problem=f"can not be used ({error.strerror})") from error
    if not is_empty:
        raise DemoFolderTaken(path=path, problem="is not empty")
    return DemoFolder(path)


def choose_port(wanted: int | None) -> int:
    """A port nobody listens on, for now and for later: the wanted one, else any.

    Raises: PortTaken.
    """
    if wanted is not None:
        return _bind(wanted)
    for port in random.sample(_PORTS, _TRIES):
        with suppress(PortTaken):
            return _bind(port)
    return _bind(0)


def _bind(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except (OSError, OverflowError) as error:
            raise PortTaken(port=port, detail=str(error)) from error
        bound: int = probe.getsockname()[1]
        return bound


def write_demo_config(folder: DemoFolder, site: Site, workspace: Workspace, *, port: int) -> str:
    """Write `chargehand.toml` and `.env`; the secret that signs Jira's webhooks."""
    secret = secrets.token_urlsafe(32)
    folder.config.write_text(_config(site, workspace, port), encoding="utf-8")
    env = (
        f"ATLASSIAN_API_TOKEN={site.token}\nJIRA_WEBHOOK_SECRET={secret}\n"
        f"SLACK_BOT_TOKEN={workspace.bot_token}\n"
        f"SLACK_SIGNING_SECRET={workspace.signing_secret}\n"
    )
    descriptor = os.open(folder.path / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("# Secrets of the demo; they open nothing but its fakes.\n" + env)
    return secret


def demo_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without every name that would configure chargehand, or leave the machine."""
    kept = {name: value for name, value in environ.items() if name not in _configuring(environ)}
    return {**kept, "NO_PROXY": _NO_PROXY, "no_proxy": _NO_PROXY, "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class Command:
    """A command to copy, and what it is for."""

    line: str
    meaning: str


def look_again(folder: DemoFolder, event_id: str, *, environ: Mapping[str, str]) -> list[Command]:
    """Commands that look at the folder; nothing has to run for them."""
    start = _chargehand(folder, environ)
    return [
        Command(f"{start} trace {event_id}", "everything about this comment, on one screen"),
        Command(f"{start} audit verify", "check every record of the audit chain again"),
        Command(f"{start} decisions list --last 5", "what was decided, and why"),
    ]


def go_on(
    folder: DemoFolder,
    site: Site,
    workspace: Workspace,
    *,
    port: int,
    environ: Mapping[str, str],
) -> list[Command]:
    """Commands that let the fakes and the server run again, each in a terminal of its own."""
    said = f'{{"author": "Ana Ruiz", "body": "[~accountid:{site.account_id}] when is it due?"}}'
    env = shlex.quote(str(folder.path / ".env"))
    # A secret can begin with a stroke, and alone it would be read as an option.
    fake = (
        f"(. {env} && {_python()} -m chargehand.testing.jira --port {site.port} "
        f"--state {shlex.quote(str(folder.site_state))} "
        f"--webhook-url http://{_HOST}:{port}/webhooks/jira/jira "
        '--webhook-secret="$JIRA_WEBHOOK_SECRET")'
    )
    chat = (
        f"(. {env} && {_python()} -m chargehand.testing.slack --port {workspace.port} "
        f"--webhook-url http://{_HOST}:{port}/webhooks/slack "
        '--signing-secret="$SLACK_SIGNING_SECRET")'
    )
    return [
        Command(fake, "the same Jira, in a second terminal"),
        Command(chat, "a Slack that forgot what was said, in a third"),
        Command(f"{_chargehand(folder, environ)} serve", "the same server, in a fourth"),
        Command(
            f"curl {site.url}/__fake__/issues/PAY-7/comments -d {shlex.quote(said)}",
            "somebody else asks",
        ),
    ]


def _configuring(environ: Mapping[str, str]) -> list[str]:
    known = {entry.name for entry in NAMES}
    return [name for name in environ if name in known or name.startswith(_OURS)]


def _unused(path: Path) -> Path:
    tries = (path, *(path.with_name(f"{path.name}-{number}") for number in range(2, 100)))
    return next((one for one in tries if not one.exists()), path)


def _chargehand(folder: DemoFolder, environ: Mapping[str, str]) -> str:
    script = Path(sys.executable).with_name("chargehand")
    program = _program(script) if script.exists() else f"{_python()} -m chargehand"
    # What configures another chargehand in this shell would win over the demo's files.
    unset = "".join(f"-u {name} " for name in sorted(_configuring(environ)))
    prefix = f"env {unset}" if unset else ""
    return f"{prefix}{program} -c {shlex.quote(str(folder.config))}"


def _python() -> str:
    return _program(Path(sys.executable))


def _program(path: Path) -> str:
    """The shortest name under which a shell in this folder finds a program."""
    found = shutil.which(path.name)
    if found is not None and Path(found).absolute() == path:
        return path.name
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _config(site: Site, workspace: Workspace, port: int) -> str:
    projects = ", ".join(f'"{key}"' for key in site.projects)
    return f"""\
# A demo: chargehand beside a fake Jira and a fake Slack on this machine. Secrets are in .env.

[server]
host = "{_HOST}"
port = {port}

[storage]
data_dir = "data"

[business]
time_zone = "Europe/Madrid"

[log]
format = "json"

[[connections]]
id = "jira"
site = "{site.url}"
email = "{site.email}"
account_id = "{site.account_id}"
projects = [{projects}]
intake = "webhook"

[[connections]]
id = "slack"
connector = "slack"
team_id = "{workspace.team_id}"
api_url = "{workspace.api_url}"
approvals_channel = "{workspace.channel_id}"

[connections.channels]
{workspace.channel_id} = ["PAY"]
"""

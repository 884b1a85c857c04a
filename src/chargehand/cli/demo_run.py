"""Runs the demo: a folder, two processes, the sentence, and the commands that open it again.

Fault
└── DemoFailed  what the demo was doing, and why it could not
"""

import json
import os
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand.bootstrap.stores import open_stores
from chargehand.cli.children import Child, Children, signals_as_exit
from chargehand.cli.context import operator_name
from chargehand.cli.demo_clients import ServerClient, SiteClient
from chargehand.cli.demo_folder import (
    DemoFolder,
    Site,
    choose_port,
    demo_environ,
    go_on,
    look_again,
    make_folder,
    write_demo_config,
)
from chargehand.cli.demo_story import Progress, Story, Told
from chargehand.cli.live_view import LiveView
from chargehand.cli.loopback import Loopback
from chargehand.cli.seen import read_seen
from chargehand.config.load import load_settings
from chargehand.domain.errors import ChargehandError, Fault
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.keys import create_key

_SITE_WITHIN_S: Final = 30.0
_SERVER_WITHIN_S: Final = 60.0
_REPLIES: Final = "jira.add_comment"
_INTERRUPTED: Final = 130


class DemoFailed(Fault):
    """What the demo was doing, and why it could not."""

    code = "demo_failed"
    template = "The demo failed while {doing}: {why}{logs}"


def run_demo(wanted: Path | None, *, port: int | None) -> None:
    """Show the main job from a fresh folder to a verified audit chain.

    Raises: DemoFolderTaken, PortTaken, DemoFailed; leaves with 130 after Ctrl-C.
    """
    view = LiveView()
    server_port = choose_port(port)
    folder = make_folder(wanted, now=SystemClock().now())
    view.say("chargehand demo: the real server beside a small fake Jira", style="bold")
    view.say("On this machine only; without a key, an account or the network.")
    view.title("Starting")
    view.row("folder", str(folder.path))
    try:
        with signals_as_exit(), Children(folder.path, demo_environ(os.environ)) as children:
            told, site = _Run(view, folder, children, server_port).run()
            with view.waiting("stopping both processes"):
                children.stop()
    except KeyboardInterrupt:
        view.say(f"\nStopped; nothing is left running. What there is so far: {folder.path}")
        sys.exit(_INTERRUPTED)
    view.say(f"\naudit: {told.audit_records} records, chain verified")
    view.title("Look at it again; nothing has to run for it")
    for command in look_again(folder, told.event_id, environ=os.environ):
        view.command(command.line, command.meaning)
    view.title("Go on with it; each in a terminal of its own")
    for command in go_on(folder, site, port=server_port, environ=os.environ):
        view.command(command.line, command.meaning)


@dataclass(frozen=True, slots=True)
class _Ready:
    """The line the fake prints when it is ready."""

    url: str
    port: int
    email: str
    token: str
    account_id: str
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Connection:
    ok: bool
    found: str


@dataclass(frozen=True, slots=True)
class _Front:
    connections: tuple[_Connection, ...]


class _Run:
    """One demo under way."""

    def __init__(self, view: LiveView, folder: DemoFolder, children: Children, port: int) -> None:
        self._view = view
        self._folder = folder
        self._children = children
        self._port = port
        self._url = f"http://127.0.0.1:{port}"
        self._progress = Progress()

    def run(self) -> tuple[Told, Site]:
        """Everything that needs the processes.

        Raises: DemoFailed.
        """
        try:
            site = self._start_site()
            secret = write_demo_config(self._folder, site, port=self._port)
            self._start_server()
            return self._tell(site, secret), site
        except ChargehandError as error:
            raise DemoFailed(
                doing=self._progress.doing, why=str(error), logs=self._children.last_words()
            ) from error

    def _start_site(self) -> Site:
        self._progress.doing = "starting the fake Jira"
        started_s = time.monotonic()
        arguments = ("--port", "0", "--state", str(self._folder.site_state), "--seed", "demo")
        child = self._children.start("jira", "chargehand.testing.jira", arguments)
        with self._view.waiting("starting the fake Jira"):
            ready = self._children.wait_for(
                "The fake Jira", lambda: _first_line(child), within_s=_SITE_WITHIN_S
            )
        found = f"{ready.url}, projects {' and '.join(ready.projects)}"
        self._view.row("fake Jira", f"{found}{_took(started_s)}")
        return Site(
            url=ready.url,
            port=ready.port,
            email=ready.email,
            token=ready.token,
            account_id=ready.account_id,
            projects=ready.projects,
        )

    def _start_server(self) -> None:
        self._progress.doing = "starting the server"
        started_s = time.monotonic()
        config = str(self._folder.config)
        self._children.start("server", "chargehand", ("--config", config, "serve"))
        with closing(Loopback(self._url)) as http, self._view.waiting("starting the server"):
            self._children.wait_for(
                "The server's readiness",
                lambda: http.is_up("/ready") or None,
                within_s=_SERVER_WITHIN_S,
            )
            self._progress.doing = "waiting for the server to sign in to the fake Jira"
            found = self._children.wait_for(
                "The sign-in", lambda: _signed_in(http), within_s=_SERVER_WITHIN_S
            )
        self._view.row("server", f"{self._url}, ready, {found}{_took(started_s)}")

    def _tell(self, site: Site, secret: str) -> Told:
        self._progress.doing = "making an API key"
        key = self._make_key()
        with closing(ServerClient(self._url, key)) as server, closing(SiteClient(site.url)) as fake:
            self._progress.doing = "setting the mode"
            version = server.set_mode("approve", kind=_REPLIES)
            self._view.row(
                "policy", f"version {version}: replies need approval, all else is simulated"
            )
            fake.send_webhooks_to(f"{self._url}/webhooks/jira/jira", secret=secret)
            story = Story(
                self._view,
                self._children,
                server=server,
                site=fake,
                bot=site.account_id,
                progress=self._progress,
            )
            return story.tell()

    def _make_key(self) -> str:
        settings = load_settings(self._folder.config, demo_environ(os.environ))
        stores = open_stores(settings)
        now = SystemClock().now()
        try:
            return stores.database.write(
                lambda tx: create_key(tx, "demo", by=operator_name(), now=now)
            ).secret
        finally:
            stores.close()


def _first_line(child: Child) -> _Ready | None:
    line, newline, _ = child.log.read_text(encoding="utf-8").partition("\n")
    if not newline:
        return None
    try:
        return read_seen(json.loads(line), _Ready)
    except ValueError:
        # A child that fails writes something else first; its end is noticed in a moment.
        return None


def _signed_in(http: Loopback) -> str | None:
    """Who the server is on the site, once the worker has found out."""
    connections = read_seen(http.get("/"), _Front).connections
    return connections[0].found if connections and connections[0].ok else None


def _took(started_s: float) -> str:
    return f" ({time.monotonic() - started_s:.1f} s)"

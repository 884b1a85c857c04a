"""Runs the demo: a folder, two processes, the sentence, and the commands that open it again.

Fault
└── DemoFailed  what the demo was doing, and why it could not
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.cli.children import Child, Children, signals_as_exit
from chargehand.cli.context import operator_name
from chargehand.cli.demo_chat import APPROVER, Channel, ChatClient, ChatStory
from chargehand.cli.demo_clients import ServerClient, SiteClient
from chargehand.cli.demo_folder import (
    DemoFolder,
    Site,
    Workspace,
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
from chargehand.domain.account import AccountRef
from chargehand.domain.errors import ChargehandError, Fault
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.domain.member import Role
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.confirming import add_confirmed
from chargehand.pipeline.keys import create_key

_SITE_WITHIN_S: Final = 30.0
_SERVER_WITHIN_S: Final = 60.0
_REPLIES: Final = "jira.add_comment"
_CHANGES: Final = "jira.assign_issue"
_POSTS: Final = "slack.post_message"
_CHANNEL: Final = "pay"
_CHAT: Final = ConnectionId("slack")
T = TypeVar("T")
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
    view.say(
        "chargehand demo: the real server beside a small fake Jira and a fake Slack", style="bold"
    )
    view.say("On this machine only; without a key, an account or the network.")
    view.title("Starting")
    view.row("folder", str(folder.path))
    try:
        with signals_as_exit(), Children(folder.path, demo_environ(os.environ)) as children:
            told, last, site, workspace = _Run(view, folder, children, server_port).run()
            with view.waiting("stopping all processes"):
                children.stop()
    except KeyboardInterrupt:
        view.say(f"\nStopped; nothing is left running. What there is so far: {folder.path}")
        sys.exit(_INTERRUPTED)
    view.say(f"\naudit: {last.audit_records} records, chain verified")
    view.title("Look at it again; nothing has to run for it")
    for command in look_again(folder, told.event_id, environ=os.environ):
        view.command(command.line, command.meaning)
    view.title("Go on with it; each in a terminal of its own")
    for command in go_on(folder, site, workspace, port=server_port, environ=os.environ):
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
class _ReadyChat:
    """The line the fake Slack prints when it is ready."""

    url: str
    api_url: str
    bot_token: str
    team_id: str
    channels: Mapping[str, str]


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

    def run(self) -> tuple[Told, Told, Site, Workspace]:
        """Everything that needs the processes: both acts, and what they were played with.

        Raises: DemoFailed.
        """
        try:
            site = self._start_site()
            workspace = self._start_workspace()
            secret = write_demo_config(self._folder, site, workspace, port=self._port)
            self._start_server()
            first, second = self._tell(site, workspace, secret)
        except ChargehandError as error:
            raise DemoFailed(
                doing=self._progress.doing, why=str(error), logs=self._children.last_words()
            ) from error
        return first, second, site, workspace

    def _start_site(self) -> Site:
        self._progress.doing = "starting the fake Jira"
        started_s = time.monotonic()
        port = str(choose_port(None))
        arguments = ("--port", port, "--state", str(self._folder.site_state), "--seed", "demo")
        child = self._children.start("jira", "chargehand.testing.jira", arguments)
        with self._view.waiting("starting the fake Jira"):
            ready = self._children.wait_for(
                "The fake Jira", lambda: _first_line(child, _Ready), within_s=_SITE_WITHIN_S
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

    def _start_workspace(self) -> Workspace:
        self._progress.doing = "starting the fake Slack"
        started_s = time.monotonic()
        port = str(choose_port(None))
        # One of 64 secrets begins with a dash, and would be taken for an option by itself.
        arguments = ("--port", port, f"--signing-secret={secrets.token_urlsafe(32)}")
        child = self._children.start("slack", "chargehand.testing.slack", arguments)
        with self._view.waiting("starting the fake Slack"):
            ready = self._children.wait_for(
                "The fake Slack", lambda: _first_line(child, _ReadyChat), within_s=_SITE_WITHIN_S
            )
        self._view.row("fake Slack", f"{ready.url}, channel #{_CHANNEL}{_took(started_s)}")
        return Workspace(
            url=ready.url,
            port=urlsplit(ready.url).port or 0,
            api_url=ready.api_url,
            bot_token=ready.bot_token,
            signing_secret=arguments[-1],
            team_id=ready.team_id,
            channel_id=ready.channels[_CHANNEL],
            channel=_CHANNEL,
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
            self._progress.doing = "waiting for the server to sign in to the fakes"
            found = self._children.wait_for(
                "The sign-in", lambda: _signed_in(http), within_s=_SERVER_WITHIN_S
            )
        self._view.row("server", f"{self._url}, ready, {found}{_took(started_s)}")

    def _tell(self, site: Site, workspace: Workspace, secret: str) -> tuple[Told, Told]:
        self._progress.doing = "making an API key"
        key = self._make_key()
        with (
            closing(ServerClient(self._url, key)) as server,
            closing(SiteClient(site.url)) as fake,
            closing(ChatClient(workspace.url)) as chat,
        ):
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
            first = story.tell()
            return first, self._tell_more(site, workspace, server, fake, chat)

    def _tell_more(
        self,
        site: Site,
        workspace: Workspace,
        server: ServerClient,
        fake: SiteClient,
        chat: ChatClient,
    ) -> Told:
        """The second act: what waits is approved in the chat."""
        self._progress.doing = "setting up the second act"
        self._view.title("The second act: approving in Slack")
        server.set_mode("approve", kind=_CHANGES)
        version = server.set_mode("auto", kind=_POSTS)
        self._view.row("policy", f"version {version}: assigning needs approval, posting does not")
        self._vouch_for(APPROVER, chat.account_of(APPROVER))
        self._view.row("members", f"{APPROVER} may approve in PAY; her Slack account is confirmed")
        chat.send_webhooks_to(f"{self._url}/webhooks/slack/slack", secret=workspace.signing_secret)
        story = ChatStory(
            self._view,
            self._children,
            server=server,
            site=fake,
            chat=chat,
            channel=Channel(workspace.channel_id, workspace.channel),
            bot=site.account_id,
            progress=self._progress,
        )
        return story.tell()

    def _vouch_for(self, name: str, account_id: str) -> None:
        """A member with the right to approve, whose account an operator on the host confirms."""
        by, now = operator_name(), SystemClock().now()
        roles = ((ProjectKey("PAY"), Role.APPROVER),)
        ref = AccountRef(_CHAT, AccountId(account_id))
        with self._stores() as stores:
            stores.database.write(lambda tx: add_confirmed(tx, name, roles, ref, by=by, now=now))

    def _make_key(self) -> str:
        now = SystemClock().now()
        with self._stores() as stores:
            return stores.database.write(
                lambda tx: create_key(tx, "demo", by=operator_name(), now=now)
            ).secret

    @contextmanager
    def _stores(self) -> Iterator[Stores]:
        """The databases of the demo, for what an operator does on the host."""
        stores = open_stores(load_settings(self._folder.config, demo_environ(os.environ)))
        try:
            yield stores
        finally:
            stores.close()


def _first_line(child: Child, shape: type[T]) -> T | None:
    line, newline, _ = child.log.read_text(encoding="utf-8").partition("\n")
    if not newline:
        return None
    try:
        return read_seen(json.loads(line), shape)
    except ValueError:
        # A child that fails writes something else first; its end is noticed in a moment.
        return None


def _signed_in(http: Loopback) -> str | None:
    """Who the server is on the site, once the worker has found out."""
    connections = read_seen(http.get("/"), _Front).connections
    if not connections or not all(one.ok for one in connections):
        return None
    return connections[0].found


def _took(started_s: float) -> str:
    return f" ({time.monotonic() - started_s:.1f} s)"

"""Runs the front: one process that receives, answers REST and serves pages; starts no engine."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop
from starlette.routing import Mount, Route

from chargehand import __version__
from chargehand.bootstrap.clocks import choose_clock
from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.forms import open_form_desk
from chargehand.bootstrap.leases import front_made_known
from chargehand.bootstrap.lifeline import watch_lifeline
from chargehand.bootstrap.processes import ProcessOptions
from chargehand.bootstrap.receiving import receiving_connections
from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import ConnectionId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ConnectionRecord, HoldRecord
from chargehand.domain.switches import StopRecord
from chargehand.inbox.errors import InboxUnavailable
from chargehand.inbox.group_commit import GroupCommit
from chargehand.inbox.nudge import Nudge
from chargehand.inbox.ports import DeliveryQueue, InboxWatcher, StoreOutcome
from chargehand.inbox.writer import InboxLimits
from chargehand.intake.addresses import TrustedProxies
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.holding import RESUME
from chargehand.pipeline.snapshot import Snapshot, take_snapshot
from chargehand.pipeline.stopping import stopped_words
from chargehand.web.cors import with_cors
from chargehand.web.figures import ReadSnapshot
from chargehand.web.front import UVICORN_SETTINGS, FrontDeps, build_front
from chargehand.web.health import ReadyCheck
from chargehand.web.later import LoadedLater
from chargehand.web.listening import open_listener
from chargehand.web.pages import ConnectionStatus, FrontStatus
from chargehand.web.sign_in.opening import open_sign_in
from chargehand.web.sign_in.routes import SignInDoor, sign_in_routes

if TYPE_CHECKING:
    # Loaded behind the open door; see `later`.
    from chargehand.web.api.app import API

_LAST_WORDS_S = 0.25
_GIVEN_UP = "Deliveries were given up, {count} of them: see `chargehand deliveries given-up`."
_log = get_logger()


class _InboxReactions:
    """What the process does when the inbox changes: wake the worker, or end."""

    def __init__(self, nudge: Nudge | None) -> None:
        self._nudge = nudge

    def committed(self, outcomes: Sequence[StoreOutcome], *, took_s: float) -> None:
        _ = took_s
        if outcomes and self._nudge is not None:
            self._nudge.send()

    def went_away(self, error: InboxUnavailable) -> None:
        _log.error("inbox.store_lost", code=error.code, reason=error.reason)

    def came_back(self) -> None:
        _log.warning("inbox.store_returned")

    def died(self, error: BaseException) -> None:
        _log.critical("inbox.writer_died", error=repr(error))
        # Waiting requests were failed already; the supervisor starts a fresh process.
        os.kill(os.getpid(), signal.SIGTERM)


class _Server(uvicorn.Server):
    """Ends so that nobody who got through is sent away: others wait for the next front."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        # The server would send itself each signal again once it has ended, and that would end the
        # process before it let go of what it holds and said that it is gone.
        self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        # Who was let in a moment ago has not said yet what they want.
        await asyncio.sleep(_LAST_WORDS_S)
        await super().shutdown()


def run_front(settings: Settings, options: ProcessOptions) -> int:
    """Serve until told to stop; the exit code."""
    clock = choose_clock(settings, options.clock_from)
    stores = open_stores(settings)
    inbox = _open_inbox(settings, stores, clock)
    reactions: InboxWatcher = _InboxReactions(Nudge(options.nudge_fd) if options.nudge_fd else None)
    inbox.watch(reactions)
    listener = open_listener(settings.server.host, settings.server.port, options)
    app = build_front(_front_deps(settings, stores, inbox, clock))
    # uvicorn's own type for its settings is its signature.
    uvicorn_settings: dict[str, Any] = dict(UVICORN_SETTINGS)
    server = _Server(uvicorn.Config(app, log_config=None, **uvicorn_settings))
    try:
        known = front_made_known(stores, clock=clock)
        uvloop.run(_serve(server, listener, options, settings, known))
    finally:
        stores.close()
    return 0


async def _serve(
    server: uvicorn.Server,
    listener: socket.socket,
    options: ProcessOptions,
    settings: Settings,
    known: AbstractAsyncContextManager[None],
) -> None:
    def stop() -> None:
        server.should_exit = True

    watch_lifeline(options, stop)
    host, port = listener.getsockname()[:2]
    _log.info("front.listening", host=host, port=port, public_url=settings.server.public_url)
    async with known:
        await server.serve(sockets=[listener])


def _open_inbox(settings: Settings, stores: Stores, clock: Clock) -> GroupCommit:
    limits = InboxLimits(
        waiting_deliveries=settings.inbox.queue_deliveries,
        waiting_bytes=settings.inbox.queue_bytes,
    )
    return GroupCommit(stores.open_inbox(), clock=clock, limits=limits)


def _front_deps(settings: Settings, stores: Stores, inbox: GroupCommit, clock: Clock) -> FrontDeps:
    database, local = stores.database, stores.database.switches.stops
    sign_in = open_sign_in(settings, database, clock)

    async def probe() -> Sequence[ReadyCheck]:
        try:
            stops = await database.aread(lambda tx: tx.stops.in_force())
        except ChargehandError:
            # Where it is, and who signs in there, is not for everybody.
            found = "does not answer; `chargehand doctor` says why"
            return [ReadyCheck("database", is_ok=False, found=found), _stops_check(local())]
        return [ReadyCheck("database", is_ok=True, found="answers"), _stops_check(stops)]

    async def status() -> FrontStatus:
        records = await database.aread(lambda tx: tx.connections.all())
        hold, stops = await database.aread(lambda tx: (tx.holds.current(), tx.stops.in_force()))
        known = {record.id: record for record in records}
        connections = tuple(
            _connection_status(ConnectionId(one.id), one.connector, known.get(ConnectionId(one.id)))
            for one in settings.connections
        )
        steps = _next_steps(settings, connections, hold, stops)
        given_up = await _given_up_step(stores.queue)
        return FrontStatus(connections=connections, next_steps=(*steps, *given_up))

    def open_api() -> "API":
        # lazy: two thirds of what this process loads, and webhooks need none of it.
        from chargehand.web.api.opening import open_api

        return open_api(settings, stores, clock, sign_in)

    api = LoadedLater(open_api)

    async def describe() -> JSONObject:
        return await (await api.loaded()).described()

    return FrontDeps(
        connections=receiving_connections(settings),
        inbox=inbox,
        clock=clock,
        version=__version__,
        probe=probe,
        status=status,
        describe=describe,
        load_rest=partial(_load_rest, api),
        forms=open_form_desk(settings, database, clock),
        figures=_reading_figures(settings, stores, clock),
        mounts=[
            Mount("/v1", app=with_cors(api, settings.server.cors_origins)),
            *sign_in_routes(sign_in),
            *_oidc_routes(settings, sign_in),
        ],
        trusted_proxies=TrustedProxies(settings.server.trusted_proxies),
    )


async def _load_rest(api: LoadedLater["API"]) -> None:
    loading = asyncio.ensure_future(api.loaded())
    await asyncio.wait({loading})
    error = loading.exception()
    if error is not None:
        _log.critical("front.api_not_loaded", error=repr(error))
        # The supervisor starts a fresh process.
        os.kill(os.getpid(), signal.SIGTERM)


def _stops_check(stops: Sequence[StopRecord]) -> ReadyCheck:
    """A stop is somebody's will, and no reason to send deliveries elsewhere."""
    words = stopped_words(stops)
    found = f"STOPPED: {words}" if words else "nothing is stopped"
    return ReadyCheck("stops", is_ok=True, found=found)


def _oidc_routes(settings: Settings, sign_in: SignInDoor) -> list[Route]:
    issuer = settings.oidc.issuer
    if issuer is None:
        return []
    # lazy: proving the tokens of a provider is a library that most installations never need.
    from chargehand.web.sign_in.opening_oidc import open_oidc_routes

    return open_oidc_routes(settings, issuer, sign_in)


def _reading_figures(settings: Settings, stores: Stores, clock: Clock) -> ReadSnapshot:
    async def read() -> Snapshot:
        backlog = await asyncio.to_thread(stores.queue.backlog)
        disk = await asyncio.to_thread(shutil.disk_usage, settings.storage.data_dir)
        return await stores.database.aread(
            lambda tx: take_snapshot(
                tx,
                backlog,
                budget_rules=budget_rules(settings),
                version=__version__,
                disk_free_bytes=disk.free,
                disk_reserve_bytes=settings.storage.disk_reserve_bytes,
                now=clock.now(),
            )
        )

    return read


def _connection_status(
    connection_id: ConnectionId, connector: str, record: ConnectionRecord | None
) -> ConnectionStatus:
    if record is None or record.bot_account_id is None:
        failure = record.last_failure if record is not None else ""
        found = f"not connected yet ({failure})" if failure else "not connected yet"
        return ConnectionStatus(
            id=connection_id, connector=connector, is_ok=False, found=found, last_delivery_at=None
        )
    failing = (
        record.last_failure_at is not None
        and record.last_ok_at is not None
        and record.last_failure_at > record.last_ok_at
    )
    found = (
        f"its last call failed ({record.last_failure})" if failing else f"acts as {record.bot_name}"
    )
    return ConnectionStatus(
        id=connection_id,
        connector=connector,
        is_ok=not failing,
        found=found,
        last_delivery_at=record.last_delivery_at,
    )


async def _given_up_step(queue: DeliveryQueue) -> tuple[str, ...]:
    try:
        dead = (await asyncio.to_thread(queue.counts)).dead
    except InboxUnavailable:
        # The page says what is wrong with the inbox by itself.
        return ()
    return (_GIVEN_UP.format(count=dead),) if dead else ()


def _next_steps(
    settings: Settings,
    connections: Sequence[ConnectionStatus],
    hold: HoldRecord | None,
    stops: Sequence[StopRecord],
) -> tuple[str, ...]:
    if stops:
        return (f"STOPPED: {stopped_words(stops)}. `chargehand resume` ends a stop.",)
    if hold is not None:
        return (f"Nothing is sent since this database was {hold.reason.value}: run {RESUME}.",)
    if not settings.connections:
        return ("Connect a Jira site: run `chargehand init`.",)
    if not all(connection.is_ok for connection in connections):
        return ("A connection does not work: run `chargehand doctor`.",)
    if all(connection.last_delivery_at is None for connection in connections):
        return (
            "Mention the bot in a comment; what it would answer is shown by `chargehand trace`.",
        )
    return ()

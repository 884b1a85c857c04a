"""Discord's gateway: sessions that outlive their connections, heartbeats, events in their order."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from chargehand.testing.discord import shapes
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID, State

PATH: Final = "/gateway"
DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
# What an application gets only if it was allowed: presences, members, the words of all messages.
PRIVILEGED: Final = 1 << 1 | 1 << 8 | 1 << 15
_UNKNOWN_OP, _UNREADABLE, _NOT_SIGNED_IN, _REFUSED = 4001, 4002, 4003, 4004
_TWICE, _FORBIDDEN_INTENTS = 4005, 4014
_KNOWN_INTENTS: Final = (1 << 26) - 1
_INVALID_INTENTS: Final = 4013


@dataclass(slots=True)
class GatewaySession:
    """One session: every event it was told, by number, and the connection it has now."""

    id: str
    intents: int
    events: list[dict[str, Any]] = field(default_factory=list)
    socket: WebSocket | None = None
    is_over: bool = False


@dataclass(slots=True)
class Gateway:
    """The gateway of one fake server.

    Shape: `received` are all messages of the client, oldest first; on a connection among `deaf`
    nothing is answered and nothing told, as on one that stands and leads nowhere; `sessions_left`
    may still begin, and are resumed at `resume_url` if that is another address.
    """

    state: State
    url: str = ""
    resume_url: str = ""
    beat_ms: int = 41_250
    deaf: list[WebSocket] = field(default_factory=list)
    sessions_left: int = 1_000
    sessions: list[GatewaySession] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def route(self) -> WebSocketRoute:
        """Where it is served."""
        return WebSocketRoute(PATH + "/", self._serve)

    def count(self, op: int) -> int:
        """How often the client sent a kind of message."""
        return sum(one.get("op") == op for one in self.received)

    @property
    def has_session(self) -> bool:
        """Whether anybody would be told of something now, or when they come back."""
        return any(not one.is_over for one in self.sessions)

    def tell(self, name: str, told: dict[str, Any], *, intents: int = 0) -> None:
        """Tell every session that may hear of it; one without a connection hears it later."""
        for session in self.sessions:
            if session.is_over or (intents and not session.intents & intents):
                continue
            event = {"op": DISPATCH, "t": name, "s": len(session.events) + 1, "d": told}
            session.events.append(event)
            if session.socket is not None:
                self._spawn(self._send(session.socket, event))

    def drop(self, code: int = 1006) -> None:
        """End every connection: with a code of Discord's, or without a word (1006)."""
        for socket in list(self.sockets):
            self._spawn(socket.close(1011 if code == 1006 else code))  # noqa: PLR2004 - RFC 6455.

    def reconnect(self) -> None:
        """Ask the client to come back on another connection."""
        self._to_all({"op": RECONNECT, "d": None})

    def invalidate(self, *, is_resumable: bool) -> None:
        """Tell the client that its session is no good, or not on this connection."""
        for session in self.sessions:
            session.is_over = session.is_over or not is_resumable
        self._to_all({"op": INVALID, "d": is_resumable})

    def deafen(self) -> None:
        """Let every connection there is now stand and lead nowhere."""
        self.deaf += self.sockets

    def ask_for_beat(self) -> None:
        """Ask for a heartbeat at once."""
        self._to_all({"op": HEARTBEAT, "d": None})

    async def aclose(self) -> None:
        """Drop what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept()
        self.sockets.append(socket)
        session: GatewaySession | None = None
        try:
            await self._send(socket, {"op": HELLO, "d": {"heartbeat_interval": self.beat_ms}})
            while True:
                message = msgspec.json.decode(await socket.receive_text(), type=dict[str, Any])
                self.received.append(message)
                session = await self._answer(socket, session, message)
        except msgspec.MsgspecError:
            await socket.close(_UNREADABLE)
        except (WebSocketDisconnect, RuntimeError) as ended:
            # Leaving politely ends the session, leaving by any other code does not.
            is_polite = isinstance(ended, WebSocketDisconnect) and ended.code in (1000, 1001)
            if session is not None:
                session.is_over = session.is_over or is_polite
        finally:
            self.sockets.remove(socket)
            if session is not None and session.socket is socket:
                session.socket = None

    async def _answer(
        self, socket: WebSocket, session: GatewaySession | None, message: dict[str, Any]
    ) -> GatewaySession | None:
        op, told = message.get("op"), message.get("d")
        if socket in self.deaf:
            return session
        if op == HEARTBEAT:
            await self._send(socket, {"op": ACK})
        elif op in (IDENTIFY, RESUME) and session is not None:
            await socket.close(_TWICE)
        elif op == IDENTIFY and isinstance(told, dict):
            return await self._begin(socket, told)
        elif op == RESUME and isinstance(told, dict):
            return await self._go_on(socket, told)
        else:
            await socket.close(_NOT_SIGNED_IN if session is None else _UNKNOWN_OP)
        return session

    async def _begin(self, socket: WebSocket, told: dict[str, Any]) -> GatewaySession | None:
        self.sessions_left -= 1
        intents = told["intents"]
        if told["token"] != self.state.bot_token:
            await socket.close(_REFUSED)
        elif intents & ~_KNOWN_INTENTS:
            await socket.close(_INVALID_INTENTS)
        elif intents & PRIVILEGED:
            await socket.close(_FORBIDDEN_INTENTS)
        else:
            session = GatewaySession(self.state.new_id(), intents, socket=socket)
            self.sessions.append(session)
            session.events.append(self._ready(session))
            await self._send(socket, session.events[0])
            return session
        return None

    async def _go_on(self, socket: WebSocket, told: dict[str, Any]) -> GatewaySession | None:
        if told["token"] != self.state.bot_token:
            await socket.close(_REFUSED)
            return None
        found = next((one for one in self.sessions if one.id == told["session_id"]), None)
        if found is None or found.is_over:
            await self._send(socket, {"op": INVALID, "d": False})
            return None
        seen = told["seq"] or 0
        for event in found.events[seen:]:
            await self._send(socket, event)
        found.events.append(
            {"op": DISPATCH, "t": "RESUMED", "s": len(found.events) + 1, "d": {"_trace": []}}
        )
        found.socket = socket
        await self._send(socket, found.events[-1])
        return found

    def _ready(self, session: GatewaySession) -> dict[str, Any]:
        told = {
            "v": 10,
            "user": shapes.own_account(self.state),
            "guilds": [{"id": GUILD_ID, "unavailable": True}],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.resume_url or self.url,
            "application": {"id": APPLICATION_ID, "flags": 0},
        }
        return {"op": DISPATCH, "t": "READY", "s": 1, "d": told}

    def _to_all(self, message: dict[str, Any]) -> None:
        for socket in list(self.sockets):
            self._spawn(self._send(socket, message))

    async def _send(self, socket: WebSocket, message: dict[str, Any]) -> None:
        if socket in self.deaf:
            return
        await socket.send_text(msgspec.json.encode(message).decode())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(_settled(self._tasks))


def _settled(tasks: set[asyncio.Task[None]]) -> Callable[[asyncio.Task[None]], None]:
    def forget(task: asyncio.Task[None]) -> None:
        tasks.discard(task)
        if not task.cancelled():
            # A connection that ended meanwhile is told nothing; that is what some tests are about.
            task.exception()

    return forget

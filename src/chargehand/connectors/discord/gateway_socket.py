"""One connection to Discord's gateway: its greeting, its heartbeat, its events, and its end.

Source: discord.com/developers/docs/events/gateway and /topics/opcodes-and-status-codes (read
2026-11)
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from time import monotonic
from typing import Final

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from chargehand.connectors.discord.errors import VENDOR, GatewayRefused, GatewaySilent
from chargehand.plugins.errors import VendorAnswerUnreadable

# Discord greets at once, and says that a session began soon after it was asked.
_GREETING_S: Final = 20.0
_LEAST_BEAT_S: Final = 0.01
_BEAT_S: Final = 41.25
# Any code but 1000 and 1001 keeps the session for whoever resumes it.
_LEAVING: Final = 4000
_SESSION_OVER: Final = frozenset({1000, 1001, 4003, 4007, 4009})
_USELESS: Final[Mapping[int, str]] = {
    4004: "it does not take the bot token. Make a new one and put it into DISCORD_BOT_TOKEN",
    4010: "it knows no such shard",
    4011: "the bot is in more servers than one connection may serve",
    4012: "it no longer speaks this version. Upgrade chargehand",
    4013: "it knows no such intents. Upgrade chargehand",
    4014: "the application may not have these intents. Set mentions = false",
}


class Op(IntEnum):
    """What a message on the gateway is."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Ending(StrEnum):
    """How one connection ended, and what follows: the session goes on, or a new one begins."""

    RESUME = "resume"
    ANEW = "anew"


class Message(msgspec.Struct, gc=False):
    """One message; `d` is read by what it is."""

    op: int = -1
    d: msgspec.Raw = msgspec.Raw(b"null")
    s: int | None = None
    t: str | None = None


class _Hello(msgspec.Struct, gc=False):
    heartbeat_interval: float = _BEAT_S * 1000


class _User(msgspec.Struct, gc=False):
    id: str = ""


class _Ready(msgspec.Struct, gc=False):
    session_id: str
    resume_gateway_url: str = ""
    user: _User = msgspec.field(default_factory=_User)


@dataclass(slots=True)
class Session:
    """What outlives one connection; `sequence` is the last event that was dealt with."""

    id: str
    url: str
    bot_id: str
    sequence: int | None = None


_MESSAGES: Final = msgspec.json.Decoder(Message)
Take = Callable[[Message, Session], Awaitable[None]]
"""Deals with one event; only when it has returned the event is not asked for again."""


@dataclass(slots=True)
class GatewaySocket:
    """Speaks on one open connection until it ends.

    Shape: `session` is None where a new one is to begin, and what began afterwards.
    """

    socket: ClientConnection
    token: str
    intents: int
    take: Take
    chance: Callable[[], float]
    session: Session | None = None
    _beat_s: float = _BEAT_S
    _next_beat_s: float = 0.0
    _is_answered: bool = True
    _begins_by_s: float | None = None

    async def run(self) -> Ending:
        """Until Discord, the network or silence ends it.

        Raises: GatewayRefused when coming back is useless, GatewaySilent when nothing answers
        though the connection stands, VendorAnswerUnreadable, and what `take` raises.
        """
        try:
            await self._greet()
            while True:
                if (ending := await self._deal_with(await self._next())) is not None:
                    return ending
        except ConnectionClosed as closed:
            return _ending_of(closed)
        except msgspec.MsgspecError as error:
            raise VendorAnswerUnreadable(
                vendor=VENDOR, operation="begin a session", detail="it names none"
            ) from error
        finally:
            # Left by the usual code, the session would be over.
            await self.socket.close(_LEAVING)

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(_GREETING_S):
                hello = await self._receive()
        except TimeoutError as error:
            raise GatewaySilent(seconds=_GREETING_S) from error
        if hello.op != Op.HELLO:
            raise GatewaySilent(seconds=0)
        beat_ms = msgspec.json.decode(hello.d, type=_Hello).heartbeat_interval
        self._beat_s = max(beat_ms / 1000, _LEAST_BEAT_S)
        # The first comes at a random moment, so that not all bots of the world beat together.
        self._next_beat_s = monotonic() + self._beat_s * self.chance()
        self._begins_by_s = monotonic() + _GREETING_S
        if self.session is None:
            await self._send(Op.IDENTIFY, _identity(self.token, self.intents))
        else:
            known = self.session
            told = {"token": self.token, "session_id": known.id, "seq": known.sequence}
            await self._send(Op.RESUME, told)

    async def _next(self) -> Message:
        """The next message; the heart beats meanwhile.

        Raises: GatewaySilent when a beat was not answered before the next, or the session does not
        begin.
        """
        while True:
            until_s = min(self._next_beat_s, self._begins_by_s or self._next_beat_s)
            try:
                async with asyncio.timeout(max(0.0, until_s - monotonic())):
                    return await self._receive()
            except TimeoutError:
                if self._begins_by_s is not None and monotonic() >= self._begins_by_s:
                    raise GatewaySilent(seconds=_GREETING_S) from None
                if not self._is_answered:
                    raise GatewaySilent(seconds=self._beat_s) from None
                await self._beat()

    async def _beat(self) -> None:
        self._is_answered = False
        self._next_beat_s = monotonic() + self._beat_s
        await self._send(Op.HEARTBEAT, self.session.sequence if self.session else None)

    async def _deal_with(self, message: Message) -> Ending | None:
        """How the connection ends by a message; None when it goes on."""
        match message.op:
            case Op.DISPATCH:
                await self._dispatch(message)
            case Op.HEARTBEAT:
                await self._beat()
            case Op.HEARTBEAT_ACK:
                self._is_answered = True
            case Op.RECONNECT:
                return Ending.RESUME
            case Op.INVALID_SESSION:
                return Ending.RESUME if bytes(message.d) == b"true" else Ending.ANEW
            case _:
                pass
        return None

    async def _dispatch(self, message: Message) -> None:
        if message.t == "READY":
            ready = msgspec.json.decode(message.d, type=_Ready)
            self.session = Session(ready.session_id, ready.resume_gateway_url, ready.user.id)
        if self.session is None:
            return
        if message.t in ("READY", "RESUMED"):
            self._begins_by_s = None
        await self.take(message, self.session)
        if message.s is not None:
            self.session.sequence = message.s

    async def _receive(self) -> Message:
        while True:
            try:
                return _MESSAGES.decode(await self.socket.recv())
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                # What can not be read has no number to come back to either.
                continue

    async def _send(self, op: Op, told: object) -> None:
        await self.socket.send(msgspec.json.encode({"op": op, "d": told}).decode())


def _identity(token: str, intents: int) -> dict[str, object]:
    properties = {"os": "linux", "browser": "chargehand", "device": "chargehand"}
    return {"token": token, "intents": intents, "properties": properties, "compress": False}


def _ending_of(closed: ConnectionClosed) -> Ending:
    """What the end of a connection means.

    Raises: GatewayRefused.
    """
    code = closed.rcvd.code if closed.rcvd is not None else 0
    if code in _USELESS:
        raise GatewayRefused(close_code=code, words=_USELESS[code]) from closed
    return Ending.ANEW if code in _SESSION_OVER else Ending.RESUME

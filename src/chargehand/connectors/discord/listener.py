"""The gateway: a connection we open and Discord speaks on, for hosts without a public address.

Source: discord.com/developers/docs/events/gateway (read 2026-11)
"""

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake

from chargehand.connectors.discord.acknowledge import CommandTable, acknowledgement_of
from chargehand.connectors.discord.answers import GatewayAnswer
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.errors import (
    AlreadyAnswered,
    DiscordConfigWrong,
    GatewayRefused,
    InteractionExpired,
)
from chargehand.connectors.discord.gateway import dispatched
from chargehand.connectors.discord.gateway_socket import Ending, GatewaySocket, Message, Session
from chargehand.connectors.discord.transport import Call, DiscordTransport, path_of
from chargehand.connectors.discord.webhook import CONNECTOR, delivery_key
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.errors import ChargehandError, Retryable
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import Clock
from chargehand.kit.proxies import proxy_for
from chargehand.kit.trust import trusted_certificates
from chargehand.plugins.connector import FindForm, StoreDeliveries
from chargehand.plugins.errors import VendorAnswerUnreadable
from chargehand.plugins.vendor_http import Sleep

# Interactions come without any intent. Messages come where one of these is asked for, and with
# their words only if they mention the bot or are said to it alone; neither needs a permission.
_MESSAGES: Final = 1 << 9 | 1 << 12
_ASK: Final = Call(
    "GET", path_of("gateway", "bot"), "name its gateway", "the gateway", route="GET /gateway/bot"
)
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
# A connection lives for hours; one that ended sooner is not opened again at once.
_SHORT_S: Final = 10.0
# So often a session's own address is tried, before the gateway's is asked for again.
_TRIES_BY_SESSION: Final = 3
# Discord takes a token away that begins a thousand sessions in a day.
_AFTER_REFUSAL_S: Final = 900.0
_OPEN_TIMEOUT_S: Final = 20.0
_CLOSE_TIMEOUT_S: Final = 2.0
_MESSAGE_LIMIT_BYTES: Final = 4 * 1024 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_ANSWER_WITHIN_S: Final = 3.0
_ANSWER_AGAIN_S: Final = 0.2
_MOST_ANSWERS: Final = 64
_INTERACTION: Final = "INTERACTION_CREATE"
_CREATED: Final = "MESSAGE_CREATE"
_DELETED: Final = "MESSAGE_DELETE"
_TOLD_OF_MESSAGES: Final = frozenset({_CREATED, "MESSAGE_UPDATE", _DELETED})
# Of so many messages for the bot it is heard when they are edited and deleted; what is older, or
# from before a restart, is looked at before it is answered.
_MOST_KEPT: Final = 1_000
_log = structlog.get_logger(__name__)


class _Heading(msgspec.Struct, gc=False):
    """What has to be known of an interaction to answer it."""

    id: str = ""
    token: str = ""


class _Said(msgspec.Struct, gc=False):
    """What has to be known of a message to keep it or not."""

    id: str = ""
    author: _Heading = msgspec.field(default_factory=_Heading)
    guild_id: str | None = None
    mentions: list[_Heading] = []


class DiscordListener:
    """Keeps `plugins.connector.Listener` for one Discord application."""

    def __init__(
        self,
        config: DiscordConfig,
        transport: DiscordTransport,
        clock: Clock,
        *,
        commands: CommandTable = CommandTable(),  # noqa: B008 - frozen.
        forms: FindForm | None = None,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._config = config
        self._transport = transport
        self._clock = clock
        self._commands = commands
        self._forms = forms
        self._sleep = sleep
        self._chance = chance
        self._session: Session | None = None
        self._is_refused = False
        self._answering: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MOST_ANSWERS)
        self._kept: deque[str] = deque(maxlen=_MOST_KEPT)

    async def listen(self, store: StoreDeliveries) -> None:
        """Hand in what arrives until cancelled; reconnects by itself, with back-off.

        An interaction is answered only after `store` has returned; what was not dealt with Discord
        tells again when the session is resumed.
        Raises: GatewayRefused, CredentialsRefused, DiscordConfigWrong: going on is useless.
        """
        if self._is_refused:
            await self._sleep(_AFTER_REFUSAL_S)
        try:
            await self._listen(store)
        except (GatewayRefused, VendorAnswerUnreadable):
            self._is_refused, self._session = True, None
            raise
        finally:
            for task in self._answering:
                task.cancel()
            await self._transport.aclose()

    async def _listen(self, store: StoreDeliveries) -> None:
        failures = 0
        while True:
            began_s, code = monotonic(), ""
            try:
                ending = await self._one_connection(store, failures)
            except (Retryable, OSError, TimeoutError, InvalidHandshake) as error:
                code = error.code if isinstance(error, ChargehandError) else type(error).__name__
                # The session outlives a network that is away; if not, Discord says so.
                ending = Ending.RESUME
            if ending is Ending.ANEW:
                self._session = None
            if not code and monotonic() - began_s > _SHORT_S:
                failures = 0
            else:
                failures += 1
                if code and failures == 1:
                    _log.warning(
                        "discord.gateway_lost", connection_id=self._config.connection_id, code=code
                    )
            if failures or ending is Ending.ANEW:
                await self._sleep(self._wait_s(failures))

    async def _one_connection(self, store: StoreDeliveries, failures: int) -> Ending:
        async def take(message: Message, session: Session) -> None:
            await self._take(message, session, store)

        known = self._session
        url = known.url if known is not None and failures < _TRIES_BY_SESSION else ""
        url = url or await self._ask_for_url()
        self._require_encrypted(url)
        async with connect(
            f"{url.rstrip('/')}/?v=10&encoding=json",
            ssl=self._certificates(url),
            proxy=proxy_for("http" + url.removeprefix("ws")),
            open_timeout=_OPEN_TIMEOUT_S,
            # The gateway has a heartbeat of its own.
            ping_interval=None,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=_MESSAGE_LIMIT_BYTES,
        ) as socket:
            speaking = GatewaySocket(
                socket,
                self._config.bot_token.reveal(),
                _MESSAGES if self._config.hears_mentions else 0,
                take,
                self._chance,
                known,
            )
            try:
                return await speaking.run()
            finally:
                self._session = speaking.session

    async def _ask_for_url(self) -> str:
        """The address of the gateway, once Discord lets another session begin."""
        while True:
            found = await self._transport.read(_ASK, GatewayAnswer)
            left = found.session_start_limit
            if left.remaining > 0:
                return found.url
            _log.warning(
                "discord.sessions_used_up",
                connection_id=self._config.connection_id,
                wait_s=left.reset_after / 1000,
            )
            await self._sleep(max(1.0, left.reset_after / 1000))

    async def _take(self, message: Message, session: Session, store: StoreDeliveries) -> None:
        if message.t in ("READY", "RESUMED"):
            _log.info(
                "discord.gateway_listening",
                connection_id=self._config.connection_id,
                is_resumed=message.t == "RESUMED",
            )
        if message.t == _INTERACTION:
            await self._take_interaction(bytes(message.d), store)
        if message.t in _TOLD_OF_MESSAGES and self._is_wanted(message, session.bot_id):
            # The same words as the endpoint of another vendor would carry. A message goes by
            # Discord's id for it, of which every change has the same.
            body = dispatched(bytes(message.d), message.t)
            named_by = bytes(message.d) if message.t == _CREATED else body
            await store((self._delivery(body, named_by),))

    def _is_wanted(self, message: Message, bot_id: str) -> bool:
        """Whether a message is for the bot, or was when it was heard first."""
        said = _said_in(bytes(message.d))
        if said is None:
            return False
        if message.t == _DELETED:
            return said.id in self._kept
        if said.author.id in ("", bot_id):
            # The bot hears itself where it is alone with somebody; and nobody edited what Discord
            # itself added to, as it does for an address in a message.
            return False
        is_for_us = said.guild_id is None or any(one.id == bot_id for one in said.mentions)
        if not is_for_us and said.id not in self._kept:
            return False
        self._kept.append(said.id)
        return True

    async def _take_interaction(self, body: bytes, store: StoreDeliveries) -> None:
        received_s = monotonic()
        acknowledgement = acknowledgement_of(body, self._commands)
        delivery = self._delivery(body, body)
        if acknowledgement.showing is not None and self._forms is not None:
            form = await self._forms(delivery)
            acknowledgement = acknowledgement.showing(form) if form else acknowledgement
        if acknowledgement.is_kept:
            await store((delivery,))
        heading = _heading_of(body)
        if acknowledgement.body is None or heading is None:
            return
        await self._slots.acquire()
        until_s = received_s + _ANSWER_WITHIN_S
        task = asyncio.create_task(self._answer(heading, acknowledgement.body, until_s=until_s))
        self._answering.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._slots.release()

    async def _answer(self, heading: _Heading, content: bytes, *, until_s: float) -> None:
        """Give the first answer, within the time there is for it."""
        told: JSONObject = msgspec.json.decode(content)
        call = Call(
            "POST",
            path_of("interactions", heading.id, heading.token, "callback"),
            "answer an interaction",
            "the interaction",
            route="POST /interactions/:id/:token/callback",
            body=told,
            secret=heading.token,
        )
        code = "late"
        while (left_s := until_s - monotonic()) > 0:
            try:
                async with asyncio.timeout(left_s):
                    await self._transport.write(call)
            except AlreadyAnswered:
                return
            except Retryable as error:
                code = error.code
            except TimeoutError:
                break
            except ChargehandError as error:
                code = error.code
                break
            else:
                return
            await asyncio.sleep(_ANSWER_AGAIN_S)
        _log.warning(
            "discord.interaction_unanswered",
            connection_id=self._config.connection_id,
            interaction_id=heading.id,
            code=code,
            is_expired=code == InteractionExpired.code,
        )

    def _delivery(self, body: bytes, named_by: bytes | msgspec.Raw) -> VerifiedDelivery:
        return VerifiedDelivery(
            connection_id=self._config.connection_id,
            connector=CONNECTOR,
            delivery_key=delivery_key(bytes(named_by)),
            source=DeliverySource.LISTENER,
            lane=Lane.INTERACTIVE,
            received_at=self._clock.now(),
            body=body,
            headers={},
        )

    def _require_encrypted(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "wss" or (parts.scheme == "ws" and parts.hostname in _LOOPBACK):
            return
        raise DiscordConfigWrong(field="api_url", problem="names a gateway that is not encrypted")

    def _certificates(self, url: str) -> ssl.SSLContext | None:
        return trusted_certificates(self._config.ca_file) if url.startswith("wss:") else None

    def _wait_s(self, failures: int) -> float:
        longest_s: float = min(_FIRST_WAIT_S * 2.0 ** max(0, failures - 1), _LONGEST_WAIT_S)
        # Who begins anew after a refused session waits between one and five seconds.
        return max(1.0, longest_s * (0.5 + self._chance() / 2))


def _heading_of(body: bytes) -> _Heading | None:
    """What an interaction is answered by; None where it names nothing that could be."""
    try:
        heading = msgspec.json.decode(body, type=_Heading)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    is_whole = heading.id.isdecimal() and heading.token.strip(".") != ""
    return heading if is_whole else None


def _said_in(body: bytes) -> _Said | None:
    """What is told of a message; None where it can not be read."""
    try:
        return msgspec.json.decode(body, type=_Said)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None

"""Socket Mode: a connection we open and Slack speaks on, for hosts without a public address.

Source: docs.slack.dev/apis/events-api/using-socket-mode (read 2026-11)
"""

import asyncio
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from chargehand.connectors.slack.answers import SocketAnswer
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import SlackConfigWrong, SlackRefused
from chargehand.connectors.slack.form_check import form_refusal
from chargehand.connectors.slack.transport import Call, SlackTransport, decode
from chargehand.connectors.slack.webhook import CONNECTOR, key_and_lane
from chargehand.domain.delivery import DeliverySource, VerifiedDelivery
from chargehand.domain.errors import ChargehandError, Retryable
from chargehand.kit.clock import Clock
from chargehand.kit.proxies import proxy_for
from chargehand.kit.trust import trusted_certificates
from chargehand.plugins.connector import StoreDeliveries
from chargehand.plugins.vendor_http import Sleep

_OPEN: Final = "open a socket"
_INTERACTIVE: Final = "interactive"
_DELIVERED: Final = frozenset({"events_api", _INTERACTIVE, "slash_commands"})
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
# A socket lives for hours; one that ended sooner is not asked for again at once.
_SHORT_S: Final = 10.0
_OPEN_TIMEOUT_S: Final = 20.0
_PING_S: Final = 20.0
_MESSAGE_LIMIT_BYTES: Final = 4 * 1024 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
# Slack closes a socket from time to time; only the last one says that there will be no other.
_SWITCHED_OFF: Final = "link_disabled"
_log = structlog.get_logger(__name__)


class _Envelope(msgspec.Struct, gc=False):
    """One message on the socket; `payload` is what a webhook would have carried."""

    type: str = ""
    envelope_id: str = ""
    reason: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"null")


_ENVELOPES: Final = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True, slots=True)
class SlackListener:
    """Keeps `plugins.connector.Listener` for one Slack workspace."""

    config: SlackConfig
    transport: SlackTransport
    clock: Clock
    sleep: Sleep = asyncio.sleep
    chance: Callable[[], float] = random.random

    async def listen(self, store: StoreDeliveries) -> None:
        """Hand in what arrives until cancelled; reconnects by itself, with back-off.

        A delivery is acknowledged to Slack only after `store` has returned; what was not
        acknowledged Slack sends again.
        Raises: SlackConfigWrong without an app token or with Socket Mode switched off,
        CredentialsRefused, ScopeMissing: going on is useless.
        """
        try:
            await self._listen(store)
        finally:
            await self.transport.aclose()

    async def _listen(self, store: StoreDeliveries) -> None:
        failures = 0
        while True:
            began_s, code = monotonic(), ""
            try:
                await self._one_socket(store)
            except (Retryable, OSError, TimeoutError, ConnectionClosed, InvalidHandshake) as error:
                code = error.code if isinstance(error, ChargehandError) else type(error).__name__
            if not code and monotonic() - began_s > _SHORT_S:
                failures = 0
                continue
            failures += 1
            if failures == 1:
                _log.warning(
                    "slack.socket_lost", connection_id=self.config.connection_id, code=code
                )
            await self.sleep(self._wait_s(failures))

    async def _one_socket(self, store: StoreDeliveries) -> None:
        """Until Slack asks for another socket.

        Raises: what `listen` catches, and what it does not.
        """
        url = await self._ask_for_url()
        async with connect(
            url,
            ssl=self._certificates(url),
            proxy=proxy_for(_as_http(url)),
            open_timeout=_OPEN_TIMEOUT_S,
            ping_interval=_PING_S,
            ping_timeout=_PING_S,
            max_size=_MESSAGE_LIMIT_BYTES,
        ) as socket:
            async for message in socket:
                if not await self._take(socket, message, store):
                    return

    async def _ask_for_url(self) -> str:
        call = Call("apps.connections.open", _OPEN, with_app_token=True)
        try:
            answer = await self.transport.write(call)
        except SlackRefused as error:
            problem = f"does not open Socket Mode: {error}"
            raise SlackConfigWrong(field="app_token", problem=problem) from error
        url = decode(answer, SocketAnswer, operation=_OPEN).url
        parts = urlsplit(url)
        if parts.scheme == "wss" or (parts.scheme == "ws" and parts.hostname in _LOOPBACK):
            return url
        raise SlackConfigWrong(field="api_url", problem="names a socket that is not encrypted")

    async def _take(
        self, socket: ClientConnection, message: str | bytes, store: StoreDeliveries
    ) -> bool:
        """Whether the socket goes on."""
        try:
            envelope = _ENVELOPES.decode(message)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            _log.warning("slack.socket_message_unreadable", connection_id=self.config.connection_id)
            return True
        if envelope.type == "disconnect":
            if envelope.reason == _SWITCHED_OFF:
                raise SlackConfigWrong(field="intake", problem="is socket, and the app has it off")
            return False
        body = bytes(envelope.payload)
        refusal = form_refusal(body) if envelope.type == _INTERACTIVE else None
        if envelope.type in _DELIVERED and refusal is None:
            await store((self._delivery(body),))
        if envelope.envelope_id:
            more = {"payload": refusal} if refusal is not None else {}
            answer = {"envelope_id": envelope.envelope_id, **more}
            await socket.send(msgspec.json.encode(answer).decode())
        return True

    def _delivery(self, body: bytes) -> VerifiedDelivery:
        key, lane = key_and_lane(body)
        return VerifiedDelivery(
            connection_id=self.config.connection_id,
            connector=CONNECTOR,
            delivery_key=key,
            source=DeliverySource.LISTENER,
            lane=lane,
            received_at=self.clock.now(),
            body=body,
            headers={},
        )

    def _certificates(self, url: str) -> ssl.SSLContext | None:
        return trusted_certificates(self.config.ca_file) if url.startswith("wss:") else None

    def _wait_s(self, failures: int) -> float:
        longest_s: float = min(_FIRST_WAIT_S * 2.0 ** (failures - 1), _LONGEST_WAIT_S)
        return longest_s * (0.5 + self.chance() / 2)


def _as_http(url: str) -> str:
    return "http" + url.removeprefix("ws")

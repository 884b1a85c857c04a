"""Reads a request's body under three limits: its own size, its time, and all bodies together."""

import asyncio
import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Receive

from chargehand.intake.errors import BodyCutOff, BodySlow, BodyTooLarge, IntakeBusy

_RETRY_BUSY_S = 1
# Who is answered and cut off while still sending often loses the answer: proxies make a 502 of it.
_HEARD_OUT_BYTES = 16 * 1024 * 1024
_HEARD_OUT_S = 1.0
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Limits for all bodies; the size of one comes from the connector's manifest.

    Units: `together_bytes` caps what is held of all bodies that have not wholly arrived.
    """

    timeout_s: float = 30.0
    together_bytes: int = 128 * 1024 * 1024


DEFAULT_BODY_LIMITS = BodyLimits()


class BodyReader:
    """Reads bodies for one event loop."""

    def __init__(self, limits: BodyLimits = DEFAULT_BODY_LIMITS) -> None:
        self._limits = limits
        self._held_bytes = 0

    async def read(
        self, receive: Receive, headers: Mapping[str, str], *, limit_bytes: int
    ) -> bytes:
        """The whole body.

        Raises: BodyTooLarge as soon as that is known and the sender was heard out for a moment,
        BodySlow, BodyCutOff, IntakeBusy.
        """
        if _declared_bytes(headers) > limit_bytes:
            # Whoever asks first whether to send has not begun, and would begin now.
            if "expect" not in headers:
                await _hear_out(receive)
            raise BodyTooLarge(limit_bytes=limit_bytes)
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                part, is_last = await _next_part(receive)
                if not is_last:
                    return await self._read_on(receive, part, limit_bytes)
        except TimeoutError:
            raise BodySlow(timeout_s=self._limits.timeout_s) from None
        if len(part) > limit_bytes:
            raise BodyTooLarge(limit_bytes=limit_bytes)
        return part

    async def _read_on(self, receive: Receive, first: bytes, limit_bytes: int) -> bytes:
        body = bytearray()
        part, is_last = first, False
        try:
            while True:
                if len(body) + len(part) > limit_bytes:
                    if not is_last:
                        await _hear_out(receive)
                    raise BodyTooLarge(limit_bytes=limit_bytes)
                if self._held_bytes + len(part) > self._limits.together_bytes:
                    raise IntakeBusy(retry_after_s=_RETRY_BUSY_S)
                self._held_bytes += len(part)
                body += part
                if is_last:
                    return bytes(body)
                part, is_last = await _next_part(receive)
        finally:
            self._held_bytes -= len(body)


async def _hear_out(receive: Receive) -> None:
    heard_bytes = 0
    with contextlib.suppress(BodyCutOff, TimeoutError):
        async with asyncio.timeout(_HEARD_OUT_S):
            is_last = False
            while not is_last and heard_bytes < _HEARD_OUT_BYTES:
                part, is_last = await _next_part(receive)
                heard_bytes += len(part)


async def _next_part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise BodyCutOff
    return message.get("body", b""), not message.get("more_body", False)


def _declared_bytes(headers: Mapping[str, str]) -> float:
    declared = headers.get("content-length", "")
    if not (declared.isascii() and declared.isdigit()):
        return 0
    # Longer numbers are too large for any limit, and slow to read.
    return int(declared) if len(declared) <= _DIGITS else math.inf

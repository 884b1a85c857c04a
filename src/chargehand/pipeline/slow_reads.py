"""Reads of a host that may be slow, so that the rest of an answer does not wait for one."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from chargehand.domain.fact import Known, T, Unknown, UnknownReason

# Of what a whole answer may take; a host that is slower is one that does not answer.
_WITHIN_S: Final = 10.0
_TOO_SLOW: Final = Unknown(UnknownReason.UNREACHABLE, "took too long")


async def in_time(reading: Awaitable[Known[T]]) -> Known[T]:
    """What is read; Unknown when it takes too long."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            return await reading
    except TimeoutError:
        return _TOO_SLOW

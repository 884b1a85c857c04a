"""Until when a write may leave this process: whoever sends it knows, and its client obeys.

A process can be stopped for minutes between deciding to send and sending. By then another one may
have looked for the effect, not found it, and sent it itself. So a send has a moment after which
nothing of it leaves, and nobody looks for its effect before that moment has surely passed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_UNTIL_S: ContextVar[float | None] = ContextVar("writes_until_s", default=None)


@contextmanager
def writes_until(moment_s: float) -> Iterator[None]:
    """Let the writes that are made inside leave before a moment of the monotonic clock, or not."""
    token = _UNTIL_S.set(moment_s)
    try:
        yield
    finally:
        _UNTIL_S.reset(token)


def may_still_leave() -> bool:
    """Whether a write may leave now; a client asks right before it hands bytes to the network."""
    until_s = _UNTIL_S.get()
    return until_s is None or monotonic() < until_s

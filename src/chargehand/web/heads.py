"""HTTP whose request heads end, and whose answers are taken: in time, and within a size.

Nobody is known yet who sends a head. The server gives up idle connections only after their first
answer, keeps what it reads of a head or behind a body without a limit, waits for ever for somebody
to take an answer, and writes a line about each request it can not read; so whoever can connect
could take every connection, all memory, or the disk.
"""

import asyncio
import logging
from functools import cache
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)
_SAID_EVERY_S: Final = 60.0


class HeadLimited(HttpToolsProtocol):
    """One connection; it is closed when no whole head comes while nothing is being answered.

    It is cut off when nobody takes an answer. Headers behind a body are read past, since they come
    after everything that was proved by those before it.

    Units: `head_bytes` counts what came after the piece a head began in, and what came of headers
    behind a body; `taking_timeout_s` is how long a full send buffer may take to drain.
    """

    head_timeout_s: ClassVar[float] = 15.0
    taking_timeout_s: ClassVar[float] = 30.0
    head_bytes: ClassVar[int] = 64 * 1024

    _deadline: asyncio.TimerHandle | None = None
    _is_in_head = False
    _has_seen_head = False
    _heads_begun = 0
    _bytes_of_head = 0
    _taking: asyncio.TimerHandle | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.logger = _seldom_logger()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the waiting."""
        self._end_deadline()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless what came belongs to a head that is too large."""
        begun = self._heads_begun if self._is_in_head else None
        super().data_received(data)
        if self.transport.is_closing():
            self._await_taking()
            return
        if self._is_in_head and self._heads_begun == begun:
            self._bytes_of_head += len(data)
            if self._bytes_of_head > self.head_bytes:
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
        if self._is_in_head or not self._has_seen_head or self.cycle.response_complete:
            self._start_deadline()

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._is_in_head = True
        self._heads_begun += 1
        self._bytes_of_head = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header of the head; one behind the body is only counted."""
        if self._is_in_head:
            super().on_header(name, value)
            return
        self._bytes_of_head += len(name) + len(value)
        if self._bytes_of_head > self.head_bytes:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """Note that the head is whole; its body has a limit of its own."""
        self._is_in_head = False
        self._has_seen_head = True
        self._end_deadline()
        self._bytes_of_head = 0
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Begin to wait that a last answer is taken."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_taking()

    def pause_writing(self) -> None:
        """Begin to wait that some of an answer is taken."""
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        """Write on: whoever is there takes it."""
        self._taken()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that nothing came on."""
        self._close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: another protocol was only offered, and its absence is no fault."""

    def _close(self) -> None:
        self.transport.close()
        self._await_taking()

    def _await_taking(self) -> None:
        if self._taking is None:
            self._taking = self.loop.call_later(self.taking_timeout_s, self.transport.abort)

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_timeout_s, self._close)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Seldom(logging.Filter):
    """Lets a warning through once a minute, and everything worse."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written."""
        if record.levelno > logging.WARNING:
            return True
        # The server's own words, which are few and hold nothing of a request.
        is_due = abs(record.created - self._said_at.get(record.msg, 0.0)) >= _SAID_EVERY_S
        if is_due:
            self._said_at[record.msg] = record.created
        return is_due


@cache
def _seldom_logger() -> logging.Logger:
    logger = logging.getLogger("uvicorn.error.connection")
    # The server looks at a logger's own level, and takes none for the wordiest.
    logger.setLevel(logger.getEffectiveLevel())
    logger.addFilter(_Seldom())
    return logger

"""HTTP whose request heads end: in time, and within a size. Nobody is known yet who sends one.

The server gives up idle connections only after their first answer, and keeps what it reads of a
head without a limit; so whoever can connect could take every connection, or all memory.
"""

import asyncio
from typing import ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class HeadLimited(HttpToolsProtocol):
    """One connection; it is closed when no whole head comes while nothing is being answered.

    Units: `head_bytes` counts what came after the piece a head began in.
    """

    head_timeout_s: ClassVar[float] = 15.0
    head_bytes: ClassVar[int] = 64 * 1024

    _deadline: asyncio.TimerHandle | None = None
    _is_in_head = False
    _has_seen_head = False
    _heads_begun = 0
    _bytes_of_head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the waiting."""
        self._end_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless what came belongs to a head that is too large."""
        begun = self._heads_begun if self._is_in_head else None
        super().data_received(data)
        if self.transport.is_closing():
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

    def on_headers_complete(self) -> None:
        """Note that the head is whole; its body has a limit of its own."""
        self._is_in_head = False
        self._has_seen_head = True
        self._end_deadline()
        super().on_headers_complete()

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_timeout_s, self.transport.close)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

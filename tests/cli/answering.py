"""Servers on this machine that answer as a test wants."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answering(BaseHTTPRequestHandler):
    """Answers without a word of it on the terminal."""

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is said of a request."""


@contextmanager
def listening(handler: type[Answering]) -> Iterator[int]:
    """The port at which a handler answers."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answering(status: int, body: bytes) -> AbstractContextManager[int]:
    """The port at which every request is given one answer."""

    class Answer(Answering):
        def do_GET(self) -> None:
            self.answer(status, body)

    return listening(Answer)

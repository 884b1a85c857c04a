"""A webhook's receiver on this machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class HookServer:
    """What was posted: path, headers in lower case, body; every post gets `status`."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def hook_server() -> Iterator[HookServer]:
    """The receiver, for as long as the block lasts."""
    state = HookServer()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.posts.append((self.path, headers, body))
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - the library's name.

        def log_message(self, *_: object) -> None:
            """Nothing is said of a request."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    state.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

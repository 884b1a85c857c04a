"""A mail server on this machine that takes one message after another, without encryption."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass
class MailServer:
    """What the server took; it refuses every recipient when `refuses`."""

    port: int = 0
    refuses: bool = False
    commands: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """The server, for as long as the block lasts."""
    state = MailServer()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            while line := self.rfile.readline():
                command = line.decode().strip()
                state.commands.append(command)
                verb = command.split()[0].upper()
                if verb == "DATA":
                    self._say("354 go on")
                    state.messages.append(message_from_bytes(self._message()))
                    self._say("250 taken")
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                elif verb == "RCPT" and state.refuses:
                    self._say("550 not here")
                else:
                    self._say("250 ok")

        def _message(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line)
            return b"".join(lines)

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()

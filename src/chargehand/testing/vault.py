"""A small Vault on this machine: AppRole and token, namespaces, the KV engine of version 2.

    with running_vault(FakeVault()) as address:
        ...

It runs in a thread, so that a client that waits for its answer can be asked from any test. Given a
`Contract`, every request and answer is held to Vault's own description. That description gives a
secret's path one segment and says nothing of what a sign-in answers; the overlay beside the tests
says the rest.
"""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias

import httpx

from chargehand.testing.contracts import Contract

Answer: TypeAlias = tuple[int, dict[str, Any]]
_REFUSED: Final[Answer] = (403, {"errors": ["permission denied"]})
_MISSING: Final[Answer] = (404, {"errors": []})
_ENVELOPE: Final = {
    "request_id": "5a2ee6a0-1b0f-4d7c-9d0a-7d1c1b0e8f11",
    "lease_id": "",
    "renewable": False,
    "lease_duration": 0,
    "wrap_info": None,
    "warnings": None,
    "auth": None,
}


@dataclass(slots=True)
class FakeVault:
    """What this Vault holds and whom it lets in.

    Shape: `secrets` by mount and path; `failing` answers everything with that status; `asked` is
    the method and path of every request, oldest first.
    """

    token: str = "hvs.fake-token-of-the-tests"  # noqa: S105 - it opens nothing.
    role_id: str = "fake-role"
    secret_id: str = "fake-secret-id-of-the-role"  # noqa: S105 - it opens nothing.
    namespace: str = ""
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    deletion_time: str = ""
    failing: int | None = None
    contract: Contract | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        """The status and body of one request."""
        self.asked.append((method, path))
        status, body = self._judge(method, path, headers, raw)
        if self.contract is not None:
            self._hold(self.contract, (method, path, raw), status, body)
        return status, body

    def _judge(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        if self.failing is not None:
            return self.failing, {"errors": ["Vault is sealed"]}
        if headers.get("x-vault-namespace", "") != self.namespace:
            return _MISSING
        parts = path.removeprefix("/v1/").split("/")
        match method, parts:
            case "POST", ["auth", _, "login"]:
                return self._sign_in(json.loads(raw))
            case "GET", [mount, "data", *rest]:
                if headers.get("x-vault-token") != self.token:
                    return _REFUSED
                return self._read("/".join([mount, *rest]))
            case _:
                return _MISSING

    def _sign_in(self, told: Mapping[str, str]) -> Answer:
        if (told.get("role_id"), told.get("secret_id")) != (self.role_id, self.secret_id):
            return 400, {"errors": ["invalid role or secret ID"]}
        auth = {
            "client_token": self.token,
            "accessor": "fake-accessor",
            "policies": ["default"],
            "lease_duration": 1200,
            "renewable": True,
        }
        return 200, {**_ENVELOPE, "data": None, "auth": auth}

    def _read(self, path: str) -> Answer:
        found = self.secrets.get(path)
        if found is None:
            return _MISSING
        metadata = {
            "created_time": "2026-11-01T08:00:00.123456789Z",
            "custom_metadata": None,
            "deletion_time": self.deletion_time,
            "destroyed": False,
            "version": 1,
        }
        return 200, {**_ENVELOPE, "data": {"data": found, "metadata": metadata}}

    def _hold(
        self, contract: Contract, asked: tuple[str, str, bytes], status: int, body: Any
    ) -> None:
        method, path, raw = asked
        head, data, rest = path.removeprefix("/v1").partition("/data/")
        # The description knows a secret by one segment.
        described = head + data + rest.replace("/", ".")
        request = httpx.Request(
            method,
            f"http://vault.example.com{described}",
            content=raw,
            headers={"content-type": "application/json"} if raw else {},
        )
        contract.check_request(request, raw)
        contract.check_response(request, raw, httpx.Response(status, json=body))


@contextmanager
def running_vault(
    vault: FakeVault, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[str]:
    """Serve it on a free port; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

        def _reply(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body = vault.answer(self.command, self.path, headers, raw)
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

    server = ThreadingHTTPServer((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        scheme = "https" if tls is not None else "http"
        yield f"{scheme}://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Holds our clients and the fakes to the vendors' own API descriptions.

    contract = load_contract(folder, overlay_path)
    transport = ContractTransport(fake.transport(), contract)     # for any httpx client

Every request that passes is checked before it is sent, every answer before it is handed back. A
difference raises ContractBroken and is kept in `contract.broken`, so that nobody can swallow it.

The overlay is a JSON file beside the tests that says where a description is wrong or silent:

    spec            the description's path inside the folder of contracts
    schemas         further JSON Schemas in that folder, by the name `checks` use
    date_time       the pattern of date-time values
    drop_security   security schemes left out of account
    anywhere        statuses every operation may answer with (they need the shape `error`)
    patches         [{at, set, why}]: values put into the description, `at` as a JSON pointer
    checks          [{method, path, side, at, schema, why}]: further schemas for parts of bodies;
                    `at` is a path of keys in which * means every entry; `schema` a name or inline
    error           the JSON Schema of a refusal's body
    composed        (optional) true where objects are put together from parts: unknown properties
                    are then found by `checks`, and answers may hold more than is described
    queries         (optional) query parameters every operation takes
    own             an OpenAPI document of our own for paths the vendor describes nowhere

The vendors' files are third-party data: they stay in their folder and are never copied.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import httpx

from chargehand.domain.errors import Fault
from chargehand.testing.descriptions import (
    Book,
    Operation,
    Schema,
    build_schema,
    load_book,
    seen_request,
    seen_response,
)

Side: TypeAlias = Literal["request", "response"]
Conduct: TypeAlias = Literal["as_documented", "wrong_on_purpose"]


_MOST_JUDGED: Final = 20_000


class ContractBroken(Fault):
    """A request or an answer that the vendor's description does not allow."""

    code = "contract_broken"
    template = "The {side} of {method} {path} breaks the contract {contract}: {problems}"


@dataclass(slots=True)
class Tally:
    """How much was checked; `own` counts what only our own document describes."""

    requests: int = 0
    responses: int = 0
    own: int = 0
    operations: Counter[str] = field(default_factory=Counter)

    @property
    def run(self) -> int:
        """All checks together."""
        return self.requests + self.responses


@dataclass(frozen=True, slots=True)
class _Check:
    """A further schema for part of the bodies of one operation, or of all (`*`)."""

    method: str
    path: str
    side: Side
    at: str
    schema: Schema

    def concerns(self, operation: Operation, side: Side) -> bool:
        same = self.path in ("*", operation.template) and self.method in ("*", operation.method)
        return same and self.side == side


class Contract:
    """A vendor's description with our overlay; counts what it checked and keeps what broke it."""

    def __init__(
        self,
        name: str,
        *,
        vendor: Book,
        own: Book,
        checks: Sequence[_Check],
        anywhere: frozenset[str],
        error: Schema,
        queries: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.tally = Tally()
        self.broken: list[ContractBroken] = []
        self._vendor = vendor
        self._own = own
        self._checks = checks
        self._anywhere = anywhere
        self._error = error
        self._queries = queries
        self._judged: dict[bytes, list[str]] = {}

    def check_request(self, request: httpx.Request, body: bytes) -> None:
        """Check what we are about to send.

        Raises: ContractBroken.
        """
        problems = self.request_problems(request, body)
        self.tally.requests += 1
        self._judge("request", request, problems)

    def request_problems(self, request: httpx.Request, body: bytes) -> list[str]:
        """What the contract says against a request; empty when it is as documented."""
        return self._once(_digest_of(request, body), lambda: self._request_problems(request, body))

    def _once(self, key: bytes, judge: Callable[[], list[str]]) -> list[str]:
        """What was found the first time.

        Tests ask the same over and over, and get the same answers; looking at one of them takes as
        long as a dozen statements of SQL.
        """
        if key not in self._judged:
            if len(self._judged) >= _MOST_JUDGED:
                self._judged.clear()
            self._judged[key] = judge()
        return self._judged[key]

    def _request_problems(self, request: httpx.Request, body: bytes) -> list[str]:
        book, operation = self._find(request)
        if book is None or operation is None:
            return ["no such method and path"]
        names = {name for name, _ in request.url.params.multi_items()}
        known = operation.parameters | self._queries
        unknown = [f"unknown query parameter {n}" for n in sorted(names - known)]
        page, seen = book.requests.of(operation), seen_request(request, body, book.host)
        errors = page.iter_request_errors(seen)
        return [*unknown, *_texts(errors), *self._further(operation, "request", body)]

    def check_response(self, request: httpx.Request, sent: bytes, response: httpx.Response) -> None:
        """Check an answer whose body was read already.

        Raises: ContractBroken.
        """
        book, operation = self._find(request)
        self.tally.responses += 1
        if book is None or operation is None:
            is_refusal = response.status_code == httpx.codes.NOT_FOUND
            problems = [] if is_refusal else ["an answer to a request no description knows"]
        else:
            self.tally.own += book is self._own
            self.tally.operations[operation.name] += 1
            problems = self._once(
                _digest_of(request, sent, response),
                lambda: self._response_problems(book, operation, request, sent, response),
            )
        self._judge("response", request, problems)

    def _response_problems(
        self,
        book: Book,
        operation: Operation,
        request: httpx.Request,
        sent: bytes,
        response: httpx.Response,
    ) -> list[str]:
        status, body = str(response.status_code), response.content
        problems: list[str] = []
        if response.status_code == httpx.codes.NO_CONTENT and status in operation.statuses:
            # A 204 never has a body, whatever schema the description gives it (RFC 9110).
            return ["a 204 with a body"] if body else []
        if status in operation.statuses:
            seen = seen_request(request, sent, book.host)
            answer = seen_response(response)
            page = book.responses.of(operation)
            problems.extend(_texts(page.iter_response_errors(seen, answer)))
        elif status not in self._anywhere:
            problems.append(f"status {status} is not documented")
        if response.is_error:
            return [*problems, *(_schema_problems(self._error, _decoded(body)) if body else [])]
        return [*problems, *self._further(operation, "response", body)]

    def _find(self, request: httpx.Request) -> tuple[Book | None, Operation | None]:
        for book in (self._vendor, self._own):
            operation = book.find(request.method, request.url.path)
            if operation is not None:
                return book, operation
        return None, None

    def _further(self, operation: Operation, side: Side, body: bytes) -> list[str]:
        checks = [check for check in self._checks if check.concerns(operation, side)]
        if not checks or not body:
            return []
        decoded = _decoded(body)
        return [
            f"{check.at}: {problem}"
            for check in checks
            for part in _parts(decoded, check.at.split("/"))
            for problem in _schema_problems(check.schema, part)
        ]

    def _judge(self, side: Side, request: httpx.Request, problems: Sequence[str]) -> None:
        if not problems:
            return
        broken = ContractBroken(
            side=side,
            method=request.method,
            path=request.url.raw_path.decode(),
            contract=self.name,
            problems="; ".join(problems),
        )
        self.broken.append(broken)
        raise broken


def _digest_of(
    request: httpx.Request, body: bytes, response: httpx.Response | None = None
) -> bytes:
    """Everything that is looked at, in short."""
    digest = hashlib.sha256()
    parts = [request.method.encode(), str(request.url).encode(), _raw(request.headers), body]
    if response is not None:
        parts += [b"%d" % response.status_code, _raw(response.headers), response.content]
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.digest()


def _raw(headers: httpx.Headers) -> bytes:
    return b"\n".join(b"%b: %b" % pair for pair in headers.raw)


class ContractTransport(httpx.AsyncBaseTransport):
    """Passes requests on to another transport and checks both ways.

    Shape: with `wrong_on_purpose` a request may break the contract, but then the answer must be
    a refusal (400 to 499); the answer itself is checked as always.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        contract: Contract,
        *,
        conduct: Conduct = "as_documented",
    ) -> None:
        self._inner = inner
        self._contract = contract
        self._conduct = conduct

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request between the two checks."""
        body = await request.aread()
        if self._conduct == "as_documented":
            self._contract.check_request(request, body)
            is_wrong = False
        else:
            is_wrong = bool(self._contract.request_problems(request, body))
        response = await self._inner.handle_async_request(request)
        await response.aread()
        if is_wrong and not response.is_client_error:
            raise ContractBroken(
                side="response",
                method=request.method,
                path=request.url.path,
                contract=self._contract.name,
                problems=f"a wrong request was answered with {response.status_code}",
            )
        self._contract.check_response(request, body, response)
        return response

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def load_contract(folder: Path, overlay_path: Path) -> Contract:
    """The contract an overlay describes, with the vendor's files from `folder`.

    Raises: FileNotFoundError when the folder lacks a file, OverlayUnusable (see `descriptions`)
    when the files do not fit.
    """
    overlay = json.loads(overlay_path.read_text("utf-8"))
    spec_text = (folder / overlay["spec"]).read_text("utf-8")
    schemas = {
        name: json.loads((folder / path).read_text("utf-8"))
        for name, path in overlay["schemas"].items()
    }
    patches, dropped = overlay["patches"], overlay["drop_security"]
    pattern = re.compile(overlay["date_time"])

    own = overlay["own"]
    return Contract(
        Path(overlay["spec"]).name,
        vendor=load_book(
            lambda: json.loads(spec_text),
            date_time=pattern,
            patches=patches,
            dropped=dropped,
            is_composed=overlay.get("composed", False),
        ),
        own=load_book(lambda: json.loads(json.dumps(own)), date_time=pattern),
        checks=[_check(entry, schemas) for entry in overlay["checks"]],
        anywhere=frozenset(overlay["anywhere"]),
        error=build_schema(overlay["error"]),
        queries=frozenset(overlay.get("queries", ())),
    )


def _check(entry: Mapping[str, Any], schemas: Mapping[str, Any]) -> _Check:
    schema = entry["schema"]
    return _Check(
        method=entry["method"],
        path=entry["path"],
        side=entry["side"],
        at=entry["at"],
        schema=build_schema(schemas[schema] if isinstance(schema, str) else schema),
    )


def _schema_problems(schema: Schema, instance: object) -> list[str]:
    return [
        f"{error.message} at {list(error.instance_path)}" for error in schema.iter_errors(instance)
    ]


def _parts(value: object, way: Sequence[str]) -> Iterator[object]:
    """The parts of a body that a way of keys leads to; missing and null parts are none."""
    if not way:
        if value is not None:
            yield value
        return
    head, *rest = way
    if head == "*" and isinstance(value, list):
        for entry in value:
            yield from _parts(entry, rest)
    elif isinstance(value, dict) and head in value:
        yield from _parts(value[head], rest)


def _decoded(body: bytes) -> object:
    try:
        decoded: object = json.loads(body)
    except ValueError:
        return _NOT_JSON
    return decoded


_NOT_JSON: Final = "the body is no JSON"


def _texts(errors: Iterable[Exception]) -> list[str]:
    """The errors in words, with the schema errors behind each."""
    return [
        "; ".join(e.message for e in getattr(error.__cause__, "schema_errors", ())) or str(error)
        for error in errors
    ]

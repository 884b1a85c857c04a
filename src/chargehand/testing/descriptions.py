"""Vendors' API descriptions, loaded for checking: patched by an overlay, strict about requests."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx

from chargehand.domain.errors import Fault

_MOST_FOUND: Final = 5_000


class OverlayUnusable(Fault):
    """An overlay that does not fit its description."""

    code = "contract_overlay_unusable"
    template = "The overlay {overlay} can not be used: {detail}"


class Description(Protocol):
    """The part of an OpenAPI object of `openapi_core` that is used here."""

    def iter_request_errors(self, request: Any) -> Iterator[Exception]:
        """What is wrong with a request."""
        ...

    def iter_response_errors(self, request: Any, response: Any) -> Iterator[Exception]:
        """What is wrong with an answer."""
        ...


class Schema(Protocol):
    """The part of a validator of `jsonschema_rs` that is used here."""

    def iter_errors(self, instance: Any) -> Iterable[Any]:
        """What is wrong with a value."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a description, found by method and address."""

    method: str
    template: str
    pattern: re.Pattern[str]
    parameters: frozenset[str]
    statuses: frozenset[str]

    @property
    def name(self) -> str:
        """Method and path template."""
        return f"{self.method} {self.template}"


class Pages:
    """A document cut into one description a path.

    The checker looks through all paths of what it is given, each time, and vendors have hundreds.
    """

    def __init__(
        self, document: Mapping[str, Any], load: Callable[[Mapping[str, Any]], Description]
    ) -> None:
        self._document = document
        self._load = load
        self._loaded: dict[str, Description] = {}

    def of(self, operation: Operation) -> Description:
        """The description of an operation's path alone; the rest of the document is shared."""
        template = operation.template
        if template not in self._loaded:
            paths = {template: self._document["paths"][template]}
            self._loaded[template] = self._load({**self._document, "paths": paths})
        return self._loaded[template]


@dataclass(frozen=True, slots=True)
class Book:
    """One description: strict about requests, as written about answers."""

    requests: Pages
    responses: Pages
    host: str
    operations: Sequence[Operation]
    _found: dict[tuple[str, str], Operation | None] = field(default_factory=dict)

    def find(self, method: str, path: str) -> Operation | None:
        """The operation a request means; None when the description has none."""
        if (method, path) not in self._found:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            self._found[method, path] = self._look(method, path)
        return self._found[method, path]

    def _look(self, method: str, path: str) -> Operation | None:
        found = [o for o in self.operations if o.method == method and o.pattern.fullmatch(path)]
        # Of /issue/{key} and /issue/picker the one with fewer holes is meant.
        return min(found, key=lambda operation: operation.template.count("{"), default=None)


def load_book(
    read: Callable[[], dict[str, Any]],
    *,
    date_time: re.Pattern[str],
    patches: Sequence[Mapping[str, Any]] = (),
    dropped: Sequence[str] = (),
    is_composed: bool = False,
) -> Book:
    """A description ready for checking; `read` must give a fresh copy each time.

    Shape: with `is_composed` the description puts its objects together from parts, none of which
    may refuse what another names, and answers may hold more than it says.
    Raises: OverlayUnusable when a patch leads nowhere.
    """
    # lazy: only tests have the checkers installed.
    from openapi_core import Config, OpenAPI

    config = Config(
        # The vendors' descriptions are known to break the specification of OpenAPI in places.
        spec_validator_cls=None,
        # A format says something of texts alone; OpenAPI 3.1 lets a time be null beside them.
        extra_format_validators={
            "date-time": lambda v: not isinstance(v, str) or bool(date_time.fullmatch(v))
        },
    )
    written, strict = read(), read()
    for document in (written, strict):
        for patch in patches:
            _apply(document, patch["at"], patch["set"])
        _drop_security(document, dropped)
    if is_composed:
        _allow_unknown(written)
    else:
        _forbid_unknown(strict.get("components", {}).get("schemas", {}))
        _forbid_unknown(strict["paths"])

    def load(document: Mapping[str, Any]) -> Description:
        return OpenAPI.from_dict(document, config=config)

    return Book(
        requests=Pages(strict, load),
        responses=Pages(written, load),
        host=_host_of(written),
        operations=_operations(written),
    )


def _host_of(document: Mapping[str, Any]) -> str:
    parts = urlsplit(document["servers"][0]["url"])
    return f"{parts.scheme}://{parts.netloc}"


def _operations(document: Mapping[str, Any]) -> list[Operation]:
    verbs = ("get", "post", "put", "delete", "patch")
    root = re.escape(urlsplit(document["servers"][0]["url"]).path.rstrip("/"))
    return [
        Operation(
            method=verb.upper(),
            template=template,
            pattern=re.compile(root + re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))),
            parameters=frozenset(
                parameter["name"]
                for parameter in _parameters(document, item, operation)
                if parameter["in"] == "query"
            ),
            statuses=frozenset(operation["responses"]),
        )
        for template, item in document["paths"].items()
        for verb, operation in item.items()
        if verb in verbs
    ]


def _parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    named = document.get("components", {}).get("parameters", {})
    listed = [*item.get("parameters", ()), *operation.get("parameters", ())]
    return [named[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in listed]


def _apply(document: dict[str, Any], pointer: str, value: object) -> None:
    *way, last = (part.replace("~1", "/") for part in pointer.lstrip("/").split("/"))
    place: Any = document
    for part in way:
        if isinstance(place, list) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
            continue
        if part not in place:
            raise OverlayUnusable(overlay=pointer, detail=f"the description has no {part} there")
        place = place[part]
    place[last] = value


def _drop_security(document: dict[str, Any], dropped: Sequence[str]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and "security" in operation:
                kept = [s for s in operation["security"] if not set(s) & set(dropped)]
                operation["security"] = kept


def _forbid_unknown(node: object) -> None:
    """Refuse properties no schema names; maps with a schema for their values stay maps."""
    if isinstance(node, list):
        for entry in node:
            _forbid_unknown(entry)
    elif isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and node.get("type") == "object":
            is_map = isinstance(node.get("additionalProperties"), dict)
            node["additionalProperties"] = node["additionalProperties"] if is_map else False
        for entry in node.values():
            _forbid_unknown(entry)


def _allow_unknown(node: object) -> None:
    if isinstance(node, list):
        for entry in node:
            _allow_unknown(entry)
    elif isinstance(node, dict):
        if node.get("additionalProperties") is False:
            del node["additionalProperties"]
        for entry in node.values():
            _allow_unknown(entry)


def build_schema(schema: Any) -> Schema:
    """A JSON Schema, its draft recognised by itself, ready for checking."""
    # lazy: only tests have the checkers installed.
    import jsonschema_rs

    return jsonschema_rs.validator_for(schema)


def seen_request(request: httpx.Request, body: bytes, host: str) -> Any:
    """A request or answer as `openapi_core` wants to see it."""
    # lazy: only tests have the checkers installed.
    from openapi_core.testing import MockRequest

    # The class takes pairs as well as a mapping; only pairs keep a repeated parameter.
    arguments: Any = request.url.params.multi_items()
    return MockRequest(
        host,
        request.method,
        request.url.path,
        args=arguments,
        headers=dict(request.headers),
        data=body,
        content_type=request.headers.get("content-type", "application/json"),
    )


def seen_response(response: httpx.Response) -> Any:
    """A request or answer as `openapi_core` wants to see it."""
    # lazy: only tests have the checkers installed.
    from openapi_core.testing import MockResponse

    return MockResponse(
        response.content,
        status_code=response.status_code,
        headers=dict(response.headers),
        content_type=response.headers.get("content-type", "application/json"),
    )

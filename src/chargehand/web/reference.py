"""`/docs`: the API reference, rendered here from the OpenAPI description; no script."""

import json
from collections.abc import Awaitable, Callable, Iterator
from html import escape
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chargehand.domain.json import JSONObject, JSONValue
from chargehand.web.page import page, table, worded

Description: TypeAlias = Callable[[], Awaitable[JSONObject]]
_METHODS = ("get", "post", "put", "patch", "delete")
_REF = "$ref"
_OTHER_PATHS = (
    ("POST /webhooks/{connector}/{connection}", "Signed deliveries of a vendor: 202 when stored."),
    (
        "POST /webhooks/{connector}/{connection}/t/{token}",
        "The same for senders that can not sign, where the operator switched it on.",
    ),
    ("POST /webhooks/{connector}", "The short form, while one connection of that kind exists."),
    ("GET /health", "Whether this process lives."),
    ("GET /ready", "Whether this process can do its own work: 200, else 503."),
    ("GET /metrics", "Counters for Prometheus."),
)


def reference_route(describe: Description) -> Route:
    """`/docs`; `describe` is asked at each visit, since visits are rare and versions change."""

    async def docs(_request: Request) -> Response:
        return page("chargehand API", render_reference(await describe()) + _other_paths())

    return Route("/docs", docs, methods=["GET"])


def render_reference(description: JSONObject) -> str:
    """The reference as HTML: every operation with its parameters, body and answers.

    Shape: `description` is an OpenAPI 3.1 document; what it does not say is left out.
    """
    info = _object(description.get("info"))
    parts = [
        f"<h1>{escape(_text(info.get('title')) or 'chargehand API')}</h1>",
        f'<p class="soft">Version {escape(_text(info.get("version")))}</p>',
        _paragraphs(_text(info.get("description"))),
    ]
    parts.append(_contents(description))
    for path, method, operation in _operations(description):
        parts.append(_operation(path, method, operation, description))
    return "".join(parts)


def _contents(description: JSONObject) -> str:
    """A link to every operation, in the groups of the document."""
    texts = {
        _text(_object(tag).get("name")): _text(_object(tag).get("description"))
        for tag in _list(description.get("tags"))
    }
    groups: dict[str, list[str]] = {name: [] for name in texts}
    for path, method, operation in _operations(description):
        name = next((_text(tag) for tag in _list(operation.get("tags"))), "")
        link = f'<a href="#{escape(_anchor(path, method))}">{escape(_title(path, operation))}</a>'
        groups.setdefault(name, []).append(f'<span class="whole">{link}</span>')
    rows = [
        (escape(name.capitalize()), f"{worded(texts.get(name, ''))}<br>{', '.join(links)}")
        for name, links in groups.items()
        if links
    ]
    return "<h2>Contents</h2>" + table(("Group", "Operations"), rows) if rows else ""


def _anchor(path: str, method: str) -> str:
    return f"{method}{path}"


def _title(path: str, operation: JSONObject) -> str:
    return _text(operation.get("summary")) or path


def _other_paths() -> str:
    rows = [(f"<code>{escape(path)}</code>", escape(text)) for path, text in _OTHER_PATHS]
    return "<h2>Outside the API</h2>" + table(("Path", "Meaning"), rows)


def _operations(description: JSONObject) -> Iterator[tuple[str, str, JSONObject]]:
    for path, item in _object(description.get("paths")).items():
        for method in _METHODS:
            operation = _object(item).get(method)
            if operation is not None:
                yield path, method, _object(operation)


def _operation(path: str, method: str, operation: JSONObject, whole: JSONObject) -> str:
    parts = [
        f'<h2 id="{escape(_anchor(path, method))}">{escape(_title(path, operation))}</h2>',
        f"<p><code>{method.upper()} {escape(path)}</code></p>",
        _paragraphs(_text(operation.get("description"))),
        _parameters(operation, whole),
        _body(operation, whole),
        _answers(operation, whole),
    ]
    return "".join(parts)


def _parameters(operation: JSONObject, whole: JSONObject) -> str:
    rows = []
    for entry in _list(operation.get("parameters")):
        parameter = _resolve(entry, whole)
        required = "required" if parameter.get("required") is True else "optional"
        rows.append(
            (
                f"<code>{escape(_text(parameter.get('name')))}</code>",
                f"{escape(_text(parameter.get('in')))}, {required}",
                escape(_kind(parameter.get("schema"), whole)),
                worded(_text(parameter.get("description"))),
            )
        )
    if not rows:
        return ""
    return "<h3>Parameters</h3>" + table(("Name", "Where", "Type", "Meaning"), rows)


def _body(operation: JSONObject, whole: JSONObject) -> str:
    request_body = _resolve(operation.get("requestBody"), whole)
    content = _object(request_body.get("content"))
    schemas = [_resolve(_object(media).get("schema"), whole) for media in content.values()]
    return "".join("<h3>Body</h3>" + _fields(schema, whole) for schema in schemas[:1])


def _answers(operation: JSONObject, whole: JSONObject) -> str:
    rows = []
    for status, entry in _object(operation.get("responses")).items():
        answer = _resolve(entry, whole)
        kinds = {
            _kind(_object(media).get("schema"), whole)
            for media in _object(answer.get("content")).values()
        }
        rows.append(
            (
                f"<code>{escape(status)}</code>",
                worded(_text(answer.get("description"))),
                escape(", ".join(sorted(kinds))),
            )
        )
    return "<h3>Answers</h3>" + table(("Status", "When", "Type"), rows) if rows else ""


def _fields(schema: JSONObject, whole: JSONObject) -> str:
    properties = _object(schema.get("properties"))
    if not properties:
        return f"<pre><code>{escape(json.dumps(schema, indent=2))}</code></pre>"
    required = _list(schema.get("required"))
    rows = [
        (
            f"<code>{escape(name)}</code>",
            "required" if name in required else "optional",
            escape(_kind(entry, whole)),
            worded(_text(_object(entry).get("description"))),
        )
        for name, entry in properties.items()
    ]
    return table(("Field", "", "Type", "Meaning"), rows)


def _kind(value: JSONValue, whole: JSONObject) -> str:
    schema = _object(value)
    reference = _text(schema.get(_REF))
    if reference:
        return reference.rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(str(one) for one in _list(schema["enum"]))
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(_kind(one, whole) for one in _list(schema[key]))
    kind = _text(schema.get("type"))
    if kind == "array":
        return f"list of {_kind(schema.get('items'), whole)}"
    return _text(schema.get("format")) or kind or "any"


def _resolve(value: JSONValue, whole: JSONObject) -> JSONObject:
    found = _object(value)
    reference = _text(found.get(_REF))
    if not reference.startswith("#/"):
        return found
    target: JSONValue = whole
    for name in reference[2:].split("/"):
        target = _object(target).get(name.replace("~1", "/").replace("~0", "~"))
    return _object(target)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{worded(part)}</p>" for part in text.split("\n\n") if part.strip())


def _object(value: JSONValue) -> JSONObject:
    return value if isinstance(value, dict) else {}


def _list(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else []


def _text(value: JSONValue) -> str:
    return value if isinstance(value, str) else ""

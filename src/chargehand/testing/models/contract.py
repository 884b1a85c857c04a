"""Holds requests, answers and stream events to the vendors' descriptions.

The descriptions stay in their folder. An overlay beside the tests says where one is wrong:
`{"spec": path, "patches": [{"at": JSON pointer, "set": value, "why": ...}]}`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from chargehand.testing.descriptions import Schema, build_schema

Vendor: TypeAlias = Literal["anthropic", "openai"]
Part: TypeAlias = Literal["request", "answer", "event", "error"]
_SHAPES: Mapping[Vendor, Mapping[Part, str]] = {
    "anthropic": {
        "request": "BetaCreateMessageParams",
        "answer": "BetaMessage",
        "event": "BetaMessageStreamEvent",
        "error": "BetaErrorResponse",
    },
    "openai": {
        "request": "CreateChatCompletionRequest",
        "answer": "CreateChatCompletionResponse",
        "event": "CreateChatCompletionStreamResponse",
        "error": "ErrorResponse",
    },
}


@dataclass(slots=True)
class ModelContract:
    """Both vendors' descriptions; counts what it checked and keeps what broke them."""

    schemas: Mapping[tuple[Vendor, Part], Schema]
    names: Mapping[Vendor, frozenset[str]]
    run: int = 0
    broken: list[str] = field(default_factory=list)

    def check(self, vendor: Vendor, part: Part, value: Any) -> bool:
        """Whether a value is as documented; what is not is kept."""
        self.run += 1
        found = self.schemas[vendor, part].iter_errors(value)
        problems = [f"{error.message} at {list(error.instance_path)}" for error in found]
        if part == "request" and isinstance(value, dict):
            unknown = sorted(set(value) - self.names[vendor])
            problems.extend(f"unknown member {name}" for name in unknown)
        self.broken.extend(f"{vendor} {part}: {problem}" for problem in problems)
        return not problems


def load_model_contract(folder: Path, overlays: Path) -> ModelContract:
    """The contract of both vendors, their descriptions from `folder`, patched by `overlays`.

    Raises: FileNotFoundError when a file is missing.
    """
    schemas: dict[tuple[Vendor, Part], Schema] = {}
    names: dict[Vendor, frozenset[str]] = {}
    for vendor, shapes in _SHAPES.items():
        overlay = json.loads((overlays / f"{vendor}.json").read_text("utf-8"))
        document = json.loads((folder / overlay["spec"]).read_text("utf-8"))
        for patch in overlay["patches"]:
            _apply(document, patch["at"], patch["set"])
        components = _nullable(document["components"])
        for part, name in shapes.items():
            root = {"$ref": f"#/components/schemas/{name}", "components": components}
            schemas[vendor, part] = build_schema(root)
        names[vendor] = _members(components["schemas"], shapes["request"])
    return ModelContract(schemas, names)


def _apply(document: Any, pointer: str, value: object) -> None:
    *way, last = (part.replace("~1", "/") for part in pointer.lstrip("/").split("/"))
    place = document
    for part in way:
        place = place[int(part) if isinstance(place, list) else part]
    place[last] = value


def _nullable(node: Any) -> Any:
    """The word `nullable` of OpenAPI 3.0, which JSON Schema does not know, said in its own way."""
    if isinstance(node, list):
        return [_nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _nullable(value) for name, value in node.items() if name != "nullable"}
    if node.get("nullable") is True:
        return {"anyOf": [plain, {"type": "null"}]}
    return plain


def _members(schemas: Mapping[str, Any], name: str) -> frozenset[str]:
    """The names a request may carry, those of the schemas it is put together from included."""
    schema = schemas[name]
    found = set(schema.get("properties", ()))
    for part in schema.get("allOf", ()):
        reference = part.get("$ref", "").rpartition("/")[2]
        found |= _members(schemas, reference) if reference else set(part.get("properties", ()))
    return frozenset(found)

"""The description is fresh, valid, and says the full paths and the one problem format."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from chargehand.web.api.app import API
from tools.openapi import PATH, render

ROOT = Path(__file__).resolve().parents[3]
PROBLEM = {"$ref": "#/components/schemas/APIProblem"}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    found = json.loads((ROOT / PATH).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_kept_description_is_fresh() -> None:
    kept = (ROOT / PATH).read_text(encoding="utf-8")

    assert kept == render(), "run `python -m tools.openapi`"


def test_description_is_valid_openapi(description: dict[str, Any]) -> None:
    validate(description)


class _Slow(API):
    """Takes until others were served to make its description."""

    def __init__(self) -> None:
        self.served = threading.Event()
        super().__init__()

    def openapi(self) -> dict[str, Any]:
        return {"waited": self.served.wait(60)}


@pytest.mark.anyio
async def test_making_the_description_keeps_nobody_waiting() -> None:
    app = _Slow()
    transport = httpx.ASGITransport(app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://front") as client,
        asyncio.TaskGroup() as group,
    ):
        made = group.create_task(client.get("/openapi.json"))
        group.create_task(_serve_others(app.served))

    assert made.result().json() == {"waited": True}


async def _serve_others(served: threading.Event) -> None:
    served.set()


@pytest.mark.anyio
async def test_served_description_is_the_kept_one_but_for_the_version(
    client: httpx.AsyncClient, description: dict[str, Any]
) -> None:
    served = (await client.get("/v1/openapi.json")).json()

    kept_info = {**description["info"], "version": "0.0.test"}
    assert served == {**description, "info": kept_info}


def test_paths_are_those_that_callers_use(description: dict[str, Any]) -> None:
    assert all(path.startswith("/v1/") for path in description["paths"])
    assert "servers" not in description


def test_shapes_are_named_for_callers_and_not_by_where_they_are_written(
    description: dict[str, Any],
) -> None:
    assert [one for one in description["components"]["schemas"] if "__" in one] == []


def test_every_operation_tells_its_problems_in_one_format(description: dict[str, Any]) -> None:
    content = [
        response["content"]
        for item in description["paths"].values()
        for operation in item.values()
        for status, response in operation["responses"].items()
        if int(status) >= 400
    ]

    assert content
    assert all(one == {"application/problem+json": {"schema": PROBLEM}} for one in content)


def test_every_operation_and_parameter_is_described(description: dict[str, Any]) -> None:
    operations = [one for item in description["paths"].values() for one in item.values()]
    parameters = [one for operation in operations for one in operation.get("parameters", [])]

    assert all(operation["description"] for operation in operations)
    assert all(parameter["description"] for parameter in parameters)
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))


def test_answers_are_closed(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    open_ones = {
        name
        for name, schema in schemas.items()
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False
    }

    assert open_ones == {"APIProblem"}

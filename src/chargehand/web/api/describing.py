"""The OpenAPI description: what FastAPI knows of the routes, told with full paths and problems."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from chargehand.web.api.models import APIProblem
from chargehand.web.errors import PROBLEM_MEDIA_TYPE

PREFIX: Final = "/v1"
TITLE: Final = "chargehand API"
_JSON: Final = "application/json"
_DESCRIPTION: Final = """\
Look back at everything chargehand received, decided and did, and decide what waits for a person.

Every request carries an API key of the organization: `Authorization: Bearer chk_...`.
`chargehand keys` and `/v1/keys` make and end keys; what a key decides is recorded as \
`key:<name>`, or as the member it acts for.
`x-permission` says what an operation takes; lists hold only the projects where the caller has it.

Lists are newest first and come in pages: hand `next_cursor` in as `cursor` until it is null.
Each item comes exactly once, also while new ones arrive.

Whatever goes wrong is told as `application/problem+json` (RFC 9457) with a `code` to act on and a
`detail` for people; `errors` names the fields that can not be used and what is allowed there.
Moments are ISO 8601 in UTC.
"""


class Tag(StrEnum):
    """The groups the routes are told in."""

    APPROVALS = "approvals"
    ASKS = "asks"
    COMMANDS = "commands"
    LOOKING_BACK = "looking back"
    AUDIT = "audit"
    MODES = "modes"
    POLICY = "policy"
    FLAGS = "flags"
    BUDGETS = "budgets"
    MEMBERS = "members"
    KEYS = "keys"
    OVERVIEW = "overview"


_TAG_TEXTS: Final[Mapping[Tag, str]] = MappingProxyType(
    {
        Tag.APPROVALS: "Exact actions that wait for a person.",
        Tag.ASKS: "Requests to the bot; those that are late wait for a person.",
        Tag.COMMANDS: "The lines people say in a chat.",
        Tag.LOOKING_BACK: "What was received, understood, decided and done.",
        Tag.AUDIT: "The hash chain of everything that was decided.",
        Tag.MODES: "Which actions are simulated, approved first, or sent.",
        Tag.POLICY: "The rules that give every action its mode and its approvers.",
        Tag.FLAGS: "Switches that work while everything runs.",
        Tag.BUDGETS: "What models may cost, and what they did cost.",
        Tag.MEMBERS: "The people of the team, their roles, and the accounts they have.",
        Tag.KEYS: "The secrets that let programs in, without the secrets.",
        Tag.OVERVIEW: "How things stand and how much happened.",
    }
)
_TEXTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "The body can not be read.",
        401: "No API key, or one that is not known here.",
        403: "Whoever asks may not do this; `x-permission` and the detail name who could.",
        404: "There is no such thing in this organization, or none the caller may see.",
        408: "The body did not arrive in time.",
        409: "It was decided before, or the state of things does not allow it any more.",
        413: "The body is too large.",
        415: "The body is not declared as JSON.",
        422: "A parameter or a field can not be used; `errors` names it.",
        429: "This key or session asked too often; `Retry-After` says when to try again.",
        503: "The database does not answer now; `Retry-After` may say when to try again.",
    }
)
_WORKED: Final = "It worked."
_ALWAYS: Final = (401, 403, 422, 429, 503)
_WITH_BODY: Final = (400, 408, 413, 415)


def problems(*further: int) -> dict[int | str, dict[str, Any]]:
    """What a reading route can answer instead, for its description."""
    statuses = sorted({*_ALWAYS, *further})
    return {status: {"model": APIProblem, "description": _TEXTS[status]} for status in statuses}


def problems_with_body(*further: int) -> dict[int | str, dict[str, Any]]:
    """What a route that takes a body can answer instead, for its description."""
    return problems(*_WITH_BODY, *further)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the API, as callers reach it."""
    document = get_openapi(
        title=TITLE,
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=[{"name": tag.value, "description": text} for tag, text in _TAG_TEXTS.items()],
    )
    document["paths"] = {PREFIX + path: item for path, item in document["paths"].items()}
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"]["200"]["description"] = _WORKED
            _tell_problems(operation["responses"])
            _leave_out_null(operation.get("parameters", []))
    components = document["components"]
    components["securitySchemes"] = {
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "chk_...",
            "description": "An API key of the organization.",
        }
    }
    document["security"] = [{"apiKey": []}]
    return document


def _tell_problems(responses: dict[str, Any]) -> None:
    """FastAPI knows one media type for all answers of a route; problems have their own."""
    for status, response in responses.items():
        if int(status) >= HTTPStatus.BAD_REQUEST and _JSON in response["content"]:
            response["content"][PROBLEM_MEDIA_TYPE] = response["content"].pop(_JSON)


def _leave_out_null(parameters: list[dict[str, Any]]) -> None:
    """A parameter that is left out is not there; a query has no word for null."""
    for parameter in parameters:
        choices = parameter["schema"].pop("anyOf", None)
        if choices is not None:
            parameter["schema"].update(*(one for one in choices if one != {"type": "null"}))

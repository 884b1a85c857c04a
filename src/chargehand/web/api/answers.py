"""Every failure of the API as a problem, with the field and what is allowed where one is wrong."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from chargehand.budgets.money import ALLOWED_USD
from chargehand.domain.errors import ChargehandError, Rejected
from chargehand.pipeline.errors import KeyEnded
from chargehand.pipeline.looking import LEAST_PER_PAGE, MOST_PER_PAGE
from chargehand.web.api.errors import STATUSES, KeyMissing
from chargehand.web.api.inputs import LONGEST_HOURS, UNKNOWN_FIELD
from chargehand.web.errors import Answer, error_answers, internal_problem, problem, status_of

_ANSWERS: Final = error_answers(STATUSES)
# RFC 6750 section 3: without credentials the scheme alone, with wrong ones the reason as well.
_CHALLENGES: Final[Mapping[type[ChargehandError], str]] = MappingProxyType(
    {
        KeyMissing: 'Bearer realm="chargehand"',
        KeyEnded: 'Bearer realm="chargehand", error="invalid_token"',
    }
)
_ALLOWED_BY_FIELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cursor": "the next_cursor of the page before; leave it out for the newest",
        "limit": f"{LEAST_PER_PAGE} to {MOST_PER_PAGE}",
        "hours": f"1 to {LONGEST_HOURS}",
        "cap_usd": f'text such as "25" or "2.50": {ALLOWED_USD}; null takes the cap away',
        "since": "a day, as YYYY-MM-DD",
        "until": "a day, as YYYY-MM-DD",
    }
)
# By the kinds of error pydantic knows, filled in with the details it gives.
_ALLOWED_BY_KIND: Final[Mapping[str, str]] = MappingProxyType(
    {
        UNKNOWN_FIELD: "{allowed}",
        "enum": "{expected}",
        "string_pattern_mismatch": "text that fits {pattern}",
        "string_too_long": "at most {max_length} characters",
        "string_too_short": "at least {min_length} characters",
        "json_invalid": "a JSON object",
        "model_attributes_type": "a JSON object",
    }
)
_WHERE: Final = frozenset({"body", "query", "path", "header", "cookie"})
_MOST_ERRORS: Final = 20
_NO_ADDRESS: Final = "There is nothing at this address; /v1/openapi.json lists what there is."


def api_answers() -> dict[type[Exception], Answer]:
    """Exception handlers of the API: one format, whatever goes wrong."""
    return {
        ChargehandError: _answer_ours,
        RequestValidationError: _answer_invalid,
        HTTPException: _answer_http,
        Exception: _answer_unknown,
    }


async def _answer_ours(request: Request, error: Exception) -> Response:
    if isinstance(error, Rejected):
        argument = _argument_of(error)
        if argument is not None:
            return _argument_problem(error, argument)
    response = await _ANSWERS[ChargehandError](request, error)
    if isinstance(error, KeyMissing | KeyEnded):
        response.headers["www-authenticate"] = _CHALLENGES[type(error)]
    return response


async def _answer_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        return await _answer_unknown(request, error)
    return _validation_problem(error.errors())


async def _answer_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return await _answer_unknown(request, error)
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return problem(HTTPStatus.NOT_FOUND, "not_found", _NO_ADDRESS)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return _method_problem(request)
        case _:
            return await _ANSWERS[HTTPException](request, error)


async def _answer_unknown(_request: Request, _error: Exception) -> Response:
    # The front's edge, which the error goes on to, writes it to the log.
    return internal_problem()


def _method_problem(request: Request) -> Response:
    allowed = ", ".join(sorted(_methods_of(request)))
    detail = f"This address does not know {request.method}; it knows {allowed}."
    response = problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    response.headers["allow"] = allowed
    return response


def _methods_of(request: Request) -> set[str]:
    """Every method of an address; the router itself tells those of its first route only."""
    found: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return found


def _argument_of(error: ChargehandError) -> tuple[str, str] | None:
    """The field an error is about, and what is allowed there; None when it is about none."""
    match error.fields:
        case {"field": field, "allowed": allowed}:
            return str(field), str(allowed)
        case {"project": _, "served": served}:
            return "project", str(served)
        case _:
            return None


def _argument_problem(error: ChargehandError, argument: tuple[str, str]) -> Response:
    field, allowed = argument
    entry = {"field": field, "message": str(error), "allowed": allowed}
    return problem(status_of(error, STATUSES), error.code, str(error), errors=[entry])


def _validation_problem(found: Sequence[Any]) -> Response:
    entries = [_entry(one) for one in found[:_MOST_ERRORS]]
    names = ", ".join(dict.fromkeys(entry["field"] for entry in entries))
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "request_invalid",
        f"The request can not be used as it is: see {names}.",
        errors=entries,
    )


def _entry(found: Mapping[str, Any]) -> dict[str, str]:
    """One complaint without the value it is about, which may be long or secret."""
    details: Mapping[str, Any] = found.get("ctx") or {}
    field = str(details["field"]) if found["type"] == UNKNOWN_FIELD else _field(found["loc"])
    entry = {"field": field, "message": str(found["msg"])}
    allowed = _allowed(field, found["type"], details)
    return entry if allowed is None else {**entry, "allowed": allowed}


def _field(location: Sequence[str | int]) -> str:
    where, *rest = location
    names = [str(part) for part in rest if isinstance(part, str)]
    if where in _WHERE and names:
        return ".".join(names)
    return str(where)


def _allowed(field: str, kind: str, details: Mapping[str, Any]) -> str | None:
    if field in _ALLOWED_BY_FIELD and kind != "missing":
        return _ALLOWED_BY_FIELD[field]
    template = _ALLOWED_BY_KIND.get(kind)
    return template.format_map(details) if template is not None else None

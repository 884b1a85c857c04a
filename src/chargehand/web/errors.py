"""One format for everything that goes wrong over HTTP.

Source: RFC 9457 (problem details), https://www.rfc-editor.org/rfc/rfc9457, 2026-11-20.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TypeAlias

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chargehand.domain.errors import ChargehandError, Fault, Rejected, Retryable
from chargehand.intake import errors as intake
from chargehand.kit.redact import redact_fields
from chargehand.plugins import errors as plugins

PROBLEM_MEDIA_TYPE = "application/problem+json"
NO_STATUSES: Mapping[type[ChargehandError], int] = MappingProxyType({})
Answer: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]

_STATUSES: Mapping[type[ChargehandError], int] = {
    plugins.SignatureMissing: HTTPStatus.UNAUTHORIZED,
    plugins.SignatureWrong: HTTPStatus.UNAUTHORIZED,
    plugins.SignatureMalformed: HTTPStatus.BAD_REQUEST,
    intake.DeliveryKeyUnusable: HTTPStatus.BAD_REQUEST,
    intake.BodyCutOff: HTTPStatus.BAD_REQUEST,
    intake.ConnectionUnknown: HTTPStatus.NOT_FOUND,
    intake.ConnectionAmbiguous: HTTPStatus.NOT_FOUND,
    intake.BodySlow: HTTPStatus.REQUEST_TIMEOUT,
    intake.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    intake.TooManyFailures: HTTPStatus.TOO_MANY_REQUESTS,
    Retryable: HTTPStatus.SERVICE_UNAVAILABLE,
    Rejected: HTTPStatus.UNPROCESSABLE_ENTITY,
    Fault: HTTPStatus.INTERNAL_SERVER_ERROR,
}
# After these two the rest of the request's body is still on its way, or never comes.
_CLOSING = frozenset({HTTPStatus.REQUEST_TIMEOUT})
# In place of texts that tell where things are in here.
_TOLD_OUTSIDE: Mapping[str, str] = MappingProxyType(
    {"store_unavailable": "The database does not answer now; try again in a moment."}
)
_RESERVED = frozenset({"type", "title", "status", "code", "detail"})
_log = structlog.get_logger(__name__)


def problem(status: int, code: str, detail: str, **fields: object) -> Response:
    """A problem answer; `fields` become members of its own, secrets masked."""
    body = {
        "type": f"urn:chargehand:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": int(status),
        "code": code,
        "detail": detail,
        **{key: value for key, value in redact_fields(fields).items() if key not in _RESERVED},
    }
    return Response(
        msgspec.json.encode(body, enc_hook=str),
        status_code=status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers={"cache-control": "no-store", **_headers_of(status, fields)},
    )


def problem_of(
    error: ChargehandError, statuses: Mapping[type[ChargehandError], int] = NO_STATUSES
) -> Response:
    """The answer to one of our errors; `statuses` adds to the table of this module.

    What the caller did wrong is told with its fields; what we can not do is told without them,
    since they are for operators.
    """
    status = status_of(error, statuses)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return internal_problem()
    if status > HTTPStatus.INTERNAL_SERVER_ERROR:
        kept = {"retry_after_s": error.fields.get("retry_after_s")}
        fields = {key: value for key, value in kept.items() if value is not None}
        return problem(status, error.code, _TOLD_OUTSIDE.get(error.code, str(error)), **fields)
    return problem(status, error.code, str(error), **error.fields)


def internal_problem() -> Response:
    """The answer to what should not have happened: that it did, and nothing more."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "chargehand made a mistake; it was written to the log.",
    )


def status_of(
    error: ChargehandError, statuses: Mapping[type[ChargehandError], int] = NO_STATUSES
) -> int:
    """The HTTP status of an error: of its own class, else of the nearest class above it."""
    for kind in type(error).__mro__:
        status = statuses.get(kind) or _STATUSES.get(kind)
        if status is not None:
            return int(status)
    return HTTPStatus.INTERNAL_SERVER_ERROR


def answer_to(
    error: ChargehandError,
    statuses: Mapping[type[ChargehandError], int] = NO_STATUSES,
    *,
    method: str,
) -> Response:
    """The answer to one of our errors; a mistake of ours is written to the log."""
    if status_of(error, statuses) == HTTPStatus.INTERNAL_SERVER_ERROR:
        log_failure(method, error)
    return problem_of(error, statuses)


def error_answers(
    statuses: Mapping[type[ChargehandError], int] = NO_STATUSES,
) -> dict[type[Exception], Answer]:
    """Exception handlers for a Starlette or FastAPI application."""

    async def answer_ours(request: Request, error: Exception) -> Response:
        if not isinstance(error, ChargehandError):
            return await answer_unknown(request, error)
        return answer_to(error, statuses, method=request.method)

    async def answer_http(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return await answer_unknown(request, error)
        phrase = HTTPStatus(error.status_code).phrase
        code = phrase.lower().replace(" ", "_").replace("-", "_").replace("'", "")
        # A bare phrase is what the router says, which knows no sentence.
        detail = _sentence(request, error) if error.detail == phrase else str(error.detail)
        response = problem(error.status_code, code, detail)
        response.headers.update(error.headers or {})
        return response

    async def answer_unknown(request: Request, error: Exception) -> Response:
        log_failure(request.method, error)
        return internal_problem()

    return {
        ChargehandError: answer_ours,
        HTTPException: answer_http,
        Exception: answer_unknown,
    }


def _sentence(request: Request, error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return "There is nothing at this address."
    known = (error.headers or {}).get("Allow")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and known:
        # The router keeps them in no order.
        said = ", ".join(sorted(known.split(", ")))
        return f"This address does not know {request.method}; it knows {said}."
    return str(error.detail)


def log_failure(method: str, error: Exception) -> None:
    """Write a mistake of ours to the log; the path is left out, since it may hold a token."""
    _log.error("web.request_failed", method=method, code=getattr(error, "code", ""), exc_info=error)


def _headers_of(status: int, fields: Mapping[str, object]) -> dict[str, str]:
    headers = {}
    retry_after_s = fields.get("retry_after_s")
    if isinstance(retry_after_s, int | float):
        headers["retry-after"] = str(max(1, round(retry_after_s)))
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Signature"
    if status in _CLOSING:
        headers["connection"] = "close"
    return headers

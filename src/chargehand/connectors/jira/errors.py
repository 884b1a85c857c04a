"""Jira's answers turned into the errors all connectors share.

Rejected
└── JiraConfigWrong         a setting of a Jira connection; names the field
plugins/errors.py draws the rest of the tree.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from chargehand.domain.errors import ChargehandError, Rejected
from chargehand.kit.http_date import header_date
from chargehand.kit.redact import redact_text
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRefused,
    ScopeMissing,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
)

VENDOR = "Jira"
_DETAIL_LENGTH = 300
_DEFAULT_WAIT_S = 30.0
_LONGEST_WAIT_S = 3600.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE, _BUSY = 401, 403, 404, 410, 429
_REQUEST_TIMEOUT = 408
# The gateway's words for a token without the scope, which no account's right can make up for.
_NO_SCOPE = re.compile(rb"scope does not match", re.IGNORECASE)
_PEOPLE = re.compile(r"/rest/api/3/(myself|user)\b")
_READING_POST = re.compile(r"/rest/api/3/(search/jql|comment/list|permissions/check)\b")
_REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = 300, 400, 500


class JiraConfigWrong(Rejected):
    """A setting of a Jira connection that can not be used."""

    code = "jira_config_wrong"
    template = "The Jira setting {field} {problem}."


def is_success(status: int) -> bool:
    """Whether Jira did what it was asked."""
    return 200 <= status < _REDIRECTS  # noqa: PLR2004 - the bounds of HTTP's own success class.


def error_from_answer(
    status: int,
    headers: Mapping[str, str],
    *,
    body: bytes,
    operation: str,
    target: str,
    scope: str = "read:jira-work",
) -> ChargehandError:
    """The shared error that an unsuccessful answer means.

    Shape: `headers` are looked up in lower case; `operation` reads after "refused to"; `scope` is
    what a scoped token needs for the request.
    Source: developer.atlassian.com/cloud/jira/platform/rate-limiting (read 2026-11).
    """
    if status == _BUSY or (status >= _SERVER_ERRORS and "retry-after" in headers):
        return VendorBusy(vendor=VENDOR, status=status, retry_after_s=_wait_asked_for(headers))
    if status >= _SERVER_ERRORS or status == _REQUEST_TIMEOUT:
        return VendorFailing(vendor=VENDOR, status=status)
    if status >= _CLIENT_ERRORS:
        if status in (_UNAUTHORIZED, _FORBIDDEN) and _NO_SCOPE.search(body):
            return ScopeMissing(vendor=VENDOR, operation=operation, status=status, scope=scope)
        return _refusal(status, body, operation=operation, target=target)
    if status >= _REDIRECTS:
        detail = "it points to another address; check the site's address"
        return RequestRefused(vendor=VENDOR, operation=operation, status=status, detail=detail)
    detail = f"HTTP status {status}"
    return VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)


def needed_scope(method: str, path: str) -> str:
    """The classic scope a token needs for a request.

    Source: developer.atlassian.com/cloud/jira/platform/scopes-for-oauth-2-3LO-and-forge-apps
    """
    is_reading = method == "GET" or _READING_POST.match(path) is not None
    verb = "read" if is_reading else "write"
    if path.startswith("/rest/servicedeskapi/"):
        return f"{verb}:servicedesk-request"
    return "read:jira-user" if is_reading and _PEOPLE.match(path) else f"{verb}:jira-work"


def _refusal(status: int, body: bytes, *, operation: str, target: str) -> ChargehandError:
    if status == _UNAUTHORIZED:
        return CredentialsRefused(vendor=VENDOR)
    if status == _FORBIDDEN:
        return PermissionMissing(vendor=VENDOR, operation=operation)
    if status in (_NOT_FOUND, _GONE):
        return TargetMissing(vendor=VENDOR, target=target)
    detail = complaint_in(body) or "no reason was given"
    return RequestRefused(vendor=VENDOR, operation=operation, status=status, detail=detail)


def complaint_in(body: bytes) -> str:
    """Jira's own words about a refused request, shortened and redacted; empty when it has none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    words = "; ".join(dict.fromkeys(_complaints(answer)))
    words = redact_text(_CONTROL.sub(" ", words)).strip()
    return words if len(words) <= _DETAIL_LENGTH else words[: _DETAIL_LENGTH - 1] + "…"


def _complaints(answer: object) -> Iterator[str]:
    """The texts of Jira's platform, service-desk and gateway error bodies."""
    if not isinstance(answer, Mapping):
        return
    messages = answer.get("errorMessages")
    if isinstance(messages, list):
        yield from (text for text in messages if isinstance(text, str) and text)
    by_field = answer.get("errors")
    if isinstance(by_field, Mapping):
        yield from (f"{name}: {text}" for name, text in by_field.items() if isinstance(text, str))
    for name in ("errorMessage", "message"):
        text = answer.get(name)
        if isinstance(text, str) and text:
            yield text


def _wait_asked_for(headers: Mapping[str, str]) -> float:
    text = headers.get("retry-after", "").strip()
    try:
        wait_s = float(text)
    except ValueError:
        wait_s = _seconds_until(text, answered_at=header_date(headers.get("date", "")))
    # NaN fails every comparison, so it falls to the default as well.
    return min(wait_s, _LONGEST_WAIT_S) if wait_s >= 0 else _DEFAULT_WAIT_S


def _seconds_until(text: str, *, answered_at: datetime | None) -> float:
    """Counted from the answer's own Date header, so a wrong clock of ours does no harm."""
    until = header_date(text)
    if until is None or answered_at is None:
        return _DEFAULT_WAIT_S
    return max((until - answered_at).total_seconds(), 0.0)

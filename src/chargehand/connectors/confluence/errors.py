"""Confluence's answers turned into the errors all connectors share.

Rejected
├── ConfluenceConfigWrong   a setting of a Confluence connection; names the field
└── VersionConflict         the page moved on between reading and writing it (409)
plugins/errors.py draws the rest of the tree.
"""

import re
from collections.abc import Mapping
from typing import Final

from chargehand.domain.errors import ChargehandError, Rejected
from chargehand.kit.http_date import header_date
from chargehand.kit.redact import redact_text
from chargehand.kit.tolerant import decode_json, list_in, text_in
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

VENDOR: Final = "Confluence"
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE, _CONFLICT, _BUSY = 401, 403, 404, 410, 409, 429
_REQUEST_TIMEOUT: Final = 408
_SUCCESS, _REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = 200, 300, 400, 500
_DETAIL_CHARS: Final = 300
_DEFAULT_WAIT_S: Final = 30.0
_LONGEST_WAIT_S: Final = 3_600.0
_NO_SCOPE: Final = re.compile(rb"scope does not match", re.IGNORECASE)


class ConfluenceConfigWrong(Rejected):
    """A setting of a Confluence connection that can not be used."""

    code = "confluence_config_wrong"
    template = "The Confluence setting {field} {problem}."


class VersionConflict(RequestRefused):
    """A page that has another version than the one that was to be followed."""

    code = "version_conflict"
    template = "{vendor} refused to {operation} (HTTP {status}): {detail}"


def is_success(status: int) -> bool:
    """Whether Confluence did what it was asked."""
    return _SUCCESS <= status < _REDIRECTS


def error_from_answer(
    status: int,
    headers: Mapping[str, str],
    *,
    body: bytes,
    operation: str,
    target: str,
    scope: str = "",
) -> ChargehandError:
    """The shared error that an unsuccessful answer means; `operation` reads after "refused to"."""
    if status in (_UNAUTHORIZED, _FORBIDDEN) and _NO_SCOPE.search(body):
        named = scope or "for this request; see the guide on connecting Confluence"
        return ScopeMissing(vendor=VENDOR, operation=operation, status=status, scope=named)
    if status == _BUSY or (status >= _SERVER_ERRORS and "retry-after" in headers):
        wait_s = _wait_asked_for(headers)
        return VendorBusy(vendor=VENDOR, status=status, retry_after_s=wait_s)
    if status >= _SERVER_ERRORS or status == _REQUEST_TIMEOUT:
        return VendorFailing(vendor=VENDOR, status=status)
    if status >= _CLIENT_ERRORS:
        return _refusal(status, body, operation=operation, target=target)
    if status >= _REDIRECTS:
        detail = "it points to another address; check the site's address"
        return RequestRefused(vendor=VENDOR, operation=operation, status=status, detail=detail)
    detail = f"HTTP status {status}"
    return VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)


def _refusal(status: int, body: bytes, *, operation: str, target: str) -> ChargehandError:
    if status == _UNAUTHORIZED:
        return CredentialsRefused(vendor=VENDOR)
    if status == _FORBIDDEN:
        return PermissionMissing(vendor=VENDOR, operation=operation)
    if status in (_NOT_FOUND, _GONE):
        return TargetMissing(vendor=VENDOR, target=target)
    detail = complaint_in(body) or "no reason was given"
    kind = VersionConflict if status == _CONFLICT else RequestRefused
    return kind(vendor=VENDOR, operation=operation, status=status, detail=detail)


def complaint_in(body: bytes) -> str:
    """Confluence's own words about a refused request, shortened and redacted; empty without."""
    try:
        answer = decode_json(body)
    except ValueError:
        return ""
    if not isinstance(answer, Mapping):
        return ""
    words = [text_in(answer, "message", _DETAIL_CHARS)]
    for error in list_in(answer, "errors"):
        if isinstance(error, Mapping):
            title, detail = text_in(error, "title"), text_in(error, "detail")
            words.append(": ".join(filter(None, (title, detail))))
    return redact_text("; ".join(filter(None, words)))[:_DETAIL_CHARS].strip()


def _wait_asked_for(headers: Mapping[str, str]) -> float:
    text = headers.get("retry-after", "").strip()
    try:
        wait_s = float(text)
    except ValueError:
        until, answered_at = header_date(text), header_date(headers.get("date", ""))
        if until is None or answered_at is None:
            return _DEFAULT_WAIT_S
        wait_s = max((until - answered_at).total_seconds(), 0.0)
    # NaN fails every comparison, so it falls to the default as well.
    return min(wait_s, _LONGEST_WAIT_S) if wait_s >= 0 else _DEFAULT_WAIT_S

"""Bitbucket's answers turned into the errors all connectors share.

Rejected
├── BitbucketConfigWrong    a setting of a Bitbucket connection; names the field
├── BitbucketSignInRefused  the token is worth nothing (CredentialsRefused)
├── RepositoryMoved         the repository was renamed or moved (RequestRefused)
└── NotOnDataCenter         a kind of action that Data Center has nothing for
plugins/errors.py draws the rest of the tree.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from chargehand.domain.errors import ChargehandError, Rejected
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

VENDOR: Final = "Bitbucket"
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE, _BUSY = 401, 403, 404, 410, 429
_REQUEST_TIMEOUT: Final = 408
_REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = 300, 400, 500
_DETAIL_LENGTH: Final = 300
# Cloud refuses for a while without saying for how long.
_DEFAULT_WAIT_S: Final = 60.0
_LONGEST_WAIT_S: Final = 3_600.0
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_MOVED_TO: Final = re.compile(
    r"/(?:repositories/(?P<owner>[\w.~-]{1,128})|projects/(?P<project>[\w.~-]{1,128})/repos)"
    r"/(?P<name>[\w.-]{1,128})(?:[/?]|$)"
)
_SCOPE: Final = re.compile(r"[a-z:_-]{1,80}")


class BitbucketConfigWrong(Rejected):
    """A setting of a Bitbucket connection that can not be used."""

    code = "bitbucket_config_wrong"
    template = "The Bitbucket setting {field} {problem}."


class BitbucketSignInRefused(CredentialsRefused):
    """Bitbucket does not take the token."""

    code = "bitbucket_sign_in_refused"
    template = (
        "Bitbucket refused the sign-in (HTTP 401). Check the token, and on Cloud whether it needs "
        "the e-mail address of its account."
    )


class RepositoryMoved(RequestRefused):
    """The repository has another name now; the settings still have the old one."""

    code = "bitbucket_repository_moved"
    template = (
        "Bitbucket says that {target} is now {repository}. Write the new name into repositories "
        "in chargehand.toml."
    )


class NotOnDataCenter(Rejected):
    """An action that Bitbucket Data Center has nothing for."""

    code = "bitbucket_not_on_data_center"
    template = "Bitbucket Data Center has no pipelines, so {kind} can not be done there."


def is_success(status: int) -> bool:
    """Whether Bitbucket did what it was asked."""
    return 200 <= status < _REDIRECTS  # noqa: PLR2004 - the bounds of HTTP's own success class.


def unreadable(operation: str, detail: str) -> VendorAnswerUnreadable:
    """The error of an answer in a shape Bitbucket never documented."""
    return VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)


def error_from_answer(
    status: int, headers: Mapping[str, str], *, body: bytes, operation: str, target: str
) -> ChargehandError:
    """The shared error that an unsuccessful answer means.

    Shape: `headers` are looked up in lower case; `operation` reads after "refused to".
    """
    if status == _BUSY or (status >= _SERVER_ERRORS and "retry-after" in headers):
        return VendorBusy(vendor=VENDOR, status=status, retry_after_s=_wait_asked_for(headers))
    if status >= _SERVER_ERRORS or status == _REQUEST_TIMEOUT:
        return VendorFailing(vendor=VENDOR, status=status)
    if status >= _CLIENT_ERRORS:
        return _refusal(status, body, operation=operation, target=target)
    if status >= _REDIRECTS:
        return _moved(status, headers, operation=operation, target=target)
    return unreadable(operation, f"HTTP status {status}")


def _moved(
    status: int, headers: Mapping[str, str], *, operation: str, target: str
) -> RequestRefused:
    found = _MOVED_TO.search(headers.get("location", ""))
    if found is not None:
        return RepositoryMoved(
            vendor=VENDOR,
            operation=operation,
            status=status,
            target=target,
            repository=f"{found['owner'] or found['project']}/{found['name']}",
        )
    detail = "it points to another address; check the address in the settings"
    return RequestRefused(vendor=VENDOR, operation=operation, status=status, detail=detail)


def _refusal(status: int, body: bytes, *, operation: str, target: str) -> ChargehandError:
    if status == _UNAUTHORIZED:
        return BitbucketSignInRefused(vendor=VENDOR)
    answer = _decoded(body)
    if status == _FORBIDDEN:
        scope = _missing_scope(answer)
        if scope:
            return ScopeMissing(vendor=VENDOR, operation=operation, status=status, scope=scope)
        return PermissionMissing(vendor=VENDOR, operation=operation)
    if status in (_NOT_FOUND, _GONE):
        return TargetMissing(vendor=VENDOR, target=target)
    words = "; ".join(dict.fromkeys(_complaints(answer)))
    words = redact_text(_CONTROL.sub(" ", words)).strip() or "no reason was given"
    detail = words if len(words) <= _DETAIL_LENGTH else words[: _DETAIL_LENGTH - 1] + "…"
    return RequestRefused(vendor=VENDOR, operation=operation, status=status, detail=detail)


def _decoded(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _missing_scope(answer: object) -> str:
    error = answer.get("error") if isinstance(answer, Mapping) else None
    detail = error.get("detail") if isinstance(error, Mapping) else None
    required = detail.get("required") if isinstance(detail, Mapping) else None
    named = required if isinstance(required, list) else []
    scopes = [one for one in named if isinstance(one, str) and _SCOPE.fullmatch(one)]
    return ", ".join(scopes)


def _complaints(answer: object) -> Iterator[str]:
    """The texts of Cloud's and of Data Center's error bodies."""
    if not isinstance(answer, Mapping):
        return
    error = answer.get("error")
    if isinstance(error, Mapping):
        for name in ("message", "detail"):
            text = error.get(name)
            if isinstance(text, str) and text:
                yield text
        fields = error.get("fields")
        if isinstance(fields, Mapping):
            yield from (f"{name}: {text}" for name, text in fields.items())
    listed = answer.get("errors")
    for one in listed if isinstance(listed, list) else ():
        text = one.get("message") if isinstance(one, Mapping) else None
        if isinstance(text, str) and text:
            yield text


def _wait_asked_for(headers: Mapping[str, str]) -> float:
    try:
        wait_s = float(headers.get("retry-after", ""))
    except ValueError:
        return _DEFAULT_WAIT_S
    # NaN fails every comparison, so it falls to the default as well.
    return min(wait_s, _LONGEST_WAIT_S) if wait_s >= 0 else _DEFAULT_WAIT_S

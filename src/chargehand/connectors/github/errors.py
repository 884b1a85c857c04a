"""GitHub's answers turned into the errors all connectors share.

Rejected
├── GitHubConfigWrong       a setting of a GitHub connection; names the field
├── GitHubSignInRefused     the token or the App is worth nothing (CredentialsRefused)
└── RepositoryMoved         the repository has another name now (TargetMissing)
plugins/errors.py draws the rest of the tree.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

from gidgethub import (
    BadRequest,
    BadRequestUnknownError,
    GitHubBroken,
    HTTPException,
    InvalidField,
    RateLimitExceeded,
    ValidationError,
)

from chargehand.domain.errors import ChargehandError, Rejected
from chargehand.kit.hidden import one_line
from chargehand.kit.redact import redact_text
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRefused,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
)

VENDOR: Final = "GitHub"
_LONGEST_WAIT_S: Final = 3_600.0
# GitHub asks for a minute at least where it names no time.
_SECONDARY_WAIT_S: Final = 60.0
_DETAIL_CHARS: Final = 300
_GONE: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class GitHubConfigWrong(Rejected):
    """A setting of a GitHub connection that can not be used."""

    code = "github_config_wrong"
    template = "The GitHub setting {field} {problem}."


class GitHubSignInRefused(CredentialsRefused):
    """GitHub does not take the sign-in: revoked, lapsed, or the App was taken away."""

    code = "github_sign_in_refused"
    template = "GitHub refused the sign-in: {detail}."


class RepositoryMoved(TargetMissing):
    """A repository that was renamed or transferred; nothing was done under its old name."""

    code = "github_repository_moved"
    template = (
        "{repository} has another name on GitHub now, so nothing was sent there. Put its new name "
        "into the settings."
    )


def error_of(
    error: HTTPException, headers: Mapping[str, str], *, operation: str, target: str, now: datetime
) -> ChargehandError:
    """The shared error that a refusal of GitHub means.

    Source: docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api (read 2026-11)
    """
    status = int(getattr(error, "status_code", HTTPStatus.UNPROCESSABLE_ENTITY))
    words = redact_text(one_line(str(error), _DETAIL_CHARS))
    if wait_s := _wait_of(error, status, headers, words, now=now):
        return VendorBusy(vendor=VENDOR, status=HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=wait_s)
    if isinstance(error, GitHubBroken) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return VendorFailing(vendor=VENDOR, status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        return GitHubSignInRefused(detail="the token is not known, or has lapsed (HTTP 401)")
    if status == HTTPStatus.FORBIDDEN and "suspended" in words:
        return GitHubSignInRefused(detail="the App's installation is suspended (HTTP 403)")
    if isinstance(error, BadRequest | InvalidField | ValidationError | BadRequestUnknownError):
        return _refused(status, words, operation=operation, target=target)
    return unreadable(operation, f"HTTP {status}")


def _refused(status: int, words: str, *, operation: str, target: str) -> Rejected:
    if status == HTTPStatus.FORBIDDEN:
        return PermissionMissing(vendor=VENDOR, operation=operation)
    if status in _GONE:
        return TargetMissing(vendor=VENDOR, target=target or "such an address")
    return RequestRefused(vendor=VENDOR, operation=operation, status=status, detail=words)


def unreadable(operation: str, detail: str) -> VendorAnswerUnreadable:
    """The error of an answer in a shape GitHub never documented."""
    return VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)


def _wait_of(
    error: HTTPException, status: int, headers: Mapping[str, str], words: str, *, now: datetime
) -> float:
    """Seconds GitHub asks to wait; 0 where it does not."""
    if isinstance(error, RateLimitExceeded):
        left_s = float((error.rate_limit.reset_datetime - now).total_seconds())
        return min(max(left_s, 1.0), _LONGEST_WAIT_S)
    if status not in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
        return 0.0
    asked = headers.get("retry-after", "")
    if asked.isdecimal():
        return min(max(float(asked[:6]), 1.0), _LONGEST_WAIT_S)
    is_limit = status == HTTPStatus.TOO_MANY_REQUESTS or "rate limit" in words.lower()
    if not is_limit:
        return 0.0
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        left_s = float(reset[:12]) - now.timestamp()
        return min(max(left_s, 1.0), _LONGEST_WAIT_S)
    return _SECONDARY_WAIT_S

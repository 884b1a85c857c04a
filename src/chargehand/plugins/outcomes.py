"""What a failed request means for the action it was sent for."""

from chargehand.domain.action import ActionResult, Faulty, Refused, RetryAfter, Undecided
from chargehand.domain.errors import ChargehandError, Fault, Rejected
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRefused,
    ScopeMissing,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
    VendorUnreachable,
)

VENDOR_FAILURES = (
    CredentialsRefused,
    PermissionMissing,
    RequestRefused,
    ScopeMissing,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
    VendorUnreachable,
)
_RETRY_AFTER_S = 5.0
# A token that expired is renewed by a person; the action itself is as good as before.
_SIGN_IN_AGAIN_S = 60.0
_TOO_MANY_REQUESTS = 429


def outcome_before_send(error: ChargehandError) -> ActionResult:
    """The result when a reading failed before anything was sent: surely nothing happened."""
    if isinstance(error, CredentialsRefused):
        return RetryAfter(_SIGN_IN_AGAIN_S, error.code, is_sign_in_refused=True)
    if isinstance(error, Rejected):
        return Refused(error.code, str(error))
    if isinstance(error, Fault):
        return Faulty(error.code, str(error))
    return RetryAfter(_wait_s(error), error.code)


def outcome_of_send(error: ChargehandError, *, settle_s: float) -> ActionResult:
    """The result when the one write failed; only a clear no counts as not done.

    Units: `settle_s` is how long a request that was cut off may still take to land.
    """
    if isinstance(error, CredentialsRefused):
        return RetryAfter(_SIGN_IN_AGAIN_S, error.code, is_sign_in_refused=True)
    if isinstance(error, Rejected):
        return Refused(error.code, str(error))
    is_throttled = isinstance(error, VendorBusy) and (
        error.fields.get("status") == _TOO_MANY_REQUESTS
    )
    never_sent = isinstance(error, VendorUnreachable) and not error.may_have_landed
    if is_throttled or never_sent:
        return RetryAfter(_wait_s(error), error.code)
    # Jira may answer 5xx, or something unreadable, after it stored the change.
    return Undecided(error.code, settle_s)


def _wait_s(error: ChargehandError) -> float:
    asked_for = error.fields.get("retry_after_s")
    return float(asked_for) if isinstance(asked_for, int | float) else _RETRY_AFTER_S

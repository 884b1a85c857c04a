"""Errors every connector raises, so that the house treats all vendors alike.

Rejected
├── SignatureMissing, SignatureMalformed, SignatureWrong     intake
│   └── SignatureStale      right, but signed too long ago or ahead of time
├── CredentialsRefused      the vendor does not know our sign-in (401)
├── ScopeMissing            the token was made without a scope the request needs
├── PermissionMissing       the sign-in may not do this (403)
├── TargetMissing           the thing does not exist, or is hidden from us (404)
└── CursorUnreadable        a stored poll position that can not be read
Retryable
├── VendorUnreachable       no answer, a cut connection, a time-out
├── VendorFailing           5xx
└── VendorBusy              429, or a Retry-After
    └── LimitReached        not asked at all: it would be one request too many
Fault
└── VendorAnswerUnreadable  an answer in a shape the vendor never documented
"""

from chargehand.domain.errors import Fault, Rejected, Retryable


class SignatureMissing(Rejected):
    """A request without the signature this connection demands."""

    code = "signature_missing"
    template = (
        "The request carries no {header} header; this connection accepts signed requests only."
    )


class SignatureMalformed(Rejected):
    """A signature header in a form the vendor never sends."""

    code = "signature_malformed"
    template = "The {header} header must read {form}."


class SignatureWrong(Rejected):
    """A signature that fits none of the active secrets."""

    code = "signature_wrong"
    template = "The signature fits none of the active secrets of this connection."


class SignatureStale(SignatureWrong):
    """A right signature outside of the time it is good for: a request replayed, or a wrong clock.

    Units: `age_s` is negative when the request seems to come from the future.
    """

    code = "signature_stale"
    template = (
        "The request was signed {age_s} s ago by this machine's clock; {window_s} s are allowed "
        "either way."
    )


class CredentialsRefused(Rejected):
    """The vendor does not accept our sign-in."""

    code = "credentials_refused"
    template = "{vendor} refused the sign-in (HTTP 401). Check the e-mail and the API token."


class ScopeMissing(Rejected):
    """The token was made without a scope the request needs; the account itself may do it."""

    code = "scope_missing"
    template = (
        "{vendor} does not let this token {operation} (HTTP {status}): it lacks the scope {scope}."
    )


class PermissionMissing(Rejected):
    """The sign-in is known and may not do this."""

    code = "permission_missing"
    template = "{vendor} does not let the bot {operation} (HTTP 403)."


class TargetMissing(Rejected):
    """The target does not exist, or the bot can not see it."""

    code = "target_missing"
    template = "{vendor} has no {target}, or hides it from the bot (HTTP 404)."


class RequestRefused(Rejected):
    """The vendor refused the content of a request."""

    code = "request_refused"
    template = "{vendor} refused to {operation} (HTTP {status}): {detail}"


class CursorUnreadable(Rejected):
    """A stored poll position that the connector did not write, or no longer understands."""

    code = "cursor_unreadable"
    template = "The stored poll position of the connection {connection_id} can not be read."


class VendorUnreachable(Retryable):
    """No answer; `may_have_landed` says whether the request may have been processed."""

    code = "vendor_unreachable"
    template = "{vendor} did not answer: {detail}"

    @property
    def may_have_landed(self) -> bool:
        """True unless the connection was never made."""
        return bool(self.fields.get("may_have_landed", True))


class VendorFailing(Retryable):
    """The vendor answered with a failure of its own."""

    code = "vendor_failing"
    template = "{vendor} failed with HTTP {status}."


class VendorBusy(Retryable):
    """The vendor asks us to slow down; `retry_after_s` says how long."""

    code = "vendor_busy"
    template = "{vendor} asks to wait {retry_after_s} s (HTTP {status})."


class LimitReached(VendorBusy):
    """A request that was not made, because the vendor's limit leaves no room for it now."""

    code = "vendor_limit"
    template = "{vendor} is not asked for {retry_after_s} s: its limit of requests is reached."


class VendorAnswerUnreadable(Fault):
    """The vendor answered in a shape it never documented."""

    code = "vendor_answer_unreadable"
    template = "{vendor} answered {operation} in a form chargehand can not read: {detail}"

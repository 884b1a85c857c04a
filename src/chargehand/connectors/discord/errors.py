"""What only Discord says no to, and its answers turned into the errors all connectors share.

Rejected
├── DiscordConfigWrong              a setting of a Discord connection; names the field
├── MessageTooLong                  more text than the parts of one message may hold
├── InteractionExpired              the token of an interaction is not good any more
├── DirectMessagesClosed            a person who takes no direct messages from the bot
├── ThreadArchived                  a thread that was closed
├── AlreadyAnswered                 an interaction that was answered before
├── GatewayRefused                  the gateway says that coming back is useless
├── TargetMissing
│   └── AccountUnknown              an account that is no member of the server, or none at all
└── SignatureWrong
    └── BodyEncoded                 something in front hands the body on in base64
Retryable
└── GatewaySilent                   a connection to the gateway that stands and says nothing
plugins/errors.py draws the rest of the tree.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from chargehand.domain.errors import ChargehandError, Rejected, Retryable
from chargehand.kit.redact import redact_text
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRefused,
    SignatureWrong,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
)

VENDOR: Final = "Discord"
_DETAIL_LENGTH: Final = 300
_DEFAULT_WAIT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 3600.0
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _BUSY = 401, 403, 404, 429
_REQUEST_TIMEOUT: Final = 408
_REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = 300, 400, 500
# Discord's own codes, from its page "Opcodes and Status Codes" (read 2026-11).
_UNKNOWN_INTERACTION, _UNKNOWN_WEBHOOK, _INVALID_WEBHOOK_TOKEN = 10062, 10015, 50027
_THREAD_ARCHIVED, _DIRECT_CLOSED = 50083, 50007
_ALREADY_ANSWERED: Final = 40060
_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013
_MOST_NESTED: Final = 8


class DiscordConfigWrong(Rejected):
    """A setting of a Discord connection that can not be used."""

    code = "discord_config_wrong"
    template = "The Discord setting {field} {problem}."


class MessageTooLong(Rejected):
    """A text that would need more messages than one answer may take."""

    code = "discord_message_too_long"
    template = (
        "The text needs {parts} messages of {limit_chars} characters; at most {most} are sent."
    )


class InteractionExpired(Rejected):
    """The token an interaction is answered with; it is good for 15 minutes."""

    code = "interaction_expired"
    template = "Discord takes no more answers to this interaction; its token has expired."


class DirectMessagesClosed(Rejected):
    """A person who takes no direct messages from the bot."""

    code = "direct_messages_closed"
    template = "Discord delivers no direct message from the bot to this person."


class ThreadArchived(Rejected):
    """A thread that was closed; whoever may write there can open it again."""

    code = "thread_archived"
    template = "The thread is archived; somebody has to open it again first."


class AlreadyAnswered(Rejected):
    """An interaction whose first answer Discord has already."""

    code = "interaction_answered"
    template = "Discord has an answer to this interaction already."


class AccountUnknown(TargetMissing):
    """An account that Discord does not know, or not in the server it was asked for in."""

    code = "discord_account_unknown"
    template = "Discord has no such account, or it is no member of the server."


class GatewayRefused(Rejected):
    """The gateway ended a connection in a way that says that another one would end the same."""

    code = "discord_gateway_refused"
    template = "Discord's gateway refused the connection (close code {close_code}): {words}."


class GatewaySilent(Retryable):
    """A connection to the gateway that stands, and on which nothing answers."""

    code = "discord_gateway_silent"
    template = "Discord's gateway did not answer for {seconds} s."


class BodyEncoded(SignatureWrong):
    """A body in base64, which is not what Discord signed."""

    code = "discord_body_encoded"
    template = (
        "The body arrived in base64, so no signature can fit it. Whatever stands in front of "
        "chargehand must hand bodies on as they came; with AWS API Gateway, leave application/json "
        "out of the binary media types."
    )


_OWN_REFUSALS: Final[Mapping[int, type[Rejected]]] = {
    _UNKNOWN_INTERACTION: InteractionExpired,
    _UNKNOWN_WEBHOOK: InteractionExpired,
    _INVALID_WEBHOOK_TOKEN: InteractionExpired,
    _THREAD_ARCHIVED: ThreadArchived,
    _DIRECT_CLOSED: DirectMessagesClosed,
    _ALREADY_ANSWERED: AlreadyAnswered,
    _UNKNOWN_MEMBER: AccountUnknown,
    _UNKNOWN_USER: AccountUnknown,
}


def is_success(status: int) -> bool:
    """Whether Discord did what it was asked."""
    return 200 <= status < _REDIRECTS  # noqa: PLR2004 - the bounds of HTTP's own success class.


def error_from_answer(
    status: int, headers: Mapping[str, str], *, body: bytes, operation: str, target: str
) -> ChargehandError:
    """The shared error that an unsuccessful answer means.

    Shape: `headers` are looked up in lower case; `operation` reads after "refused to".
    Source: discord.com/developers/docs/topics/rate-limits and /topics/opcodes-and-status-codes.
    """
    answer = _decoded(body)
    if status == _BUSY:
        return VendorBusy(vendor=VENDOR, status=status, retry_after_s=wait_asked_for(headers, body))
    if status >= _SERVER_ERRORS or status == _REQUEST_TIMEOUT:
        return VendorFailing(vendor=VENDOR, status=status)
    if status >= _CLIENT_ERRORS:
        return _refusal(status, answer, operation=operation, target=target)
    detail = f"HTTP status {status}"
    return VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)


def wait_asked_for(headers: Mapping[str, str], body: bytes) -> float:
    """How long Discord asks to wait, by its body, which is exact, or else by its header.

    Units: seconds; never negative, and never more than an hour.
    """
    told = _decoded(body).get("retry_after")
    if not isinstance(told, int | float) or isinstance(told, bool):
        try:
            told = float(headers.get("retry-after", "").strip())
        except ValueError:
            told = _DEFAULT_WAIT_S
    # NaN fails every comparison, so it falls to the default as well.
    return min(float(told), _LONGEST_WAIT_S) if told >= 0 else _DEFAULT_WAIT_S


def is_global_limit(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a 429 stops every request of the bot, not those of one route."""
    if headers.get("x-ratelimit-scope") == "global" or "x-ratelimit-global" in headers:
        return True
    return _decoded(body).get("global") is True


def _refusal(
    status: int, answer: Mapping[str, object], *, operation: str, target: str
) -> ChargehandError:
    code = answer.get("code")
    own = _OWN_REFUSALS.get(code) if isinstance(code, int) else None
    if own is not None:
        return own()
    if status == _UNAUTHORIZED:
        return CredentialsRefused(vendor=VENDOR)
    if status == _FORBIDDEN:
        return PermissionMissing(vendor=VENDOR, operation=operation)
    if status == _NOT_FOUND:
        return TargetMissing(vendor=VENDOR, target=target)
    detail = complaint_in(answer) or "no reason was given"
    return RequestRefused(vendor=VENDOR, operation=operation, status=status, detail=detail)


def complaint_in(answer: Mapping[str, object]) -> str:
    """Discord's own words about a refused request, shortened and redacted; empty without any."""
    words = "; ".join(dict.fromkeys(_complaints(answer)))
    words = redact_text(_CONTROL.sub(" ", words)).strip()
    return words if len(words) <= _DETAIL_LENGTH else words[: _DETAIL_LENGTH - 1] + "…"


def _complaints(answer: Mapping[str, object]) -> Iterator[str]:
    message = answer.get("message")
    if isinstance(message, str) and message:
        yield message
    yield from _nested(answer.get("errors"), "", _MOST_NESTED)


def _nested(node: object, path: str, depth: int) -> Iterator[str]:
    if not isinstance(node, Mapping) or depth == 0:
        return
    for name, value in node.items():
        if name == "_errors" and isinstance(value, list):
            said = (one.get("message") for one in value if isinstance(one, Mapping))
            yield from (f"{path}: {text}" for text in said if isinstance(text, str))
        else:
            yield from _nested(value, f"{path}.{name}" if path else str(name), depth - 1)


def _decoded(body: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}

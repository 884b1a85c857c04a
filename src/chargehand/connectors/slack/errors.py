"""Slack's answers turned into the errors all connectors share.

Rejected
├── SlackConfigWrong        a setting of a Slack connection; names the field
├── SlackSignInRefused      the token is worth nothing (CredentialsRefused)
├── SlackTargetMissing      the channel, message or person is gone (TargetMissing)
└── SlackRefused            anything else Slack says no to (RequestRefused)
plugins/errors.py draws the rest of the tree.
"""

import re
from collections.abc import Mapping
from typing import Final

from chargehand.domain.errors import ChargehandError, Rejected
from chargehand.plugins.errors import (
    CredentialsRefused,
    RequestRefused,
    ScopeMissing,
    TargetMissing,
    VendorAnswerUnreadable,
    VendorBusy,
    VendorFailing,
)

VENDOR: Final = "Slack"
_BUSY: Final = 429
_OK: Final = 200
_SERVER_ERRORS: Final = 500
_DEFAULT_WAIT_S: Final = 30.0
_LONGEST_WAIT_S: Final = 3_600.0
_NAME: Final = re.compile(r"[a-z0-9_:.-]{1,80}")
_SIGN_IN: Final = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
# It is not there, or the bot can not see it; the words complete "Slack has no ...".
_MISSING: Final[Mapping[str, str]] = {
    "channel_not_found": "such channel, or the bot was not let in",
    "message_not_found": "such message any more",
    "thread_not_found": "such thread any more",
    "user_not_found": "such person any more",
    "users_not_found": "such person",
    "user_not_visible": "person the bot may see by this id",
    "bad_timestamp": "message by this id",
    "no_item_specified": "message by this id",
    "view_not_found": "such form any more",
    "cannot_dm_bot": "person by this id; it is a bot",
    "user_disabled": "active account of this person any more",
}
_REFUSED: Final[Mapping[str, str]] = {
    "cant_delete_message": "it is no message of the bot",
    "cant_update_message": "it is no message of the bot",
    "cannot_reply_to_message": "nobody can answer this message in a thread",
    "edit_window_closed": "the workspace does not let messages be edited any more",
    "expired_trigger_id": "the form was asked for more than three seconds ago",
    "exchanged_trigger_id": "the form was opened before",
    "is_archived": "the channel is archived",
    "messages_tab_disabled": "the app takes no direct messages; switch its messages tab on",
    "msg_too_long": "the text is too long",
    "no_text": "the text is empty",
    "not_in_channel": "the bot is not in the channel; invite it with /invite",
    "restricted_action": "the workspace does not let the bot post there",
    "restricted_action_read_only_channel": "the channel is read-only",
    "restricted_action_thread_only_channel": "only answers in threads are allowed there",
    "too_many_reactions": "the message has as many reactions as it can have",
    "invalid_name": "the workspace has no such emoji",
    "user_not_in_channel": "the person is not in the channel",
}
_FAILING: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"}
)


class SlackConfigWrong(Rejected):
    """A setting of a Slack connection that can not be used."""

    code = "slack_config_wrong"
    template = "The Slack setting {field} {problem}."


class SlackSignInRefused(CredentialsRefused):
    """Slack does not take the token: it was revoked, or the app was removed."""

    code = "slack_sign_in_refused"
    template = (
        "Slack refused the sign-in ({slack_error}). Install the app again, or check its token."
    )


class SlackTargetMissing(TargetMissing):
    """The channel, message or person does not exist, or the bot can not see it."""

    code = "slack_target_missing"
    template = "Slack has no {words} ({slack_error})."


class SlackRefused(RequestRefused):
    """Slack refused a request, for a reason it names."""

    code = "slack_refused"
    template = "Slack refused to {operation}: {words} ({slack_error})."


def error_from_status(status: int, headers: Mapping[str, str]) -> ChargehandError | None:
    """The error an answer's status alone means; None when its body has to be read.

    Source: docs.slack.dev/apis/web-api/rate-limits (read 2026-11)
    """
    if status == _BUSY:
        return VendorBusy(vendor=VENDOR, status=status, retry_after_s=_wait_asked_for(headers))
    if status >= _SERVER_ERRORS:
        return VendorFailing(vendor=VENDOR, status=status)
    return None


def error_from_answer(
    slack_error: str, *, operation: str, needed: str, headers: Mapping[str, str]
) -> ChargehandError:
    """The shared error that an answer with `ok: false` means.

    Shape: `operation` reads after "refused to"; `needed` is the scope Slack misses, empty where it
    does not say.
    """
    name = slack_error if _NAME.fullmatch(slack_error) else "no reason that can be read"
    if name in _SIGN_IN:
        return SlackSignInRefused(slack_error=name)
    if name == "missing_scope":
        return ScopeMissing(
            vendor=VENDOR, operation=operation, status=_OK, scope=needed or "it does not name"
        )
    if name in ("ratelimited", "rate_limited"):
        return VendorBusy(vendor=VENDOR, status=_BUSY, retry_after_s=_wait_asked_for(headers))
    if name in _FAILING:
        # Slack may have done it before it failed.
        return VendorFailing(vendor=VENDOR, status=name)
    if name in _MISSING:
        return SlackTargetMissing(words=_MISSING[name], slack_error=name)
    words = _REFUSED.get(name, "no further reason was given")
    return SlackRefused(operation=operation, words=words, slack_error=name)


def unreadable(operation: str, detail: str) -> VendorAnswerUnreadable:
    """The error of an answer in a shape Slack never documented."""
    return VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)


def _wait_asked_for(headers: Mapping[str, str]) -> float:
    try:
        wait_s = float(headers.get("retry-after", ""))
    except ValueError:
        return _DEFAULT_WAIT_S
    # NaN fails every comparison, so it falls to the default as well.
    return min(wait_s, _LONGEST_WAIT_S) if wait_s >= 0 else _DEFAULT_WAIT_S

"""What each Jira action kind must be told, read from the plain JSON an action carries.

This is the contract between the rules that propose actions and the connector that performs them.
Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chargehand.connectors.jira.accounts import read_account_id, read_account_id_or_null
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.param_fields import (
    invalid,
    read_matching,
    read_optional_text,
    read_text,
    refuse_unknown,
)

MARKDOWN_LIMIT_CHARS: Final = 30_000
NAME_LIMIT_CHARS: Final = 255
LABELS_LIMIT: Final = 50
_TRANSITION_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ITEM_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]{1,31}-[0-9]{1,10}")
_COMMENT_ID: Final = re.compile(r"[0-9]{1,20}")
# What the base of every change may say of the comment that asked for it.
QUESTION: Final = ("comment_id", "asked_on")


class CommentVisibility(StrEnum):
    """Whom Jira lets read a comment."""

    EVERYONE = "everyone"
    ROLE = "role"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class VisibilityParam:
    """The restriction a comment is sent with.

    Shape: `value` is the name of the role or group, empty for everyone; `identifier` is the
    vendor's stable id of it, empty when unknown.
    """

    kind: CommentVisibility
    value: str = ""
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class MentionParam:
    """The one account a comment notifies."""

    account_id: AccountId
    name: str


@dataclass(frozen=True, slots=True)
class CommentParams:
    """A comment to be written: the answer, what lies under its fold, whom it notifies.

    Shape: `more` and `more_title` are empty when there is no fold.
    """

    markdown: str
    visibility: VisibilityParam
    more: str = ""
    more_title: str = ""
    mention: MentionParam | None = None


@dataclass(frozen=True, slots=True)
class CommentBase:
    """The question a comment answers, and the other work items it tells of.

    Units: `asked_at_ms` is milliseconds since 1970, UTC, the vendor's time.
    """

    comment_id: str
    asked_at_ms: int
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TransitionParams:
    """A move along one transition of the workflow.

    Shape: `transition_id` None is the one transition that leads to the status when it is sent, as
    an undo needs it; `transition_name` is then empty.
    """

    transition_id: str | None
    transition_name: str
    to_status: str


@dataclass(frozen=True, slots=True)
class TransitionBase:
    """The status the move was proposed on."""

    status: str


@dataclass(frozen=True, slots=True)
class AssignParams:
    """Whom a work item goes to; None takes the assignee away, and `name` is then empty."""

    account_id: AccountId | None
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """The comment that asked for a change, and the work item it stands on."""

    comment_id: str
    asked_on: str


@dataclass(frozen=True, slots=True)
class AssignBase:
    """The assignee the change was proposed on; None means nobody; `name` is for people."""

    assignee: AccountId | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class LabelsParams:
    """Labels to add, each once, in the order they were asked for."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelsBase:
    """The labels the work item had when more were proposed."""

    labels: tuple[str, ...]


def read_comment_params(params: JSONObject) -> CommentParams:
    """The parameters of `jira.add_comment`."""
    refuse_unknown(params, "markdown", "more", "more_title", "mention", "visibility")
    markdown = read_text(params, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS)
    more = read_optional_text(params, "more", limit_chars=MARKDOWN_LIMIT_CHARS)
    title = read_optional_text(params, "more_title", limit_chars=NAME_LIMIT_CHARS)
    if more.strip() and not title.strip():
        raise invalid("more_title", "given when more is given", found=title)
    if not more.strip():
        more = title = ""
    return CommentParams(
        markdown=markdown,
        visibility=_read_visibility(params.get("visibility")),
        more=more,
        more_title=title,
        mention=_read_mention(params.get("mention")),
    )


def read_service_comment_params(params: JSONObject) -> CommentParams:
    """The parameters of `jira.add_internal_comment` and `jira.reply_to_customer`.

    Raises: ParamInvalid also for a role or group, which the service-desk API can not keep to.
    """
    read = read_comment_params(params)
    if read.visibility.kind is not CommentVisibility.EVERYONE:
        allowed = "everyone, because a service-desk comment can not be kept to a role or group"
        raise invalid("visibility.kind", allowed, found=read.visibility.kind.value)
    return read


def read_comment_base(base: JSONObject) -> CommentBase:
    """The base of the three comment kinds."""
    refuse_unknown(base, "comment_id", "asked_at_ms", "named")
    asked_at_ms = base.get("asked_at_ms")
    if not isinstance(asked_at_ms, int) or isinstance(asked_at_ms, bool) or asked_at_ms < 0:
        allowed = "whole milliseconds since 1970"
        raise invalid("asked_at_ms", allowed, found=asked_at_ms)
    comment_id = read_matching(
        base.get("comment_id"), "comment_id", pattern=_COMMENT_ID, allowed="1 to 20 digits"
    )
    named = base.get("named", ())
    if not isinstance(named, list | tuple):
        raise invalid("named", "a list of work item keys", found=named)
    keys = tuple(
        read_matching(key, "named", pattern=_ITEM_KEY, allowed="work item keys like PAY-7")
        for key in named
    )
    return CommentBase(comment_id=comment_id, asked_at_ms=asked_at_ms, named=keys)


def read_question(base: JSONObject) -> Question | None:
    """The comment that asked for a change; None when the change was not asked in a comment."""
    if "comment_id" not in base:
        return None
    comment_id = read_matching(
        base["comment_id"], "comment_id", pattern=_COMMENT_ID, allowed="1 to 20 digits"
    )
    return Question(comment_id, read_text(base, "asked_on", limit_chars=NAME_LIMIT_CHARS))


def read_transition_params(params: JSONObject) -> TransitionParams:
    """The parameters of `jira.transition_issue`."""
    refuse_unknown(params, "transition_id", "transition_name", "to_status")
    to_status = read_text(params, "to_status", limit_chars=NAME_LIMIT_CHARS)
    if "transition_id" in params and params["transition_id"] is None:
        name = read_optional_text(params, "transition_name", limit_chars=NAME_LIMIT_CHARS)
        if name:
            raise invalid("transition_name", "empty when transition_id is null", found=name)
        return TransitionParams(transition_id=None, transition_name="", to_status=to_status)
    transition_id = read_matching(
        params.get("transition_id"),
        "transition_id",
        pattern=_TRANSITION_ID,
        allowed="1 to 64 letters, digits, hyphens or underscores",
    )
    return TransitionParams(
        transition_id=transition_id,
        transition_name=read_text(params, "transition_name", limit_chars=NAME_LIMIT_CHARS),
        to_status=to_status,
    )


def read_transition_base(base: JSONObject) -> TransitionBase:
    """The base of `jira.transition_issue`."""
    refuse_unknown(base, "status", *QUESTION)
    return TransitionBase(status=read_text(base, "status", limit_chars=NAME_LIMIT_CHARS))


def read_assign_params(params: JSONObject) -> AssignParams:
    """The parameters of `jira.assign_issue`."""
    refuse_unknown(params, "account_id", "name")
    account_id = read_account_id_or_null(params, "account_id")
    if account_id is not None:
        name = read_text(params, "name", limit_chars=NAME_LIMIT_CHARS)
        return AssignParams(account_id=account_id, name=name)
    name = read_optional_text(params, "name", limit_chars=NAME_LIMIT_CHARS)
    if name:
        raise invalid("name", "empty when account_id is null", found=name)
    return AssignParams(account_id=None, name="")


def read_assign_base(base: JSONObject) -> AssignBase:
    """The base of `jira.assign_issue`."""
    refuse_unknown(base, "assignee", "name", *QUESTION)
    return AssignBase(
        assignee=read_account_id_or_null(base, "assignee"),
        name=read_optional_text(base, "name", limit_chars=NAME_LIMIT_CHARS),
    )


def read_labels_params(params: JSONObject) -> LabelsParams:
    """The parameters of `jira.add_labels`."""
    refuse_unknown(params, "labels")
    labels = _read_labels(params.get("labels"))
    allowed = f"a list of 1 to {LABELS_LIMIT} labels that names each once"
    if not 1 <= len(labels) <= LABELS_LIMIT:
        raise invalid("labels", allowed, found=len(labels))
    twice = [label for label in labels if labels.count(label) > 1]
    if twice:
        raise invalid("labels", allowed, found=twice[0])
    return LabelsParams(labels=labels)


def read_labels_base(base: JSONObject) -> LabelsBase:
    """The base of `jira.add_labels`; an empty list means the work item had none."""
    refuse_unknown(base, "labels", *QUESTION)
    return LabelsBase(labels=_read_labels(base.get("labels")))


def _read_visibility(value: JSONValue) -> VisibilityParam:
    # There is no default: a forgotten restriction must never widen who can read an answer.
    if not isinstance(value, Mapping):
        raise invalid("visibility", 'an object such as {"kind": "everyone"}', found=value)
    refuse_unknown(value, "kind", "value", "identifier", inside="visibility")
    kind = _read_visibility_kind(value.get("kind"))
    name = read_optional_text(value, "value", limit_chars=NAME_LIMIT_CHARS, inside="visibility")
    identifier = read_optional_text(
        value, "identifier", limit_chars=NAME_LIMIT_CHARS, inside="visibility"
    )
    if kind is CommentVisibility.EVERYONE and (name or identifier):
        allowed = "without value and identifier when kind is everyone"
        raise invalid("visibility", allowed, found=name or identifier)
    if kind is not CommentVisibility.EVERYONE and not name.strip():
        raise invalid("visibility.value", f"the name of the {kind.value}", found=name)
    return VisibilityParam(kind=kind, value=name, identifier=identifier)


def _read_visibility_kind(value: JSONValue) -> CommentVisibility:
    for kind in CommentVisibility:
        if value == kind.value:
            return kind
    raise invalid("visibility.kind", f"one of {', '.join(CommentVisibility)}", found=value)


def _read_mention(value: JSONValue) -> MentionParam | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise invalid("mention", "null or an object with account_id and name", found=value)
    refuse_unknown(value, "account_id", "name", inside="mention")
    account_id = read_account_id(value.get("account_id"), "mention.account_id")
    name = read_text(value, "name", limit_chars=NAME_LIMIT_CHARS, inside="mention")
    return MentionParam(account_id=account_id, name=name)


def _read_labels(value: JSONValue) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise invalid("labels", "a list of labels", found=value)
    return tuple(_read_label(item, f"labels[{number}]") for number, item in enumerate(value))


def _read_label(value: JSONValue, field: str) -> str:
    if isinstance(value, str) and _is_label(value):
        return value
    allowed = f"1 to {NAME_LIMIT_CHARS} characters without spaces or control characters"
    raise invalid(field, allowed, found=value)


def _is_label(text: str) -> bool:
    has_space = any(char.isspace() for char in text)
    return 1 <= len(text) <= NAME_LIMIT_CHARS and text.isprintable() and not has_space

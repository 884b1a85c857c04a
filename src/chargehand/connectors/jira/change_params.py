"""What `jira.link_issues`, `update_fields` and `create_issue` must be told; else see `params`.

Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from chargehand.connectors.jira.fields import FieldValue
from chargehand.connectors.jira.params import MARKDOWN_LIMIT_CHARS, NAME_LIMIT_CHARS, QUESTION
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.work_item import FieldName
from chargehand.plugins.param_fields import (
    invalid,
    read_matching,
    read_optional_text,
    read_text,
    refuse_unknown,
)
from chargehand.plugins.update_fields import MOST_ASKS

VALUES_LIMIT: Final = 50
NEVER_EMPTY: Final = (FieldName.SUMMARY, FieldName.PRIORITY)
_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*")
_A_KEY: Final = "the key of a work item, such as PAY-7"


class LinkEnd(StrEnum):
    """Which end of the link the target is: its `outward` end reads "blocks", `inward` the rest."""

    OUTWARD = "outward"
    INWARD = "inward"


@dataclass(frozen=True, slots=True)
class LinkParams:
    """A link between the target and another work item, worded from the target."""

    to: WorkItemKey
    relation: str
    link_type: str
    direction: LinkEnd


@dataclass(frozen=True, slots=True)
class LinkBase:
    """How the target stood to the other one by its links, in Jira's words."""

    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldsParams:
    """The new values by field."""

    fields: Mapping[FieldName, FieldValue]


@dataclass(frozen=True, slots=True)
class FieldsBase:
    """The values before, of the same fields."""

    fields: Mapping[FieldName, FieldValue]


@dataclass(frozen=True, slots=True)
class CreateParams:
    """A work item to be created; `description` is Markdown, empty for none."""

    issue_type_id: str
    issue_type: str
    summary: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class CreateBase:
    """The project the target's key named, by its lasting id."""

    project_id: str


@dataclass(frozen=True, slots=True)
class DeleteCommentParams:
    """The comment to be deleted."""

    comment_id: str


@dataclass(frozen=True, slots=True)
class DeleteCommentBase:
    """The action whose mark the comment must carry, and comments below it that asked the bot."""

    action_id: str
    asks: tuple[str, ...] = ()


def read_delete_comment_params(params: JSONObject) -> DeleteCommentParams:
    """The parameters of `jira.delete_comment`."""
    refuse_unknown(params, "comment_id")
    return DeleteCommentParams(
        read_matching(
            params.get("comment_id"), "comment_id", pattern=_NUMBER, allowed="1 to 20 digits"
        )
    )


def read_delete_comment_base(base: JSONObject) -> DeleteCommentBase:
    """The base of `jira.delete_comment`."""
    refuse_unknown(base, "action_id", "asks")
    action_id = read_text(base, "action_id", limit_chars=NAME_LIMIT_CHARS)
    return DeleteCommentBase(action_id, read_asks(base))


def read_asks(base: JSONObject) -> tuple[str, ...]:
    """The comments that asked the bot, which may stand below what is changed."""
    asks = base.get("asks", ())
    if not isinstance(asks, list | tuple) or len(asks) > MOST_ASKS:
        raise invalid("asks", f"a list of at most {MOST_ASKS} comments", found=asks)
    allowed = "1 to 20 digits"
    return tuple(read_matching(one, "asks", pattern=_NUMBER, allowed=allowed) for one in asks)


def read_create_params(params: JSONObject) -> CreateParams:
    """The parameters of `jira.create_issue`."""
    refuse_unknown(params, "issue_type_id", "issue_type", "summary", "description")
    type_id = read_matching(
        params.get("issue_type_id"), "issue_type_id", pattern=_NUMBER, allowed="1 to 20 digits"
    )
    summary = read_text(params, "summary", limit_chars=NAME_LIMIT_CHARS)
    if not summary.isprintable():
        raise invalid("summary", "one line without control characters", found=summary)
    return CreateParams(
        issue_type_id=type_id,
        issue_type=read_text(params, "issue_type", limit_chars=NAME_LIMIT_CHARS),
        summary=summary,
        description=read_optional_text(params, "description", limit_chars=MARKDOWN_LIMIT_CHARS),
    )


def read_create_base(base: JSONObject) -> CreateBase:
    """The base of `jira.create_issue`."""
    refuse_unknown(base, "project_id", *QUESTION)
    return CreateBase(
        read_matching(
            base.get("project_id"), "project_id", pattern=_NUMBER, allowed="1 to 20 digits"
        )
    )


def read_link_params(params: JSONObject) -> LinkParams:
    """The parameters of `jira.link_issues`."""
    refuse_unknown(params, "to", "relation", "link_type", "direction")
    to = read_matching(params.get("to"), "to", pattern=_KEY, allowed=_A_KEY)
    direction = params.get("direction")
    if direction not in tuple(LinkEnd):
        raise invalid("direction", f"one of {', '.join(LinkEnd)}", found=direction)
    return LinkParams(
        to=WorkItemKey(to),
        relation=read_text(params, "relation", limit_chars=NAME_LIMIT_CHARS),
        link_type=read_text(params, "link_type", limit_chars=NAME_LIMIT_CHARS),
        direction=LinkEnd(str(direction)),
    )


def read_link_base(base: JSONObject) -> LinkBase:
    """The base of `jira.link_issues`; an empty list means that they were not linked."""
    refuse_unknown(base, "relations", *QUESTION)
    return LinkBase(relations=_read_texts(base.get("relations"), "relations"))


def read_fields_params(params: JSONObject) -> FieldsParams:
    """The parameters of `jira.update_fields`."""
    refuse_unknown(params, "fields")
    fields = _read_fields(params.get("fields"))
    for name in NEVER_EMPTY:
        if name in fields and fields[name] is None:
            raise invalid(f"fields.{name}", "a text, since it can not be empty", found=None)
    return FieldsParams(fields=fields)


def read_fields_base(base: JSONObject, params: FieldsParams) -> FieldsBase:
    """The base of `jira.update_fields`: the values before of the fields that are set."""
    refuse_unknown(base, "fields", *QUESTION)
    fields = _read_fields(base.get("fields"))
    if fields.keys() != params.fields.keys():
        raise invalid("fields", "the fields that are set, no more and no less", found=len(fields))
    return FieldsBase(fields=fields)


def _read_fields(value: JSONValue) -> dict[FieldName, FieldValue]:
    if not isinstance(value, Mapping) or not value:
        raise invalid("fields", "an object with at least one field", found=value)
    refuse_unknown(value, *FieldName, inside="fields")
    return {FieldName(name): _read_value(FieldName(name), one) for name, one in value.items()}


def _read_value(name: FieldName, value: JSONValue) -> FieldValue:
    field = f"fields.{name}"
    if name.is_list:
        return _read_texts(value, field)
    if value is None:
        return None
    text = read_text({name: value}, name, limit_chars=NAME_LIMIT_CHARS, inside="fields")
    if not text.isprintable():
        raise invalid(field, "one line without control characters", found=value)
    if name is FieldName.DUE:
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise invalid(field, "a day as YYYY-MM-DD, or null", found=text) from error
    return text


def _read_texts(value: JSONValue, field: str) -> tuple[str, ...]:
    allowed = f"a list of at most {VALUES_LIMIT} texts that names each once"
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) > VALUES_LIMIT:
        raise invalid(field, allowed, found=value)
    named = {f"{field}[{number}]": one for number, one in enumerate(value)}
    texts = tuple(read_text(named, name, limit_chars=NAME_LIMIT_CHARS) for name in named)
    if len(set(texts)) != len(texts):
        raise invalid(field, allowed, found=len(texts))
    return texts

"""What each Confluence action kind must be told, read from the plain JSON an action carries.

Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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
PAGE_LIMIT_CHARS: Final = 200_000
NAME_LIMIT_CHARS: Final = 255
_ID: Final = re.compile(r"[0-9]{1,20}")
_AN_ID: Final = "an id of Confluence's, such as 98311"
_SPACE: Final = re.compile(r"~?[A-Za-z0-9_.@:-]{1,255}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9:._@-]{1,128}")
_ACTION: Final = re.compile(r"[A-Za-z0-9_-]{0,64}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class MentionParam:
    """The one account a comment notifies, ahead of its words."""

    account_id: AccountId
    name: str


@dataclass(frozen=True, slots=True)
class CommentParams:
    """A comment to be written on a page.

    Shape: `in_reply_to` is the comment it answers, below the page or beside a part of it.
    """

    markdown: str
    in_reply_to: str | None = None
    mention: MentionParam | None = None


@dataclass(frozen=True, slots=True)
class CommentBase:
    """The comment that was answered, None when it was none; it has to be there still."""

    comment_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteCommentParams:
    """The comment that goes."""

    comment_id: str


@dataclass(frozen=True, slots=True)
class DeleteCommentBase:
    """The action whose mark the comment must carry."""

    action_id: str


@dataclass(frozen=True, slots=True)
class CreatePageParams:
    """A page to be made in a space, below `parent_id`, or below the space's home page."""

    title: str
    markdown: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class NoBase:
    """Nothing was there before."""


@dataclass(frozen=True, slots=True)
class UpdatePageParams:
    """Other words for a page, or for what stands below one heading of it.

    Shape: `storage` is the storage format itself instead of `markdown`, as an undo needs it.
    """

    markdown: str
    heading: str = ""
    storage: str | None = None


@dataclass(frozen=True, slots=True)
class UpdatePageBase:
    """The page as it was when the change was proposed: its version, and the part that changes.

    Shape: `digest` is the SHA-256 of that part's storage format; `storage` is that part itself,
    None when it was too long to be kept, and then the change has no undo.
    """

    version: int
    digest: str
    storage: str | None = None


@dataclass(frozen=True, slots=True)
class DeletePageParams:
    """The title of the page that goes, for people; it must have it still."""

    title: str


@dataclass(frozen=True, slots=True)
class DeletePageBase:
    """The action that made the page, and the version it has to be at still."""

    action_id: str
    version: int


def read_page_id(target: str) -> str:
    """The page an action is about."""
    return read_matching(target, "target", pattern=_ID, allowed=_AN_ID)


def read_space(target: str) -> str:
    """The space a page is made in."""
    return read_matching(target, "target", pattern=_SPACE, allowed="the key of a space, like ENG")


def read_comment_params(params: JSONObject) -> CommentParams:
    """The parameters of `confluence.add_comment`."""
    refuse_unknown(params, "markdown", "in_reply_to", "mention")
    return CommentParams(
        read_text(params, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS),
        _optional_id(params, "in_reply_to"),
        _read_mention(params.get("mention")),
    )


def read_comment_base(base: JSONObject) -> CommentBase:
    """The comment that was answered; `message_id` is another word for it."""
    refuse_unknown(base, "comment_id", "message_id", inside="base")
    name = "comment_id" if base.get("comment_id") is not None else "message_id"
    return CommentBase(_optional_id(base, name, inside="base"))


def read_delete_comment_params(params: JSONObject) -> DeleteCommentParams:
    """The parameters of `confluence.delete_comment`."""
    refuse_unknown(params, "comment_id")
    return DeleteCommentParams(
        read_matching(params.get("comment_id"), "comment_id", pattern=_ID, allowed=_AN_ID)
    )


def read_delete_comment_base(base: JSONObject) -> DeleteCommentBase:
    """What tells that the comment is ours."""
    refuse_unknown(base, "action_id", inside="base")
    return DeleteCommentBase(_read_action(base))


def read_create_params(params: JSONObject) -> CreatePageParams:
    """The parameters of `confluence.create_page`."""
    refuse_unknown(params, "title", "markdown", "parent_id")
    title = read_text(params, "title", limit_chars=NAME_LIMIT_CHARS)
    if "\n" in title or title != title.strip():
        raise invalid("title", "one line without blanks around it", found=title)
    markdown = read_text(params, "markdown", limit_chars=PAGE_LIMIT_CHARS)
    return CreatePageParams(title, markdown, _optional_id(params, "parent_id"))


def read_no_base(base: JSONObject) -> NoBase:
    """A base that says nothing."""
    refuse_unknown(base, inside="base")
    return NoBase()


def read_update_params(params: JSONObject) -> UpdatePageParams:
    """The parameters of `confluence.update_page`."""
    refuse_unknown(params, "markdown", "heading", "storage")
    heading = read_optional_text(params, "heading", limit_chars=NAME_LIMIT_CHARS)
    storage = params.get("storage")
    if storage is None:
        return UpdatePageParams(
            read_text(params, "markdown", limit_chars=PAGE_LIMIT_CHARS), heading
        )
    if params.get("markdown"):
        raise invalid("storage", "given only where markdown is not", found=storage)
    return UpdatePageParams(
        "", heading, read_optional_text(params, "storage", limit_chars=PAGE_LIMIT_CHARS)
    )


def read_update_base(base: JSONObject) -> UpdatePageBase:
    """What the change was proposed on."""
    refuse_unknown(base, "version", "digest", "storage", inside="base")
    digest = read_matching(
        base.get("digest"), "base.digest", pattern=_DIGEST, allowed="64 hex digits"
    )
    kept = base.get("storage")
    storage = (
        None
        if kept is None
        else read_optional_text(base, "storage", limit_chars=PAGE_LIMIT_CHARS, inside="base")
    )
    return UpdatePageBase(_read_version(base), digest, storage)


def read_delete_page_params(params: JSONObject) -> DeletePageParams:
    """The parameters of `confluence.delete_page`."""
    refuse_unknown(params, "title")
    return DeletePageParams(read_text(params, "title", limit_chars=NAME_LIMIT_CHARS))


def read_delete_page_base(base: JSONObject) -> DeletePageBase:
    """What tells that the page is still as we made it."""
    refuse_unknown(base, "action_id", "version", inside="base")
    return DeletePageBase(_read_action(base), _read_version(base))


def _read_action(base: JSONObject) -> str:
    return read_matching(
        base.get("action_id"), "base.action_id", pattern=_ACTION, allowed="the id of an action"
    )


def _read_version(base: JSONObject) -> int:
    version = base.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise invalid("base.version", "the number of a version, from 1", found=version)
    return version


def _optional_id(fields: JSONObject, key: str, *, inside: str = "") -> str | None:
    value = fields.get(key)
    if value is None:
        return None
    name = f"{inside}.{key}" if inside else key
    return read_matching(value, name, pattern=_ID, allowed=f"{_AN_ID}, or null")


def _read_mention(value: JSONValue) -> MentionParam | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise invalid("mention", "an object with account_id and name, or null", found=value)
    refuse_unknown(value, "account_id", "name", inside="mention")
    account = read_matching(
        value.get("account_id"), "mention.account_id", pattern=_ACCOUNT, allowed="an account id"
    )
    name = read_text(value, "name", limit_chars=NAME_LIMIT_CHARS, inside="mention")
    return MentionParam(AccountId(account), name)

"""What `jira.update_comment` must be told; else see `params`.

Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from chargehand.connectors.jira.change_params import read_asks
from chargehand.connectors.jira.params import (
    NAME_LIMIT_CHARS,
    CommentBase,
    CommentParams,
    read_comment_base,
    read_comment_params,
)
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.param_fields import invalid, read_matching, read_text, refuse_unknown

_COMMENT_ID: Final = re.compile(r"[0-9]{1,20}")
_AN_ID: Final = "1 to 20 digits"
_OF_WORDS: Final = ("markdown", "more", "more_title", "mention")
_OF_QUESTION: Final = ("comment_id", "asked_at_ms", "named")


@dataclass(frozen=True, slots=True)
class UpdateCommentParams(CommentParams):
    """The words and readers a comment of ours has from now on."""

    comment_id: str = ""


@dataclass(frozen=True, slots=True)
class UpdateCommentBase:
    """The comment as it was when the update was proposed.

    Shape: `action_id` is whose mark it carries, `before` its words, `asks` are comments below it
    that asked the bot; `words_of` is whose words are put back, None for new ones; the rest is the
    question, as in a `CommentBase`, and empty for an undo, which nobody asked for in a comment.
    """

    action_id: str
    before: CommentParams
    asks: tuple[str, ...] = ()
    comment_id: str = ""
    asked_at_ms: int = 0
    named: tuple[str, ...] = ()
    words_of: str | None = None

    @property
    def question(self) -> CommentBase | None:
        """The question it answers; None for an undo."""
        if not self.comment_id:
            return None
        return CommentBase(self.comment_id, self.asked_at_ms, self.named)


def read_update_comment_params(params: JSONObject) -> UpdateCommentParams:
    """The parameters of `jira.update_comment`."""
    told = read_comment_params({k: v for k, v in params.items() if k != "comment_id"})
    words = {one.name: getattr(told, one.name) for one in fields(told)}
    return UpdateCommentParams(**words, comment_id=_read_id(params.get("comment_id"), "comment_id"))


def read_update_comment_base(action_params: JSONObject, base: JSONObject) -> UpdateCommentBase:
    """The base of `jira.update_comment`; its words had the readers that the params name."""
    refuse_unknown(base, "action_id", "before", "asks", "words_of", *_OF_QUESTION)
    before = base.get("before")
    if not isinstance(before, Mapping):
        raise invalid("before", "an object with the words before", found=before)
    refuse_unknown(before, *_OF_WORDS, inside="before")
    of_question = {name: base[name] for name in _OF_QUESTION if name in base}
    question = read_comment_base(of_question) if of_question else None
    return UpdateCommentBase(
        action_id=read_text(base, "action_id", limit_chars=NAME_LIMIT_CHARS),
        before=read_comment_params({**before, "visibility": action_params.get("visibility")}),
        asks=read_asks(base),
        comment_id=question.comment_id if question is not None else "",
        asked_at_ms=question.asked_at_ms if question is not None else 0,
        named=question.named if question is not None else (),
        words_of=read_text(base, "words_of", limit_chars=NAME_LIMIT_CHARS)
        if base.get("words_of") is not None
        else None,
    )


def _read_id(value: JSONValue, field: str) -> str:
    return read_matching(value, field, pattern=_COMMENT_ID, allowed=_AN_ID)

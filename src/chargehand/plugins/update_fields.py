"""What an update of a comment is told where all its words are one text, and what undoes it.

A mark names whose words a comment has first, and then every other action that worded it before:
so that an action which was replaced is still known to have happened.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.domain.diff import DIFF
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.connector import DoneAction
from chargehand.plugins.diff_fields import read_diff
from chargehand.plugins.param_fields import invalid, read_text, refuse_unknown

MOST_ASKS: Final = 50
# More updates of one comment are not made; a new comment is written then.
MOST_MARKS: Final = 50
_NAME_LIMIT_CHARS: Final = 64
ReadID = Callable[[JSONValue, str], str]


@dataclass(frozen=True, slots=True)
class UpdateParams:
    """The words a comment of ours has from now on."""

    comment_id: str
    markdown: str


@dataclass(frozen=True, slots=True)
class UpdateBase:
    """The comment as it was when the update was proposed.

    Shape: `action_id` is whose words it has, `before` are they, `asks` are comments below it that
    asked the bot; `in_reply_to` is the comment its conversation hangs on, None for none; `words_of`
    is whose words it has afterwards where those are put back, None where they are new.
    """

    action_id: str
    before: str
    asks: tuple[str, ...] = ()
    in_reply_to: str | None = None
    words_of: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateFields:
    """What the updates of one vendor's comments are told.

    Shape: `read_id` reads the id of a comment there, in the field that is named; no words are
    longer than `limit_chars`.
    """

    read_id: ReadID
    limit_chars: int

    def read_params(self, params: JSONObject) -> UpdateParams:
        """The parameters of an update.

        Raises: ParamInvalid, ParamUnknown.
        """
        refuse_unknown(params, "markdown", "comment_id")
        return UpdateParams(
            comment_id=self.read_id(params.get("comment_id"), "comment_id"),
            markdown=read_text(params, "markdown", limit_chars=self.limit_chars),
        )

    def read_base(self, base: JSONObject) -> UpdateBase:
        """The base of an update.

        Raises: ParamInvalid, ParamUnknown.
        """
        known = ("action_id", "before", "asks", "in_reply_to", "words_of", DIFF)
        refuse_unknown(base, *known, inside="base")
        read_diff(base)
        before, asks = base.get("before"), base.get("asks", ())
        if not isinstance(before, Mapping):
            raise invalid("base.before", "an object with the words before", found=before)
        refuse_unknown(before, "markdown", inside="base.before")
        if not isinstance(asks, list | tuple) or len(asks) > MOST_ASKS:
            raise invalid("base.asks", f"a list of at most {MOST_ASKS} comments", found=asks)
        above = base.get("in_reply_to")
        is_back = base.get("words_of") is not None
        return UpdateBase(
            action_id=read_text(base, "action_id", limit_chars=_NAME_LIMIT_CHARS, inside="base"),
            before=read_text(
                before, "markdown", limit_chars=self.limit_chars, inside="base.before"
            ),
            asks=tuple(self.read_id(one, "base.asks") for one in asks),
            in_reply_to=None if above is None else self.read_id(above, "base.in_reply_to"),
            words_of=read_text(base, "words_of", limit_chars=_NAME_LIMIT_CHARS, inside="base")
            if is_back
            else None,
        )


def marks_after(action_id: str, words_of: str | None, marks: Sequence[str]) -> tuple[str, ...]:
    """The marks of a comment once an action worded it anew, or put the words of another back."""
    new = (action_id,) if words_of is None else (words_of, action_id)
    return tuple(dict.fromkeys((*new, *marks)))


def put_back(done: DoneAction) -> tuple[JSONObject, JSONObject]:
    """The parameters and the base of what puts the words of before back."""
    params, base = done.proposal.params, done.proposal.base
    before = base["before"]
    markdown = before["markdown"] if isinstance(before, Mapping) else None
    return (
        {"markdown": markdown, "comment_id": params["comment_id"]},
        {
            "action_id": words_after(done),
            "before": {"markdown": params["markdown"]},
            "asks": base.get("asks", []),
            "in_reply_to": base.get("in_reply_to"),
            "words_of": base["action_id"],
        },
    )


def words_after(done: DoneAction) -> str:
    """Whose words a comment has after an update: its own, or those it put back."""
    words_of = done.proposal.base.get("words_of")
    return words_of if isinstance(words_of, str) else done.action_id

"""An answer that supersedes the bot's last comment, as an update of that comment.

It does where the same person asks the same again, the facts have changed, and the comment is the
last that the bot wrote there; whether nobody else wrote below it is looked at when it is sent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject
from chargehand.kit.canonical import digest_of

# Below an older comment people look for something new.
UPDATE_WITHIN: Final = timedelta(days=1)
UPDATED_BY: Final = {
    ActionKind.BITBUCKET_ADD_COMMENT: ActionKind.BITBUCKET_UPDATE_COMMENT,
    ActionKind.GITHUB_ADD_COMMENT: ActionKind.GITHUB_UPDATE_COMMENT,
    ActionKind.JIRA_ADD_COMMENT: ActionKind.JIRA_UPDATE_COMMENT,
}
_MOST_ASKS: Final = 20


@dataclass(frozen=True, slots=True)
class OwnComment:
    """A comment of the bot's that stands.

    Shape: `action_id` is the action whose words it has; `words` are its texts, `mention` whom it
    notified and `visibility` its readers, as that action was told; `asks` are comments below it
    that asked the bot, as far as that action knew of them.
    """

    comment_id: str
    action_id: str
    words: Mapping[str, str]
    visibility: Mapping[str, str]
    mention: Mapping[str, str] | None = None
    asks: tuple[str, ...] = ()


class EarlierAnswer(Protocol):
    """What is known of an earlier answer on the same work item."""

    @property
    def asker(self) -> AccountId | None:
        """Who asked."""
        ...

    @property
    def question(self) -> str:
        """What was asked, as `question_of` tells it."""
        ...

    @property
    def comment(self) -> OwnComment | None:
        """The comment it is in; None while nobody can read it."""
        ...


def question_of(ask: Ask) -> str:
    """What is asked and who reads it, as a digest: equal where one answer supersedes the other."""
    visibility = ask.visibility
    return digest_of(
        {
            "intents": [[one.kind, dict(one.arguments), one.work_item] for one in ask.intents],
            "visibility": [visibility.kind, visibility.value, visibility.identifier],
        }
    )


def superseded(ask: Ask, newest: EarlierAnswer | None) -> OwnComment | None:
    """The comment that an answer to this ask takes the place of; None where it is a new one.

    Shape: `newest` is the last answer the bot gave on the work item.
    """
    asker = ask.asker.account_id
    if newest is None or asker is None or newest.asker != asker:
        return None
    is_write = any(intent.is_write for intent in ask.intents)
    is_same = newest.question == question_of(ask)
    return newest.comment if is_same and not is_write else None


def as_update(
    comment: ProposedAction, own: OwnComment, ask: Ask, *, asks: Collection[str]
) -> ProposedAction:
    """The update of an own comment instead of a new one, where both have the same readers.

    Shape: `asks` are the comments on the work item that asked the bot; those below the comment may
    stand there.
    """
    below = after({*asks, *own.asks, ask.comment_id}, own.comment_id)
    is_same_audience = (comment.params.get("visibility") or {}) == own.visibility
    if comment.kind not in UPDATED_BY or not is_same_audience or len(below) > _MOST_ASKS:
        return comment
    if ask.place is not None:
        return _in_discussion(comment, own, below)
    base: JSONObject = {
        **comment.base,
        "action_id": own.action_id,
        "before": {**own.words, "mention": own.mention},
        "asks": below,
    }
    params: JSONObject = {**comment.params, "comment_id": own.comment_id}
    return replace(comment, kind=UPDATED_BY[comment.kind], params=params, base=base)


def _in_discussion(comment: ProposedAction, own: OwnComment, below: list[str]) -> ProposedAction:
    """The same on a pull request or an issue of a code host, where all words are one text."""
    if own.mention is not None:
        return comment
    base: JSONObject = {
        **comment.base,
        "action_id": own.action_id,
        "before": {"markdown": own.words["markdown"]},
        "asks": below,
        "in_reply_to": comment.params.get("in_reply_to"),
    }
    params: JSONObject = {"markdown": comment.params["markdown"], "comment_id": own.comment_id}
    return replace(comment, kind=UPDATED_BY[comment.kind], params=params, base=base)


def after(comment_ids: Collection[str], comment_id: str) -> list[str]:
    """Those that were made later, oldest first; the vendor numbers comments as they come."""
    own = _number(comment_id)
    return sorted((one for one in comment_ids if _number(one) > own), key=_number)


def _number(comment_id: str) -> tuple[int, str]:
    return len(comment_id), comment_id

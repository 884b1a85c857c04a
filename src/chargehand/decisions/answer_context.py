"""What the answer to an ask depends on besides the facts, and the wording that follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.dates import DateWording, wording_for, wording_without_distances
from chargehand.decisions.told_code import AskedCode, ItemCode
from chargehand.decisions.updating import OwnComment
from chargehand.domain.ask import Ask, Repeat
from chargehand.domain.decision import Reason
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey, WorkItemKey

SAY_WHEN_ASKED_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """An earlier answer on the same work item.

    Shape: `answer_digest` is what `Answered` carried; `url` opens the comment and is empty while
    nobody can read it; `is_pointer` marks an answer that only pointed to an earlier one; `question`
    and `comment` are what `decisions.updating` needs, where answers may be updated.
    """

    answer_digest: str
    answered_at: datetime
    asker: AccountId | None
    url: str
    is_pointer: bool
    question: str = ""
    comment: OwnComment | None = None


class Sending(StrEnum):
    """When the words of an answer will be read."""

    AT_ONCE = "at_once"
    AFTER_APPROVAL = "after_approval"


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What an answer depends on besides the ask and its facts.

    Shape: `team_zone` is an IANA name, used when the asker's is not known; `commands` are pairs of
    usage and what it does, in the order to show; `last_answers` are those of the last 15 minutes
    on this work item, of the last day where `repeat` is update, in any order; `ask_comment_ids`
    are the comments on the asked items that were asks to the bot, which are not repeated as news;
    `sending` says whether the words must still be right when a person lets them through later;
    `connector` is where it was asked, and `trackers` where the work items of each project are
    changed, when it was asked in a chat; `unserved` says why nothing of any project may be told
    there, None where something may; `code` is what was read of the code of each work item,
    `asked_code` what was read for each question about pull requests, by `asked_key`.
    """

    now: datetime
    connection_id: ConnectionId
    team_zone: str
    bot_name: str
    commands: tuple[tuple[str, str], ...]
    connector: str = "jira"
    trackers: Mapping[ProjectKey, ConnectionId] = field(default_factory=dict)
    unserved: Reason | None = None
    code: Mapping[WorkItemKey, ItemCode] = field(default_factory=dict)
    asked_code: Mapping[str, AskedCode] = field(default_factory=dict)
    last_answers: tuple[LastAnswer, ...] = ()
    ask_comment_ids: frozenset[str] = frozenset()
    sending: Sending = Sending.AT_ONCE
    repeat: Repeat = Repeat.NEW


def answer_wording(ask: Ask, context: AnswerContext) -> DateWording:
    """How dates read in an answer to this ask."""
    wording = wording_for(ask.asker.time_zone, team_zone=context.team_zone, now=context.now)
    if context.sending is Sending.AFTER_APPROVAL:
        return wording_without_distances(wording)
    return wording


def notes_of(ask: Ask, context: AnswerContext, wording: DateWording) -> tuple[str, ...]:
    """When it was asked, where an answer is read long after that."""
    is_waiting = context.sending is Sending.AFTER_APPROVAL
    if not is_waiting and context.now - ask.asked_at <= SAY_WHEN_ASKED_AFTER:
        return ()
    return (catalogue.ASKED_ON.format(moment=wording.moment(ask.asked_at)),)

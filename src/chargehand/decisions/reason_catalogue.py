"""What operators read beside a decision: why it was made, and what it left out of the answer."""

from typing import Final

from chargehand.decisions.catalogue import Counted
from chargehand.domain.decision import Reason

# What was withheld for the audience's sake, and what of a model's suggestions was not taken.
WITHHELD_COMMENTS: Final = "comments_with_other_readers"
WITHHELD_CHANGES: Final = "changes_naming_other_items"
WITHHELD_LINKS: Final = "linked_items_elsewhere"
WITHHELD_PULL_REQUESTS: Final = "pull_requests_elsewhere"
WITHHELD_REFERENCES: Final = "references_elsewhere"
WITHHELD_OTHER_ITEM: Final = "other_item"
WITHHELD_FROM_CUSTOMERS: Final = "everything_but_title_status_and_due_date"
SUGGESTION_UNKNOWN: Final = "suggestions_of_unknown_kind"
SUGGESTION_ELSEWHERE: Final = "suggestions_for_other_projects"
SUGGESTION_UNASKED: Final = "suggestions_for_items_not_asked_about"
SUGGESTION_INCOMPLETE: Final = "suggestions_not_complete"
_WITHHELD_TEXTS: Final = {
    WITHHELD_COMMENTS: Counted(
        "{count} comment that not every reader of the answer can read",
        "{count} comments that not every reader of the answer can read",
    ),
    WITHHELD_CHANGES: Counted(
        "{count} change in the history that may name other work items",
        "{count} changes in the history that may name other work items",
    ),
    WITHHELD_LINKS: Counted(
        "the name and state of {count} linked item in another project or with a security level",
        "the names and states of {count} linked items in other projects or with a security level",
    ),
    WITHHELD_PULL_REQUESTS: Counted(
        "{count} pull request of a repository that not every reader of the answer can read",
        "{count} pull requests of repositories that not every reader of the answer can read",
    ),
    WITHHELD_REFERENCES: Counted(
        "{count} branch, commit or page that not every reader of the answer can read",
        "{count} branches, commits or pages that not every reader of the answer can read",
    ),
    WITHHELD_OTHER_ITEM: Counted(
        "another work item that not every reader of the answer can see",
        "{count} other work items that not every reader of the answer can see",
    ),
    WITHHELD_FROM_CUSTOMERS: Counted(
        "everything but title, status and due date, because customers read the answer",
        "everything but title, status and due date, because customers read the answer",
    ),
    SUGGESTION_UNKNOWN: Counted(
        "{count} change the model suggested, of a kind chargehand does not make",
        "{count} changes the model suggested, of kinds chargehand does not make",
    ),
    SUGGESTION_ELSEWHERE: Counted(
        "{count} change the model suggested for another project",
        "{count} changes the model suggested for other projects",
    ),
    SUGGESTION_UNASKED: Counted(
        "{count} change the model suggested for a work item the asker did not name",
        "{count} changes the model suggested for work items the asker did not name",
    ),
    SUGGESTION_INCOMPLETE: Counted(
        "{count} change the model suggested without saying to what",
        "{count} changes the model suggested without saying to what",
    ),
}

_REASON_TEXTS: Final = {
    Reason.ANSWERED_FROM_FACTS: "The question was answered from facts.",
    Reason.HELP_GIVEN: "The asker wanted to know what can be asked.",
    Reason.CLARIFICATION_ASKED: "The ask was not complete, so one question was asked back.",
    Reason.WRITE_PROPOSED: "The asker may do what was asked, so it is proposed.",
    Reason.WRITE_REFUSED_NO_RIGHT: "The asker lacks the right to do what was asked.",
    Reason.WRITE_REFUSED_RIGHT_UNKNOWN: "It could not be checked whether the asker has the right.",
    Reason.WRITE_REFUSED_READ_ONLY_ASKER: "Customers and anonymous people can only ask questions.",
    Reason.WRITE_REFUSED_NOT_POSSIBLE: "Jira does not allow this change now.",
    Reason.WRITE_ALREADY_SO: "The work item is already as it was asked to be.",
    Reason.NOT_UNDERSTOOD: "The ask was not understood.",
    Reason.MODEL_ANSWERED: "No rule understood the ask; a model answered it from facts.",
    Reason.MODEL_UNSURE: "A model was less sure than the threshold, so a question was asked back.",
    Reason.MODEL_SAW_NO_QUESTION: "No rule understood the ask, and a model saw nothing to answer.",
    Reason.UNCHANGED_SINCE_LAST_ANSWER: "The same was answered minutes ago, and nothing changed.",
    Reason.WITHHELD_FOR_AUDIENCE: "What was asked for is not for everybody who would read it.",
    Reason.NOT_A_QUESTION_TO_US: "The comment mentions the bot without asking anything.",
    Reason.WRITE_REFUSED_UNKNOWN_PERSON: "A change is proposed only for somebody whose account in "
    "the tracker is confirmed.",
    Reason.ITEM_NOT_NAMED: "No work item was named, and the channel is not one.",
    Reason.APPROVAL_WAITS: "An approval waited for long, and somebody who may decide was told.",
    Reason.REMINDER_DUE: "The moment of a reminder came.",
    Reason.SUBSCRIBER_TOLD: "A member wanted to hear of it.",
    Reason.EVENT_ANNOUNCED: "A webhook told it, and its rule has it told in a channel.",
    Reason.UNASKED_OFF: "Nothing unasked is told now, because a flag says so.",
    Reason.REMINDER_WITHOUT_PLACE: "A reminder came due that can be said to nobody.",
    Reason.COMMAND_RUN: "A command was run.",
    Reason.COMMAND_REFUSED: "A command was not run; the answer says why.",
    Reason.CHANNEL_NOT_BOUND: "The channel serves no project.",
    Reason.ASKER_UNKNOWN: "It is not sure who asked, and nothing else says who reads along.",
    Reason.OUTSIDE_AUDIENCE: "People from outside the team can read along.",
    Reason.NOT_MENTIONED: "The comment does not mention the bot.",
    Reason.REACTION_NOT_BY_ASKER: "Only who asked can have an answer taken back by a reaction.",
    Reason.NAME_ONLY: "The comment contains the bot's name but does not mention its account.",
    Reason.OWN_COMMENT: "chargehand wrote the comment itself.",
    Reason.OTHER_BOT: "Another bot wrote the comment.",
    Reason.OTHER_PROJECT: "The project is not one that chargehand looks after.",
    Reason.ALREADY_ANSWERED: "The question had been answered before it was edited.",
    Reason.ALREADY_ASKED: "The comment changed without changing the question.",
    Reason.ASK_WITHDRAWN: "The asker took the question back before it was answered.",
    Reason.LOOP_BROKEN: (
        "The author got a dozen answers here in ten minutes, which looks like a loop."
    ),
    Reason.LATE: "The question is too old to be answered without a person looking at it.",
    Reason.ITEM_NOT_READABLE: "The work item can not be read by the bot.",
    Reason.NOTHING_TO_DO: "Nothing in this event asks for anything.",
    Reason.UNSUPPORTED_EVENT: "chargehand does not know this kind of event.",
}


def reason_text(reason: Reason) -> str:
    """The sentence that explains a decision's reason to an operator."""
    return _REASON_TEXTS[reason]


def withheld(key: str, count: int) -> tuple[str, ...]:
    """The entry that says how many things of a kind were left out; nothing for none."""
    return (f"{key}:{count}",) if count else ()


def withheld_text(entry: str) -> str:
    """The words for one entry of a decision's `withheld`; an unknown entry is shown as it is."""
    key, _, count = entry.partition(":")
    text = _WITHHELD_TEXTS.get(key)
    return entry if text is None else text.of(int(count) if count.isdigit() else 1)

"""Why an ask that looks like a command is not one, in words that name what is allowed."""

from enum import StrEnum

from chargehand.commands.definition import Command
from chargehand.domain.intent import Intent, IntentForm, IntentKind

HEARD_MAX_CHARS = 120
_QUOTED_MAX_CHARS = 40


class Problem(StrEnum):
    """What is wrong with a command."""

    NOT_ALONE = "not_alone"
    ASKED_NOT_TOLD = "asked_not_told"
    DOUBTED = "doubted"
    NOT_DECIDED = "not_decided"
    HIDDEN_CHARACTERS = "hidden_characters"
    RULES_ATTACKED = "rules_attacked"
    ITEM_NOT_CLEAR = "item_not_clear"
    ONE_ITEM_ONLY = "one_item_only"
    KEY_NOT_OURS = "key_not_ours"
    TOO_MUCH = "too_much"
    QUOTE_NOT_CLOSED = "quote_not_closed"
    PERSON_MISSING = "person_missing"
    PERSON_NOT_ONE = "person_not_one"
    STATUS_MISSING = "status_missing"
    STATUS_NOT_ONE = "status_not_one"
    LABELS_MISSING = "labels_missing"
    LABEL_NOT_POSSIBLE = "label_not_possible"
    DRAFT_MISSING = "draft_missing"
    DRAFT_NOT_CLEAR = "draft_not_clear"
    ITEM_MISSING = "item_missing"
    ITEM_NOT_ONE = "item_not_one"
    CHOICE_MISSING = "choice_missing"
    CHOICE_NOT_ONE = "choice_not_one"
    DAY_MISSING = "day_missing"
    DAY_NOT_ONE = "day_not_one"
    TITLE_MISSING = "title_missing"
    TITLE_NOT_QUOTED = "title_not_quoted"
    NAMES_MISSING = "names_missing"
    NAMES_NOT_CLEAR = "names_not_clear"


def unclear(heard: str, *, command: Command | None = None, problem: str = "") -> Intent:
    """The intent of an ask that could not be understood.

    Shape: arguments are `heard` (shortened), `nearest` (a command name or "") and, when it is
    known, `problem`, a sentence naming the argument and what is allowed.
    """
    arguments = {
        "heard": shorten(heard, HEARD_MAX_CHARS),
        "nearest": command.name if command else "",
    }
    if problem:
        arguments["problem"] = problem
    form = IntentForm.COMMAND if command else IntentForm.QUESTION
    return Intent(IntentKind.UNCLEAR, form, arguments)


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut at `limit` characters with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def describe(problem: Problem, command: Command, *, found: str = "") -> str:
    """The sentence for a problem, to be read after a colon; `found` is the part that is wrong."""
    shown = shorten(found, _QUOTED_MAX_CHARS)
    return SENTENCES[problem].format(shown=shown, command=command.name)


_PERSONS = "allowed are me, nobody, a mention, or a full name in quotes"
_STATUSES = "allowed is the name of one status or transition, in quotes if needed"
_ITEMS = "allowed is the key of one other work item"
_CHOICES = "allowed is one of the values Jira offers, in quotes if needed"
_DAYS = "allowed is one day written as YYYY-MM-DD, or none"
_TITLES = "allowed is the whole title in quotation marks, up to 255 characters"
_NAMES = "allowed are names separated by commas, in quotes if needed, or none"
_DRAFTS = 'allowed is "title", then in PROJECT, then description: and a text in quotation marks'
_LABELS = "allowed are one to ten labels, each a single word"

SENTENCES = {
    Problem.NOT_ALONE: (
        "a change has to be the whole ask, or stand on its own line after the mention."
    ),
    Problem.ASKED_NOT_TOLD: (
        "this is put as a question; a change is written without a question mark."
    ),
    Problem.DOUBTED: "the lines around this change make it conditional or take it back.",
    Problem.NOT_DECIDED: (
        "nothing was approved or rejected; that takes a line that is a command and nothing else, "
        "such as “{command} 7h2k9d”."
    ),
    Problem.HIDDEN_CHARACTERS: "the line holds characters that hide or reorder its text.",
    Problem.RULES_ATTACKED: "a comment that tries to rewrite my rules changes nothing.",
    Problem.ITEM_NOT_CLEAR: "“it” may mean another work item named before; use its key.",
    Problem.ONE_ITEM_ONLY: "one ask is about one work item, this one or one named by its key.",
    Problem.KEY_NOT_OURS: "“{shown}” is no work item of a project that is looked after here.",
    Problem.TOO_MUCH: "“{command}” takes a work item key or nothing, and “{shown}” is neither.",
    Problem.QUOTE_NOT_CLOSED: "a quotation mark is opened and never closed.",
    Problem.PERSON_MISSING: f"the person is missing; {_PERSONS}.",
    Problem.PERSON_NOT_ONE: f"“{{shown}}” does not name one person; {_PERSONS}.",
    Problem.STATUS_MISSING: f"the status is missing; {_STATUSES}.",
    Problem.STATUS_NOT_ONE: f"“{{shown}}” does not name one status; {_STATUSES}.",
    Problem.LABELS_MISSING: f"the label is missing; {_LABELS}.",
    Problem.LABEL_NOT_POSSIBLE: f"“{{shown}}” can not be a label; {_LABELS}.",
    Problem.DRAFT_MISSING: f"the title is missing; {_DRAFTS}.",
    Problem.DRAFT_NOT_CLEAR: f"“{{shown}}” is not a title and what may follow it; {_DRAFTS}.",
    Problem.ITEM_MISSING: f"the other work item is missing; {_ITEMS}.",
    Problem.ITEM_NOT_ONE: f"“{{shown}}” does not name one work item; {_ITEMS}.",
    Problem.CHOICE_MISSING: f"the value is missing; {_CHOICES}.",
    Problem.CHOICE_NOT_ONE: f"“{{shown}}” does not name one value; {_CHOICES}.",
    Problem.DAY_MISSING: f"the day is missing; {_DAYS}.",
    Problem.DAY_NOT_ONE: f"“{{shown}}” is not one day; {_DAYS}.",
    Problem.TITLE_MISSING: f"the title is missing; {_TITLES}.",
    Problem.TITLE_NOT_QUOTED: f"“{{shown}}” can not be a title; {_TITLES}.",
    Problem.NAMES_MISSING: f"the names are missing; {_NAMES}.",
    Problem.NAMES_NOT_CLEAR: f"“{{shown}}” is not a list of names; {_NAMES}.",
}

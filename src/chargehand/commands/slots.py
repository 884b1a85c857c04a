"""Reads the arguments of a change: a person, a status, labels, another item or a field's value."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from chargehand.commands.problems import Problem
from chargehand.commands.tokens import COMMA, Token, TokenKind, looks_like_key
from chargehand.commands.word_lists import word_set

ME = frozenset({"me", "myself"})
NOBODY = frozenset({"nobody", "none", "noone", "no-one", "unassigned"})
_NO_ONE = ("no", "one")

NAME_MAX_CHARS = 120
STATUS_MAX_CHARS = 80
LABEL_MAX_CHARS = 255
LABELS_MAX = 10
TITLE_MAX_CHARS = 255
NAMES_MAX = 10
NOTHING = frozenset({"none", "nothing", "empty"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,31}")
DESCRIPTION_MAX_CHARS = 10_000
_CHOICE_MAX_WORDS = 4
_NAME_MAX_WORDS = 4
_STATUS_MAX_WORDS = 6
_STATUS_MAX_WORDS_WITHOUT_TO = 3


@dataclass(frozen=True, slots=True)
class Argument:
    """The argument of a change, by the name it has in an intent.

    Shape: `more` holds what else was said, by name.
    """

    name: str
    value: str
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unfit:
    """Words that can not be the argument, and why."""

    problem: Problem
    found: str


# One ask changes one work item; these words reach further.
MANY = word_set(
    """all every everything each these those them tickets issues items tasks stories bugs epics
    cards requests subtasks both others rest"""
)

# Words that open a condition, a doubt, a report or a second wish; no bare name holds them.
_BEYOND_A_NAME = word_set(
    """if when whenever once after before until till unless while because since so but and or then
    though although however instead rather except only not never maybe perhaps later tomorrow
    today yesterday tonight soon already i we you he she they him her us it this that me myself
    mine yourself is are was were be been am will would should could can may might must shall
    said says say asked asks told tells wrote as like lol kidding joking who whom whoever which
    what why how where whether please did does anyone anybody everyone everybody someone somebody
    ignore instructions"""
)
_NOT_IN_A_PERSON = _BEYOND_A_NAME | word_set(
    "the a an to on in for of from with by at team nobody none noone unassigned else do done no"
)
_NOT_IN_A_LABEL = _BEYOND_A_NAME | word_set("the to on in for of from with by at no do does these")

# "Label this as a bug" names one label; where labels are listed, "a" may be one of them.
_ARTICLES_AFTER = frozenset({"as", "with", "this", "it", "ticket", "issue", "item"})

# "Move forward with the plan" names no status, "move to ready for the demo" may.
_BEFORE_A_STATUS = frozenset({"to", "into", "in", "as"})

_NEGATED_STATUS = frozenset({("will", "not"), ("not",), ("can", "not"), ("do", "not"), ("no",)})


def read_slot(slot: str, tokens: Sequence[Token], *, before: str) -> Argument | Unfit:
    """The argument the tokens name, or why they name none.

    Shape: `before` is the word just before the slot; "to" may belong to the status "To Do", and
    after "as" an article is no label.
    """
    if any(token.word in MANY for token in tokens):
        return Unfit(Problem.ONE_ITEM_ONLY, _written(tokens))
    foreign = next((token for token in tokens if _is_foreign_key(token)), None)
    if foreign is not None and (slot != "<labels>" or _is_first_of_many(foreign, tokens)):
        return Unfit(Problem.KEY_NOT_OURS, foreign.value)
    if slot == "<status>":
        return _read_status(tokens, before=before)
    if slot == "<labels>":
        return _read_labels(tokens, before=before)
    return _READERS[slot](tokens)


def _is_foreign_key(token: Token) -> bool:
    is_key = token.kind is TokenKind.WORD and looks_like_key(token.value)
    return is_key and token.key is None


def _is_first_of_many(token: Token, tokens: Sequence[Token]) -> bool:
    """Where a work item key would stand before labels; "utf-8" alone may be a label."""
    return token is tokens[0] and len(tokens) > 1


def _read_person(tokens: Sequence[Token]) -> Argument | Unfit:
    if not tokens:
        return Unfit(Problem.PERSON_MISSING, "")
    spoken = tuple(token.word for token in tokens)
    only = tokens[0] if len(tokens) == 1 else None
    if only is not None and only.account is not None:
        return Argument("to", only.account)
    if only is not None and only.word in ME:
        return Argument("to", "me")
    if spoken == _NO_ONE or (only is not None and only.word in NOBODY):
        return Argument("to", "nobody")
    name = _written(tokens)
    is_quoted = only is not None and only.kind is TokenKind.QUOTED
    is_name = (is_quoted or _is_bare_name(tokens)) and _fits(name, NAME_MAX_CHARS)
    return Argument("to", name) if is_name else Unfit(Problem.PERSON_NOT_ONE, name)


def _is_bare_name(tokens: Sequence[Token]) -> bool:
    return (
        _is_plain(tokens)
        and len(tokens) <= _NAME_MAX_WORDS
        and _NOT_IN_A_PERSON.isdisjoint(token.word for token in tokens)
        and all(token.value[0].isalpha() for token in tokens)
    )


def _read_status(tokens: Sequence[Token], *, before: str) -> Argument | Unfit:
    tokens = _without_status_noun(tokens)
    if not tokens:
        return Unfit(Problem.STATUS_MISSING, "")
    if before == "to" and [token.word for token in tokens] == ["do"]:
        return Argument("to", "To Do")
    name = _written(tokens)
    is_quoted = len(tokens) == 1 and tokens[0].kind is TokenKind.QUOTED
    is_name = (is_quoted or _is_bare_status(tokens, before)) and _fits(name, STATUS_MAX_CHARS)
    return Argument("to", name) if is_name else Unfit(Problem.STATUS_NOT_ONE, name)


def _is_bare_status(tokens: Sequence[Token], before: str) -> bool:
    is_introduced = before in _BEFORE_A_STATUS
    max_words = _STATUS_MAX_WORDS if is_introduced else _STATUS_MAX_WORDS_WITHOUT_TO
    spoken = [token.word for token in tokens]
    return (
        _is_plain(tokens)
        and len(spoken) <= max_words
        and _BEYOND_A_NAME.isdisjoint(_after_negation(spoken))
    )


def _is_plain(tokens: Sequence[Token]) -> bool:
    return all(token.kind is TokenKind.WORD and token.key is None for token in tokens)


def _without_status_noun(tokens: Sequence[Token]) -> Sequence[Token]:
    """Drops what people put around a status: "the Done column", "status Done"."""
    if len(tokens) > 1 and tokens[0].word == "the":
        tokens = tokens[1:]
    if len(tokens) > 1 and tokens[-1].word in ("column", "status", "state"):
        tokens = tokens[:-1]
    return tokens


def _after_negation(words: Sequence[str]) -> Sequence[str]:
    """Statuses such as "Won't Do" and "Not Started" begin with a negation of their own."""
    for length in (2, 1):
        if len(words) > length and tuple(words[:length]) in _NEGATED_STATUS:
            return words[length:]
    return words


def _read_labels(tokens: Sequence[Token], *, before: str) -> Argument | Unfit:
    found = [token for token in _distinct(tokens) if token.word not in (COMMA, "and", "&")]
    if before in _ARTICLES_AFTER and len(found) > 1 and found[0].word in ("a", "an"):
        found = found[1:]
    if not found:
        return Unfit(Problem.LABELS_MISSING, "")
    for token in found:
        if not _is_label(token):
            return Unfit(Problem.LABEL_NOT_POSSIBLE, token.value)
    if len(found) > LABELS_MAX:
        return Unfit(Problem.LABEL_NOT_POSSIBLE, _written(found))
    return Argument("labels", " ".join(dict.fromkeys(token.value for token in found)))


def _is_label(token: Token) -> bool:
    # The vendor refuses labels with spaces, and joining the words would invent a label.
    if any(char.isspace() for char in token.value) or not _fits(token.value, LABEL_MAX_CHARS):
        return False
    if token.kind is TokenKind.QUOTED:
        return True
    if token.key is not None:
        return False
    return token.kind is TokenKind.WORD and token.word not in _NOT_IN_A_LABEL


def _read_item(tokens: Sequence[Token]) -> Argument | Unfit:
    if not tokens:
        return Unfit(Problem.ITEM_MISSING, "")
    key = tokens[0].key
    if len(tokens) > 1 or key is None:
        return Unfit(Problem.ITEM_NOT_ONE, _written(tokens))
    return Argument("item", key)


def _read_choice(tokens: Sequence[Token]) -> Argument | Unfit:
    """One value out of those a field offers; which they are is only known later."""
    if not tokens:
        return Unfit(Problem.CHOICE_MISSING, "")
    name = _written(tokens)
    is_quoted = len(tokens) == 1 and tokens[0].kind is TokenKind.QUOTED
    is_name = (is_quoted or _is_bare_choice(tokens)) and _fits(name, NAME_MAX_CHARS)
    return Argument("choice", name) if is_name else Unfit(Problem.CHOICE_NOT_ONE, name)


def _is_bare_choice(tokens: Sequence[Token]) -> bool:
    is_short = len(tokens) <= _CHOICE_MAX_WORDS
    return is_short and _is_plain(tokens) and _BEYOND_A_NAME.isdisjoint(t.word for t in tokens)


def _read_day(tokens: Sequence[Token]) -> Argument | Unfit:
    if not tokens:
        return Unfit(Problem.DAY_MISSING, "")
    written = _written(tokens)
    if len(tokens) == 1 and tokens[0].word in NOTHING:
        return Argument("day", "none")
    # "Friday" and "12/1" mean different days to different people; a deadline is not guessed.
    if len(tokens) > 1 or not _DAY.fullmatch(written) or not _is_day(written):
        return Unfit(Problem.DAY_NOT_ONE, written)
    return Argument("day", written)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_title(tokens: Sequence[Token]) -> Argument | Unfit:
    if not tokens:
        return Unfit(Problem.TITLE_MISSING, "")
    title = _written(tokens)
    is_quoted = len(tokens) == 1 and tokens[0].kind is TokenKind.QUOTED
    if is_quoted and _fits(title, TITLE_MAX_CHARS):
        return Argument("title", title)
    return Unfit(Problem.TITLE_NOT_QUOTED, title)


def _read_names(tokens: Sequence[Token]) -> Argument | Unfit:
    """Names between commas, given as one text with a line for each."""
    if not tokens:
        return Unfit(Problem.NAMES_MISSING, "")
    if len(tokens) == 1 and tokens[0].word in NOTHING:
        return Argument("names", "none")
    names: list[str] = []
    for part in _parts(tokens):
        read = _read_choice(part)
        if isinstance(read, Unfit):
            return Unfit(Problem.NAMES_NOT_CLEAR, _written(tokens))
        names.append(read.value)
    if len(names) > NAMES_MAX:
        return Unfit(Problem.NAMES_NOT_CLEAR, _written(tokens))
    return Argument("names", "\n".join(dict.fromkeys(names)))


def _parts(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.word in (COMMA, "and", "&"):
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _read_draft(tokens: Sequence[Token]) -> Argument | Unfit:
    """A title in quotation marks, then perhaps a project, then perhaps a description."""
    if not tokens:
        return Unfit(Problem.DRAFT_MISSING, "")
    title = _read_title(tokens[:1])
    if isinstance(title, Unfit):
        return Unfit(Problem.DRAFT_NOT_CLEAR, _written(tokens))
    more: dict[str, str] = {}
    rest = _without_pause(tokens[1:])
    if len(rest) > 1 and rest[0].word == "in" and _PROJECT.fullmatch(rest[1].value):
        more["project"] = rest[1].value.upper()
        rest = _without_pause(rest[2:])
    if rest and rest[0].word == "description":
        text = _read_description(rest[1:])
        if text is None:
            return Unfit(Problem.DRAFT_NOT_CLEAR, _written(rest))
        more["description"] = text
        rest = ()
    if rest:
        return Unfit(Problem.DRAFT_NOT_CLEAR, _written(rest))
    return Argument("draft", title.value, more)


def _read_description(tokens: Sequence[Token]) -> str | None:
    """The quoted text, or everything behind a colon; None where it is not clear what belongs."""
    has_colon = bool(tokens) and tokens[0].value == ":"
    text = tokens[1:] if has_colon else tokens
    if len(text) == 1 and text[0].kind is TokenKind.QUOTED:
        return text[0].value if _fits(text[0].value, DESCRIPTION_MAX_CHARS) else None
    # Only the colon says that what follows is no condition on the wish itself.
    spoken = _as_written(_distinct(text)) if has_colon else ""
    return spoken if _fits(spoken, DESCRIPTION_MAX_CHARS) else None


def _as_written(tokens: Sequence[Token]) -> str:
    text, end = "", None
    for token in tokens:
        gap = " " if end is not None and token.start > end else ""
        is_quoted = token.kind is TokenKind.QUOTED
        text += gap + (f"“{token.value}”" if is_quoted else token.value)
        end = token.end
    return text


def _without_pause(tokens: Sequence[Token]) -> Sequence[Token]:
    return tokens[1:] if tokens and tokens[0].word == COMMA else tokens


_READERS: Mapping[str, Callable[[Sequence[Token]], Argument | Unfit]] = {
    "<person>": _read_person,
    "<item>": _read_item,
    "<choice>": _read_choice,
    "<day>": _read_day,
    "<title>": _read_title,
    "<names>": _read_names,
    "<draft>": _read_draft,
}


def _distinct(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, a contraction's several words counted once."""
    return list({token.start: token for token in reversed(tokens)}.values())[::-1]


def _written(tokens: Sequence[Token]) -> str:
    return " ".join(token.value for token in _distinct(tokens))


def _fits(text: str, limit: int) -> bool:
    return bool(text.strip()) and len(text) <= limit and any(char.isalnum() for char in text)

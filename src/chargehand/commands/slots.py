"""Reads the arguments of a change: one person, one status, or one to ten labels."""

from collections.abc import Sequence
from dataclasses import dataclass

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
_NAME_MAX_WORDS = 4
_STATUS_MAX_WORDS = 6
_STATUS_MAX_WORDS_WITHOUT_TO = 3


@dataclass(frozen=True, slots=True)
class Argument:
    """The argument of a change, by the name it has in an intent."""

    name: str
    value: str


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
    if slot == "<person>":
        return _read_person(tokens)
    if slot == "<status>":
        return _read_status(tokens, before=before)
    return _read_labels(tokens, before=before)


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


def _distinct(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, a contraction's several words counted once."""
    return list({token.start: token for token in reversed(tokens)}.values())[::-1]


def _written(tokens: Sequence[Token]) -> str:
    return " ".join(token.value for token in _distinct(tokens))


def _fits(text: str, limit: int) -> bool:
    return bool(text.strip()) and len(text) <= limit and any(char.isalnum() for char in text)

"""Words that take a change back, or keep the line after them from being one."""

from collections.abc import Iterable, Sequence

from chargehand.commands.courtesies import TRAILS
from chargehand.commands.sentences import Sentence
from chargehand.commands.tokens import COMMA
from chargehand.commands.word_lists import Phrase, phrases, word_set

_FINISHED = frozenset({".", "?"})

_DOUBTS = word_set(
    """if when whenever once after before until till unless while because whether not never no
    said says say saying told tells tell asked asks ask wrote writes write wants wanted thinks
    think suggested suggests like example instance imagine suppose maybe perhaps should would
    could might shall try quote quoting quoted type types typed command commands"""
)

# A line that begins like this and stops in the middle makes the next one a maybe.
_CONDITIONS = phrases(
    """
    if
    only if
    but only
    unless
    when
    whenever
    once
    as soon as
    after
    before
    until
    in case
    provided
    assuming
    """
)
_REFUSALS = phrases(
    """
    do not
    never
    not
    """
)

# The line under a change that takes it back.
_RETRACTIONS = _REFUSALS | phrases(
    """
    no
    nope
    wait
    hold on
    never mind
    nevermind
    scratch that
    cancel that
    ignore that
    forget that
    forget it
    actually
    just kidding
    kidding
    jk
    said
    says
    asked
    wrote
    is what
    was what
    or not
    """
)
_CONDITION_MAX_WORDS = 6
_SOFTENERS = frozenset({"please", "and", "but", "oh", "sorry", "or", ","})

_OVERRIDES = word_set("ignore disregard forget override bypass skip violate")
_RULES = word_set(
    """instruction instructions prompt prompts rules rule guidelines guardrails policy policies
    approval approvals restrictions programming"""
)
_ROLE_PLAY_OPENINGS = phrases(
    """
    you are now
    from now on you
    act as
    pretend to be
    pretend you
    reveal your
    print your
    new instructions
    """
)
_ROLE_PLAY = phrases(
    """
    developer mode
    admin mode
    god mode
    system prompt
    system message
    your instructions
    """
)
_ROLE_PLAY_FIRST_WORDS = frozenset(phrase[0] for phrase in _ROLE_PLAY)


def leads_into_doubt(words: Sequence[str], *, ends_with: str) -> bool:
    """Whether a line nobody finished turns the next one into somebody's words or a maybe.

    Shape: `ends_with` is the last token's word; a comma stands for every kind of pause.
    """
    if ends_with in _FINISHED:
        return False
    if ends_with == COMMA and not _DOUBTS.isdisjoint(words):
        return True
    return _begins(words, _CONDITIONS | _REFUSALS)


def holds_doubt(words: Sequence[str]) -> bool:
    """Whether words before a mention negate, report or condition what follows it."""
    return not _DOUBTS.isdisjoint(words)


def takes_back(words: Sequence[str]) -> bool:
    """Whether a line takes back the change on the line above it, or makes it conditional."""
    if tuple(words) in TRAILS:
        return False
    is_condition = len(words) <= _CONDITION_MAX_WORDS and _begins(words, _CONDITIONS)
    return is_condition or _begins(words, _RETRACTIONS)


def _begins(words: Sequence[str], openings: Iterable[Phrase]) -> bool:
    at = 0
    while at < len(words) and words[at] in _SOFTENERS:
        at += 1
    return any(tuple(words[at : at + len(opening)]) == opening for opening in openings)


def tries_to_rule(sentences: Sequence[Sentence]) -> bool:
    """Whether text tries to change what the bot is bound by, as injected instructions do."""
    return any(_tries_to_rule(sentence.words) for sentence in sentences)


def _tries_to_rule(words: Sequence[str]) -> bool:
    if not _OVERRIDES.isdisjoint(words) and not _RULES.isdisjoint(words):
        return True
    if any(tuple(words[: len(phrase)]) == phrase for phrase in _ROLE_PLAY_OPENINGS):
        return True
    return any(
        tuple(words[at : at + 2]) in _ROLE_PLAY
        for at, word in enumerate(words)
        if word in _ROLE_PLAY_FIRST_WORDS
    )

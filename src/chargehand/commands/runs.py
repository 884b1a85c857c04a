"""Reads a command that is run from the words of a comment: the whole ask, or nothing."""

from collections.abc import Sequence
from typing import Final

from chargehand.commands.courtesies import GREETINGS, PLEASES, THANKS, Frame
from chargehand.commands.definition import Command, CommandLine, LineProblem, ParameterType
from chargehand.commands.lines import HIDDEN, read_line
from chargehand.commands.nearest import distance
from chargehand.commands.registry import BY_NAME, COMMANDS
from chargehand.commands.tokens import COMMA, Token, TokenLine
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from chargehand.kit.disguise import JOINERS

_PAUSES: Final = frozenset({(COMMA,), (".",)})
# Only greetings, "please" and thanks may stand around a command; "could you" asks, and tells not.
_FRAME: Final = Frame(GREETINGS | PLEASES | THANKS | _PAUSES, PLEASES | THANKS | _PAUSES)
_RUN: Final = {name: one for name, one in BY_NAME.items() if not one.is_ask}
# What changes something by a word that begins no everyday sentence is worth a suggestion.
_TELLING: Final = tuple(one for one in COMMANDS if one.changes and one.name != "wrong")
_LEAST_LETTERS: Final = 6
_LONGEST_WORD: Final = 20


def read_run(tokens: Sequence[Token], line: TokenLine) -> Intent | LineProblem | None:
    """The command some tokens of a line are, from the first to the last.

    Shape: a problem for what begins like a command that changes something and is none; None for
    everything else, `help` alone included, which is a question.
    """
    words = tuple(token.word for token in tokens)
    for at in sorted(_FRAME.starts(words)):
        command = _begun(words[at]) if at < len(words) else None
        if command is None:
            continue
        read = _whole(tokens[at:], words[at:], line)
        if isinstance(read, CommandLine):
            arguments = {"command": read.command.name, "line": read.text}
            is_help_alone = read.command.kind is IntentKind.HELP and not read.arguments
            return None if is_help_alone else Intent(IntentKind.RUN, IntentForm.COMMAND, arguments)
        return read if command in _TELLING else None
    return None


def _begun(word: str) -> Command | None:
    """The command that a word is, or one that changes something and is nearly said."""
    if word in _RUN:
        return _RUN[word]
    near = (
        command
        for command in _TELLING
        if len(command.name) >= _LEAST_LETTERS and distance(word[:_LONGEST_WORD], command.name) == 1
    )
    return next(near, None)


def _whole(
    tokens: Sequence[Token], words: Sequence[str], line: TokenLine
) -> CommandLine | LineProblem:
    """The line the tokens are; courtesies behind it are put aside, but belong to free words."""
    first = read_line(line.written(tokens))
    end = min(_FRAME.ends(words))
    read = first
    if isinstance(first, LineProblem) and 0 < end < len(tokens):
        read = read_line(line.written(tokens[:end]))
    if isinstance(read, LineProblem):
        return first
    is_free = any(one.type is ParameterType.TEXT for one in read.command.line_parameters)
    if line.unseen - JOINERS if is_free else line.unseen:
        return LineProblem(line.written(tokens), read.command, HIDDEN)
    return read

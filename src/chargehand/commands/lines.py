"""Reads one command line, strictly: it is a command from its first word to its last, or none.

A line begins with the name of its command, and nothing may stand in it that the command does not
take. Nothing is guessed: a line that is none names the command that was probably meant, and what is
wrong. Characters nobody sees refuse the line, since it would not say what people read; the joiners
of emoji are allowed in free words alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chargehand.commands.definition import (
    FOUND,
    Command,
    CommandLine,
    LineProblem,
    Parameter,
    ParameterType,
)
from chargehand.commands.moments import read_moment
from chargehand.commands.nearest import distance, mistakes_allowed
from chargehand.commands.problems import shorten
from chargehand.commands.registry import BY_NAME
from chargehand.kit.disguise import JOINERS, unseen_in

LONGEST_LINE: Final = 2000
_HEARD: Final = 80
_SHOWN: Final = 40
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LETTERS: Final = "[0-9a-hjkmnp-tv-z]"
_IDENTIFIER: Final = re.compile(rf"(?:([a-z]{{3}})_)?({_LETTERS}{{6,26}})")
_WHOLE: Final = 26
_ONE_WORD: Final = {
    ParameterType.DIGEST: re.compile(r"[0-9a-f]{16,64}"),
    ParameterType.CODE: re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,63}"),
    ParameterType.PROJECT: re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}"),
    ParameterType.KEY: re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}-[1-9][0-9]{0,8}"),
    ParameterType.NUMBER: re.compile(r"[1-9][0-9]{0,3}"),
}
_ALLOWED: Final = {
    ParameterType.IDENTIFIER: "an id, or at least its last six characters",
    ParameterType.DIGEST: "the first 16 characters of a digest, in hexadecimal",
    ParameterType.CODE: "a code of letters and digits",
    ParameterType.COMMAND: "the name of a command",
    ParameterType.PROJECT: "the key of a project, such as PAY",
    ParameterType.KEY: "the key of a work item, such as PAY-7",
    ParameterType.NUMBER: "a number",
    ParameterType.MOMENT: (
        "a time such as for 2h, in 2d, at 15:00, tomorrow, on 2026-12-01, until Monday"
    ),
    ParameterType.TEXT: "words",
}
_FIRST: Final = "A line begins with its command"
HIDDEN: Final = (
    "The line holds characters that nobody sees or that reorder it; type it by hand without them."
)
_ONE_LINE: Final = "A command is one line; this is more than one."


@dataclass(frozen=True, slots=True)
class _Taken:
    """The value of one argument and the words that are left."""

    value: str
    rest: tuple[str, ...]


def read_line(text: str) -> CommandLine | LineProblem:
    """The command a line says, or why it says none; total, whatever the text."""
    heard = shorten(text, _HEARD)
    text = _without_question_mark(text)
    words = tuple(text.split())
    command = BY_NAME.get(words[0].casefold()) if words and words[0].isascii() else None
    if len(text) > LONGEST_LINE:
        sentence = f"The line has {len(text)} characters; allowed are {LONGEST_LINE}."
        return LineProblem(heard, None, sentence)
    if command is None:
        return _no_command(words, heard)
    wrong = _wrong_with(text, command)
    read = LineProblem(heard, command, wrong) if wrong else _read_arguments(command, words[1:])
    if isinstance(read, LineProblem):
        return replace(read, heard=heard)
    return CommandLine(command, read, compose_line(command, read))


def compose_line(command: Command, arguments: Mapping[str, str]) -> str:
    """The line of a command with some arguments, as a chat with fields for them needs it."""
    pieces = [command.name]
    for parameter in command.line_parameters:
        value = " ".join(arguments.get(parameter.name, "").split())
        if value:
            pieces += [parameter.lead, value] if parameter.lead else [value]
    return " ".join(pieces)


def begins_like_command(word: str) -> Command | None:
    """The command a first word names or nearly names; None for every other word."""
    bare = word.casefold().strip("`'\"“”‘’«».,;:!?？()[]{}<>*_~/")
    if bare in BY_NAME:
        return BY_NAME[bare]
    near = [
        (mistakes, name)
        for name in BY_NAME
        if (mistakes := distance(bare, name)) <= mistakes_allowed(name, _HEARD)
    ]
    return BY_NAME[min(near)[1]] if bare and near else None


def _without_question_mark(text: str) -> str:
    """The text; what only asks may be put as a question."""
    plain = text.rstrip("?？ ")
    first = plain.split(maxsplit=1)[:1]
    command = BY_NAME.get(first[0].casefold()) if first and first[0].isascii() else None
    return text if command is None or command.is_change else plain


def _wrong_with(text: str, command: Command) -> str:
    """What keeps a text from being a line whatever its words are; empty for nothing."""
    hidden = unseen_in(text)
    if hidden - JOINERS or (hidden and not _has_text(command)):
        return HIDDEN
    if _CONTROL.search(text.strip()):
        return _ONE_LINE
    if command.decides and text.rstrip().endswith(("?", "？")):
        sentence = "This is put as a question; a command is written without a question mark."
        return f"{sentence} {_usage(command)}"
    return ""


def _no_command(words: Sequence[str], heard: str) -> LineProblem:
    if not words:
        return LineProblem(heard, None, f"The line is empty. {_FIRST}; `help` lists them.")
    found = (command for word in words[:12] if (command := begins_like_command(word[:_SHOWN])))
    nearest = next(found, None)
    shown = shorten(words[0], _SHOWN)
    if nearest is None:
        sentence = f"“{FOUND}” is no command. {_FIRST}; `help` lists them."
    else:
        sentence = f"“{FOUND}” is no command, so nothing was done. {_FIRST}. {_usage(nearest)}"
    return LineProblem(heard, nearest, sentence, shown)


def _read_arguments(command: Command, words: tuple[str, ...]) -> dict[str, str] | LineProblem:
    """The arguments by name, or what is wrong with them."""
    arguments: dict[str, str] = {}
    rest = words
    parameters = command.line_parameters
    for at, parameter in enumerate(parameters):
        following = parameters[at + 1] if at + 1 < len(parameters) else None
        taken = _take(parameter, rest, until=following.lead if following is not None else "")
        if taken is not None:
            arguments[parameter.name], rest = taken.value, taken.rest
        elif parameter.is_required:
            return _missing(command, parameter, rest)
    if rest:
        return _too_much(command, arguments, rest)
    return arguments


def _take(parameter: Parameter, words: tuple[str, ...], *, until: str) -> _Taken | None:
    if not words:
        return None
    if parameter.type is ParameterType.MOMENT:
        return _moment(words, until=until)
    read = _READERS.get(parameter.type, _one_word)
    return read(parameter, words)


def _one_word(parameter: Parameter, words: tuple[str, ...]) -> _Taken | None:
    is_upper = parameter.type in (ParameterType.PROJECT, ParameterType.KEY)
    fits = _ONE_WORD[parameter.type].fullmatch(words[0]) is not None
    return _Taken(words[0].upper() if is_upper else words[0], words[1:]) if fits else None


def _command(parameter: Parameter, words: tuple[str, ...]) -> _Taken | None:
    _ = parameter
    named = BY_NAME.get(words[0].casefold())
    return _Taken(named.name, words[1:]) if named is not None else None


def _identifier(parameter: Parameter, words: tuple[str, ...]) -> _Taken | None:
    found = _IDENTIFIER.fullmatch(words[0].lower()) if words[0].isascii() else None
    if found is None:
        return None
    prefix, body = found[1], found[2]
    if prefix is not None and prefix not in parameter.prefixes:
        return None
    if len(body) < _WHOLE or prefix is not None:
        return _Taken(found[0], words[1:])
    return _Taken(f"{parameter.prefixes[0]}_{body}", words[1:])


def _choice(parameter: Parameter, words: tuple[str, ...]) -> _Taken | None:
    folded = tuple(word.casefold() for word in words)
    for choice in sorted(parameter.choices, key=len, reverse=True):
        said = tuple(choice.split())
        if folded[: len(said)] == said:
            return _Taken(choice, words[len(said) :])
    return None


def _moment(words: tuple[str, ...], *, until: str) -> _Taken | None:
    folded = [word.casefold() for word in words]
    end = folded.index(until) if until and until in folded else len(words)
    phrase = " ".join(folded[:end])
    return _Taken(phrase, words[end:]) if read_moment(phrase) is not None else None


def _text(parameter: Parameter, words: tuple[str, ...]) -> _Taken | None:
    if not parameter.lead:
        return _Taken(" ".join(words), ())
    if words[0].casefold() != parameter.lead or len(words) == 1:
        return None
    return _Taken(" ".join(words[1:]), ())


_READERS: Final[Mapping[ParameterType, Callable[[Parameter, tuple[str, ...]], _Taken | None]]] = {
    ParameterType.IDENTIFIER: _identifier,
    ParameterType.CHOICE: _choice,
    ParameterType.COMMAND: _command,
    ParameterType.TEXT: _text,
}


def _missing(command: Command, parameter: Parameter, rest: Sequence[str]) -> LineProblem:
    allowed = _allowed(parameter)
    if not rest:
        sentence = f"`{command.name}` needs its {parameter.name}: {allowed}. {_usage(command)}"
    else:
        sentence = f"“{FOUND}” is no {parameter.name}; allowed is {allowed}. {_usage(command)}"
    return LineProblem("", command, sentence, shorten(" ".join(rest), _SHOWN))


def _too_much(command: Command, arguments: Mapping[str, str], rest: Sequence[str]) -> LineProblem:
    missing = [one for one in command.line_parameters if one.name not in arguments]
    allowed = ", or ".join(f"{one.name}: {_allowed(one)}" for one in missing)
    if missing:
        sentence = f"“{FOUND}” fits nowhere, so nothing was done; allowed is {allowed}."
    else:
        sentence = f"“{FOUND}” is too much here, so nothing was done."
    shown = shorten(" ".join(rest), _SHOWN)
    return LineProblem("", command, f"{sentence} {_usage(command)}", shown)


def _allowed(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(parameter.choices)
    words = _ALLOWED[parameter.type]
    return f"“{parameter.lead}” and {words}" if parameter.lead else words


def _usage(command: Command) -> str:
    return f"Say: `{command.usage}`"


def _has_text(command: Command) -> bool:
    return any(one.type is ParameterType.TEXT for one in command.line_parameters)

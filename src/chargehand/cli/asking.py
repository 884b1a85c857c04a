"""Questions on a terminal: a default, a list, and another try after a wrong answer."""

import difflib
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from chargehand.domain.errors import Rejected

T = TypeVar("T")
_MOST_TRIES = 5
_MOST_SHOWN = 30


class AnswerMissing(Rejected):
    """A value that nobody is there to give."""

    code = "answer_missing"
    template = "{what} is needed and there is no terminal to ask on; give {flag}."


class AnswerWrong(Rejected):
    """A value that is not allowed."""

    code = "answer_wrong"
    template = "{what}: {problem}"


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask(
    what: str,
    given: str | None,
    read: Callable[[str], T],
    *,
    flag: str,
    default: str | None = None,
    hidden: bool = False,
) -> T:
    """The given value, else the answer of a person, read and checked.

    Shape: without a terminal a missing value is the default.
    Raises: AnswerMissing, AnswerWrong; on a terminal only after several wrong tries.
    """
    if given is not None:
        return _read(what, given, read)
    if not is_terminal():
        if default is None:
            raise AnswerMissing(what=what, flag=flag)
        return _read(what, default, read)
    for _ in range(_MOST_TRIES - 1):
        answer = str(typer.prompt(what, default=default, hide_input=hidden))
        try:
            return _read(what, answer, read)
        except Rejected as error:
            typer.echo(f"  {error}")
    return _read(what, str(typer.prompt(what, default=default, hide_input=hidden)), read)


def choose(what: str, given: str | None, options: Sequence[str], *, flag: str, default: str) -> str:
    """One of a closed list; a near miss is answered with what was probably meant."""

    def read(answer: str) -> str:
        by_fold = {option.casefold(): option for option in options}
        found = by_fold.get(answer.strip().casefold())
        if found is not None:
            return found
        near = difflib.get_close_matches(answer.casefold(), list(by_fold), n=3, cutoff=0.5)
        near = near or [fold for fold in by_fold if answer.casefold() in fold][:5]
        if near:
            hint = "perhaps: " + ", ".join(by_fold[fold] for fold in near)
        elif len(options) <= _MOST_SHOWN:
            hint = "allowed: " + ", ".join(options)
        else:
            hint = f"for example {default}"
        raise AnswerWrong(what=what, problem=f"{answer!r} is not in the list; {hint}")

    return ask(what, given, read, flag=flag, default=default)


def _read(what: str, text: str, read: Callable[[str], T]) -> T:
    try:
        return read(text.strip())
    except ValueError as error:
        raise AnswerWrong(what=what, problem=str(error)) from error

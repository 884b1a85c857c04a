"""Reads what is to be stopped from the few words a person in a hurry writes."""

from collections.abc import Iterable
from typing import Final

from chargehand.domain.switches import ORGANIZATION, Scope, ScopeKind, StopRecord, StopSource

ALL: Final = "all"
STOPPABLE: Final = (ScopeKind.PROJECT, ScopeKind.AGENT, ScopeKind.CONNECTOR)
ALLOWED: Final = "all, project:KEY, agent:NAME, connector:NAME"
_LONGEST_NAME: Final = 64
_SHOWN: Final = 40


def scope_words(scope: Scope) -> str:
    """A scope in words: `everything`, `project PAY`."""
    return "everything" if scope == ORGANIZATION else f"{scope.kind.value} {scope.name}"


def scope_text(scope: Scope) -> str:
    """A scope as it is written in a file: `all`, `project:PAY`."""
    return ALL if scope == ORGANIZATION else str(scope)


def read_stops(text: str, source: StopSource) -> tuple[StopRecord, ...]:
    """What a text stops: scopes apart by commas or lines; what is none of them means everything.

    Shape: lines that begin with # are remarks; an empty text means everything as well, since the
    file is there.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    words = [word.strip() for line in lines for word in line.split(",") if word.strip()]
    if not words:
        return (StopRecord(ORGANIZATION, source, since=None),)
    found = [(word, read_scope(word)) for word in words]
    junk = [word for word, scope in found if scope is None]
    if junk:
        note = f"{junk[0][:_SHOWN]!r} is none of {ALLOWED}, so everything is stopped"
        return (StopRecord(ORGANIZATION, source, since=None, note=note),)
    scopes = dict.fromkeys(scope for _, scope in found if scope is not None)
    return tuple(StopRecord(scope, source, since=None) for scope in scopes)


def read_scope(word: str) -> Scope | None:
    """One scope that can be stopped; None for a word that is none."""
    if word.casefold() == ALL:
        return ORGANIZATION
    kind, _, name = word.partition(":")
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        return None
    kinds = {one.value: one for one in STOPPABLE}
    found = kinds.get(kind.strip().casefold())
    return Scope(found, name) if found is not None else None


def without(text: str, scopes: Iterable[Scope]) -> str:
    """The text of a stop file with some scopes taken out; empty when nothing is left to stop."""
    gone = set(scopes)
    if ORGANIZATION in gone:
        return ""
    left = [one.scope for one in read_stops(text, StopSource.FILE) if one.scope not in gone]
    return "".join(f"{scope_text(scope)}\n" for scope in left)

"""Keys of work items as they stand in a text."""

import re
from collections.abc import Collection
from typing import Final

from chargehand.domain.ids import ProjectKey, WorkItemKey

# Bounded in ASCII: a key between letters of a script without spaces is still a key.
_KEY: Final = re.compile(
    r"(?<![A-Za-z0-9_-])([A-Za-z][A-Za-z0-9_]{1,31}-[0-9]{1,9})(?![A-Za-z0-9_])"
)


def keys_in(text: str, projects: Collection[ProjectKey] = ()) -> frozenset[WorkItemKey]:
    """Everything in a text that reads like a key: in capitals, or of one of the projects in any.

    `UTF-8` reads like one too, `top-10` does not.
    """
    found = (WorkItemKey(word) for word in _KEY.findall(text))
    large = ((word, WorkItemKey(word.upper())) for word in found)
    return frozenset(key for word, key in large if word == key or project_of_key(key) in projects)


def first_key_in(text: str, projects: Collection[ProjectKey]) -> WorkItemKey | None:
    """The first key of one of the projects in a text, in any case; None when there is none."""
    found = (WorkItemKey(word.upper()) for word in _KEY.findall(text))
    return next((key for key in found if project_of_key(key) in projects), None)


def keys_named_in(text: str, projects: Collection[ProjectKey]) -> tuple[WorkItemKey, ...]:
    """The keys of some projects in a branch, a title or a message, each once, in reading order.

    Branches often part their words by underscores: `fix/PAY-7_rounding` is about `PAY-7`.
    """
    for one in (text, text.replace("_", " ")):
        found = (WorkItemKey(word.upper()) for word in _KEY.findall(one))
        named = tuple(dict.fromkeys(key for key in found if project_of_key(key) in projects))
        if named:
            return named
    return ()


def project_of_key(key: WorkItemKey) -> ProjectKey:
    """The project a key belongs to."""
    return ProjectKey(key.rpartition("-")[0])

"""The whole state of the fake site, and its file."""

import contextlib
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from chargehand.testing.jira.records import (
    Change,
    Comment,
    Issue,
    Link,
    Person,
    Project,
    Sprint,
)
from chargehand.testing.jira.refusals import StateUnreadable

_FIRST_NUMBER: Final = 10_000
_GROUP_SPACE: Final = uuid.UUID("6a3c1f0e-6f4b-4d5e-9a52-2f6f0c1d7b11")


@dataclass(slots=True)
class State:
    """Everything the site remembers.

    Shape: `people` by account id, `projects` and `issues` by key, `threads` maps an issue key to
    its comments by id, oldest first; `changes` are in the order they happened; `counters` holds
    the last number given out by kind.
    Units: `clock_offset_s` is what the fake's clock is ahead of its source.
    """

    people: dict[str, Person] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    sprints: dict[int, Sprint] = field(default_factory=dict)
    threads: dict[str, dict[str, Comment]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    bot: str = ""
    cloud_id: str = "11223344-a1b2-4b33-8444-def123456789"
    clock_offset_s: float = 0.0
    sprint_field: str = "customfield_10020"
    flagged_field: str = "customfield_10021"
    version: int = 1

    def next_number(self, kind: str) -> int:
        """The next number of a kind, from 10001; never given out twice."""
        self.counters[kind] = self.counters.get(kind, _FIRST_NUMBER) + 1
        return self.counters[kind]

    def find_issue(self, id_or_key: str) -> Issue | None:
        """The issue with this key (in any case) or id."""
        found = self.issues.get(id_or_key.upper())
        if found is not None or not id_or_key.isdecimal():
            return found
        return next((issue for issue in self.issues.values() if issue.id == id_or_key), None)

    def find_project(self, id_or_key: str) -> Project | None:
        """The project with this key (in any case) or id."""
        found = self.projects.get(id_or_key.upper())
        if found is not None:
            return found
        return next((p for p in self.projects.values() if p.id == id_or_key), None)

    def find_comment(self, comment_id: str) -> Comment | None:
        """The comment with this id, on whatever issue."""
        found = (thread.get(comment_id) for thread in self.threads.values())
        return next((comment for comment in found if comment is not None), None)

    def comments_of(self, issue_key: str) -> list[Comment]:
        """The comments of an issue, oldest first."""
        return sorted(self.threads.get(issue_key, {}).values(), key=lambda c: c.created_at)

    def names(self) -> dict[str, str]:
        """Display names by account id."""
        return {person.account_id: person.name for person in self.people.values()}


def group_id(name: str) -> str:
    """The id a group of this name always has."""
    return str(uuid.uuid5(_GROUP_SPACE, name))


def load_state(path: Path) -> State | None:
    """What an earlier run left; None when there is no file yet.

    Raises: StateUnreadable when the file is not a state of this fake.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateUnreadable(path=str(path), detail=error.strerror) from error
    try:
        return msgspec.json.decode(raw, type=State)
    except (msgspec.DecodeError, ValueError) as error:
        raise StateUnreadable(path=str(path), detail=str(error)) from error


def write_state(path: Path, encoded: bytes) -> None:
    """Replace the file in one move, so that a reader or a crash never sees half of it.

    Raises: StateUnreadable when the folder does not let us write.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        draft.write_bytes(encoded)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise StateUnreadable(path=str(path), detail=error.strerror) from error


def encode_state(state: State) -> bytes:
    """The state as JSON."""
    return msgspec.json.encode(state)

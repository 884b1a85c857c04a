"""The record of every request the fake received, kept beside the state file as JSON lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from chargehand.testing.jira.refusals import StateUnreadable

_READING_POSTS: Final = re.compile(
    r"(/.*)?/rest/api/[23]/(search(/jql)?|issue/bulkfetch|comment/list|permissions/check)/?"
)


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request to the REST API, whatever became of it.

    Shape: `caller` is the account id the sign-in named, "" when it named none; `status` is what
    was answered, None while it is under way, 0 when the connection was cut; `body` is raw text.
    """

    number: int
    method: str
    path: str
    query: str
    body: str
    at: datetime
    caller: str = ""
    status: int | None = None

    @property
    def is_write(self) -> bool:
        """Whether the request asked for a change; searching by POST is reading."""
        if self.method in {"GET", "HEAD", "OPTIONS"}:
            return False
        return _READING_POSTS.fullmatch(self.path) is None


class RequestLog:
    """Requests in the order they arrived; when there is a file, each is written on arrival."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._entries = _read(path) if path is not None else {}

    @property
    def entries(self) -> Sequence[ReceivedRequest]:
        """Every request, oldest first."""
        return list(self._entries.values())

    def arrive(
        self, *, method: str, path: str, query: str, body: str, at: datetime
    ) -> ReceivedRequest:
        """Keep a request that has just arrived."""
        entry = ReceivedRequest(len(self._entries) + 1, method, path, query, body, at)
        self._keep(entry)
        return entry

    def finish(self, entry: ReceivedRequest, *, caller: str, status: int) -> None:
        """Note what became of a request."""
        self._keep(replace(entry, caller=caller, status=status))

    def _keep(self, entry: ReceivedRequest) -> None:
        self._entries[entry.number] = entry
        if self._path is None:
            return
        try:
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(entry) + b"\n")
        except OSError as error:
            raise StateUnreadable(path=str(self._path), detail=error.strerror) from error


def _read(path: Path) -> dict[int, ReceivedRequest]:
    try:
        raw = path.read_bytes()
        whole, newline, torn = raw.rpartition(b"\n")
        if torn:
            # A killed process leaves at most one torn line, the last; it is cut off.
            path.write_bytes(whole + newline)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StateUnreadable(path=str(path), detail=error.strerror) from error
    entries: dict[int, ReceivedRequest] = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            entry = msgspec.json.decode(line, type=ReceivedRequest)
        except (msgspec.DecodeError, ValueError) as error:
            raise StateUnreadable(path=str(path), detail=f"line {number}: {error}") from error
        entries[entry.number] = entry
    return entries

"""The state of work items, asked of Jira together where several are wanted at one moment.

A batch of approved actions reads the state of each target right before sending. Jira counts and
limits requests, so those of one moment become one.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from chargehand.connectors.jira.answers import StateAnswer
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.plugins.errors import PermissionMissing, RequestRefused, TargetMissing

_OPERATION = "read the state of a work item"
_FIELDS = ("status", "assignee", "labels", "project")
_MOST_TOGETHER = 100


@dataclass(slots=True)
class _Round:
    """Questions that are still being collected, and their common answer."""

    keys: set[str] = field(default_factory=set)
    reading: "asyncio.Task[Mapping[str, StateAnswer]] | None" = None


class StateReader:
    """Reads status, assignee and labels as they are now, with the key Jira uses now."""

    def __init__(self, transport: JiraTransport, dialect: Dialect) -> None:
        self._transport = transport
        self._dialect = dialect
        self._round = _Round()

    async def one(self, key: str) -> StateAnswer:
        """The state of one work item.

        Raises: TargetMissing when it is gone or hidden; else as `JiraTransport.read`.
        """
        together = await self._join(key)
        # A moved one is told under its new key, a missing one not at all; asked for alone, Jira
        # says which it is.
        return together.get(key) or await self._alone(key)

    async def _join(self, key: str) -> Mapping[str, StateAnswer]:
        joined = self._round
        if joined.reading is None:
            joined.reading = asyncio.create_task(self._read(joined))
        joined.keys.add(key)
        if len(joined.keys) == _MOST_TOGETHER:
            self._round = _Round()
        # Whoever gives up must not take the answer from the others.
        return await asyncio.shield(joined.reading)

    async def _read(self, asked: _Round) -> Mapping[str, StateAnswer]:
        # This runs in the next turn of the loop, when all of this turn have joined.
        if self._round is asked:
            self._round = _Round()
        if len(asked.keys) == 1:
            return {}
        try:
            return await self._dialect.states(sorted(asked.keys), _FIELDS)
        except (PermissionMissing, RequestRefused, TargetMissing):
            # One of them is at fault; asked for alone, the others are answered.
            return {}

    async def _alone(self, key: str) -> StateAnswer:
        query = {"fields": ",".join(_FIELDS)}
        call = Call("GET", path_of("issue", key), _OPERATION, f"work item {key}", query=query)
        return await self._transport.read(call, StateAnswer)

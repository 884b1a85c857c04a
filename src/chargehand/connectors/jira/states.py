"""The state of work items, asked of Jira together where several are wanted at one moment."""

from collections.abc import Mapping, Sequence

from chargehand.connectors.jira.answers import StateAnswer
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.together import Together
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of

_OPERATION = "read the state of a work item"
_FIELDS = ("status", "assignee", "labels", "project")


class StateReader:
    """Reads status, assignee and labels as they are now, with the key Jira uses now."""

    def __init__(self, transport: JiraTransport, dialect: Dialect) -> None:
        self._transport = transport
        self._dialect = dialect
        self._together = Together(self._several)

    async def one(self, key: str) -> StateAnswer:
        """The state of one work item.

        Raises: TargetMissing when it is gone or hidden; else as `JiraTransport.read`.
        """
        # A moved one is told under its new key, a missing one not at all; asked for alone, Jira
        # says which it is.
        return await self._together.find(key) or await self._alone(key)

    async def _several(self, keys: Sequence[str]) -> Mapping[str, StateAnswer]:
        return await self._dialect.states(keys, _FIELDS)

    async def _alone(self, key: str) -> StateAnswer:
        query = {"fields": ",".join(_FIELDS)}
        call = Call("GET", path_of("issue", key), _OPERATION, f"work item {key}", query=query)
        return await self._transport.read(call, StateAnswer)

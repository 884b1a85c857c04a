"""The seam between Jira Cloud and Jira Data Center: everything the two do differently.

`cloud.py` and `data_center.py` keep it; a connection's settings choose once, in `client.py`, and
nothing else asks which of the two it speaks with.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from chargehand.connectors.jira.answers import (
    CommentAnswer,
    HistoryAnswer,
    IssueAnswer,
    ProjectAnswer,
    StateAnswer,
    UserAnswer,
)
from chargehand.connectors.jira.config import Deployment
from chargehand.connectors.jira.params import CommentParams
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.connector import Check


@dataclass(frozen=True, slots=True)
class Place:
    """Where a permission is asked for: a work item, or a project as a whole."""

    key: str
    number: int
    is_project: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """One search; `operation` and `target` are its words in an error."""

    jql: str
    fields: Sequence[str]
    limit: int
    operation: str
    target: str


class Dialect(Protocol):
    """One kind of Jira; every method that asks raises what `JiraTransport.read` raises."""

    @property
    def deployment(self) -> Deployment:
        """Which of the two it is."""
        ...

    @property
    def marks_are_sure(self) -> bool:
        """Whether nothing is ever stored without the mark that was sent with it."""
        ...

    # Reading

    async def projects(self) -> tuple[ProjectAnswer, ...]:
        """Every project the bot can see, by key."""
        ...

    async def search(self, search: Search) -> tuple[IssueAnswer, ...]:
        """The first work items that a search finds."""
        ...

    def changed_since(
        self, projects: Sequence[str], floor_ms: int, *, fields: Sequence[str], operation: str
    ) -> AsyncIterator[tuple[msgspec.Raw, ...]]:
        """Work items changed since, longest ago first, one page of the search at a time."""
        ...

    def created_by(
        self, bot: AccountId, project: str, *, since_ms: int, operation: str
    ) -> AsyncIterator[tuple[str, object]]:
        """Key and mark of each work item an account created since; the mark is None without one."""
        ...

    async def comments(self, comment_ids: Sequence[int]) -> Mapping[str, CommentAnswer]:
        """Several comments, wherever they are; those left out have to be asked for alone."""
        ...

    async def marks(self, comment_ids: Sequence[int]) -> Mapping[str, object]:
        """The mark of each comment, None for those without; missing ones were deleted."""
        ...

    async def states(self, keys: Sequence[str], fields: Sequence[str]) -> Mapping[str, StateAnswer]:
        """The states of several work items; those left out have to be asked for alone."""
        ...

    async def history(self, key: str, *, limit: int) -> Sequence[HistoryAnswer]:
        """The last changes of a work item, in any order."""
        ...

    async def granted(
        self, account: AccountId, asked: Mapping[Place, Sequence[str]]
    ) -> frozenset[str]:
        """Those of the permissions an account has at the places they are asked for."""
        ...

    async def assignable(self, key: str, text: str) -> tuple[UserAnswer, ...]:
        """Whom a name, an id or a mention may mean among those a work item can be assigned to."""
        ...

    # Writing: what a request carries, all but the last of these by reading only

    async def comment_body(self, params: CommentParams) -> JSONValue:
        """The body of a platform comment."""
        ...

    async def service_comment_text(self, params: CommentParams) -> str:
        """The text of a comment for the service-desk API."""
        ...

    def description(self, markdown: str) -> JSONValue:
        """The description of a work item."""
        ...

    def sent_words(self, params: CommentParams) -> str:
        """The words of a comment as it reads once stored, without the mention."""
        ...

    async def assignee(self, account: AccountId | None) -> JSONObject:
        """The body of a request that assigns."""
        ...

    # Checking

    def check_bot(self, bot: UserAnswer) -> None:
        """Pass when people reach the bot under this name.

        Raises: JiraConfigWrong.
        """
        ...

    def mend_for(self, error: ChargehandError) -> str:
        """One sentence on how to mend a failed call."""
        ...

    def standing_checks(self) -> tuple[Check, ...]:
        """What an operator has to know of this kind of Jira, whatever is found."""
        ...

"""One call of the REST API as its handlers see it: who calls, what they ask, how we answer."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import msgspec
from starlette.datastructures import QueryParams

from chargehand.testing.jira.issue_shapes import IssueShapes
from chargehand.testing.jira.records import Person
from chargehand.testing.jira.refusals import PAYLOAD, JiraRefused
from chargehand.testing.jira.shapes import Shapes
from chargehand.testing.jira.site import Site
from chargehand.testing.jira.state import State

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to be written as JSON; `body` None means an empty one."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call; `path` holds the parts of the path by name."""

    site: Site
    shapes: Shapes
    caller: Person
    path: dict[str, str]
    query: QueryParams
    raw_body: bytes

    @property
    def issues(self) -> IssueShapes:
        """Writes issues as this caller may see them."""
        return IssueShapes(self.site, self.shapes, self.caller)

    def body(self, shape: type[T]) -> T:
        """The body in a known shape.

        Raises: JiraRefused(400) for anything else, unknown properties included.
        """
        try:
            return msgspec.json.decode(self.raw_body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise JiraRefused(400, PAYLOAD) from error

    def text(self, name: str) -> str | None:
        """A query parameter; None when it is missing or empty."""
        return self.query.get(name) or None

    def words(self, name: str) -> list[str]:
        """A query parameter that lists names, repeated or divided by commas."""
        values = (part.strip() for value in self.query.getlist(name) for part in value.split(","))
        return [value for value in values if value]

    def number(self, name: str, default: int) -> int:
        """A query parameter that counts.

        Raises: JiraRefused(400) for what is no number, or a negative one.
        """
        value = self.query.get(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError as error:
            raise JiraRefused(400, f"The value '{value}' of '{name}' is no number.") from error
        if number < 0:
            raise JiraRefused(400, f"The value of '{name}' must not be negative.")
        return number


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the REST API."""

    method: str
    path: str
    handler: Handler


def signed_in_at_gateway(state: State, authorization: str | None) -> Person | None:
    """The active account whose token with scopes the header carries, with its e-mail or alone."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.casefold() != "bearer":
        person = _by_email(state, authorization)
    else:
        people = (p for p in state.people.values() if p.token and p.token == token and p.active)
        person = next(people, None)
    return person if person is not None and person.scopes is not None else None


def signed_in(state: State, authorization: str | None) -> Person | None:
    """The active account whose e-mail and token the header carries; None for any other header."""
    person = _by_email(state, authorization)
    return person if person is not None and person.scopes is None else None


def lacks_scope(person: Person, method: str, path: str) -> bool:
    """Whether the account's token was made without the scope a request needs."""
    reads = method == "GET" or path.endswith(("/search/jql", "/comment/list", "/permissions/check"))
    if path.startswith("/rest/servicedeskapi"):
        wanted = "read:servicedesk-request" if reads else "write:servicedesk-request"
    elif reads and path.startswith(("/rest/api/3/myself", "/rest/api/3/user")):
        wanted = "read:jira-user"
    else:
        wanted = "read:jira-work" if reads else "write:jira-work"
    return wanted not in (person.scopes or ())


def _by_email(state: State, authorization: str | None) -> Person | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        email, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    people = (p for p in state.people.values() if p.email.casefold() == email.casefold())
    person = next(people, None)
    if person is None or not token or not person.active or person.token != token:
        return None
    return person

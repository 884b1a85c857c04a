"""One request to the fake's REST API, and its answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from chargehand.testing.github.code_shapes import permissions_of
from chargehand.testing.github.refusals import GitHubRefused, invalid, not_found
from chargehand.testing.github.site import Site
from chargehand.testing.github.state import Issue, Repository

_MOST: Final = 100
_USUAL: Final = 30


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose sign-in was taken: `login` is whose it is.

    Shape: `is_app` says that it is signed by the App itself, with a JWT, and not by a token.
    """

    site: Site
    login: str
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    is_app: bool = False

    def repository(self, needs: str = "pull") -> Repository:
        """The repository of the path, if the token may do what is needed there.

        Raises: GitHubRefused: moved, hidden, or forbidden.
        """
        state = self.site.state
        name = f"{self.path['owner']}/{self.path['repo']}"
        if moved := state.moved.get(name.lower()):
            target = state.repositories[moved.lower()]
            rest = self.path.get("rest", "")
            url = f"{self.site.shapes.api}/repositories/{target.id}{rest}"
            raise GitHubRefused(301, "Moved Permanently", headers={"location": url})
        found = state.repositories.get(name.lower())
        if found is None:
            raise not_found()
        may = permissions_of(found, self.login)
        if not may["pull"]:
            raise not_found()
        if not may[needs]:
            raise GitHubRefused(403, "Resource not accessible by personal access token")
        return found

    def number(self, name: str) -> int:
        """A number in the path.

        Raises: GitHubRefused.
        """
        try:
            return int(self.path[name])
        except ValueError as error:
            raise not_found() from error

    def issue(self, repository: Repository, name: str = "issue_number") -> Issue:
        """The issue of the path."""
        return self.site.issue(repository, self.number(name))

    def pull(self, repository: Repository) -> Issue:
        """The pull request of the path.

        Raises: GitHubRefused.
        """
        found = self.issue(repository, "pull_number")
        if found.pull is None:
            raise not_found()
        return found

    def text(self, name: str) -> str:
        """A text of the body.

        Raises: GitHubRefused.
        """
        found = self.body.get(name)
        if not isinstance(found, str) or not found.strip():
            raise invalid(name, "missing_field")
        return found

    def names(self, name: str) -> list[str]:
        """A list of names of the body."""
        found = self.body.get(name, [])
        return [str(one) for one in found] if isinstance(found, list) else [str(found)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; `page` is what a list was asked by, when it goes on."""

    status: int = 200
    body: Any = None
    links: dict[str, int] = field(default_factory=dict)


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the REST API."""

    method: str
    path: str
    handler: Handler


def page_of(call: Call, found: Sequence[Any], *, shown: Callable[[Any], Any]) -> Answer:
    """One page of a list, with the numbers of the next and the last."""
    cut, links = cut_page(call, found)
    return Answer(200, [shown(one) for one in cut], links)


def cut_page(call: Call, found: Sequence[Any]) -> tuple[Sequence[Any], dict[str, int]]:
    """The part of a list a request asks for, and where it goes on."""
    size = min(int(call.query.get("per_page", _USUAL)), _MOST)
    number = int(call.query.get("page", 1))
    last = max(1, -(-len(found) // size))
    links = {"next": number + 1, "last": last} if number < last else {}
    return found[(number - 1) * size : number * size], links

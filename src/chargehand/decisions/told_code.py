"""What was read of a work item's code, and what of it the readers of an answer may learn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from chargehand.domain.code import PullRequest, PullRequestRef
from chargehand.domain.fact import Fact, Known
from chargehand.domain.ids import NO_PROJECT, ConnectionId, ProjectKey
from chargehand.domain.reference import Reference

NO_CONNECTION: Final = ConnectionId("")


@dataclass(frozen=True, slots=True)
class Shelf:
    """A repository or space as far as who may read it matters.

    Shape: `projects` are those it is bound to; `is_closed_to_asker` says that the host refuses it
    to the asker's confirmed account there.
    """

    name: str
    is_private: bool
    projects: frozenset[ProjectKey] = frozenset()
    is_closed_to_asker: bool = False


@dataclass(frozen=True, slots=True)
class ReadPullRequest:
    """A pull request that names a work item, as its host tells it now."""

    ref: PullRequestRef
    url: str
    known: Known[PullRequest]
    shelf: Shelf

    @property
    def is_private(self) -> bool:
        """Whether not everybody may read it, as heard now, else as heard last."""
        known = self.known
        return known.value.is_private if isinstance(known, Fact) else self.shelf.is_private


@dataclass(frozen=True, slots=True)
class ReadReference:
    """A branch, commit or page that names a work item."""

    reference: Reference
    shelf: Shelf


@dataclass(frozen=True, slots=True)
class ItemCode:
    """Everything that was read of one work item's code.

    Shape: open pull requests first, then newest first; `unread` are further ones that were left.
    """

    pull_requests: tuple[ReadPullRequest, ...] = ()
    references: tuple[ReadReference, ...] = ()
    unread: int = 0


@dataclass(frozen=True, slots=True)
class ToldCode:
    """What may be told of it.

    Shape: `hidden` counts pull requests that name the item and may not be told of here.
    """

    pull_requests: tuple[ReadPullRequest, ...] = ()
    references: tuple[Reference, ...] = field(default=())
    unread: int = 0
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class ReadQueue:
    """The open pull requests of a repository, longest untouched first."""

    repository: str
    known: Known[tuple[PullRequest, ...]]


@dataclass(frozen=True, slots=True)
class AskedCode:
    """What was read for a question about pull requests; nothing in it that may not be told.

    Shape: `repositories` are those that may be meant, where several may, with their connection
    before a colon where two hosts have one of that name; `connection_id` and
    `connector` are the host's of `request`, `project` what a change there belongs to; `is_known`
    says that the asker's account there is sure, `is_askers` that it opened the pull request.
    """

    request: ReadPullRequest | None = None
    queues: tuple[ReadQueue, ...] = ()
    repositories: tuple[str, ...] = ()
    connection_id: ConnectionId = NO_CONNECTION
    connector: str = ""
    project: ProjectKey = NO_PROJECT
    is_known: bool = False
    is_askers: bool = False


def asked_key(kind: str, arguments: Mapping[str, str]) -> str:
    """By what the code that a question is about is found again."""
    return " ".join((kind, *sorted(arguments.values()))).casefold()

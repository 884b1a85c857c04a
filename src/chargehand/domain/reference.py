"""What names a work item elsewhere: branches, commits, pull requests, pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from chargehand.domain.code import CheckState, PullRequestRef, PullRequestState, ReviewState
from chargehand.domain.ids import ConnectionId, WorkItemKey


class ReferenceKind(StrEnum):
    """What refers to a work item."""

    BRANCH = "branch"
    COMMIT = "commit"
    PULL_REQUEST = "pull_request"
    PAGE = "page"


# Where a key stood that nobody edits away alone; a link's is `link:` and what it was found in.
IN_BRANCH: Final = "branch"
IN_TITLE: Final = "title"
IN_COMMIT: Final = "commit"
IN_LINK: Final = "link:"


@dataclass(frozen=True, slots=True)
class ReferenceSubject:
    """One branch, commit, pull request or page.

    Shape: `place` is the repository or the key of the space; `name` is the branch, the hash of the
    commit, the number of the pull request, or the id of the page.
    """

    connection_id: ConnectionId
    place: str
    kind: ReferenceKind
    name: str


@dataclass(frozen=True, slots=True)
class Reference:
    """That a work item is named by something, as last heard.

    Shape: `title` is the first line of a commit or the title of a page; `branch` is the branch a
    commit was pushed to; `found_in` says where the key stood.
    Units: `seen_at` is the vendor's time, UTC.
    """

    subject: ReferenceSubject
    work_item: WorkItemKey
    found_in: str
    seen_at: datetime
    title: str = ""
    url: str = ""
    is_private: bool = True
    branch: str = ""
    author_id: str = ""
    author_name: str = ""


@dataclass(frozen=True, slots=True)
class SeenReviewer:
    """Who looks at a pull request, as last heard."""

    id: str
    name: str
    state: ReviewState


@dataclass(frozen=True, slots=True)
class SeenPullRequest:
    """A pull request as last heard of, by an event or a poll.

    Shape: `source_repository` differs from the pull request's own for one from a fork; `checks`
    are those of `head_commit`, by name.
    Units: `updated_at` is the vendor's time, UTC; what is older never takes the place of newer.
    """

    connection_id: ConnectionId
    ref: PullRequestRef
    title: str
    state: PullRequestState
    is_draft: bool
    is_private: bool
    url: str
    source_repository: str
    source_branch: str
    target_branch: str
    head_commit: str
    author_id: str
    author_name: str
    updated_at: datetime
    reviewers: tuple[SeenReviewer, ...] = ()
    checks: Mapping[str, CheckState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeenBranch:
    """Where a branch was pushed to.

    Shape: `is_reset` says that what was on it before may be on it no longer, as after a forced
    push; `head_commit` is empty for a branch that is gone.
    Units: `pushed_at` is the vendor's time, UTC.
    """

    connection_id: ConnectionId
    repository: str
    branch: str
    head_commit: str
    pushed_at: datetime
    is_reset: bool
    is_gone: bool

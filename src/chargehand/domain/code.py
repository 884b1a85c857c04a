"""What a code host knows: repositories, pull requests, their reviewers and checks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.fact import Known
from chargehand.domain.work_item import Person


class PullRequestState(StrEnum):
    """Where a pull request stands; a draft is open, and says so apart."""

    OPEN = "open"
    MERGED = "merged"
    DECLINED = "declined"


class ReviewState(StrEnum):
    """What a reviewer last said of a pull request; `waiting` said nothing yet."""

    WAITING = "waiting"
    COMMENTED = "commented"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"


class CheckState(StrEnum):
    """How a check of a commit stands; `neutral` neither holds it up nor speaks for it."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Review:
    """Who looks at a pull request, and what they last said of it."""

    reviewer: Person
    state: ReviewState


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check of a commit: a build, a test run, a status somebody reported."""

    name: str
    state: CheckState
    url: str


@dataclass(frozen=True, slots=True)
class PullRequestRef:
    """The name of one pull request.

    Shape: `repository` is `owner/name`, `workspace/slug` or `PROJECT/slug`, as its host spells it.
    """

    repository: str
    number: int

    def __str__(self) -> str:
        """The form people write: `acme/payments#12`."""
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request as its host knows it now.

    Shape: `reviews` has each reviewer once, with what they last said; `checks` are those of
    `head_commit`, Unknown where the host could not tell; `is_private` says that not everybody who
    can reach the host may read the repository; `is_mergeable` is None where the host does not say.
    Units: times are the host's, UTC.
    """

    ref: PullRequestRef
    title: str
    url: str
    state: PullRequestState
    is_draft: bool
    author: Person
    source_branch: str
    target_branch: str
    head_commit: str
    created_at: datetime
    updated_at: datetime
    reviews: tuple[Review, ...]
    checks: Known[tuple[CheckRun, ...]]
    is_private: bool
    is_mergeable: bool | None = None
    description: str = ""

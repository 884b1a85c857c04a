"""GitHub's answers, as far as they are read; unknown fields are passed over."""

from datetime import UTC, datetime

import msgspec

from chargehand.connectors.github.errors import unreadable


class _Answer(msgspec.Struct, gc=False, frozen=True):
    """What every answer is read as."""


class TokenAnswer(_Answer, frozen=True):
    """A token of an App's installation."""

    token: str
    expires_at: str


class UserAnswer(_Answer, frozen=True):
    """An account."""

    login: str = ""
    id: int = 0
    type: str = "User"


class AccountAnswer(_Answer, frozen=True):
    """An account that was asked for; GitHub Enterprise Server says since when it is suspended."""

    login: str = ""
    suspended_at: str | None = None


class AppAnswer(_Answer, frozen=True):
    """An App."""

    slug: str = ""
    name: str = ""


class InstallationAnswer(_Answer, frozen=True):
    """Where an App is installed; `suspended_at` where it was suspended."""

    id: int = 0
    suspended_at: str | None = None
    permissions: dict[str, str] = {}


class RepositoryAnswer(_Answer, frozen=True):
    """A repository, and what the token may do there."""

    id: int = 0
    full_name: str = ""
    private: bool = True
    archived: bool = False
    html_url: str = ""
    permissions: dict[str, bool] = {}


class EndAnswer(_Answer, frozen=True):
    """An end of a pull request."""

    ref: str = ""
    sha: str = ""


class LabelAnswer(_Answer, frozen=True):
    """A label."""

    name: str = ""


class PullAnswer(_Answer, frozen=True):
    """A pull request."""

    number: int
    title: str = ""
    html_url: str = ""
    state: str = "open"
    draft: bool = False
    user: UserAnswer | None = None
    head: EndAnswer = EndAnswer()
    base: EndAnswer = EndAnswer()
    body: str | None = None
    created_at: str = ""
    updated_at: str = ""
    merged_at: str | None = None
    mergeable: bool | None = None
    requested_reviewers: list[UserAnswer] = []
    # Told of a single pull request only.
    additions: int | None = None
    deletions: int | None = None
    changed_files: int | None = None


class FileAnswer(_Answer, frozen=True):
    """One file that a pull request changes; `previous_filename` where it has another name now."""

    filename: str
    previous_filename: str | None = None


class IssueAnswer(_Answer, frozen=True):
    """An issue, or a pull request among issues."""

    number: int
    title: str = ""
    html_url: str = ""
    state: str = "open"
    locked: bool = False
    user: UserAnswer | None = None
    labels: list[LabelAnswer] = []
    assignees: list[UserAnswer] = []
    body: str | None = None
    pull_request: dict[str, object] | None = None
    created_at: str = ""


class CommentAnswer(_Answer, frozen=True):
    """A comment of either kind."""

    id: int
    html_url: str = ""
    body: str | None = None
    user: UserAnswer | None = None
    created_at: str = ""
    in_reply_to_id: int | None = None


class ReviewAnswer(_Answer, frozen=True):
    """A review with its verdict."""

    id: int
    state: str = ""
    user: UserAnswer | None = None
    body: str | None = None
    commit_id: str | None = None
    html_url: str = ""
    submitted_at: str | None = None


class CheckAnswer(_Answer, frozen=True):
    """One check of a commit."""

    name: str = ""
    status: str = ""
    conclusion: str | None = None
    html_url: str | None = None


class StatusAnswer(_Answer, frozen=True):
    """What somebody reported of a commit."""

    context: str = ""
    state: str = ""
    target_url: str | None = None


class CombinedStatusAnswer(_Answer, frozen=True):
    """The newest report of each context."""

    statuses: list[StatusAnswer] = []


class RunAnswer(_Answer, frozen=True):
    """One run of a workflow."""

    id: int
    display_title: str = ""
    path: str = ""
    event: str = ""
    status: str | None = None
    conclusion: str | None = None
    run_attempt: int = 1
    html_url: str = ""
    workflow_id: int = 0
    head_branch: str | None = None


class DispatchAnswer(_Answer, frozen=True):
    """The run a dispatch started."""

    workflow_run_id: int
    html_url: str = ""


class PermissionAnswer(_Answer, frozen=True):
    """What somebody may do in a repository."""

    permission: str = ""


class HookConfigAnswer(_Answer, frozen=True):
    """Where a webhook posts to."""

    url: str = ""


class HookAnswer(_Answer, frozen=True):
    """A webhook."""

    id: int
    active: bool = True
    events: list[str] = []
    config: HookConfigAnswer = HookConfigAnswer()


def github_time(text: str, *, operation: str) -> datetime:
    """A moment as GitHub writes it, UTC.

    Raises: VendorAnswerUnreadable.
    """
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise unreadable(operation, "a time can not be read") from error

"""What the fake GitHub holds, as plain values that a file can keep."""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

BOT_LOGIN: Final = "chargehand-bot"
BOT_TOKEN: Final = "github_pat_fake_token_of_chargehand"  # noqa: S105 - of the fake; it opens nothing.
APP_SLUG: Final = "chargehand"
APP_LOGIN: Final = "chargehand[bot]"
APP_ID: Final = 4242
INSTALLATION_ID: Final = 555
WEBHOOK_SECRET: Final = "fake-webhook-secret-of-chargehand"  # noqa: S105 - of the fake.


class Account(msgspec.Struct):
    """Somebody with a login; `type` is User, Bot or Organization, `is_gone` hides the account."""

    login: str
    id: int
    type: str = "User"
    name: str = ""
    is_gone: bool = False


class Comment(msgspec.Struct):
    """A comment under an issue or a pull request, or beside a line of a diff.

    Shape: `path` is empty for the first kind; `root` is the comment it answers, None for the first
    of a conversation.
    """

    id: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    path: str = ""
    line: int | None = None
    commit: str = ""
    root: int | None = None
    review: int | None = None


class Review(msgspec.Struct):
    """A review with its verdict, in capitals as the REST API has it."""

    id: int
    author: str
    body: str
    state: str
    commit: str
    submitted_at: datetime


class ChangedFile(msgspec.Struct):
    """A file a pull request changes; `before` is the name it had, empty for the same."""

    path: str
    additions: int = 1
    deletions: int = 0
    before: str = ""


class Pull(msgspec.Struct):
    """What makes an issue a pull request; `head_repository` is None where the fork is gone.

    Shape: `files` are those it changes, as many as `changed_files` says
    unless GitHub leaves some out.
    """

    head: str
    head_commit: str
    base: str
    base_commit: str
    head_repository: str | None
    is_draft: bool = False
    merged_at: datetime | None = None
    reviewers: list[str] = []
    reviews: list[Review] = []
    line_comments: list[Comment] = []
    changed_files: int = 1
    files: list[ChangedFile] = []


class Issue(msgspec.Struct):
    """An issue, or a pull request, which GitHub numbers among them."""

    number: int
    id: int
    title: str
    body: str | None
    author: str
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    closed_at: datetime | None = None
    labels: list[str] = []
    assignees: list[str] = []
    comments: list[Comment] = []
    pull: Pull | None = None
    is_locked: bool = False


class CheckRun(msgspec.Struct):
    """One check of a commit."""

    id: int
    name: str
    commit: str
    status: str
    conclusion: str | None
    completed_at: datetime | None


class Status(msgspec.Struct):
    """What somebody reported of a commit."""

    id: int
    context: str
    commit: str
    state: str
    created_at: datetime


class Workflow(msgspec.Struct):
    """A workflow that can be dispatched; `run_name` may hold `${{ inputs.NAME }}`."""

    id: int
    path: str
    name: str
    inputs: list[str] = []
    run_name: str = ""


class Run(msgspec.Struct):
    """One run of a workflow."""

    id: int
    workflow_id: int
    title: str
    event: str
    branch: str
    commit: str
    actor: str
    created_at: datetime
    updated_at: datetime
    status: str = "queued"
    conclusion: str | None = None
    attempt: int = 1


class Push(msgspec.Struct):
    """One change of a branch; `message` is that of its one commit."""

    id: int
    ref: str
    before: str
    after: str
    actor: str
    at: datetime
    message: str
    is_forced: bool = False


class Release(msgspec.Struct):
    """A release; a draft was not published yet."""

    id: int
    tag: str
    name: str
    author: str
    created_at: datetime
    published_at: datetime | None = None
    is_prerelease: bool = False


class Hook(msgspec.Struct):
    """Where a repository's events are posted."""

    id: int
    url: str
    secret: str
    events: list[str]
    created_at: datetime
    is_active: bool = True


class Repository(msgspec.Struct):
    """One repository; `permissions` are by login: admin, write, read.

    Shape: `moved_to` is its name now, empty unless it was renamed; `branches` are commits by name,
    and so are `tags`.
    """

    id: int
    full_name: str
    is_private: bool
    created_at: datetime
    permissions: dict[str, str] = {}
    labels: list[str] = []
    branches: dict[str, str] = {}
    tags: dict[str, str] = {}
    issues: dict[int, Issue] = {}
    checks: list[CheckRun] = []
    statuses: list[Status] = []
    workflows: list[Workflow] = []
    runs: list[Run] = []
    hooks: list[Hook] = []
    pushes: list[Push] = []
    releases: list[Release] = []


class InstallationToken(msgspec.Struct):
    """A token of the App's installation, good for an hour."""

    token: str
    expires_at: datetime


class State(msgspec.Struct):
    """Everything the fake holds."""

    accounts: dict[str, Account] = {}
    repositories: dict[str, Repository] = {}
    moved: dict[str, str] = {}
    next_id: int = 1_000
    personal_tokens: dict[str, str] = {}
    scopes: str | None = None
    installation_tokens: list[InstallationToken] = []
    is_suspended: bool = False
    is_removed: bool = False
    knows_run_details: bool = True


def read_state(path: Path) -> State | None:
    """What a file holds; None when there is no such file."""
    if not path.exists():
        return None
    return msgspec.json.decode(path.read_bytes(), type=State)


def write_state(path: Path, state: State) -> None:
    """Write the file, never half of it."""
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_bytes(msgspec.json.encode(state))
    draft.replace(path)

"""What the fake host keeps: plain records, written to its state file as they are."""

from datetime import datetime
from typing import Final, Literal

import msgspec

BOT_ACCOUNT: Final = "712020:chargehand"


class Person(msgspec.Struct):
    """An account; `token` signs in, `is_app` says that an access token acts as it.

    Shape: `user_name` is what Data Center knows it by beside its slug; the slug where it is empty.
    """

    account_id: str
    uuid: str
    name: str
    slug: str
    email: str = ""
    token: str = ""
    is_app: bool = False
    status: Literal["active", "inactive", "closed"] = "active"
    is_deleted: bool = False
    user_name: str = ""


class Comment(msgspec.Struct):
    """A comment on a pull request; `parent` is the comment it answers."""

    id: int
    author: str
    text: str
    created_at: datetime
    updated_at: datetime
    parent: int | None = None
    path: str | None = None
    line: int | None = None
    is_deleted: bool = False
    version: int = 0


class Happening(msgspec.Struct):
    """One line of a pull request's activity."""

    id: int
    what: str
    author: str
    at: datetime


class ChangedFile(msgspec.Struct):
    """A file a pull request changes; `before` is the name it had, empty for the same."""

    path: str
    added: int = 1
    removed: int = 0
    before: str = ""


class PullRequest(msgspec.Struct):
    """A pull request; `reviewers` maps a person to what they said of it, empty for nothing."""

    number: int
    title: str
    description: str
    author: str
    source: str
    target: str
    head: str
    created_at: datetime
    updated_at: datetime
    source_repository: str = ""
    state: str = "OPEN"
    is_draft: bool = False
    version: int = 0
    reviewers: dict[str, str] = {}
    approvals: dict[str, datetime] = {}
    comments: dict[int, Comment] = {}
    activity: list[Happening] = []
    files: list[ChangedFile] = []


class Status(msgspec.Struct):
    """What a build reported of a commit."""

    commit: str
    key: str
    name: str
    state: str
    url: str
    created_at: datetime
    updated_at: datetime
    branch: str | None = None


class Run(msgspec.Struct):
    """One run of a pipeline."""

    uuid: str
    number: int
    ref_type: str
    ref_name: str
    pattern: str | None
    variables: dict[str, str]
    created_at: datetime
    state: str = "PENDING"


class Webhook(msgspec.Struct):
    """A registered webhook."""

    id: str
    url: str
    secret: str
    events: list[str]
    name: str = ""
    is_active: bool = True


class Commit(msgspec.Struct):
    """A commit that somebody pushed; `parent` is empty where a push began anew."""

    parent: str
    message: str
    author: str


class Repository(msgspec.Struct):
    """A repository; who may read it beside everybody where it is public is in `readers`."""

    full_name: str
    uuid: str
    is_private: bool = True
    branches: dict[str, str] = {}
    commits: dict[str, Commit] = {}
    readers: list[str] = []
    pull_requests: dict[int, PullRequest] = {}
    statuses: list[Status] = []
    runs: list[Run] = []
    webhooks: list[Webhook] = []


class State(msgspec.Struct):
    """Everything there is; `renamed` leads from old names to new ones."""

    people: dict[str, Person] = {}
    repositories: dict[str, Repository] = {}
    renamed: dict[str, str] = {}
    bot: str = ""
    next_id: int = 1

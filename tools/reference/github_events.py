"""What GitHub tells of: the names it gives, and what the data of its events holds."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.github.parse_comments import comment_details
from chargehand.connectors.github.parse_issues import issue_details
from chargehand.connectors.github.parse_pulls import pull_details
from chargehand.domain.event import EventKind
from tools.reference.markdown import table

GITHUB_NAMES: Final[Mapping[EventKind, tuple[str, ...]]] = {
    EventKind.COMMENT_CREATED: (
        "issue_comment.created",
        "pull_request_review_comment.created",
    ),
    EventKind.COMMENT_UPDATED: ("issue_comment.edited", "pull_request_review_comment.edited"),
    EventKind.COMMENT_DELETED: ("issue_comment.deleted", "pull_request_review_comment.deleted"),
    EventKind.WORK_ITEM_CREATED: ("issues.opened",),
    EventKind.WORK_ITEM_UPDATED: ("issues.edited", "issues.closed", "issues.labeled", "..."),
    EventKind.WORK_ITEM_DELETED: ("issues.deleted", "issues.transferred"),
    EventKind.PULL_REQUEST_OPENED: ("pull_request.opened",),
    EventKind.PULL_REQUEST_UPDATED: (
        "pull_request.synchronize",
        "pull_request.edited",
        "pull_request.review_requested",
        "...",
    ),
    EventKind.PULL_REQUEST_MERGED: ("pull_request.closed (merged)",),
    EventKind.PULL_REQUEST_DECLINED: ("pull_request.closed (not merged)",),
    EventKind.REVIEW_SUBMITTED: ("pull_request_review.submitted", "pull_request_review.dismissed"),
    EventKind.PUSH_RECEIVED: ("push",),
    EventKind.CHECK_COMPLETED: ("check_run.completed", "check_suite.completed", "status"),
    EventKind.WORKFLOW_RUN_COMPLETED: ("workflow_run.completed",),
    EventKind.RELEASE_PUBLISHED: ("release.published",),
    EventKind.CONNECTION_PINGED: ("ping",),
}
_COMMENTS: Final[Mapping[str, str]] = {
    "comment_id": "GitHub's id behind the kind of comment: `issue-991` or `review-17`.",
    "message_id": "The same.",
    "url": "Where a person reads it.",
    "repository": "`owner/name`.",
    "number": "Number of the issue or pull request.",
    "title": "Title of it.",
    "source_branch": "Branch of the pull request; only where GitHub tells it.",
    "path": "The file, of a comment beside a line.",
    "line": "The line, of a comment beside one.",
    "commit": "The commit it was written on.",
    "author_number": "GitHub's lasting number of the account, whose login may change.",
}
_PULLS: Final[Mapping[str, str]] = {
    "repository": "`owner/name`.",
    "number": "Number of the pull request.",
    "title": "Title of it.",
    "url": "Where a person reads it.",
    "state": "`open`, `merged` or `declined`.",
    "is_draft": "Whether it is a draft.",
    "is_private": "Whether not everybody may read the repository.",
    "source_branch": "The branch it comes from.",
    "source_repository": "The repository of that branch: another one for a fork, `null` where the "
    "fork is gone.",
    "target_branch": "The branch it is to be merged into.",
    "head_commit": "The newest commit of it.",
    "author_id": "Login of its author.",
    "author_name": "The same as it is written.",
    "author_number": "GitHub's lasting number of the author.",
    "description": "The first 4,000 characters of it.",
    "updated_at": "When it was last changed.",
    "reviewers": "Who was asked to review it and did not yet: `id`, `name`, `number`, `state`.",
}
_ISSUES: Final[Mapping[str, str]] = {
    "repository": "`owner/name`.",
    "number": "Number of the issue.",
    "title": "Title of it.",
    "url": "Where a person reads it.",
    "state": "`open` or `closed`.",
    "labels": "Names of its labels.",
    "assignees": "Who it is assigned to: `id`, `name`, `number`.",
    "author_id": "Login of its author.",
    "updated_at": "When it was last changed.",
}
_OTHERS: Final[Mapping[str, str]] = {
    "push.received": "`repository`, `ref`, `ref_kind` (`branch` or `tag`), `name`, `before`, "
    "`after`, `is_created`, `is_deleted`, `is_forced`, `url`, `is_private`, `commits` (at most 50: "
    "`id`, `message`, `url`, `author_name`, `author_id`), `commits_total`.",
    "check.completed": "`repository`, `commit`, `name`, `state` (`passed`, `failed` or `neutral`), "
    "`url`, `pull_requests`, `branch`.",
    "workflow_run.completed": "`repository`, `run_id`, `attempt`, `name`, `title`, `conclusion`, "
    "`branch`, `commit`, `url`, `event`, `actor`, `pull_requests`.",
    "release.published": "`repository`, `tag`, `name`, `url`, `is_prerelease`.",
    "review.submitted": "What `pull_request.*` has, and `review_id`, `review_state` (`approved`, "
    "`changes_requested`, `commented`, `dismissed`), `review_url`, `reviewer_id`.",
}


def github_sections() -> list[str]:
    """The part of the page that is GitHub's."""
    names = [
        [f"`{kind.value}`", ", ".join(_in_code(name) for name in GITHUB_NAMES[kind])]
        for kind in GITHUB_NAMES
    ]
    comment = comment_details({}, {}, repository="", comment_id="", number=0)
    pull = pull_details({}, {}, number=0, description=None)
    issue = issue_details({}, {}, number=0)
    change = {"change": "The word GitHub has for what happened."}
    text_state = {"text_state": "`read`, `cut` because it was too long, or `none`."}
    others = [[f"`{kind}`", meaning] for kind, meaning in _OTHERS.items()]
    return [
        "## What GitHub tells\n\n" + table(["kind", "GitHub's name for it"], names),
        _section("comment.*", {**{key: _COMMENTS[key] for key in comment}, **text_state}),
        _section("pull_request.*", {**{key: _PULLS[key] for key in pull}, **change}),
        _section("work_item.*", {**{key: _ISSUES[key] for key in issue}, **change}),
        "## GitHub's data of the other kinds\n\n" + table(["kind", "keys"], others),
    ]


def _section(title: str, meanings: Mapping[str, str]) -> str:
    rows = [[f"`{key}`", meaning] for key, meaning in meanings.items()]
    return f"## GitHub's data of `{title}`\n\n" + table(["key", "meaning"], rows)


def _in_code(name: str) -> str:
    return name if name == "..." else f"`{name}`"

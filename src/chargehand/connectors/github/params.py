"""What each GitHub action kind must be told, read from the plain JSON an action carries.

This is the contract between the rules that propose actions and the connector that performs them.
Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import DIFF, Diff
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.diff_fields import read_diff
from chargehand.plugins.param_fields import (
    invalid,
    read_matching,
    read_optional_text,
    read_text,
    refuse_unknown,
)
from chargehand.plugins.update_fields import UpdateFields

MARKDOWN_LIMIT_CHARS: Final = 30_000
TITLE_LIMIT_CHARS: Final = 256
MESSAGE_LIMIT_CHARS: Final = 1_000
PATH_LIMIT_CHARS: Final = 1_000
MOST_NAMES: Final = 20
MOST_INPUTS: Final = 24
INPUT_LIMIT_CHARS: Final = 4_000
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_THREAD: Final = re.compile(r"([A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100})#([1-9][0-9]{0,9})")
_COMMENT: Final = re.compile(r"(issue|review)-([1-9][0-9]{0,18})")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_ACTION: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WORKFLOW: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_REF: Final = re.compile(r"[^\s~^:?*\[\\\x00-\x20]{1,200}")
_INPUT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class CommentParams:
    """A comment to be written.

    Shape: `in_reply_to` is the first comment of a conversation beside a line, None for none;
    `path`, `line` and `commit` begin a new one, all three or none.
    """

    markdown: str
    in_reply_to: int | None = None
    path: str | None = None
    line: int | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class CommentName:
    """The id of a comment with its kind, since GitHub numbers the kinds apart."""

    is_beside_line: bool
    number: int


@dataclass(frozen=True, slots=True)
class IssueParams:
    """An issue to be opened."""

    title: str
    markdown: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApproveParams:
    """An approval of exactly this commit, with words of its own or none."""

    commit: str
    markdown: str = ""


@dataclass(frozen=True, slots=True)
class DismissParams:
    """The review whose verdict is taken back, and why, for everybody to read."""

    review_id: int
    message: str


@dataclass(frozen=True, slots=True)
class DispatchParams:
    """A workflow to be started.

    Shape: `workflow` is its file's name or number, `ref` the branch or tag; `correlation_input` is
    the input that takes the action's id, for a workflow whose run name shows it; None for none.
    """

    workflow: str
    ref: str
    inputs: Mapping[str, str]
    correlation_input: str | None = None


def read_repository(target: str) -> str:
    """The repository that is the target."""
    allowed = "a repository like acme/payments"
    return read_matching(target, "target", pattern=_REPOSITORY, allowed=allowed)


def read_thread(target: str) -> PullRequestRef:
    """The issue or pull request that is the target."""
    allowed = "an issue or pull request like acme/payments#12"
    read_matching(target, "target", pattern=_THREAD, allowed=allowed)
    repository, _, number = target.partition("#")
    return PullRequestRef(repository, int(number))


def read_comment_params(params: JSONObject) -> CommentParams:
    """The parameters of `github.add_comment`."""
    refuse_unknown(params, "markdown", "in_reply_to", "path", "line", "commit")
    given = [name for name in ("path", "line", "commit") if params.get(name) is not None]
    replied = params.get("in_reply_to")
    if given and (len(given) < 3 or replied is not None):  # noqa: PLR2004 - path, line, commit.
        allowed = "given together with the other two of path, line and commit, and no in_reply_to"
        raise invalid(given[0], allowed, found=params[given[0]])
    root = None if replied is None else read_comment_name(replied, "in_reply_to")
    if root is not None and not root.is_beside_line:
        raise invalid("in_reply_to", "null or a comment like review-17", found=replied)
    markdown = read_text(params, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS)
    if not given:
        return CommentParams(markdown, None if root is None else root.number)
    return CommentParams(
        markdown,
        path=read_text(params, "path", limit_chars=PATH_LIMIT_CHARS),
        line=_read_number(params.get("line"), "line"),
        commit=read_commit(params.get("commit"), "commit"),
    )


def read_comment_base(base: JSONObject) -> CommentName | None:
    """The base of comments: the one that is answered, which has to be there still."""
    refuse_unknown(base, "comment_id", DIFF)
    read_diff(base)
    value = base.get("comment_id")
    return None if value is None else read_comment_name(value, "comment_id")


def read_comment_id(value: JSONValue, field: str) -> str:
    """The id of a comment with its kind, as it is written."""
    read_comment_name(value, field)
    return str(value)


# Of `github.update_comment`.
UPDATE_FIELDS: Final = UpdateFields(read_comment_id, MARKDOWN_LIMIT_CHARS)


def read_deletion(params: JSONObject) -> CommentName:
    """The parameters of `github.delete_comment`."""
    refuse_unknown(params, "comment_id")
    return read_comment_name(params.get("comment_id"), "comment_id")


def read_action_base(base: JSONObject) -> str:
    """The base of a deletion: the action that wrote the comment."""
    refuse_unknown(base, "action_id", DIFF)
    read_diff(base)
    allowed = "the id of an action"
    return read_matching(base.get("action_id"), "action_id", pattern=_ACTION, allowed=allowed)


def read_no_base(base: JSONObject) -> None:
    """The base of what depends on nothing."""
    refuse_unknown(base)


def read_pull_base(base: JSONObject) -> Diff | None:
    """The base of what is done to a pull request: the diff it was judged by, None for none."""
    refuse_unknown(base, DIFF)
    return read_diff(base)


def read_issue_params(params: JSONObject) -> IssueParams:
    """The parameters of `github.create_issue`."""
    refuse_unknown(params, "title", "markdown", "labels", "assignees")
    return IssueParams(
        title=read_text(params, "title", limit_chars=TITLE_LIMIT_CHARS),
        markdown=read_optional_text(params, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS),
        labels=read_labels(params) if params.get("labels") else (),
        assignees=read_logins(params, "assignees") if params.get("assignees") else (),
    )


def read_label_params(params: JSONObject) -> tuple[str, ...]:
    """The parameters of `github.add_labels` and `github.remove_labels`."""
    refuse_unknown(params, "labels")
    return read_labels(params)


def read_labels(params: JSONObject) -> tuple[str, ...]:
    """Names of labels."""
    return tuple(
        read_text({"labels": one}, "labels", limit_chars=50) for one in _read_list(params, "labels")
    )


def read_people_params(params: JSONObject, name: str) -> tuple[str, ...]:
    """The parameters of what assigns people or asks them to review."""
    refuse_unknown(params, name)
    return read_logins(params, name)


def read_logins(params: JSONObject, name: str) -> tuple[str, ...]:
    """Logins of people, in lower case."""
    found = _read_list(params, name)
    allowed = "logins of people, like mei-tanaka"
    return tuple(read_matching(one, name, pattern=_LOGIN, allowed=allowed).lower() for one in found)


def read_approve_params(params: JSONObject) -> ApproveParams:
    """The parameters of `github.approve`."""
    refuse_unknown(params, "commit", "markdown")
    return ApproveParams(
        commit=read_commit(params.get("commit"), "commit"),
        markdown=read_optional_text(params, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS),
    )


def read_dismiss_params(params: JSONObject) -> DismissParams:
    """The parameters of `github.dismiss_approval`."""
    refuse_unknown(params, "review_id", "message")
    return DismissParams(
        review_id=_read_number(params.get("review_id"), "review_id"),
        message=read_text(params, "message", limit_chars=MESSAGE_LIMIT_CHARS),
    )


def read_dispatch_params(params: JSONObject) -> DispatchParams:
    """The parameters of `github.dispatch_workflow`."""
    refuse_unknown(params, "workflow", "ref", "inputs", "correlation_input")
    inputs = params.get("inputs") or {}
    if not isinstance(inputs, Mapping) or len(inputs) > MOST_INPUTS:
        raise invalid("inputs", f"an object with at most {MOST_INPUTS} texts", found=inputs)
    named = {
        _read_input_name(name, "inputs"): read_optional_text(
            inputs, name, limit_chars=INPUT_LIMIT_CHARS, inside="inputs"
        )
        for name in inputs
    }
    correlation = params.get("correlation_input")
    if correlation is not None and correlation in named:
        raise invalid("correlation_input", "no input that has a value", found=correlation)
    return DispatchParams(
        workflow=read_matching(
            params.get("workflow"),
            "workflow",
            pattern=_WORKFLOW,
            allowed="a file's name like deploy.yml, or the workflow's number",
        ),
        ref=read_matching(
            params.get("ref"), "ref", pattern=_REF, allowed="the name of a branch or tag"
        ),
        inputs=named,
        correlation_input=None
        if correlation is None
        else _read_input_name(correlation, "correlation_input"),
    )


def read_run_params(params: JSONObject) -> int:
    """The parameters of `github.rerun_workflow` and `github.cancel_workflow`."""
    refuse_unknown(params, "run_id")
    return _read_number(params.get("run_id"), "run_id")


def read_run_base(base: JSONObject) -> int | None:
    """The base of a re-run: the attempt there was, None for not looked at."""
    refuse_unknown(base, "attempt")
    value = base.get("attempt")
    return None if value is None else _read_number(value, "attempt")


def read_commit(value: JSONValue, field: str) -> str:
    """The whole id of a commit."""
    return read_matching(value, field, pattern=_COMMIT, allowed="the whole id of a commit")


def read_comment_name(value: JSONValue, field: str) -> CommentName:
    """The id of a comment with its kind."""
    allowed = "a comment like issue-991 or review-17"
    name = read_matching(value, field, pattern=_COMMENT, allowed=allowed)
    kind, _, number = name.partition("-")
    return CommentName(kind == "review", int(number))


def _read_number(value: JSONValue, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 63:
        raise invalid(field, "a whole number above 0", found=value)
    return value


def _read_list(params: JSONObject, name: str) -> Sequence[JSONValue]:
    value = params.get(name)
    allowed = f"a list of 1 to {MOST_NAMES} texts"
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise invalid(name, allowed, found=value)
    if not 1 <= len(value) <= MOST_NAMES:
        raise invalid(name, allowed, found=len(value))
    return value


def _read_input_name(value: JSONValue, field: str) -> str:
    return read_matching(value, field, pattern=_INPUT, allowed="the name of an input")

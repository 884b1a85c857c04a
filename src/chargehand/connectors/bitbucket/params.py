"""What each Bitbucket action kind must be told, read from the plain JSON an action carries.

This is the contract between the rules that propose actions and the connector that performs them.
Every reader raises ParamInvalid or ParamUnknown, both Rejected, naming the field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import DIFF, Diff
from chargehand.domain.ids import AccountId
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
NAME_LIMIT_CHARS: Final = 255
MOST_REVIEWERS: Final = 50
MOST_VARIABLES: Final = 50
PATH_LIMIT_CHARS: Final = 1_000
VALUE_LIMIT_CHARS: Final = 2_000
# The variable a run is found again by; nobody else may set it.
RUN_VARIABLE: Final = "CHARGEHAND_ACTION"
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.~-]{1,128}/[A-Za-z0-9_.-]{1,128}")
_PULL_REQUEST: Final = re.compile(r"([A-Za-z0-9_.~-]{1,128}/[A-Za-z0-9_.-]{1,128})#([1-9]\d{0,17})")
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z:_.~-]{1,128}|\{[0-9a-fA-F-]{36}\}")
_COMMENT: Final = re.compile(r"[1-9]\d{0,17}")
_COMMIT: Final = re.compile(r"[0-9a-f]{7,64}")
_UUID: Final = re.compile(r"\{[0-9a-fA-F-]{36}\}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_ACTION: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REF: Final = re.compile(r"[^\s\x00-\x1f~^:?*\[\\]{1,250}")
_TARGET: Final = "a pull request, like acme/payments#12"
_AN_ACCOUNT: Final = "an account id"


@dataclass(frozen=True, slots=True)
class MentionParam:
    """The one account a comment notifies, ahead of its words."""

    account_id: AccountId
    name: str


@dataclass(frozen=True, slots=True)
class CommentParams:
    """A comment to be written on a pull request.

    Shape: `in_reply_to` is the comment whose conversation it goes on; `path` and `line` begin a new
    one beside a line of the newest version, and need `commit`, the commit they were read at.
    """

    markdown: str
    in_reply_to: str | None = None
    path: str | None = None
    line: int | None = None
    commit: str | None = None
    mention: MentionParam | None = None


@dataclass(frozen=True, slots=True)
class CommentBase:
    """The comment that was answered, None when it was none; it has to be there still."""

    comment_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteCommentParams:
    """The comment that goes."""

    comment_id: str


@dataclass(frozen=True, slots=True)
class DeleteCommentBase:
    """The action that wrote the comment, and what Bitbucket stored of it."""

    action_id: str
    text_digest: str


@dataclass(frozen=True, slots=True)
class ReviewersParams:
    """Who shall look at a pull request, or no longer, with the names they had."""

    account_ids: tuple[AccountId, ...]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReviewersBase:
    """Who was asked to look before."""

    reviewers: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True)
class JudgementParams:
    """The commit that was judged; another one needs another judgement."""

    commit: str


@dataclass(frozen=True, slots=True)
class NoBase:
    """Nothing has to be as it was."""


@dataclass(frozen=True, slots=True)
class PipelineParams:
    """A pipeline to be run on a branch or tag.

    Shape: `pipeline` is the name of a custom pipeline, None for the one the branch has anyway.
    """

    ref_name: str
    ref_type: str = "branch"
    pipeline: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StopParams:
    """The run that is stopped; `number` is what people know it by."""

    pipeline_uuid: str
    number: int | None = None


def read_pull_request(target: str) -> PullRequestRef:
    """The pull request a target names."""
    found = _PULL_REQUEST.fullmatch(target)
    if found is None:
        raise invalid("target", _TARGET, found=target)
    return PullRequestRef(found[1], int(found[2]))


def read_repository(target: str) -> str:
    """The repository a target names."""
    return read_matching(
        target, "target", pattern=_REPOSITORY, allowed="a repository, like acme/payments"
    )


def read_comment_params(params: JSONObject) -> CommentParams:
    """A comment to be written."""
    refuse_unknown(params, "markdown", "in_reply_to", "path", "line", "commit", "mention")
    path = read_optional_text(params, "path", limit_chars=PATH_LIMIT_CHARS) or None
    line, commit = _read_line(params.get("line")), _optional(params, "commit", _COMMIT, "a commit")
    reply = _optional(params, "in_reply_to", _COMMENT, "the id of a comment")
    if path is not None and (line is None or commit is None):
        raise invalid("path", "given with line and commit, or not at all", found=path)
    if path is None and (line is not None or commit is not None):
        raise invalid("line", "given with path and commit, or not at all", found=line)
    if path is not None and reply is not None:
        raise invalid(
            "path", "left out of an answer, which stands where its question does", found=path
        )
    return CommentParams(
        markdown=read_text(params, "markdown", limit_chars=MARKDOWN_LIMIT_CHARS),
        in_reply_to=reply,
        path=path,
        line=line,
        commit=commit,
        mention=_read_mention(params.get("mention")),
    )


def read_comment_base(base: JSONObject) -> CommentBase:
    """The comment that was answered."""
    refuse_unknown(base, "comment_id", DIFF, inside="base")
    read_diff(base)
    return CommentBase(_optional(base, "comment_id", _COMMENT, "the id of a comment", "base"))


def read_comment_id(value: JSONValue, field: str) -> str:
    """The id of a comment."""
    return read_matching(value, field, pattern=_COMMENT, allowed="the id of a comment")


# Of `bitbucket.update_comment`.
UPDATE_FIELDS: Final = UpdateFields(read_comment_id, MARKDOWN_LIMIT_CHARS)


def read_delete_params(params: JSONObject) -> DeleteCommentParams:
    """The comment that goes."""
    refuse_unknown(params, "comment_id")
    return DeleteCommentParams(read_comment_id(params.get("comment_id"), "comment_id"))


def read_delete_base(base: JSONObject) -> DeleteCommentBase:
    """What tells that the comment is still the one that was written."""
    refuse_unknown(base, "action_id", "text_digest", DIFF, inside="base")
    read_diff(base)
    action = read_matching(
        base.get("action_id"), "base.action_id", pattern=_ACTION, allowed="an action's id"
    )
    digest = read_matching(
        base.get("text_digest"),
        "base.text_digest",
        pattern=re.compile(r"[0-9a-f]{64}"),
        allowed="the SHA-256 of the comment's text",
    )
    return DeleteCommentBase(action, digest)


def read_reviewers_params(params: JSONObject) -> ReviewersParams:
    """Who shall look, or no longer."""
    refuse_unknown(params, "account_ids", "names")
    names = params.get("names")
    if names is not None and not isinstance(names, Mapping):
        raise invalid("names", "an object of names by account id", found=names)
    return ReviewersParams(
        account_ids=_read_accounts(params.get("account_ids"), "account_ids"),
        names={
            key: read_optional_text(names, key, limit_chars=NAME_LIMIT_CHARS, inside="names")
            for key in names or {}
        }
        if names
        else {},
    )


def read_reviewers_base(base: JSONObject) -> ReviewersBase:
    """Who was asked to look before."""
    refuse_unknown(base, "reviewers", DIFF, inside="base")
    read_diff(base)
    return ReviewersBase(_read_accounts(base.get("reviewers"), "base.reviewers", may_be_none=True))


def read_judgement_params(params: JSONObject) -> JudgementParams:
    """The commit that was judged."""
    refuse_unknown(params, "commit")
    allowed = "the commit that was looked at, as its hash"
    return JudgementParams(
        read_matching(params.get("commit"), "commit", pattern=_COMMIT, allowed=allowed)
    )


def read_no_base(base: JSONObject) -> NoBase:
    """Nothing."""
    refuse_unknown(base, inside="base")
    return NoBase()


def read_judgement_base(base: JSONObject) -> Diff | None:
    """The diff that was judged; None where it is not known."""
    refuse_unknown(base, DIFF, inside="base")
    return read_diff(base)


def read_pipeline_params(params: JSONObject) -> PipelineParams:
    """A pipeline to be run."""
    refuse_unknown(params, "ref_name", "ref_type", "pipeline", "variables")
    ref_type = params.get("ref_type", "branch")
    if ref_type not in ("branch", "tag"):
        raise invalid("ref_type", "branch or tag", found=ref_type)
    return PipelineParams(
        ref_name=read_matching(
            params.get("ref_name"), "ref_name", pattern=_REF, allowed="the name of a branch or tag"
        ),
        ref_type=str(ref_type),
        pipeline=_optional(params, "pipeline", _REF, "the name of a custom pipeline"),
        variables=_read_variables(params.get("variables")),
    )


def read_stop_params(params: JSONObject) -> StopParams:
    """The run that is stopped."""
    refuse_unknown(params, "pipeline_uuid", "number")
    uuid = read_matching(
        params.get("pipeline_uuid"), "pipeline_uuid", pattern=_UUID, allowed="a pipeline's uuid"
    )
    number = params.get("number")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        raise invalid("number", "the run's number", found=number)
    return StopParams(uuid, number)


def _optional(
    fields: JSONObject, key: str, pattern: re.Pattern[str], allowed: str, inside: str = ""
) -> str | None:
    value = fields.get(key)
    if value is None:
        return None
    name = f"{inside}.{key}" if inside else key
    return read_matching(value, name, pattern=pattern, allowed=f"{allowed}, or null")


def _read_line(value: JSONValue) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**9:
        raise invalid("line", "the number of a line, from 1 on", found=value)
    return value


def _read_mention(value: JSONValue) -> MentionParam | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise invalid("mention", "an object with account_id and name, or null", found=value)
    refuse_unknown(value, "account_id", "name", inside="mention")
    account = read_matching(
        value.get("account_id"), "mention.account_id", pattern=_ACCOUNT, allowed=_AN_ACCOUNT
    )
    name = read_text(value, "name", limit_chars=NAME_LIMIT_CHARS, inside="mention")
    return MentionParam(AccountId(account), name)


def _read_accounts(
    value: JSONValue, name: str, *, may_be_none: bool = False
) -> tuple[AccountId, ...]:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    if not is_list or len(value) > MOST_REVIEWERS or not (value or may_be_none):  # type: ignore[arg-type] # a list by then.
        least = 0 if may_be_none else 1
        raise invalid(name, f"a list of {least} to {MOST_REVIEWERS} account ids", found=value)
    found = (
        AccountId(read_matching(one, f"{name}.{n}", pattern=_ACCOUNT, allowed=_AN_ACCOUNT))
        for n, one in enumerate(value)  # type: ignore[arg-type] # as above.
    )
    return tuple(dict.fromkeys(found))


def _read_variables(value: JSONValue) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_VARIABLES:
        raise invalid("variables", f"an object of at most {MOST_VARIABLES} texts", found=value)
    for key in value:
        if not _VARIABLE.fullmatch(key) or key == RUN_VARIABLE:
            allowed = f"named with letters, digits and _, and not {RUN_VARIABLE}"
            raise invalid("variables", allowed, found=key)
    return {
        key: read_optional_text(value, key, limit_chars=VALUE_LIMIT_CHARS, inside="variables")
        for key in value
    }

"""What Bitbucket's kinds of actions carry."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.bitbucket import params
from chargehand.domain.action import ActionKind
from tools.reference.kinds import Kind

_COMMIT: Final = (
    "The commit that was looked at; once the pull request has another, nothing is sent."
)
BITBUCKET_KINDS: Final[Mapping[ActionKind, Kind]] = {
    ActionKind.BITBUCKET_ADD_COMMENT: Kind(
        "Comments on the pull request `target`, like `acme/payments#12`: in its conversation, in "
        "answer to a comment, or beside a line.",
        params.CommentParams,
        params.CommentBase,
    ),
    ActionKind.BITBUCKET_DELETE_COMMENT: Kind(
        "Deletes a comment of chargehand's own, to undo it; not once somebody edited or answered "
        "it.",
        params.DeleteCommentParams,
        params.DeleteCommentBase,
    ),
    ActionKind.BITBUCKET_ADD_REVIEWERS: Kind(
        "Asks people to look at the pull request `target`; those who look already stay.",
        params.ReviewersParams,
        params.ReviewersBase,
    ),
    ActionKind.BITBUCKET_REMOVE_REVIEWERS: Kind(
        "Takes reviewers off the pull request `target`; those who are gone already stay so.",
        params.ReviewersParams,
        params.ReviewersBase,
    ),
    ActionKind.BITBUCKET_APPROVE: Kind(
        "Approves the pull request `target` as the bot; sent without a person's approval only "
        "where a rule names this very kind.",
        params.JudgementParams,
        params.NoBase,
    ),
    ActionKind.BITBUCKET_UNAPPROVE: Kind(
        "Takes the bot's approval of the pull request `target` back; sent without a person's "
        "approval only where a rule names this very kind.",
        params.JudgementParams,
        params.NoBase,
    ),
    ActionKind.BITBUCKET_RUN_PIPELINE: Kind(
        "Runs a pipeline of the repository `target`, like `acme/payments`, with the action's id "
        "in the variable `CHARGEHAND_ACTION`; not on Data Center, which has none.",
        params.PipelineParams,
        params.NoBase,
    ),
    ActionKind.BITBUCKET_STOP_PIPELINE: Kind(
        "Stops a run of a pipeline of the repository `target`.", params.StopParams, params.NoBase
    ),
}
BITBUCKET_MEANINGS: Final[Mapping[tuple[type[object], str], str]] = {
    (params.CommentParams, "markdown"): "The words, as Markdown; up to 30,000 characters.",
    (params.CommentParams, "in_reply_to"): "The comment whose conversation it goes on, or `null`.",
    (params.CommentParams, "path"): "The file of a new conversation beside a line, or `null`.",
    (params.CommentParams, "line"): "The line in the newest version; given with `path`.",
    (params.CommentParams, "commit"): "The commit the line was read at; given with `path`. Once "
    "the pull request has another, nothing is sent.",
    (params.CommentParams, "mention"): "`account_id` and `name` of the one person notified, or "
    "`null`.",
    (params.CommentBase, "comment_id"): "The comment it answers, if any; once it is deleted, "
    "nothing is sent.",
    (params.DeleteCommentParams, "comment_id"): "Bitbucket's id of the comment.",
    (params.DeleteCommentBase, "action_id"): "The action that wrote it.",
    (params.DeleteCommentBase, "text_digest"): "SHA-256 of the text as Bitbucket stored it.",
    (params.ReviewersParams, "account_ids"): "Who; on Data Center the slugs of users.",
    (params.ReviewersParams, "names"): "Their names by account id, for people to read.",
    (params.ReviewersBase, "reviewers"): "Who was asked to look before.",
    (params.JudgementParams, "commit"): _COMMIT,
    (params.PipelineParams, "ref_name"): "The branch or tag it runs on.",
    (params.PipelineParams, "ref_type"): "`branch` or `tag`.",
    (params.PipelineParams, "pipeline"): "The name of a custom pipeline; `null` runs the one the "
    "branch has.",
    (params.PipelineParams, "variables"): "Variables of the run, as texts.",
    (params.StopParams, "pipeline_uuid"): "Bitbucket's id of the run.",
    (params.StopParams, "number"): "The number people know it by.",
}

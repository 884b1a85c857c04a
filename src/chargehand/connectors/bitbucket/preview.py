"""The exact text people judge before a Bitbucket action is allowed.

Whatever will be sent is in it, and hidden characters are named, so that approving the preview is
approving the action. What Bitbucket would refuse for its form is refused here, before anyone is
asked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from chargehand.connectors.bitbucket.errors import NotOnDataCenter
from chargehand.connectors.bitbucket.params import (
    UPDATE_FIELDS,
    CommentParams,
    read_comment_base,
    read_comment_params,
    read_delete_base,
    read_delete_params,
    read_judgement_base,
    read_judgement_params,
    read_no_base,
    read_pipeline_params,
    read_pull_request,
    read_repository,
    read_reviewers_base,
    read_reviewers_params,
    read_stop_params,
)
from chargehand.connectors.bitbucket.render import render_comment
from chargehand.connectors.bitbucket.undo import inverse_of, undo_line
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.ids import AccountId
from chargehand.kit.visible import show_line, show_text
from chargehand.plugins.connector import DoneAction, NoWayBack
from chargehand.plugins.diff_fields import with_diff_lines

_PIPELINES: Final = frozenset(
    {ActionKind.BITBUCKET_RUN_PIPELINE, ActionKind.BITBUCKET_STOP_PIPELINE}
)


class BitbucketPreviewer:
    """Renders every Bitbucket action kind as text; keeps `plugins.connector.ActionPreviewer`."""

    is_cloud = True

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete.

        Raises: ParamInvalid, ParamUnknown, TextTooLong, NotOnDataCenter, all Rejected.
        """
        if action.kind is ActionKind.BITBUCKET_ADD_COMMENT:
            # What is too long is refused before anybody is asked.
            render_comment(read_comment_params(action.params), is_cloud=self.is_cloud)
        elif action.kind is ActionKind.BITBUCKET_UPDATE_COMMENT:
            words = CommentParams(UPDATE_FIELDS.read_params(action.params).markdown)
            render_comment(words, is_cloud=self.is_cloud)
        return with_diff_lines(_PREVIEWS[action.kind](action), action.base)

    def inverse(self, done: DoneAction) -> ProposedAction | NoWayBack:
        """The action that undoes another, without a preview, or why there is none."""
        return inverse_of(done)


class DataCenterPreviewer(BitbucketPreviewer):
    """The same for Data Center, which has no pipelines."""

    is_cloud = False

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete.

        Raises: as for Cloud.
        """
        if action.kind in _PIPELINES:
            raise NotOnDataCenter(kind=action.kind.value)
        return super().preview(action)


def _preview_comment(action: ProposedAction) -> str:
    params, ref = read_comment_params(action.params), read_pull_request(action.target)
    read_comment_base(action.base)
    where = "in the conversation of the pull request"
    if params.in_reply_to is not None:
        where = f"as an answer to comment {params.in_reply_to}"
    elif params.path is not None:
        where = f"beside line {params.line} of {show_line(params.path)} at {params.commit}"
    named = "nobody by mention"
    if params.mention is not None:
        named = f"{show_line(params.mention.name)} (account {params.mention.account_id})"
    heading = f"Comment on {ref}, {where}\nnotifies: {named}\n{undo_line(action)}"
    # The line on undoing stands above the words, where no word can pass for it.
    return f"{heading}\n\n{show_text(params.markdown)}"


def _preview_update(action: ProposedAction) -> str:
    params = UPDATE_FIELDS.read_params(action.params)
    base = UPDATE_FIELDS.read_base(action.base)
    heading = (
        f"Update comment {params.comment_id} on {read_pull_request(action.target)}\n"
        f"notifies: nobody by mention\n{undo_line(action)}"
    )
    return "\n\n".join((heading, show_text(params.markdown), "Instead of:", show_text(base.before)))


def _preview_deletion(action: ProposedAction) -> str:
    params, base = read_delete_params(action.params), read_delete_base(action.base)
    return (
        f"Delete comment {params.comment_id} from {read_pull_request(action.target)}\n"
        f"made by: {show_line(base.action_id)}\n{undo_line(action)}"
    )


def _preview_reviewers(action: ProposedAction) -> str:
    params, base = read_reviewers_params(action.params), read_reviewers_base(action.base)
    is_adding = action.kind is ActionKind.BITBUCKET_ADD_REVIEWERS
    verb, joint = ("Add", "to") if is_adding else ("Remove", "from")
    people = ", ".join(_person(one, params.names) for one in params.account_ids)
    now = _accounts(base.reviewers) or "nobody"
    return (
        f"{verb} reviewers {joint} {read_pull_request(action.target)}: {people}\n"
        f"reviewers now: {now}\n{undo_line(action)}"
    )


def _preview_judgement(action: ProposedAction) -> str:
    params, ref = read_judgement_params(action.params), read_pull_request(action.target)
    read_judgement_base(action.base)
    is_approving = action.kind is ActionKind.BITBUCKET_APPROVE
    what = f"Approve {ref}" if is_approving else f"Take the bot's approval of {ref} back"
    return f"{what}\nat commit: {params.commit}\n{undo_line(action)}"


def _preview_run(action: ProposedAction) -> str:
    params, repository = read_pipeline_params(action.params), read_repository(action.target)
    read_no_base(action.base)
    what = f'the pipeline "{show_line(params.pipeline)}"' if params.pipeline else "the pipeline"
    lines = [f"{key} = {show_line(value)}" for key, value in params.variables.items()]
    shown = ["variables:", *lines] if lines else ["variables: none"]
    heading = f'Run {what} of {repository} on {params.ref_type} "{show_line(params.ref_name)}"'
    return "\n".join([heading, undo_line(action), *shown])


def _preview_stop(action: ProposedAction) -> str:
    params, repository = read_stop_params(action.params), read_repository(action.target)
    read_no_base(action.base)
    number = f" #{params.number}" if params.number is not None else ""
    return f"Stop run{number} of {repository}\nid: {params.pipeline_uuid}\n{undo_line(action)}"


def _person(account: AccountId, names: Mapping[str, str]) -> str:
    name = names.get(account)
    return f"{show_line(name)} (account {account})" if name else f"account {account}"


def _accounts(accounts: Sequence[AccountId]) -> str:
    return ", ".join(accounts)


_PREVIEWS: Final[Mapping[ActionKind, Callable[[ProposedAction], str]]] = {
    ActionKind.BITBUCKET_ADD_COMMENT: _preview_comment,
    ActionKind.BITBUCKET_UPDATE_COMMENT: _preview_update,
    ActionKind.BITBUCKET_DELETE_COMMENT: _preview_deletion,
    ActionKind.BITBUCKET_ADD_REVIEWERS: _preview_reviewers,
    ActionKind.BITBUCKET_REMOVE_REVIEWERS: _preview_reviewers,
    ActionKind.BITBUCKET_APPROVE: _preview_judgement,
    ActionKind.BITBUCKET_UNAPPROVE: _preview_judgement,
    ActionKind.BITBUCKET_RUN_PIPELINE: _preview_run,
    ActionKind.BITBUCKET_STOP_PIPELINE: _preview_stop,
}

"""Performs approved actions, and looks them up when their end is open."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from chargehand.connectors.github.comment_actions import CommentActions
from chargehand.connectors.github.comment_update import CommentUpdate
from chargehand.connectors.github.errors import GitHubConfigWrong
from chargehand.connectors.github.review_actions import ReviewActions
from chargehand.connectors.github.set_actions import SetActions
from chargehand.connectors.github.workflow_actions import WorkflowActions
from chargehand.domain.action import ActionKind, ActionResult, ApprovedAction, Faulty
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.markdown_writing import TextTooLong
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_before_send
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

Performer: TypeAlias = Callable[[ApprovedAction], Awaitable[ActionResult]]
Finder: TypeAlias = Callable[[SentAction, PastEffect], Awaitable[LookUp]]
_OUR_MISTAKES = (ParamInvalid, ParamUnknown, TextTooLong, GitHubConfigWrong)


@dataclass(frozen=True, slots=True)
class ActionSender:
    """Sends the actions of one connection."""

    comments: CommentActions
    update: CommentUpdate
    sets: SetActions
    reviews: ReviewActions
    workflows: WorkflowActions

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """What became of the action; never raises what GitHub or the network can cause."""
        try:
            return await self._performers()[action.kind](action)
        except VENDOR_FAILURES as error:
            # Raised by readings alone: what a write meets is a result.
            return outcome_before_send(error)
        except _OUR_MISTAKES as error:
            return Faulty(error.code, str(error))

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether an earlier send landed; what can not be read is unsure."""
        try:
            return await self._finders()[action.kind](action, past)
        except (*VENDOR_FAILURES, *_OUR_MISTAKES) as error:
            return LookUp(LookUpState.UNSURE, reason=error.code)

    def _performers(self) -> Mapping[ActionKind, Performer]:
        return {
            ActionKind.GITHUB_ADD_COMMENT: self.comments.add,
            ActionKind.GITHUB_UPDATE_COMMENT: self.update.perform,
            ActionKind.GITHUB_DELETE_COMMENT: self.comments.delete,
            ActionKind.GITHUB_CREATE_ISSUE: self.comments.create_issue,
            ActionKind.GITHUB_ADD_LABELS: self.sets.add_labels,
            ActionKind.GITHUB_REMOVE_LABELS: self.sets.remove_labels,
            ActionKind.GITHUB_ASSIGN: self.sets.assign,
            ActionKind.GITHUB_UNASSIGN: self.sets.unassign,
            ActionKind.GITHUB_REQUEST_REVIEWERS: self.sets.request_reviewers,
            ActionKind.GITHUB_REMOVE_REVIEWERS: self.sets.remove_reviewers,
            ActionKind.GITHUB_APPROVE: self.reviews.approve,
            ActionKind.GITHUB_DISMISS_APPROVAL: self.reviews.dismiss,
            ActionKind.GITHUB_DISPATCH_WORKFLOW: self.workflows.dispatch,
            ActionKind.GITHUB_RERUN_WORKFLOW: self.workflows.rerun,
            ActionKind.GITHUB_CANCEL_WORKFLOW: self.workflows.cancel,
        }

    def _finders(self) -> Mapping[ActionKind, Finder]:
        return {
            ActionKind.GITHUB_ADD_COMMENT: self.comments.look_up,
            ActionKind.GITHUB_UPDATE_COMMENT: self.update.look_up,
            ActionKind.GITHUB_DELETE_COMMENT: self.comments.look_up_deletion,
            ActionKind.GITHUB_CREATE_ISSUE: self.comments.look_up_issue,
            ActionKind.GITHUB_ADD_LABELS: self.sets.look_up,
            ActionKind.GITHUB_REMOVE_LABELS: self.sets.look_up,
            ActionKind.GITHUB_ASSIGN: self.sets.look_up,
            ActionKind.GITHUB_UNASSIGN: self.sets.look_up,
            ActionKind.GITHUB_REQUEST_REVIEWERS: self.sets.look_up,
            ActionKind.GITHUB_REMOVE_REVIEWERS: self.sets.look_up,
            ActionKind.GITHUB_APPROVE: self.reviews.look_up_approval,
            ActionKind.GITHUB_DISMISS_APPROVAL: self.reviews.look_up_dismissal,
            ActionKind.GITHUB_DISPATCH_WORKFLOW: self.workflows.look_up_dispatch,
            ActionKind.GITHUB_RERUN_WORKFLOW: self.workflows.look_up_rerun,
            ActionKind.GITHUB_CANCEL_WORKFLOW: self.workflows.look_up_cancelling,
        }

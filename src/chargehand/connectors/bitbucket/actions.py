"""Performs approved actions, and looks them up when their end is open."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from chargehand.connectors.bitbucket.comment_actions import CommentActions
from chargehand.connectors.bitbucket.comment_update import CommentUpdate
from chargehand.connectors.bitbucket.errors import NotOnDataCenter
from chargehand.connectors.bitbucket.other_actions import OtherActions
from chargehand.domain.action import ActionKind, ActionResult, ApprovedAction, Faulty, Refused
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.markdown_writing import TextTooLong
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_before_send
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

Performer: TypeAlias = Callable[[ApprovedAction], Awaitable[ActionResult]]
Finder: TypeAlias = Callable[[SentAction, PastEffect], Awaitable[LookUp]]
_OUR_MISTAKES: Final = (ParamInvalid, ParamUnknown, TextTooLong)


@dataclass(frozen=True, slots=True)
class ActionSender:
    """Sends the actions of one connection."""

    comments: CommentActions
    update: CommentUpdate
    others: OtherActions

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """What became of the action; never raises what Bitbucket or the network can cause."""
        try:
            return await self._performers()[action.kind](action)
        except VENDOR_FAILURES as error:
            # Raised by readings alone: what a write meets is a result.
            return outcome_before_send(error)
        except NotOnDataCenter as error:
            return Refused(error.code, str(error))
        except _OUR_MISTAKES as error:
            return Faulty(error.code, str(error))

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether an earlier send landed; what can not be read is unsure."""
        try:
            return await self._finders()[action.kind](action, past)
        except (*VENDOR_FAILURES, *_OUR_MISTAKES, NotOnDataCenter) as error:
            return LookUp(LookUpState.UNSURE, reason=error.code)

    def _performers(self) -> Mapping[ActionKind, Performer]:
        return {
            ActionKind.BITBUCKET_ADD_COMMENT: self.comments.add,
            ActionKind.BITBUCKET_UPDATE_COMMENT: self.update.perform,
            ActionKind.BITBUCKET_DELETE_COMMENT: self.comments.delete,
            ActionKind.BITBUCKET_ADD_REVIEWERS: self.others.change_reviewers,
            ActionKind.BITBUCKET_REMOVE_REVIEWERS: self.others.change_reviewers,
            ActionKind.BITBUCKET_APPROVE: self.others.judge,
            ActionKind.BITBUCKET_UNAPPROVE: self.others.judge,
            ActionKind.BITBUCKET_RUN_PIPELINE: self.others.run_pipeline,
            ActionKind.BITBUCKET_STOP_PIPELINE: self.others.stop_pipeline,
        }

    def _finders(self) -> Mapping[ActionKind, Finder]:
        comments, others = self.comments, self.others
        return {
            ActionKind.BITBUCKET_ADD_COMMENT: comments.look_up_addition,
            ActionKind.BITBUCKET_UPDATE_COMMENT: lambda one, _: self.update.look_up(one),
            ActionKind.BITBUCKET_DELETE_COMMENT: lambda one, _: comments.look_up_deletion(one),
            ActionKind.BITBUCKET_ADD_REVIEWERS: lambda one, _: others.look_up_reviewers(one),
            ActionKind.BITBUCKET_REMOVE_REVIEWERS: lambda one, _: others.look_up_reviewers(one),
            ActionKind.BITBUCKET_APPROVE: lambda one, _: others.look_up_judgement(one),
            ActionKind.BITBUCKET_UNAPPROVE: lambda one, _: others.look_up_judgement(one),
            ActionKind.BITBUCKET_RUN_PIPELINE: others.look_up_run,
            ActionKind.BITBUCKET_STOP_PIPELINE: lambda one, _: others.look_up_stop(one),
        }

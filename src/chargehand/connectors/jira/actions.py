"""Performs approved actions: prepared by reading, sent once, looked up when the end is open."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from chargehand.connectors.jira.comment_actions import QUESTION_DELETED, CommentActions
from chargehand.connectors.jira.comment_removal import CommentRemoval
from chargehand.connectors.jira.comment_update import CommentUpdate
from chargehand.connectors.jira.config import JiraConfig
from chargehand.connectors.jira.create_actions import CreateActions
from chargehand.connectors.jira.field_actions import FieldActions
from chargehand.connectors.jira.link_actions import LinkActions
from chargehand.connectors.jira.plans import Plan
from chargehand.connectors.jira.render import CommentTooLong
from chargehand.connectors.jira.set_actions import SetActions
from chargehand.connectors.jira.transport import JiraTransport
from chargehand.domain.action import (
    ActionKind,
    ActionResult,
    ApprovedAction,
    Done,
    Faulty,
    Refused,
)
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.outcomes import (
    VENDOR_FAILURES,
    outcome_before_send,
    outcome_of_send,
)
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

# Added to the time-out: what Jira still works on when we stop listening is stored by then.
_SETTLE_MARGIN_S = 10.0
_CHANGES = frozenset(
    {
        ActionKind.JIRA_TRANSITION_ISSUE,
        ActionKind.JIRA_ASSIGN_ISSUE,
        ActionKind.JIRA_ADD_LABELS,
        ActionKind.JIRA_LINK_ISSUES,
        ActionKind.JIRA_UPDATE_FIELDS,
        ActionKind.JIRA_CREATE_ISSUE,
    }
)
Preparer: TypeAlias = Callable[[ApprovedAction], Awaitable[Plan | Done | Refused]]
"""Reads what an action was based on and says what is to be sent, if anything still is."""
_OUR_MISTAKES = (ParamInvalid, ParamUnknown, CommentTooLong)


@dataclass(frozen=True, slots=True)
class ActionSender:
    """Sends the actions of one connection."""

    config: JiraConfig
    transport: JiraTransport
    comments: CommentActions
    sets: SetActions
    links: LinkActions
    fields: FieldActions
    creations: CreateActions
    removal: CommentRemoval
    update: CommentUpdate

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """What became of the action; never raises what Jira or the network can cause."""
        try:
            plan = await self._prepare(action)
        except VENDOR_FAILURES as error:
            return outcome_before_send(error)
        except _OUR_MISTAKES as error:
            return Faulty(error.code, str(error))
        if not isinstance(plan, Plan):
            return plan
        try:
            return await plan.finish(await self.transport.write(plan.call))
        except VENDOR_FAILURES as error:
            settle_s = self.config.request_timeout_s + _SETTLE_MARGIN_S
            return outcome_of_send(error, settle_s=settle_s)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether an earlier send landed; what can not be read is unsure."""
        try:
            return await self._look_up(action, past)
        except (*VENDOR_FAILURES, *_OUR_MISTAKES) as error:
            return LookUp(LookUpState.UNSURE, reason=error.code)

    async def _prepare(self, action: ApprovedAction) -> Plan | Done | Refused:
        if action.kind in _CHANGES and await self.comments.is_question_gone(action.base):
            return Refused(QUESTION_DELETED, "the comment that asked for it is not there any more")
        return await self._preparers()[action.kind](action)

    def _preparers(self) -> Mapping[ActionKind, Preparer]:
        return {
            ActionKind.JIRA_ADD_COMMENT: self.comments.prepare,
            ActionKind.JIRA_ADD_INTERNAL_COMMENT: self.comments.prepare_service,
            ActionKind.JIRA_REPLY_TO_CUSTOMER: self.comments.prepare_service,
            ActionKind.JIRA_TRANSITION_ISSUE: self.sets.prepare_transition,
            ActionKind.JIRA_ASSIGN_ISSUE: self.sets.prepare_assign,
            ActionKind.JIRA_ADD_LABELS: self.sets.prepare_labels,
            ActionKind.JIRA_LINK_ISSUES: self.links.prepare,
            ActionKind.JIRA_UPDATE_FIELDS: self.fields.prepare,
            ActionKind.JIRA_CREATE_ISSUE: self.creations.prepare,
            ActionKind.JIRA_UPDATE_COMMENT: self.update.prepare,
            ActionKind.JIRA_DELETE_COMMENT: self.removal.prepare,
            ActionKind.JIRA_REMOVE_LABELS: self.sets.prepare_label_removal,
            ActionKind.JIRA_UNLINK_ISSUES: self.links.prepare_removal,
        }

    async def _look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        seekers: Mapping[ActionKind, Callable[[SentAction], Awaitable[LookUp]]] = {
            ActionKind.JIRA_TRANSITION_ISSUE: self.sets.look_up_transition,
            ActionKind.JIRA_ASSIGN_ISSUE: self.sets.look_up_assign,
            ActionKind.JIRA_ADD_LABELS: self.sets.look_up_labels,
            ActionKind.JIRA_LINK_ISSUES: self.links.look_up,
            ActionKind.JIRA_UPDATE_FIELDS: self.fields.look_up,
            ActionKind.JIRA_UPDATE_COMMENT: self.update.look_up,
            ActionKind.JIRA_DELETE_COMMENT: self.removal.look_up,
            ActionKind.JIRA_REMOVE_LABELS: self.sets.look_up_label_removal,
            ActionKind.JIRA_UNLINK_ISSUES: self.links.look_up_removal,
        }
        if action.kind in seekers:
            return await seekers[action.kind](action)
        if action.kind is ActionKind.JIRA_CREATE_ISSUE:
            return await self.creations.look_up(action, past)
        return await self.comments.look_up(action, past)

"""Performs approved actions: prepared by reading, sent once, looked up when the end is open."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from chargehand.connectors.confluence.comment_actions import CommentActions
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.errors import VersionConflict
from chargehand.connectors.confluence.page_actions import PageActions
from chargehand.connectors.confluence.plans import BASE_CHANGED, Plan
from chargehand.connectors.confluence.transport import ConfluenceTransport
from chargehand.domain.action import (
    ActionKind,
    ActionResult,
    ApprovedAction,
    Done,
    Faulty,
    Refused,
)
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.errors import TargetMissing
from chargehand.plugins.markdown_writing import TextTooLong
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_before_send, outcome_of_send
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

# Added to the time-out: what Confluence still works on when we stop listening is stored by then.
SETTLE_MARGIN_S: Final = 10.0
# A page that somebody saves again and again is left alone.
MOST_TRIES: Final = 4
_OUR_MISTAKES: Final = (ParamInvalid, ParamUnknown, TextTooLong)
_DELETIONS: Final = frozenset(
    {ActionKind.CONFLUENCE_DELETE_COMMENT, ActionKind.CONFLUENCE_DELETE_PAGE}
)
Preparer: TypeAlias = Callable[[ApprovedAction], Awaitable[Plan | Done | Refused]]
Seeker: TypeAlias = Callable[[SentAction, PastEffect], Awaitable[LookUp]]


@dataclass(frozen=True, slots=True)
class ActionSender:
    """Sends the actions of one connection."""

    config: ConfluenceConfig
    transport: ConfluenceTransport
    comments: CommentActions
    pages: PageActions

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """What became of the action; never raises what Confluence or the network can cause."""
        for _ in range(MOST_TRIES):
            try:
                plan = await self._preparers()[action.kind](action)
            except VENDOR_FAILURES as error:
                return outcome_before_send(error)
            except _OUR_MISTAKES as error:
                return Faulty(error.code, str(error))
            if not isinstance(plan, Plan):
                return plan
            try:
                return await self._send(action, plan)
            except VersionConflict:
                # Somebody saved the page between our reading and our writing; nothing was stored.
                continue
        return Refused(BASE_CHANGED, f"the page was saved by others {MOST_TRIES} times meanwhile")

    async def _send(self, action: ApprovedAction, plan: Plan) -> ActionResult:
        """What became of the one request.

        Raises: VersionConflict.
        """
        try:
            return await plan.finish(await self.transport.write(plan.call))
        except VersionConflict as error:
            if action.kind is ActionKind.CONFLUENCE_UPDATE_PAGE:
                raise
            # Nothing else follows a version, so that reading again would change nothing.
            return Refused(error.code, str(error))
        except TargetMissing as error:
            if action.kind in _DELETIONS:
                return Done(action.target, "", {"already": True})
            return Refused(error.code, str(error))
        except VENDOR_FAILURES as error:
            settle_s = self.config.request_timeout_s + SETTLE_MARGIN_S
            return outcome_of_send(error, settle_s=settle_s)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether an earlier send landed; what can not be read is unsure."""
        try:
            return await self._seekers()[action.kind](action, past)
        except (*VENDOR_FAILURES, *_OUR_MISTAKES) as error:
            return LookUp(LookUpState.UNSURE, reason=error.code)

    def _preparers(self) -> Mapping[ActionKind, Preparer]:
        return {
            ActionKind.CONFLUENCE_ADD_COMMENT: self.comments.prepare,
            ActionKind.CONFLUENCE_DELETE_COMMENT: self.comments.prepare_deletion,
            ActionKind.CONFLUENCE_CREATE_PAGE: self.pages.prepare_creation,
            ActionKind.CONFLUENCE_UPDATE_PAGE: self.pages.prepare_update,
            ActionKind.CONFLUENCE_DELETE_PAGE: self.pages.prepare_deletion,
        }

    def _seekers(self) -> Mapping[ActionKind, Seeker]:
        return {
            ActionKind.CONFLUENCE_ADD_COMMENT: self.comments.look_up,
            ActionKind.CONFLUENCE_DELETE_COMMENT: self.comments.look_up_deletion,
            ActionKind.CONFLUENCE_CREATE_PAGE: self.pages.look_up_creation,
            ActionKind.CONFLUENCE_UPDATE_PAGE: self.pages.look_up_update,
            ActionKind.CONFLUENCE_DELETE_PAGE: self.pages.look_up_deletion,
        }

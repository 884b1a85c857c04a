"""Keeps the messages that show approvals in step with them; the messages are never the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from chargehand.approvals.digest import action_digest
from chargehand.approvals.gate import proposal_of
from chargehand.decisions import catalogue
from chargehand.decisions.chat_proposals import (
    Change,
    change_lines,
    controls_of,
    restricted,
    tells_nothing,
)
from chargehand.decisions.dates import wording_for
from chargehand.decisions.markdown import escape_markdown
from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ActionId, ConnectionId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState
from chargehand.kit.clock import Clock
from chargehand.kit.ids import derive_id
from chargehand.logs.log import get_logger
from chargehand.pipeline.approving import has_words
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.proposing import propose
from chargehand.pipeline.ruling import rule_on
from chargehand.pipeline.vote_lines import said_lines
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

_BATCH: Final = 50
_log = get_logger()
# How what was posted is worded anew, by how it was posted; what only one person saw stays.
EDITED_BY: Final[Mapping[ActionKind, ActionKind]] = {
    ActionKind.SLACK_POST_MESSAGE: ActionKind.SLACK_UPDATE_MESSAGE,
    ActionKind.DISCORD_POST_MESSAGE: ActionKind.DISCORD_EDIT_MESSAGE,
    ActionKind.DISCORD_EDIT_REPLY: ActionKind.DISCORD_EDIT_MESSAGE,
}
# Words that belong to a message but not to its new wording.
_OF_POSTING: Final = frozenset(
    {"thread_id", "reply_to", "reply_token", "user", "mention", "is_private"}
)
_SENT_LATER: Final = frozenset(
    {ActionState.WAITING, ActionState.APPROVED, ActionState.EXECUTING, ActionState.PROPOSED}
)


class ChatViews:
    """Proposes the edit of every message that shows an approval as it no longer is."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        clock: Clock,
    ) -> None:
        self._database = database
        self._connections = connections
        self._rules = rules
        self._clock = clock

    async def refresh(self) -> bool:
        """Propose what is needed; whether there may be more."""
        outdated = await self._database.aread(lambda tx: tx.chat_views.outdated(limit=_BATCH))
        if not outdated:
            return False
        renewed = await self._database.awrite(lambda tx: self._refresh(tx, outdated))
        return renewed == _BATCH

    def _refresh(self, tx: Writing, outdated: Sequence[ActionId]) -> int:
        renewed = 0
        for message_id in outdated:
            message = tx.actions.find(message_id)
            if message is not None and message.state in _SENT_LATER:
                # Not posted yet; once it is, the next look finds it outdated still.
                continue
            tx.chat_views.renewed(message_id)
            renewed += 1
            if message is not None and message.state is ActionState.EXECUTED:
                self._edit(tx, message)
        return renewed

    def _edit(self, tx: Writing, message: ActionRecord) -> None:
        now, kind = self._clock.now(), EDITED_BY.get(message.kind)
        connection = self._connections.get(message.connection_id)
        if kind is None or connection is None:
            return
        ruling = rule_on(tx, _renewal(message, kind), cause=message.cause, now=now)
        if ruling.mode is not Mode.AUTO:
            # A view is worth no approval of its own; whoever presses its buttons is told.
            return
        changes = self._changes(tx, message, now=now)
        if tells_nothing(str(message.params.get("markdown", ""))):
            # Whoever reads along there may not read its words after the decision either.
            changes = [restricted(one) for one in changes]
        edited = _edited(message, kind, changes)
        try:
            preview = connection.previewer.preview(edited)
        except Rejected as error:
            # It has grown longer than the surface takes; the message stays what it was.
            _log.warning("view.not_renewed", action_id=message.id, code=error.code)
            return
        edited = replace(edited, preview=preview)
        digest = action_digest(tx.organization_id, edited)
        propose(
            tx,
            ActionId(derive_id("act", message.id, digest)),
            edited,
            decision_id=message.decision_id,
            ask_id=message.ask_id,
            mode=ruling.mode,
            policy_version=ruling.version,
            cause=message.cause,
            approval_lasts=self._rules.approval_expires_after,
            now=now,
        )

    def _changes(self, tx: Writing, message: ActionRecord, *, now: datetime) -> list[Change]:
        found: dict[ActionId, Change] = {}
        for view in tx.chat_views.of_message(message.id):
            action = tx.actions.find(view.action_id)
            approval = tx.approvals.newest_of_action(view.action_id)
            if action is None or approval is None or view.action_id in found:
                continue
            if approval.id != view.approval_id:
                # It was edited: the message shows the new question from now on.
                tx.chat_views.add(approval.id, view.action_id, message.id)
            found[view.action_id] = Change(
                preview=action.preview,
                mode=Mode.APPROVE,
                digest=approval.digest,
                approval_id=approval.id,
                outcome=self._outcome(approval, who=_decider(tx, approval), now=now),
                is_editable=has_words(action.params),
                said=said_lines(tx, approval, action, now=now),
            )
        return list(found.values())

    def _outcome(self, approval: ApprovalRecord, *, who: str, now: datetime) -> str:
        wording = wording_for(None, team_zone=self._rules.team_zone, now=now)
        who = escape_markdown(who)
        when = wording.moment(approval.decided_at) if approval.decided_at is not None else ""
        match approval.state:
            case ApprovalState.OPEN:
                return ""
            case ApprovalState.APPROVED:
                return catalogue.CHANGE_APPROVED.format(who=who, when=when)
            case ApprovalState.REJECTED:
                return catalogue.CHANGE_REJECTED.format(who=who, when=when)
            case ApprovalState.EXPIRED:
                return catalogue.CHANGE_EXPIRED
            case ApprovalState.VOIDED:
                return catalogue.CHANGE_VOIDED


def _decider(tx: Writing, approval: ApprovalRecord) -> str:
    """Who decided, by their name where it is a member's."""
    _, is_member, member_id = approval.decided_by.partition("member:")
    member = tx.members.find(member_id) if is_member else None
    return member.name if member is not None else approval.decided_by


def _edited(message: ActionRecord, kind: ActionKind, changes: Sequence[Change]) -> ProposedAction:
    kept = {key: value for key, value in message.params.items() if key not in _OF_POSTING}
    # What did not fit into one message went on in others.
    more = message.result.get("more")
    params: JSONObject = {
        **kept,
        "markdown": change_lines(changes),
        "controls": controls_of(changes),
        **({"more": more} if more is not None else {}),
    }
    return replace(_renewal(message, kind), params=params, base={})


def _renewal(message: ActionRecord, kind: ActionKind) -> ProposedAction:
    """The edit of a message, in the words it has now."""
    external_id = str(message.result.get("external_id", ""))
    channel_id = message.target
    target = external_id if "/" in external_id else f"{channel_id}/{external_id}"
    return replace(proposal_of(message), kind=kind, target=target)

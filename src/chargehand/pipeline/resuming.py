"""After a restore: finds out what happened in the time the database forgot, then allows sending.

Every action that the restored database believes to be open is looked for at its vendor by its
mark. One that is there is executed; nothing else is decided in its favour. What a person had
allowed and what is surely not there is sent after all. Where only the state of a work item could
tell, somebody may have taken the change back meanwhile, so a person is asked again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.errors import ChargehandError
from chargehand.domain.event import Event, EventKind
from chargehand.domain.ids import ActionId, ConnectionId, EffectId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import (
    ActionRecord,
    ApprovalState,
    EffectState,
    HoldRecord,
    Severity,
)
from chargehand.kit.clock import Clock
from chargehand.kit.ids import derive_id
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.effect_lookup import sought
from chargehand.pipeline.errors import NotHeld, NotLookedUp
from chargehand.pipeline.holding import lift_hold
from chargehand.pipeline.moving import move_action
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.proposing import reopen_approval
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect
from chargehand.storage.database import Database
from chargehand.storage.repositories.effects import IntendedSend
from chargehand.storage.transaction import Reading, Writing

RESTORED: Final = "restored"
_AT_ONCE: Final = 8
# Their effects carry a mark, so a look-up that finds none proves that nothing was sent.
_MARKED: Final = frozenset(
    {
        ActionKind.GITHUB_ADD_COMMENT,
        ActionKind.GITHUB_APPROVE,
        ActionKind.GITHUB_CREATE_ISSUE,
        ActionKind.GITHUB_UPDATE_COMMENT,
        ActionKind.JIRA_ADD_COMMENT,
        ActionKind.JIRA_ADD_INTERNAL_COMMENT,
        ActionKind.JIRA_REPLY_TO_CUSTOMER,
        ActionKind.JIRA_CREATE_ISSUE,
        ActionKind.JIRA_UPDATE_COMMENT,
    }
)
_NOT_CONFIGURED: Final = LookUp(LookUpState.UNSURE, reason="connection_not_configured")


@dataclass(frozen=True, slots=True)
class UnknownEffect:
    """A comment of ours from the forgotten time that no action here explains."""

    connection_id: ConnectionId
    work_item: str
    comment_id: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was found, and what follows for each action that was looked for.

    Shape: `happened` were executed before; `goes_on` are surely not there and stand as they stood;
    `asks_again` wait for a person who has to look; `unknown_effects` are comments of ours whose
    records are lost, so whatever they answered may come up again.
    """

    hold: HoldRecord
    happened: tuple[ActionId, ...]
    goes_on: tuple[ActionId, ...]
    asks_again: tuple[ActionId, ...]
    unknown_effects: tuple[UnknownEffect, ...]


class Resuming:
    """Lifts the hold of a restored database; may be broken off and begun again."""

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

    async def resume(self, *, by: str) -> Resumed:
        """Look up everything that may have happened, record it, and allow sending again.

        Raises: NotHeld, NotLookedUp, and what a vendor that goes away meanwhile makes its client
        raise; the hold stays then, with what was found already recorded.
        """
        hold, actions = await self._database.aread(_find_open)
        for connection in self._connections.values():
            # A vendor that does not answer must not be taken for one that knows nothing.
            try:
                await connection.client.identify_bot()
            except ChargehandError as error:
                raise NotLookedUp(connection_id=connection.id, detail=str(error)) from error
        found: dict[str, list[ActionId]] = {"happened": [], "goes_on": [], "asks_again": []}
        for start in range(0, len(actions), _AT_ONCE):
            some = actions[start : start + _AT_ONCE]
            seen = await asyncio.gather(*(self._look_up(action) for action in some))
            words = await self._database.awrite(
                lambda tx, some=some, seen=seen: [  # type: ignore[misc] # the loop's own values.
                    self._settle(tx, action.id, one) for action, one in zip(some, seen, strict=True)
                ]
            )
            for action, word in zip(some, words, strict=True):
                found[word].append(action.id)
        unknown = [
            one
            for connection in self._connections.values()
            for one in await self._unknown_effects(connection, hold)
        ]
        now = self._clock.now()
        await self._database.awrite(lambda tx: self._lift(tx, hold, unknown, by=by, now=now))
        return Resumed(
            hold=hold,
            happened=tuple(found["happened"]),
            goes_on=tuple(found["goes_on"]),
            asks_again=tuple(found["asks_again"]),
            unknown_effects=tuple(unknown),
        )

    async def _look_up(self, action: ActionRecord) -> LookUp:
        connection = self._connections.get(action.connection_id)
        if connection is None:
            return _NOT_CONFIGURED
        past = PastEffect(intended_at=action.created_at, attempts=max(1, action.attempts))
        return await connection.client.look_up(sought(action), past)

    def _settle(self, tx: Writing, action_id: ActionId, seen: LookUp) -> str:
        action = tx.actions.find(action_id)
        if action is None:
            return "goes_on"
        now = self._clock.now()
        is_allowed = action.state in (ActionState.APPROVED, ActionState.EXECUTING)
        if seen.state is LookUpState.FOUND and (is_allowed or action.kind in _MARKED):
            if action.state in _OPEN:
                _record_found(tx, action, seen, now=now)
            return "happened"
        if not is_allowed:
            # A person decides about it anyway, with the preview and the work item before them;
            # that a state is as wanted does not show that it was us.
            return "goes_on"
        if seen.state is LookUpState.ABSENT and action.kind in _MARKED:
            return "goes_on"
        self._ask_again(tx, action, seen, now=now)
        return "asks_again"

    def _ask_again(self, tx: Writing, action: ActionRecord, seen: LookUp, *, now: datetime) -> None:
        effect = tx.effects.of_action(action.id)
        if effect is not None and effect.record.state is EffectState.INTENDED:
            if seen.state is LookUpState.UNSURE:
                _record_unknown(tx, action, now=now)
                return
            tx.effects.forget_intent(action.id)
        # It counts as an attempt, so that the one after the approval is another task.
        tx.actions.postpone(action.id, until=now, problem=RESTORED)
        move_action(tx, action, ActionState.WAITING, now=now, problem=RESTORED)
        tx.audit.append(
            AuditTag.WORKER_ACTION_HELD,
            action.id,
            {"digest": action.digest, "problem": RESTORED},
            now=now,
        )
        lasts = self._rules.approval_expires_after
        reopen_approval(tx, action, lasts=lasts, now=now)

    async def _unknown_effects(
        self, connection: LiveConnection, hold: HoldRecord
    ) -> list[UnknownEffect]:
        """Comments the bot made after the backup that the effect ledger does not know."""
        projects = sorted(connection.projects)
        cursor = None
        async for page in connection.client.poll(projects, None, now=hold.taken_at):
            cursor = page.cursor
        events: list[Event] = []
        async for page in connection.client.poll(projects, cursor, now=self._clock.now()):
            events += [connection.parser.parse(delivery) for delivery in page.deliveries]
        return await self._database.aread(lambda tx: _unexplained(tx, connection, events, hold))

    def _lift(
        self,
        tx: Writing,
        hold: HoldRecord,
        unknown: Sequence[UnknownEffect],
        *,
        by: str,
        now: datetime,
    ) -> None:
        current = tx.holds.current()
        if current is None or current.id != hold.id:
            raise NotHeld
        if unknown:
            items = ", ".join(sorted({one.work_item for one in unknown}))
            tell_operator(
                tx,
                "answers_not_remembered",
                subject_id=hold.id,
                text=f"{len(unknown)} comment(s) of the bot were made after the backup and their "
                f"records are lost: on {items}. Look there before you answer a late ask.",
                now=now,
            )
        lift_hold(tx, hold, by=by, now=now)


_OPEN: Final = frozenset(
    {ActionState.WAITING, ActionState.APPROVED, ActionState.EXECUTING, ActionState.UNKNOWN}
)


def _find_open(tx: Reading) -> tuple[HoldRecord, tuple[ActionRecord, ...]]:
    hold = tx.holds.current()
    if hold is None:
        raise NotHeld
    return hold, tx.actions.in_states(_OPEN, created_before=hold.held_at)


def _record_found(tx: Writing, action: ActionRecord, seen: LookUp, *, now: datetime) -> None:
    if tx.effects.of_action(action.id) is None:
        effect_id = EffectId(derive_id("eff", action.id))
        tx.effects.intend([IntendedSend(effect_id, action, settle_at=now)], now=now)
    tx.effects.settle(
        action.id, EffectState.DONE, now=now, external_id=seen.external_id, url=seen.url
    )
    approval = tx.approvals.newest_of_action(action.id)
    if approval is not None and tx.approvals.decide(
        approval.id, ApprovalState.VOIDED, by="chargehand", via="restore", reason="", now=now
    ):
        tx.audit.append(
            AuditTag.WORKER_APPROVAL_VOIDED,
            approval.id,
            {"action_id": action.id, "why": RESTORED},
            now=now,
        )
    result: JSONObject = {"external_id": seen.external_id, "url": seen.url, RESTORED: True}
    move_action(tx, action, ActionState.EXECUTED, now=now, result=result)
    tx.audit.append(
        AuditTag.SYSTEM_EFFECT_FOUND,
        action.id,
        {"digest": action.digest, "external_id": seen.external_id},
        now=now,
    )


def _record_unknown(tx: Writing, action: ActionRecord, *, now: datetime) -> None:
    tx.effects.settle(action.id, EffectState.UNKNOWN, now=now)
    move_action(tx, action, ActionState.UNKNOWN, now=now, problem=RESTORED)
    tx.audit.append(AuditTag.WORKER_EFFECT_UNKNOWN, action.id, {"digest": action.digest}, now=now)
    tell_operator(
        tx,
        "effect_unknown",
        subject_id=action.id,
        text=f"Whether {action.kind.value} on {action.target} happened can not be told; "
        f"please look at it there. See `chargehand trace {action.id}`.",
        now=now,
        severity=Severity.CRITICAL,
    )


def _unexplained(
    tx: Reading, connection: LiveConnection, events: Sequence[Event], hold: HoldRecord
) -> list[UnknownEffect]:
    record = tx.connections.find(connection.id)
    bot = record.bot_account_id if record is not None else None
    found = []
    for event in events:
        comment_id = event.data.get("comment_id")
        is_ours = bot is not None and event.actor.account_id == bot
        if not is_ours or event.work_item is None or not isinstance(comment_id, str):
            continue
        if event.kind is not EventKind.COMMENT_CREATED or event.occurred_at < hold.taken_at:
            continue
        if not tx.effects.is_ours(connection.id, comment_id):
            found.append(UnknownEffect(connection.id, event.work_item, comment_id))
    return found

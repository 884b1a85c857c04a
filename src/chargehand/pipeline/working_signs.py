"""The quiet sign in a chat that an answer is worked on: a reaction at the message that asked.

An answer that is there at once needs none. The sign is an action like every other, and it goes
when the answer was posted or the ask ended otherwise; what is still to go stands in a table, so
that a worker that dies leaves none behind. An answer that waits for a person is not worked on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.ids import ActionId, ConnectionId, ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.domain.policy import Cause, Ruling
from chargehand.domain.records import ActionRecord
from chargehand.kit.clock import Clock
from chargehand.kit.ids import derive_id
from chargehand.pipeline.causing import cause_of_ask
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.proposing import propose
from chargehand.pipeline.recording import decision_of
from chargehand.pipeline.ruling import rule_on, rulings
from chargehand.pipeline.withdrawing import is_unsent, withdraw_action
from chargehand.storage.database import Database
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.repositories.working_signs import WorkingSign
from chargehand.storage.transaction import Reading, Writing

# Longer than a rule takes, and short enough that the sign is there within three seconds.
AFTER: Final = timedelta(seconds=1.5)
_BATCH: Final = 100
_ENDED: Final = "ask_ended"
_BEING_SENT: Final = frozenset({ActionState.APPROVED, ActionState.EXECUTING})
_NEVER_THERE: Final = frozenset(
    {ActionState.SIMULATED, ActionState.FAILED, ActionState.REJECTED, ActionState.EXPIRED}
)


@dataclass(frozen=True, slots=True)
class _Sign:
    """How one kind of chat shows the sign."""

    adds: ActionKind
    removes: ActionKind
    params: JSONObject


_SIGNS: Final[Mapping[str, _Sign]] = {
    "slack": _Sign(
        ActionKind.SLACK_ADD_REACTION, ActionKind.SLACK_REMOVE_REACTION, {"name": "eyes"}
    ),
    # A command or a button is promised a reply by Discord itself; a message is not.
    "discord": _Sign(
        ActionKind.DISCORD_ADD_REACTION, ActionKind.DISCORD_REMOVE_REACTION, {"emoji": "\N{EYES}"}
    ),
}
SIGN_KINDS: Final = frozenset(kind for one in _SIGNS.values() for kind in (one.adds, one.removes))


@dataclass(frozen=True, slots=True)
class _Seen:
    wanting: tuple[StoredAsk, ...]
    ended: tuple[WorkingSign, ...]


class WorkingSigns:
    """Proposes that signs come and go."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        clock: Clock,
    ) -> None:
        self._database = database
        self._connections = {
            id_: one for id_, one in connections.items() if one.connector in _SIGNS
        }
        self._rules = rules
        self._clock = clock
        # What waited while nobody worked is answered at once, and not first marked.
        self._begun_at = clock.now()
        self._due_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether an answer has taken so long that it wants a sign."""
        return self._due_at is not None and self._due_at <= now

    async def look(self) -> bool:
        """Propose what is needed; whether anything was."""
        if not self._connections:
            return False
        now = self._clock.now()
        seen = await self._database.aread(self._see)
        slow = [one for one in seen.wanting if self._wants_at(one) <= now]
        later = [at for one in seen.wanting if (at := self._wants_at(one)) > now]
        self._due_at = min(later, default=None)
        if not slow and not seen.ended:
            return False
        return await self._database.awrite(lambda tx: self._change(tx, slow, seen.ended, now=now))

    def _see(self, tx: Reading) -> _Seen:
        wanting = tx.working_signs.wanting(tuple(self._connections), limit=_BATCH)
        return _Seen(wanting, tx.working_signs.ended(limit=_BATCH))

    def _wants_at(self, stored: StoredAsk) -> datetime:
        return max(stored.recorded_at, self._begun_at) + AFTER

    def _change(
        self,
        tx: Writing,
        slow: list[StoredAsk],
        ended: tuple[WorkingSign, ...],
        *,
        now: datetime,
    ) -> bool:
        added = [self._add(tx, one, now=now) for one in slow]
        removed = [self._remove(tx, one, now=now) for one in ended]
        return any(added) or any(removed)

    def _add(self, tx: Writing, stored: StoredAsk, *, now: datetime) -> bool:
        ask = stored.ask
        sign = _SIGNS[self._connections[ask.connection_id].connector]
        target = _target_of(ask)
        if target is None:
            return False
        adding = _proposal(sign.adds, ask.connection_id, ask.project, target, sign.params)
        policy, cause = rulings(tx), cause_of_ask(tx, ask)
        ruling = policy.on(adding, cause=cause, now=now)
        removal = policy.on(replace(adding, kind=sign.removes), cause=cause, now=now)
        is_right = ruling.mode is Mode.AUTO and removal.mode is Mode.AUTO
        if not (ruling.mode is Mode.SIMULATE or is_right):
            # A sign is worth no approval, and one that could not go again is worse than none.
            return False
        action_id = ActionId(derive_id("act", "sign", ask.id, ask.revision))
        if not tx.working_signs.add(ask.id, action_id):
            return False
        self._propose(tx, action_id, adding, ask=ask, ruling=ruling, cause=cause, now=now)
        return True

    def _remove(self, tx: Writing, sign: WorkingSign, *, now: datetime) -> bool:
        stored, added = tx.asks.find(sign.ask_id), tx.actions.find(sign.action_id)
        if stored is None or added is None or added.state in _NEVER_THERE:
            tx.working_signs.remove(sign.ask_id)
            return False
        if _is_being_answered(tx, stored.ask):
            return False
        if is_unsent(tx, added):
            withdraw_action(tx, added, why=_ENDED, now=now)
            tx.working_signs.remove(sign.ask_id)
            return True
        if added.state in _BEING_SENT:
            # How its sending ends is looked for; then the next look sees to it.
            return False
        return self._take_away(tx, added, stored.ask, now=now)

    def _take_away(self, tx: Writing, added: ActionRecord, ask: Ask, *, now: datetime) -> bool:
        connection = self._connections.get(added.connection_id)
        if connection is None:
            return False
        kind = _SIGNS[connection.connector].removes
        removing = _proposal(kind, added.connection_id, added.project, added.target, added.params)
        ruling = rule_on(tx, removing, cause=added.cause, now=now)
        if ruling.mode is not Mode.AUTO:
            # It stays until it may go; nothing is written while all is simulated.
            return False
        action_id = ActionId(derive_id("act", "sign", added.id, "removed"))
        self._propose(tx, action_id, removing, ask=ask, ruling=ruling, cause=added.cause, now=now)
        tx.working_signs.remove(ask.id)
        return True

    def _propose(
        self,
        tx: Writing,
        action_id: ActionId,
        action: ProposedAction,
        *,
        ask: Ask,
        ruling: Ruling,
        cause: Cause,
        now: datetime,
    ) -> None:
        previewer = self._connections[action.connection_id].previewer
        propose(
            tx,
            action_id,
            replace(action, preview=previewer.preview(action)),
            # The decision that is being made: the sign is there before it is.
            decision_id=decision_of(ask),
            ask_id=ask.id,
            mode=ruling.mode,
            policy_version=ruling.version,
            cause=cause,
            approval_lasts=self._rules.approval_expires_after,
            now=now,
        )


def _proposal(
    kind: ActionKind,
    connection_id: ConnectionId,
    project: ProjectKey,
    target: str,
    params: JSONObject,
) -> ProposedAction:
    return ProposedAction(kind, connection_id, project, target, params, base={}, preview="")


def _target_of(ask: Ask) -> str | None:
    """The message that asked."""
    place = ask.place
    if place is None or place.message_id is None:
        return None
    return f"{place.channel_id}/{place.message_id}"


def _is_being_answered(tx: Writing, ask: Ask) -> bool:
    """Whether something that was decided for an ask is about to be said in its chat."""
    return any(
        action.state in _BEING_SENT
        for action in tx.actions.of_ask(ask.id)
        if action.connection_id == ask.connection_id and action.kind not in SIGN_KINDS
    )

"""The steps of one attempt at an action, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.approvals.gate import ClosedReason, GateView
from chargehand.approvals.voting import Tally
from chargehand.domain.action import COMMENTS, ActionResult, ApprovedAction
from chargehand.domain.ids import ActionId, ApprovalId, EffectId
from chargehand.domain.json import JSONObject
from chargehand.domain.policy import Ruling
from chargehand.domain.records import ActionRecord, ApprovalRecord, EffectState
from chargehand.domain.vote import VoteRecord
from chargehand.kit.ids import derive_id
from chargehand.pipeline.barriers import (
    STOPPED,
    Barriers,
    is_about_stops,
    subject_of_action,
)
from chargehand.pipeline.cohorts import cohort_of
from chargehand.pipeline.electing import Electorate
from chargehand.pipeline.ruling import Rulings
from chargehand.storage.repositories.effects import OpenEffect
from chargehand.storage.transaction import Writing


@dataclass(frozen=True, slots=True)
class MustLookUp:
    """An earlier send is open: before another one the effect has to be looked for."""

    action: ActionRecord
    effect: OpenEffect


@dataclass(frozen=True, slots=True)
class GateSight:
    """What the gate needs besides an action, read once for a batch in its transaction.

    Shape: `approvals` are by action, `votes` by approval.
    Units: `begun_s` is the same moment as `now` by the monotonic clock. It is before the ledger is
    told, so that nothing leaves after the time the ledger knows of.
    """

    electorate: Electorate
    is_held: bool
    barriers: Barriers
    approvals: Mapping[str, ApprovalRecord]
    votes: Mapping[ApprovalId, Sequence[VoteRecord]]
    begun_s: float
    now: datetime

    @property
    def rulings(self) -> Rulings:
        """What the policy in force says."""
        return self.electorate.rulings

    def tally(self, action: ActionRecord, approval: ApprovalRecord) -> Tally:
        """How the votes about an action stand, counted by who may decide now."""
        return self.electorate.tally(action, approval, self.votes.get(approval.id, ()))


@dataclass(frozen=True, slots=True)
class Send:
    """One send: the ledger's line says that its `attempt` is under way.

    Units: `until_s` is the moment of the monotonic clock after which nothing of it leaves.
    """

    action: ApprovedAction
    record: ActionRecord
    ruling: Ruling
    attempt: int
    until_s: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing is left to send for now; both in closed words."""

    word: str
    problem: str = ""

    @property
    def outcome(self) -> JSONObject:
        """The same as the result of a task."""
        return {"outcome": self.word, "problem": self.problem}


EXECUTED: Final = Stop("executed")


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended; one that sent nothing has the number 0."""

    action_id: ActionId
    result: ActionResult | Stop
    attempt: int = 0


def gate_view(tx: Writing, action: ActionRecord, sight: GateSight, ruling: Ruling) -> GateView:
    """What the gate looks at about one action, its votes counted by who may decide now."""
    approval = sight.approvals.get(action.id)
    return GateView(
        organization_id=tx.organization_id,
        action=action,
        effect_id=EffectId(derive_id("eff", action.id)),
        approval=approval,
        mode=ruling.mode,
        is_held=sight.is_held,
        now=sight.now,
        tally=sight.tally(action, approval) if approval is not None else None,
        barrier=_barrier(tx, action, sight),
    )


def _barrier(tx: Writing, action: ActionRecord, sight: GateSight) -> ClosedReason | None:
    """What holds an action back; never the words that tell whoever stopped that it is stopped."""
    subject = subject_of_action(action, cohort_of(sight.rulings, action.cause))
    why = sight.barriers.before_sending(subject)
    if why == STOPPED and _tells_of_stops(tx, action):
        why = sight.barriers.before_telling_of_stops(subject)
    return ClosedReason(why) if why else None


def _tells_of_stops(tx: Writing, action: ActionRecord) -> bool:
    if action.ask_id is None or action.kind not in COMMENTS:
        return False
    stored = tx.asks.find(action.ask_id)
    return stored is not None and is_about_stops(stored.ask)


def is_of(effect: OpenEffect | None, ended: Ended) -> bool:
    """Whether the ledger's line still tells of the very send that has ended."""
    if effect is None:
        return False
    record = effect.record
    return record.state is EffectState.INTENDED and record.attempts == ended.attempt

"""The effect ledger: what was about to be sent, and what became of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.action import Done
from chargehand.domain.ids import ActionId, EffectId
from chargehand.domain.records import ActionRecord, EffectRecord, EffectState
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.repositories.statements import (
    WANTED,
    WANTED_TOO,
    insert_or_count,
    select_by_both,
)
from chargehand.storage.tables import effects

_MOST_DONE = 20
_COUNTED = (EffectState.INTENDED.value, EffectState.DONE.value, EffectState.UNKNOWN.value)


class CountedBy(StrEnum):
    """What requests are counted together by; the column of the ledger that holds it."""

    KIND = "kind"
    TARGET = "target"
    REQUESTER = "requested_by"


# What another send of the same action changes in its line, beside the count.
_SENT_AGAIN = ("digest", "state", "intended_at", "settle_at")


@dataclass(frozen=True, slots=True)
class OpenEffect:
    """An effect with the moment from which looking for it can decide."""

    record: EffectRecord
    settle_at: datetime | None


@dataclass(frozen=True, slots=True)
class IntendedSend:
    """An action whose request is about to leave, and when looking for its effect can decide."""

    effect_id: EffectId
    action: ActionRecord
    settle_at: datetime


class EffectReader(Repository):
    """Looks effects up."""

    def of_action(self, action_id: str) -> OpenEffect | None:
        """The ledger's line about an action; None when nothing was ever sent."""
        row = self._one_by(effects.c.action_id, action_id)
        if row is None:
            return None
        return OpenEffect(record=_effect(row), settle_at=moment(row.settle_at))

    def of_actions(self, action_ids: Iterable[str]) -> dict[str, OpenEffect]:
        """The ledger's lines about some actions, by action; those never sent are left out."""
        wanted = sorted(set(action_ids))
        rows = self._rows(self._select(effects).where(effects.c.action_id.in_(wanted)))
        return {row.action_id: OpenEffect(_effect(row), moment(row.settle_at)) for row in rows}

    def nth_newest(
        self, column: CountedBy, wanted: str, *, nth: int, since: datetime, besides: ActionId
    ) -> datetime | None:
        """When the nth newest request left that counts together; None when there are fewer.

        Shape: counted are requests since a moment that landed, may have, or are under way; the
        line of `besides` is left out.
        """
        table = effects.c
        query = self._select(effects).where(
            table[column.value] == wanted,
            table.intended_at > to_micros(since),
            table.state.in_(_COUNTED),
            table.action_id != besides,
        )
        query = query.with_only_columns(table.intended_at).order_by(table.intended_at.desc())
        row = self._one(query.limit(1).offset(nth - 1))
        return moment(row.intended_at) if row is not None else None

    def done_on(
        self, connection_id: str, target: str, kinds: Collection[str], *, since: datetime
    ) -> tuple[ActionId, ...]:
        """What of some kinds was done to a target since a moment, newest first, at most twenty."""
        table = effects.c
        query = self._select(effects).where(
            table.target == target,
            table.intended_at >= to_micros(since),
            table.connection_id == connection_id,
            table.kind.in_(sorted(kinds)),
            table.state == EffectState.DONE.value,
        )
        newest = query.order_by(table.intended_at.desc(), table.action_id.desc())
        return tuple(ActionId(row.action_id) for row in self._rows(newest.limit(_MOST_DONE)))

    def is_ours(self, connection_id: str, external_id: str) -> bool:
        """Whether a thing at the vendor is one that we made."""
        return self.action_behind(connection_id, external_id) is not None

    def action_behind(self, connection_id: str, external_id: str) -> ActionId | None:
        """The action that made a thing at the vendor; None when it was none of ours."""
        query = select_by_both(
            effects.c.connection_id, effects.c.external_id, self._organization_id
        )
        wanted = {WANTED: connection_id, WANTED_TOO: external_id}
        row = self._connection.execute(query, wanted).first()
        return ActionId(row.action_id) if row is not None else None

    def actions_behind(self, connection_id: str, external_id: str) -> tuple[ActionId, ...]:
        """The actions that made or changed a thing at the vendor, newest first, at most fifty."""
        query = self._select(effects).where(
            effects.c.connection_id == connection_id, effects.c.external_id == external_id
        )
        newest = query.order_by(effects.c.intended_at.desc(), effects.c.action_id.desc())
        return tuple(ActionId(row.action_id) for row in self._rows(newest.limit(50)))


class EffectWriter(EffectReader):
    """Writes the ledger."""

    def intend(self, intents: Sequence[IntendedSend], *, now: datetime) -> None:
        """Record that requests are about to leave; before the first send and before each again."""
        if not intents:
            return
        rows = [
            {
                "organization_id": self._organization_id,
                "effect_id": one.effect_id,
                "action_id": one.action.id,
                "connection_id": one.action.connection_id,
                "target": one.action.target,
                "digest": one.action.digest,
                "state": EffectState.INTENDED.value,
                "attempts": 1,
                "intended_at": to_micros(now),
                "settle_at": to_micros(one.settle_at),
                "settled_at": None,
                "external_id": "",
                "url": "",
                "kind": one.action.kind.value,
                "requested_by": one.action.cause.requester or None,
            }
            for one in intents
        ]
        dialect = self._connection.dialect.name
        self._connection.execute(
            insert_or_count(effects.c.attempts, _SENT_AGAIN, dialect=dialect), rows
        )

    def delay_settling(self, action_id: ActionId, *, settle_at: datetime) -> None:
        """Note that looking for the effect can decide only later."""
        self._set(action_id, settle_at=to_micros(settle_at))

    def forget_intent(self, action_id: ActionId) -> None:
        """Note that a request surely did not land, so the next send needs no looking up."""
        self._set(action_id, state=EffectState.REFUSED.value, settle_at=None)

    def settle(
        self,
        action_id: ActionId,
        state: EffectState,
        *,
        now: datetime,
        external_id: str = "",
        url: str = "",
    ) -> None:
        """Record what became of a send."""
        self._set(
            action_id,
            state=state.value,
            settled_at=to_micros(now),
            external_id=external_id,
            url=url,
        )

    def settle_done(self, landed: Mapping[ActionId, Done], *, now: datetime) -> None:
        """Record where several sends landed."""
        self._change_many(
            effects.c.action_id,
            {
                action_id: {
                    "state": EffectState.DONE.value,
                    "settled_at": to_micros(now),
                    "external_id": done.external_id,
                    "url": done.url,
                }
                for action_id, done in landed.items()
            },
        )

    def _set(self, action_id: ActionId, **values: object) -> None:
        self._change(effects.c.action_id, action_id, values)


def _effect(row: AnyRow) -> EffectRecord:
    return EffectRecord(
        id=row.effect_id,
        action_id=row.action_id,
        connection_id=row.connection_id,
        target=row.target,
        digest=row.digest,
        state=EffectState(row.state),
        attempts=row.attempts,
        intended_at=from_micros(row.intended_at),
        settled_at=moment(row.settled_at),
        external_id=row.external_id,
        url=row.url,
    )

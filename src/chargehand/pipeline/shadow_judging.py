"""Says of one proposed action what people did about it."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Final, NamedTuple

from chargehand.decisions.agreement import (
    Compared,
    changes_code,
    changes_items,
    compare_code_event,
    compare_item_change,
    proposed_words,
)
from chargehand.domain.action import ActionKind
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ActionId, DecisionId, EventId, ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ApprovalState
from chargehand.domain.shadow import Outcome, ShadowCase, WhyUnknown
from chargehand.kit.clock import from_micros, to_micros
from chargehand.pipeline.shadow_reading import Doing, Doings, is_about_code, is_about_ticket
from chargehand.storage.repositories.rows import load_object
from chargehand.storage.repositories.shadow import ApprovalRow, ProposedRow

COMPARED_CHANGES: Final = frozenset(
    kind.value for kind in ActionKind if changes_items(kind) or changes_code(kind)
)
_MICRO: Final = timedelta(microseconds=1)
_SECOND_US: Final = 1_000_000
_AT: Final = itemgetter(0)


class Judged(NamedTuple):
    """What people did about one action; see `ShadowCase`, which only those that are shown become.

    A report counts a hundred thousand of these, and shows a few.
    """

    row: ProposedRow
    outcome: Outcome
    why: WhyUnknown | None = None
    proposed: str = ""
    instead: str = ""
    witness: str | None = None
    after_s: int | None = None
    is_refused: bool = False

    def shown(self) -> ShadowCase:
        """The case as people see it."""
        row = self.row
        return ShadowCase(
            action_id=ActionId(row.action_id),
            decision_id=DecisionId(row.decision_id),
            kind=kind_of(row.kind),
            project=ProjectKey(row.project),
            target=row.target,
            proposed_at=from_micros(row.created_at),
            outcome=self.outcome,
            why_unknown=self.why,
            proposed=self.proposed,
            instead=self.instead,
            witness=EventId(self.witness) if self.witness is not None else None,
            after_s=self.after_s,
            is_refused=self.is_refused,
        )


class ShadowJudge:
    """Judges one action after the other; a judgement depends on what was read alone."""

    def __init__(
        self, doings: Doings, taken_back: Mapping[str, int], *, window: timedelta, until: datetime
    ) -> None:
        self._doings = doings
        self._taken_back = taken_back
        self._window_us = window // _MICRO
        self._until_us = to_micros(until)

    def judge(self, row: ProposedRow) -> Judged | None:
        """What people did about an action; None when it was proposed behind the stretch."""
        if row.created_at >= self._until_us:
            return None
        return self._said(row) or self._did(row)

    def _said(self, row: ProposedRow) -> Judged | None:
        """What a person said of the action itself, which counts before everything else."""
        undone_at = self._taken_back.get(row.action_id)
        if undone_at is not None and undone_at < self._until_us:
            return self._case(
                row, Outcome.DIFFERED, instead="undone", at=undone_at, is_refused=True
            )
        ended = [
            (one.decided_at, one)
            for one in self._doings.approvals.get(row.action_id, ())
            if one.decided_at is not None and one.decided_at < self._until_us
        ]
        for at, approval in sorted(ended, key=lambda one: one[1].ordinal, reverse=True):
            case = self._of_approval(row, approval, at)
            if case is not None:
                return case
        return None

    def _of_approval(self, row: ProposedRow, approval: ApprovalRow, at: int) -> Judged | None:
        if approval.state == ApprovalState.REJECTED:
            return self._case(row, Outcome.DIFFERED, instead="rejected", at=at, is_refused=True)
        if approval.state != ApprovalState.APPROVED:
            return None
        if approval.ordinal > 1:
            return self._case(row, Outcome.DIFFERED, instead="edited, then approved", at=at)
        return self._case(row, Outcome.AGREED, instead="approved", at=at)

    def _did(self, row: ProposedRow) -> Judged:
        kind = kind_of(row.kind)
        if is_about_ticket(kind):
            return self._replied(row, self._doings.comments.get((row.connection_id, row.target)))
        if changes_items(kind):
            return self._changed(row, kind)
        if is_about_code(kind):
            doings = self._doings.code.get((row.connection_id, row.target.casefold()), ())
            if not changes_code(kind):
                said = [one for one in doings if one.kind is EventKind.COMMENT_CREATED]
                return self._replied(row, said)
            return self._changed(row, kind, doings)
        return self._unknown(row, WhyUnknown.NOT_COMPARABLE)

    def _replied(self, row: ProposedRow, comments: Sequence[Doing] | None) -> Judged:
        asked_at = row.asked_at if row.asked_at is not None else row.created_at
        start = min(asked_at, row.created_at)
        for one in self._within(comments or (), start, row.created_at + self._window_us):
            if one.actor_id != row.asker_id and one.event_id != row.event_id:
                return self._case(
                    row, Outcome.ANSWERED, at=one.at, since=start, witness=one.event_id
                )
        return self._nothing(row, start, to_changes=False)

    def _changed(
        self, row: ProposedRow, kind: ActionKind, code: Sequence[Doing] | None = None
    ) -> Judged:
        if row.body is None:
            return self._unknown(row, WhyUnknown.ERASED)
        params = load_object(row.body).get("params")
        wanted: JSONObject = params if isinstance(params, dict) else {}
        proposed = proposed_words(kind, wanted)
        thing = (row.connection_id, row.target)
        doings = self._doings.updates.get(thing, ()) if code is None else code
        different: tuple[Doing, Compared] | None = None
        why: WhyUnknown | None = None
        for one in self._within(doings, row.created_at, row.created_at + self._window_us):
            data = self._doings.data_of(one)
            if data is None:
                why = why or WhyUnknown.ERASED
                continue
            compared = (
                compare_item_change(kind, wanted, data)
                if code is None
                else compare_code_event(kind, wanted, one.kind, data)
            )
            if compared is None:
                continue
            if compared.is_same:
                return self._witnessed(row, Outcome.AGREED, proposed, one, compared)
            if compared.is_same is None:
                why = why or WhyUnknown.NOT_TOLD
            else:
                different = (one, compared)
        if why is not None:
            # What is gone, or was not told, may have been the very same.
            return self._unknown(row, why, proposed)
        if different is not None:
            return self._witnessed(row, Outcome.DIFFERED, proposed, *different)
        return self._nothing(row, row.created_at, to_changes=True, proposed=proposed)

    def _within(self, doings: Sequence[Doing], start: int, end: int) -> Sequence[Doing]:
        """What happened behind a moment, and not behind the end of the window or the stretch."""
        first = bisect_right(doings, start, key=_AT)
        last = bisect_right(doings, min(end, self._until_us - 1), key=_AT)
        return doings[first:last]

    def _nothing(
        self, row: ProposedRow, start: int, *, to_changes: bool, proposed: str = ""
    ) -> Judged:
        end = row.created_at + self._window_us
        if end > self._until_us:
            return self._unknown(row, WhyUnknown.WINDOW_OPEN, proposed)
        if not self._doings.was_listening(row.connection_id, start, end, to_changes=to_changes):
            return self._unknown(row, WhyUnknown.NOT_LISTENING, proposed)
        return self._case(row, Outcome.NOBODY, proposed=proposed)

    def _unknown(self, row: ProposedRow, why: WhyUnknown, proposed: str = "") -> Judged:
        return self._case(row, Outcome.UNKNOWN, why=why, proposed=proposed)

    def _witnessed(
        self, row: ProposedRow, outcome: Outcome, proposed: str, doing: Doing, compared: Compared
    ) -> Judged:
        return self._case(
            row,
            outcome,
            proposed=proposed,
            instead=compared.did,
            at=doing.at,
            witness=doing.event_id,
        )

    def _case(
        self,
        row: ProposedRow,
        outcome: Outcome,
        *,
        why: WhyUnknown | None = None,
        proposed: str = "",
        instead: str = "",
        at: int | None = None,
        since: int | None = None,
        witness: str | None = None,
        is_refused: bool = False,
    ) -> Judged:
        after_s = None
        if at is not None:
            after_s = (at - (row.created_at if since is None else since)) // _SECOND_US
        return Judged(row, outcome, why, proposed, instead, witness, after_s, is_refused)


@cache
def kind_of(word: str) -> ActionKind:
    """The kind of action a word in a row names."""
    return ActionKind(word)

"""Says of one proposed action what people did about it."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
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
from chargehand.domain.shadow import ShadowCase, ShadowOutcome, WhyUnknown
from chargehand.kit.clock import from_micros, to_micros
from chargehand.pipeline.shadow_reading import Doing, Doings, is_about_code, is_about_ticket
from chargehand.storage.repositories.rows import load_part
from chargehand.storage.repositories.shadow import ApprovalRow, ProposedRow

COMPARED_CHANGES: Final = frozenset(
    kind.value for kind in ActionKind if changes_items(kind) or changes_code(kind)
)
_MICRO: Final = timedelta(microseconds=1)
_SECOND_US: Final = 1_000_000
# Behind every id, so that a moment with it is behind all that happened then.
_BEHIND_IDS: Final = "~"


class Judged(NamedTuple):
    """What people did about one action; see `ShadowCase`, which only those that are shown become.

    A report counts a hundred thousand of these, and shows a few.
    """

    row: ProposedRow
    outcome: ShadowOutcome
    why: WhyUnknown | None = None
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
            proposed=proposed_words(kind_of(row.kind), _params_of(row)),
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
        self._ways: dict[str, Callable[[ProposedRow], Judged]] = {}

    def judge(self, row: ProposedRow) -> Judged | None:
        """What people did about an action; None when it was proposed behind the stretch."""
        if row.created_at >= self._until_us:
            return None
        return self._said(row) or self._way_of(row.kind)(row)

    def _said(self, row: ProposedRow) -> Judged | None:
        """What a person said of the action itself, which counts before everything else."""
        undone_at = self._taken_back.get(row.action_id)
        if undone_at is not None and undone_at < self._until_us:
            return self._by_a_person(
                row, ShadowOutcome.DIFFERED, "undone", undone_at, is_refused=True
            )
        approvals = self._doings.approvals.get(row.action_id)
        if approvals is None:
            return None
        ended = [
            (one.decided_at, one)
            for one in approvals
            if one.decided_at is not None and one.decided_at < self._until_us
        ]
        for at, approval in sorted(ended, key=lambda one: one[1].ordinal, reverse=True):
            case = self._of_approval(row, approval, at)
            if case is not None:
                return case
        return None

    def _of_approval(self, row: ProposedRow, approval: ApprovalRow, at: int) -> Judged | None:
        if approval.state == ApprovalState.REJECTED:
            return self._by_a_person(row, ShadowOutcome.DIFFERED, "rejected", at, is_refused=True)
        if approval.state != ApprovalState.APPROVED:
            return None
        if approval.ordinal > 1:
            return self._by_a_person(row, ShadowOutcome.DIFFERED, "edited, then approved", at)
        return self._by_a_person(row, ShadowOutcome.AGREED, "approved", at)

    def _way_of(self, word: str) -> Callable[[ProposedRow], Judged]:
        """How what people did about an action of a kind is found; chosen once for each kind."""
        if word not in self._ways:
            self._ways[word] = self._choose_way(kind_of(word))
        return self._ways[word]

    def _choose_way(self, kind: ActionKind) -> Callable[[ProposedRow], Judged]:
        if is_about_ticket(kind):
            return self._replied_on_ticket
        if changes_items(kind):
            return partial(self._changed, kind=kind)
        if changes_code(kind):
            return partial(self._changed_code, kind=kind)
        if is_about_code(kind):
            return self._replied_on_code
        return partial(self._unknown, why=WhyUnknown.NOT_COMPARABLE)

    def _replied_on_ticket(self, row: ProposedRow) -> Judged:
        return self._replied(row, self._doings.comments.get((row.connection_id, row.target)))

    def _replied_on_code(self, row: ProposedRow) -> Judged:
        said = [one for one in self._code_of(row) if one.kind is EventKind.COMMENT_CREATED]
        return self._replied(row, said)

    def _changed_code(self, row: ProposedRow, kind: ActionKind) -> Judged:
        return self._changed(row, kind, self._code_of(row))

    def _code_of(self, row: ProposedRow) -> Sequence[Doing]:
        return self._doings.code.get((row.connection_id, row.target.casefold()), ())

    def _replied(self, row: ProposedRow, comments: Sequence[Doing] | None) -> Judged:
        asked_at = row.asked_at if row.asked_at is not None else row.created_at
        start = min(asked_at, row.created_at)
        for one in self._within(comments or (), start, row.created_at + self._window_us):
            if one.actor_id != row.asker_id and one.event_id != row.event_id:
                after_s = (one.at - start) // _SECOND_US
                return Judged(row, ShadowOutcome.ANSWERED, None, "", one.event_id, after_s)
        return self._nothing(row, start, to_changes=False)

    def _changed(
        self, row: ProposedRow, kind: ActionKind, code: Sequence[Doing] | None = None
    ) -> Judged:
        if row.body is None:
            return self._unknown(row, WhyUnknown.ERASED)
        wanted = _params_of(row)
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
                return self._witnessed(row, ShadowOutcome.AGREED, one, compared)
            if compared.is_same is None:
                why = why or WhyUnknown.NOT_TOLD
            else:
                different = (one, compared)
        if why is not None:
            # What is gone, or was not told, may have been the very same.
            return self._unknown(row, why)
        if different is not None:
            return self._witnessed(row, ShadowOutcome.DIFFERED, *different)
        return self._nothing(row, row.created_at, to_changes=True)

    def _within(self, doings: Sequence[Doing], start: int, end: int) -> Sequence[Doing]:
        """What happened behind a moment, and not behind the end of the window or the stretch."""
        first = bisect_right(doings, (start, _BEHIND_IDS))
        last = bisect_right(doings, (min(end, self._until_us - 1), _BEHIND_IDS), first)
        return doings[first:last]

    def _nothing(self, row: ProposedRow, start: int, *, to_changes: bool) -> Judged:
        end = row.created_at + self._window_us
        if end > self._until_us:
            return self._unknown(row, WhyUnknown.WINDOW_OPEN)
        if not self._doings.was_listening(row.connection_id, start, end, to_changes=to_changes):
            return self._unknown(row, WhyUnknown.NOT_LISTENING)
        return Judged(row, ShadowOutcome.NOBODY)

    def _unknown(self, row: ProposedRow, why: WhyUnknown) -> Judged:
        return Judged(row, ShadowOutcome.UNKNOWN, why)

    def _witnessed(
        self, row: ProposedRow, outcome: ShadowOutcome, doing: Doing, compared: Compared
    ) -> Judged:
        after_s = (doing.at - row.created_at) // _SECOND_US
        return Judged(row, outcome, None, compared.did, doing.event_id, after_s)

    def _by_a_person(
        self,
        row: ProposedRow,
        outcome: ShadowOutcome,
        did: str,
        at: int,
        *,
        is_refused: bool = False,
    ) -> Judged:
        after_s = (at - row.created_at) // _SECOND_US
        return Judged(row, outcome, instead=did, after_s=after_s, is_refused=is_refused)


@cache
def kind_of(word: str) -> ActionKind:
    """The kind of action a word in a row names."""
    return ActionKind(word)


def _params_of(row: ProposedRow) -> JSONObject:
    """What an action would have done; nothing where its content is gone or was not wanted."""
    return load_part(row.body, "params") if row.body is not None else {}

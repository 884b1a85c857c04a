"""What a model would say now over a stretch of time: so many questions, and no more than agreed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from chargehand.budgets.money import to_usd
from chargehand.domain.ids import ProjectKey
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.pipeline.reasking import (
    AskedModel,
    Question,
    Reasked,
    Reasking,
    WhyNotAsked,
)
from chargehand.pipeline.replaying_many import (
    MOST_REPLAYED,
    ReplaySummary,
    count_replay,
    in_parts,
)
from chargehand.plugins.model import PASSING, ModelFailure
from chargehand.storage.database import Database

MOST_ASKED: Final = 200
_MOST_FAILURES: Final = 3
# Whoever is asked next would be refused as well.
_ENDING: Final = frozenset({ModelFailure.BUDGET_EXCEEDED.value, ModelFailure.STOPPED.value})
_PASSING: Final = frozenset(one.value for one in PASSING)


@dataclass(slots=True)
class Stretch:
    """The decisions of a stretch, newest first, as far as they were looked at.

    Shape: `not_asked` counts by why no model is asked about them; `others` were not made by asking
    a model, or can not be made again; `is_cut` says that the stretch holds more.
    """

    since: datetime
    until: datetime
    questions: list[Question] = field(default_factory=list)
    others: list[Reasked] = field(default_factory=list)
    is_cut: bool = False

    @property
    def worst_usd(self) -> Decimal:
        """What asking all of them can cost at most."""
        return to_usd(sum(one.worst_micro_usd for one in self.questions))


@dataclass(slots=True)
class ReaskSummary:
    """How many decisions of a stretch would be others if the model were asked now, newest first.

    Shape: `replays` counts those that a model gave a plan for, and those that can not be made
    again; `failures` counts by word those that it gave none for; `left_out` were not asked after
    `ended_by`, a word of `ModelFailure`, ended it; `not_recorded` and `unjudged` count those of
    which not everything is known.
    Units: US dollars; `cost_usd_then` is what the same questions had cost.
    """

    replays: ReplaySummary
    asked: int = 0
    not_asked: dict[WhyNotAsked, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    ended_by: str | None = None
    left_out: int = 0
    worst_usd: Decimal = Decimal(0)
    cost_usd: Decimal = Decimal(0)
    cost_usd_then: Decimal = Decimal(0)
    not_recorded: int = 0
    unjudged: int = 0


def prepare_stretch(
    database: Database,
    reasking: Reasking,
    *,
    since: datetime,
    until: datetime,
    project: ProjectKey | None = None,
    at_most: int,
    most: int = MOST_REPLAYED,
) -> Stretch:
    """The newest decisions of a stretch that a model would be asked about; nothing is asked yet.

    Shape: at most `at_most` questions, from at most `most` decisions.
    Raises: ArgumentInvalid.
    """
    if not 1 <= at_most <= MOST_ASKED:
        raise ArgumentInvalid(field="at-most", found=at_most, allowed=f"1 to {MOST_ASKED}")
    found = database.read(
        lambda tx: tx.decision_inputs.answers_between(since, until, project=project, limit=most + 1)
    )
    stretch = Stretch(since, until, is_cut=len(found) > most)
    for prepared in in_parts(database, found[:most], reasking.prepare):
        for one in prepared:
            if isinstance(one, Reasked):
                stretch.others.append(one)
            elif len(stretch.questions) < at_most:
                stretch.questions.append(one)
            else:
                stretch.is_cut = True
                return stretch
    return stretch


async def ask_stretch(
    reasking: Reasking,
    stretch: Stretch,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> ReaskSummary:
    """Ask about one after the other, until all are asked, the money is spent or the model fails."""
    summary = ReaskSummary(
        ReplaySummary(stretch.since, stretch.until, is_cut=stretch.is_cut),
        worst_usd=stretch.worst_usd,
    )
    for other in stretch.others:
        _count(summary, other)
    failures = 0
    for number, question in enumerate(stretch.questions):
        one = await reasking.ask(question)
        asked = one.asked
        failures = failures + 1 if asked is not None and asked.outcome in _PASSING else 0
        ended = asked is not None and _is_end(asked, failures)
        # What ended it before anything was sent was not asked either.
        left_out = len(stretch.questions) - number - 1
        if ended and asked is not None:
            summary.ended_by, summary.left_out = asked.outcome, left_out + (asked.requests == 0)
        if not ended or (asked is not None and asked.requests):
            _count(summary, one)
        if ended:
            break
        if progress is not None:
            progress(number + 1, len(stretch.questions))
    return summary


def _is_end(asked: AskedModel, failures: int) -> bool:
    """Whether asking about the next one would be in vain: nobody is there, or nothing is left."""
    is_resting = asked.outcome in _PASSING and not asked.requests
    return asked.outcome in _ENDING or is_resting or failures >= _MOST_FAILURES


def _count(summary: ReaskSummary, one: Reasked) -> None:
    if one.not_replayed is not None:
        counted = summary.replays.not_replayed
        counted[one.not_replayed] = counted.get(one.not_replayed, 0) + 1
    if one.why_not is not None:
        summary.not_asked[one.why_not] = summary.not_asked.get(one.why_not, 0) + 1
    if one.asked is not None:
        asked = one.asked
        summary.asked += 1
        summary.cost_usd += asked.cost_usd
        summary.cost_usd_then += asked.cost_usd_then
        summary.not_recorded += bool(asked.not_recorded)
        summary.unjudged += bool(asked.unjudged)
        if one.replay is None:
            summary.failures[asked.outcome] = summary.failures.get(asked.outcome, 0) + 1
    if one.replay is not None:
        count_replay(summary.replays, one.replay)

"""What would change over a stretch of time, if it were decided anew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from chargehand.domain.ids import DecisionId, ProjectKey
from chargehand.domain.records import DecisionRecord
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.pipeline.replaying import Previewers, Replay, WhyNotReplayed, replay
from chargehand.policy.in_force import Policy
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading

MOST_REPLAYED: Final = 2_000
_EXAMPLES: Final = 5
PART: Final = 50
T = TypeVar("T")


@dataclass(slots=True)
class ReplaySummary:
    """How many decisions of a stretch would be others, newest first.

    Shape: a decision counts under each part of it that would change, actions and modes included;
    `examples` names the newest of each; `not_replayed` counts by why; `is_cut` says that the
    stretch holds more than were replayed.
    """

    since: datetime
    until: datetime
    replayed: int = 0
    identical: int = 0
    changed: dict[str, int] = field(default_factory=dict)
    not_replayed: dict[WhyNotReplayed, int] = field(default_factory=dict)
    examples: dict[str, list[DecisionId]] = field(default_factory=dict)
    is_cut: bool = False


def replay_many(
    database: Database,
    *,
    since: datetime,
    until: datetime,
    previewers: Previewers,
    project: ProjectKey | None = None,
    policy: Policy | None = None,
    most: int = MOST_REPLAYED,
    progress: Callable[[int, int], None] | None = None,
) -> ReplaySummary:
    """Every answer of a stretch decided anew, some in each transaction.

    Raises: ArgumentInvalid.
    """
    if not 1 <= most <= MOST_REPLAYED:
        raise ArgumentInvalid(field="limit", found=most, allowed=f"1 to {MOST_REPLAYED}")
    found = database.read(
        lambda tx: tx.decision_inputs.answers_between(since, until, project=project, limit=most + 1)
    )
    summary = ReplaySummary(since, until, is_cut=len(found) > most)
    wanted, done = found[:most], 0

    def work(tx: Reading, record: DecisionRecord) -> Replay:
        return replay(tx, record, previewers=previewers, policy=policy)

    for part in in_parts(database, wanted, work):
        for one in part:
            count_replay(summary, one)
        done = min(done + PART, len(wanted))
        if progress is not None:
            progress(done, len(wanted))
    return summary


def in_parts(
    database: Database, wanted: Sequence[DecisionId], work: Callable[[Reading, DecisionRecord], T]
) -> Iterator[list[T]]:
    """What is made of decisions, `PART` of them in each transaction; one that is gone is not."""

    def made(part: Sequence[DecisionId], tx: Reading) -> list[T]:
        records = [record for one in part if (record := tx.decisions.find(one)) is not None]
        return [work(tx, one) for one in records]

    for start in range(0, len(wanted), PART):
        yield database.read(partial(made, wanted[start : start + PART]))


def count_replay(summary: ReplaySummary, one: Replay) -> None:
    """Count one decision that was made again."""
    if one.why_not is not None:
        summary.not_replayed[one.why_not] = summary.not_replayed.get(one.why_not, 0) + 1
        return
    summary.replayed += 1
    summary.identical += one.is_identical
    parts = [change.field for change in one.changes]
    parts += ["actions"] if one.dropped or any(act.is_changed for act in one.actions) else []
    is_moved = any(act.mode_before not in (None, act.mode_after) for act in one.actions)
    for part in (*parts, *(["modes"] if is_moved else [])):
        summary.changed[part] = summary.changed.get(part, 0) + 1
        shown = summary.examples.setdefault(part, [])
        if len(shown) < _EXAMPLES:
            shown.append(one.decision_id)

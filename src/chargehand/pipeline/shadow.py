"""Sets what would have been done beside what people then did, from recorded events alone.

Nothing is asked of anybody outside. What the ledger does not show is said as unknown, with why.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.action import ActionKind
from chargehand.domain.ids import ProjectKey
from chargehand.domain.shadow import (
    ShadowCase,
    ShadowLine,
    ShadowOutcome,
    ShadowReport,
    ShadowRule,
    WhyUnknown,
)
from chargehand.kit.collecting import uncollected
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.shadow_judging import COMPARED_CHANGES, Judged, ShadowJudge, kind_of
from chargehand.pipeline.shadow_reading import read_doings
from chargehand.pipeline.shadow_recommending import agreement_of, recommend
from chargehand.pipeline.working_signs import SIGN_KINDS
from chargehand.policy.in_force import Policy
from chargehand.storage.repositories.shadow import ProposedRow, Stretch
from chargehand.storage.transaction import Reading

SHADOW_DAYS: Final = 30
DEFAULT_WINDOW: Final = timedelta(hours=24)
LEAST_WINDOW: Final = timedelta(hours=1)
MOST_WINDOW: Final = timedelta(days=30)
MOST_EXAMPLES: Final = 50
_MOST_CASES: Final = 200_000
# A poll may tell of something a while after it happened.
_TOLD_LATE: Final = timedelta(days=1)
_RULE: Final = ShadowRule()


@uncollected()
def read_shadow(
    tx: Reading,
    *,
    since: datetime,
    until: datetime,
    window: timedelta = DEFAULT_WINDOW,
    project: ProjectKey | None = None,
    kind: ActionKind | None = None,
    examples: int = 3,
) -> ShadowReport:
    """What people did next to what would have been done; the same stretch gives the same report.

    Units: `window` is how long after a proposal something counts; `examples` of each outcome.
    Raises: ArgumentInvalid.
    """
    _check(window, examples)
    stretch = Stretch(since, until)
    rows = tx.shadow.proposed(
        stretch,
        with_content=COMPARED_CHANGES,
        project=project,
        kind=kind,
        most=_MOST_CASES + 1,
    )
    if len(rows) > _MOST_CASES:
        allowed = f"a stretch with at most {_MOST_CASES:,} actions; choose a later one"
        raise ArgumentInvalid(field="from", found=since.isoformat(), allowed=allowed)
    undos, taken_back = tx.shadow.undone()
    kept = [row for row in rows if _is_case(row, undos)]
    doings = read_doings(tx, kept, stretch=stretch, told=Stretch(since, until + _TOLD_LATE))
    judge = ShadowJudge(doings, taken_back, window=window, until=until)
    found: defaultdict[tuple[str, str], list[Judged]] = defaultdict(list)
    for row in sorted(kept):
        case = judge.judge(row)
        if case is not None:
            found[row.project, row.kind].append(case)
    policy = policy_in_force(tx)
    return ShadowReport(
        since=since,
        until=until,
        window_s=window // timedelta(seconds=1),
        policy_version=policy.version,
        rule=_RULE,
        lines=tuple(_line(policy, found[key], examples) for key in sorted(found)),
    )


def _is_case(row: ProposedRow, undos: frozenset[str]) -> bool:
    return row.action_id not in undos and row.kind not in SIGN_KINDS


def _line(policy: Policy, cases: Sequence[Judged], examples: int) -> ShadowLine:
    first = cases[0].row
    project, kind = ProjectKey(first.project), kind_of(first.kind)
    counts = dict.fromkeys(ShadowOutcome, 0)
    unknown: dict[WhyUnknown, int] = {}
    waits = []
    for case in cases:
        counts[case.outcome] += 1
        if case.why is not None:
            unknown[case.why] = unknown.get(case.why, 0) + 1
        if case.outcome is ShadowOutcome.ANSWERED and case.after_s is not None:
            waits.append(case.after_s)
    refused = sum(case.is_refused for case in cases)
    mode = policy.mode_for(project, kind)
    judged, percent = agreement_of(kind, counts)
    recommended = recommend(project, kind, mode=mode, counts=counts, refused=refused, rule=_RULE)
    return ShadowLine(
        project=project,
        kind=kind,
        mode=mode,
        cases=len(cases),
        counts=counts,
        unknown_because={why: unknown[why] for why in WhyUnknown if why in unknown},
        refused=refused,
        judged=judged,
        agreement_percent=percent,
        median_answer_s=_median(waits),
        recommendation=recommended.recommendation,
        why=recommended.why,
        examples=_examples(cases, examples),
    )


def _examples(cases: Sequence[Judged], most: int) -> tuple[ShadowCase, ...]:
    """The newest of each outcome."""
    left = dict.fromkeys(ShadowOutcome, most)
    chosen = []
    for case in reversed(cases):
        if left[case.outcome]:
            left[case.outcome] -= 1
            chosen.append(case)
    order = list(ShadowOutcome)
    return tuple(one.shown() for one in sorted(chosen, key=lambda one: order.index(one.outcome)))


def _median(values: Sequence[int]) -> int | None:
    return sorted(values)[(len(values) - 1) // 2] if values else None


def _check(window: timedelta, examples: int) -> None:
    if not LEAST_WINDOW <= window <= MOST_WINDOW:
        raise ArgumentInvalid(field="window", found=str(window), allowed="1 hour to 30 days")
    if not 0 <= examples <= MOST_EXAMPLES:
        raise ArgumentInvalid(field="examples", found=examples, allowed=f"0 to {MOST_EXAMPLES}")

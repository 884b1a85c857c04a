"""Shows and changes what models may cost; a change holds for the next request, in every process."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.budgets.caps import ORGANIZATION_DAY, BudgetRules, periods_of
from chargehand.budgets.errors import BudgetKept
from chargehand.budgets.money import read_token_count, read_usd, to_usd
from chargehand.budgets.periods import budget_day, first_day, resets_at
from chargehand.budgets.warnings import steps_reached
from chargehand.domain.budget import (
    BudgetKey,
    BudgetPeriod,
    BudgetRecord,
    BudgetScope,
    BudgetUnit,
    Limits,
    PeriodTotal,
)
from chargehand.domain.ids import BudgetId, ProjectKey
from chargehand.kit.ids import id_kind, new_id
from chargehand.pipeline.budget_telling import tell_step
from chargehand.pipeline.errors import ArgumentInvalid, NotFound, ProjectUnknown
from chargehand.pipeline.members import find_member
from chargehand.plugins.budget import FOREMAN
from chargehand.storage.transaction import Reading, Writing

# Who sends requests to models, so far.
AGENTS: Final = (FOREMAN,)
_SHOWN: Final = 60
_ORDER: Final = tuple(BudgetScope)


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One budget in its present period.

    Shape: `scope_id` is empty for the organization, and where `is_each`: a cap for each one of the
    scope without its own, whose amounts are then those of the one with the id `fullest_id`, None
    while there is none. Caps, and what is left, are None where there is no cap in that unit;
    `resets_at` is None for the budget of a run; `changed_at` is None for a cap that comes from the
    settings.
    """

    scope: BudgetScope
    scope_id: str
    is_each: bool
    fullest_id: str | None
    project: ProjectKey | None
    period: BudgetPeriod
    starts_on: date
    resets_at: datetime | None
    cap_usd: Decimal | None
    spent_usd: Decimal
    reserved_usd: Decimal
    left_usd: Decimal | None
    cap_tokens: int | None
    spent_tokens: int
    reserved_tokens: int
    left_tokens: int | None
    changed_at: datetime | None
    changed_by: str


@dataclass(frozen=True, slots=True)
class Budgets:
    """Every budget of the organization, and all others that have a cap.

    Shape: `day` is the day that requests count against now, in the team's zone.
    """

    day: date
    time_zone: str
    budgets: tuple[BudgetLine, ...]


def read_amount(found: object) -> int:
    """A cap in dollars that a person gave, in micro-dollars.

    Raises: AmountInvalid.
    """
    return read_usd(found, field="cap_usd")


def read_tokens(found: object) -> int:
    """A cap in tokens that a person gave.

    Raises: AmountInvalid.
    """
    return read_token_count(found, field="cap_tokens")


def read_key(
    tx: Reading | Writing,
    scope: BudgetScope,
    scope_id: str,
    period: BudgetPeriod | None,
    *,
    served: Collection[ProjectKey],
) -> BudgetKey:
    """The budget a person means; an empty `scope_id` means each one of the scope.

    Shape: without a period it is the day, or all of a run; a member may be named by id, e-mail
    address or whole name.
    Raises: ProjectUnknown, NotFound, ArgumentInvalid.
    """
    periods = periods_of(scope)
    if period is not None and period not in periods:
        allowed = f"{', '.join(one.value for one in periods)} for {scope.value}"
        raise ArgumentInvalid(field="period", found=period.value, allowed=allowed)
    if scope is BudgetScope.ORGANIZATION and scope_id:
        allowed = "nothing, since there is one organization"
        raise ArgumentInvalid(field="scope_id", found=scope_id[:_SHOWN], allowed=allowed)
    known = _known_id(tx, scope, scope_id, served) if scope_id else ""
    return BudgetKey(scope, known, period or periods[0])


def _known_id(
    tx: Reading | Writing, scope: BudgetScope, scope_id: str, served: Collection[ProjectKey]
) -> str:
    if scope is BudgetScope.MEMBER:
        return find_member(tx, scope_id).id
    if scope is BudgetScope.PROJECT and scope_id not in served:
        raise ProjectUnknown(project=scope_id, served=", ".join(sorted(served)) or "none")
    if scope is BudgetScope.AGENT and scope_id not in AGENTS:
        allowed = f"{', '.join(AGENTS)}, or empty for each agent"
        raise ArgumentInvalid(field="scope_id", found=scope_id[:_SHOWN], allowed=allowed)
    if scope is BudgetScope.RUN:
        is_ask = id_kind(scope_id) == "ask"
        if not is_ask or tx.asks.find(scope_id) is None:
            raise NotFound(kind="ask", id=scope_id[:_SHOWN])
    return scope_id


def caps_in_force(tx: Reading | Writing, rules: BudgetRules) -> dict[BudgetKey, Limits]:
    """Every cap; the organization's in dollars for a day is always among them."""
    caps = {ORGANIZATION_DAY: Limits()}
    caps.update({record.key: record.limits for record in tx.budgets.all()})
    if caps[ORGANIZATION_DAY].micro_usd is None:
        caps[ORGANIZATION_DAY] = caps[ORGANIZATION_DAY]._replace(
            micro_usd=rules.organization_day_micro_usd
        )
    return caps


def read_budgets(tx: Reading | Writing, rules: BudgetRules, *, now: datetime) -> Budgets:
    """How full every budget is."""
    day = budget_day(now, rules.zone, newest=tx.budgets.newest_day())
    records = {record.key: record for record in tx.budgets.all()}
    caps = caps_in_force(tx, rules)
    organization = {
        BudgetKey(BudgetScope.ORGANIZATION, "", period)
        for period in periods_of(BudgetScope.ORGANIZATION)
    }
    # The organization first, as the root of the tree.
    keys = sorted(caps.keys() | organization, key=lambda key: (_ORDER.index(key.scope), key))
    totals = tx.budgets.totals({key: first_day(key.period, day) for key in keys})
    lines = []
    for key in keys:
        fullest = _fullest(tx, key, day) if _is_each(key) else None
        line = _line(key, fullest or totals[key], caps.get(key, Limits()), records.get(key))
        lines.append(
            replace(
                line,
                fullest_id=fullest.key.scope_id if fullest is not None else None,
                resets_at=resets_at(key.period, day, rules.zone),
            )
        )
    return Budgets(day=day, time_zone=str(rules.zone), budgets=tuple(lines))


def _is_each(key: BudgetKey) -> bool:
    return not key.scope_id and key.scope is not BudgetScope.ORGANIZATION


def _fullest(tx: Reading | Writing, key: BudgetKey, day: date) -> PeriodTotal | None:
    if key.scope is not BudgetScope.RUN:
        return tx.budgets.fullest(key, first_day(key.period, day))
    # There is one for every ask there ever was, so only those of today are looked through.
    subject = tx.spending.dearest_subject(day)
    if subject is None:
        return None
    run = BudgetKey(BudgetScope.RUN, subject, BudgetPeriod.WHOLE)
    return tx.budgets.totals({run: first_day(run.period, day)})[run]


def _line(
    key: BudgetKey, total: PeriodTotal, limits: Limits, record: BudgetRecord | None
) -> BudgetLine:
    usd, tokens = limits.micro_usd, limits.tokens
    left_usd = None if usd is None else usd - total.spent_micro_usd - total.reserved_micro_usd
    left = None if tokens is None else tokens - total.spent_tokens - total.reserved_tokens
    is_project = key.scope is BudgetScope.PROJECT and key.scope_id
    # Of the organization's day only the cap in dollars comes from the settings.
    is_set = record is not None and (record.limits.micro_usd is not None or usd is None)
    return BudgetLine(
        scope=key.scope,
        scope_id=key.scope_id,
        is_each=_is_each(key),
        fullest_id=None,
        project=ProjectKey(key.scope_id) if is_project else None,
        period=key.period,
        starts_on=total.starts_on,
        resets_at=None,
        cap_usd=None if usd is None else to_usd(usd),
        spent_usd=to_usd(total.spent_micro_usd),
        reserved_usd=to_usd(total.reserved_micro_usd),
        left_usd=None if left_usd is None else to_usd(max(left_usd, 0)),
        cap_tokens=tokens,
        spent_tokens=total.spent_tokens,
        reserved_tokens=total.reserved_tokens,
        left_tokens=None if left is None else max(left, 0),
        changed_at=record.changed_at if record is not None and is_set else None,
        changed_by=record.changed_by if record is not None and is_set else "",
    )


def set_budget(
    tx: Writing,
    key: BudgetKey,
    changes: Mapping[BudgetUnit, int | None],
    *,
    rules: BudgetRules,
    by: str,
    now: datetime,
) -> None:
    """Give a budget caps; None takes the one in that unit away, what is not named stays.

    Units: micro-dollars and tokens.
    Raises: BudgetKept.
    """
    before = {record.key: record.limits for record in tx.budgets.all()}.get(key, Limits())
    after = Limits(
        micro_usd=changes.get(BudgetUnit.USD, before.micro_usd),
        tokens=changes.get(BudgetUnit.TOKENS, before.tokens),
    )
    if key == ORGANIZATION_DAY and changes.get(BudgetUnit.USD, 0) is None:
        raise BudgetKept
    if after == Limits():
        if not tx.budgets.remove_cap(key):
            return
    else:
        budget_id = BudgetId(new_id("bgt", now))
        tx.budgets.set_cap(budget_id, key, limits=after, by=by, now=now)
    tx.audit.append(
        AuditTag.PERSON_BUDGET_CHANGED,
        f"budget:{key.scope.value}:{key.scope_id}:{key.period.value}",
        {
            "scope": key.scope.value,
            "scope_id": key.scope_id,
            "period": key.period.value,
            "cap_micro_usd": after.micro_usd,
            "cap_micro_usd_before": before.micro_usd,
            "cap_tokens": after.tokens,
            "cap_tokens_before": before.tokens,
            "by": by,
        },
        now=now,
    )
    if not _is_each(key):
        # What is spent already may be past a step of the new cap.
        day = budget_day(now, rules.zone, newest=tx.budgets.newest_day())
        total = tx.budgets.totals({key: first_day(key.period, day)})[key]
        for warned in steps_reached(None, total, caps_in_force(tx, rules)):
            tell_step(tx, warned, now=now)

"""Caps on what models cost, and what is spent against them.

The budgets are a tree: what one ask may cost, its agent, the member who asked, the project, the
organization. Scope and period are values, so that a cap on a further kind of scope is a new word
and no new table. Amounts of money are whole micro-dollars here: caps are kept by adding and
comparing them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from chargehand.domain.ids import BudgetId, DecisionId, MemberId, ProjectKey, ReservationId


class BudgetScope(StrEnum):
    """Whose spending a budget caps; a run is all that one ask costs."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    AGENT = "agent"
    MEMBER = "member"
    RUN = "run"


class BudgetPeriod(StrEnum):
    """How long a budget lasts before it has room again by itself; a run's never has."""

    DAY = "day"
    MONTH = "month"
    WHOLE = "whole"


class BudgetUnit(StrEnum):
    """What a cap is counted in."""

    USD = "usd"
    TOKENS = "tokens"


class BudgetKey(NamedTuple):
    """Which budget.

    Shape: `scope_id` is the project's key, the agent's name, the member's id or the ask's; it is
    empty for the organization, and elsewhere for the cap of each one that has none of its own.
    """

    scope: BudgetScope
    scope_id: str
    period: BudgetPeriod


class Amount(NamedTuple):
    """Dollars and tokens that belong together, as of one request or of a whole budget."""

    micro_usd: int
    tokens: int


NOTHING: Final = Amount(0, 0)


class Limits(NamedTuple):
    """The caps of one budget; None where it has none in that unit."""

    micro_usd: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class BudgetRecord:
    """A cap that somebody set."""

    id: BudgetId
    key: BudgetKey
    limits: Limits
    changed_at: datetime
    changed_by: str


class PeriodTotal(NamedTuple):
    """What counts against a budget in one of its periods, capped or not.

    Shape: `starts_on` is the first day of the period, in the team's time zone; a run's only period
    has no beginning, and starts on the first day there is.
    """

    key: BudgetKey
    starts_on: date
    spent_micro_usd: int
    reserved_micro_usd: int
    spent_tokens: int = 0
    reserved_tokens: int = 0


class ReservationState(StrEnum):
    """How a reservation stands: the money is held, was spent, or was given back."""

    OPEN = "open"
    SETTLED = "settled"
    RELEASED = "released"


class SettledBy(StrEnum):
    """What is known of the cost of a settled reservation.

    `reported` by the provider; `assumed` to be the worst case by the caller, who could not know;
    `expired`, so assumed likewise, because its owner never came back.
    """

    REPORTED = "reported"
    ASSUMED = "assumed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ReservationRecord:
    """One model request as the budget knows it.

    Shape: `settled_by` is None while it is open, or when it was released; the used tokens are 0
    until they are reported; `member_id` is None where nobody known asked.
    Units: prices are US dollars for one million tokens, kept as they were when it was reserved.
    """

    id: ReservationId
    state: ReservationState
    settled_by: SettledBy | None
    project: ProjectKey | None
    member_id: MemberId | None
    agent: str
    purpose: str
    subject_id: str
    provider: str
    model: str
    input_usd: Decimal
    output_usd: Decimal
    cache_read_usd: Decimal
    cache_write_usd: Decimal
    price_version: str
    is_at_most: bool
    input_tokens_at_most: int
    output_tokens_at_most: int
    reserved_micro_usd: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_micro_usd: int
    day: date
    reserved_at: datetime
    expires_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DaySpending:
    """What one model cost on one day, for one project.

    Shape: `is_at_most` says that some of it is the most it can have cost, not what it did cost;
    `reserved_usd` is held for requests under way and not a part of the cost.
    """

    day: date
    project: ProjectKey | None
    provider: str
    model: str
    price_versions: tuple[str, ...]
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    reserved_usd: Decimal
    is_at_most: bool


@dataclass(frozen=True, slots=True)
class SubjectSpending:
    """What was spent for one ask or event, over all its model requests or those of one decision.

    Shape: `decision_id` is the decision, or the newest about it; None while there is none.
    """

    subject_id: str
    decision_id: DecisionId | None
    purpose: str
    project: ProjectKey | None
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    reserved_usd: Decimal
    is_at_most: bool
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class GroupSpending:
    """What one agent, person or project cost.

    Shape: `id` is its name, id or key, and empty for what belongs to none; `name` is what people
    call it, empty where they call it by its id or it was erased.
    """

    id: str
    name: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    reserved_usd: Decimal
    is_at_most: bool


class SpendingGroup(StrEnum):
    """What spending can be added up by, beside days and asks."""

    AGENT = "agent"
    PERSON = "person"
    PROJECT = "project"

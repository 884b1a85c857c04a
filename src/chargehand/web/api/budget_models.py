"""The shapes of answers about money; amounts are texts, since JSON's numbers are not exact."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from chargehand.domain.budget import BudgetPeriod, BudgetScope
from chargehand.web.api.models import Actor, DecisionId, Project, Shown

Dollars = Annotated[str, Field(description="US dollars.", examples=["10", "0.004210"])]
AtMost = Annotated[
    bool, Field(description="The cost is an upper bound: of some of it nobody knows more.")
]


class Budget(Shown):
    """One budget in its present period."""

    scope: BudgetScope
    scope_id: str = Field(description="Key, id or name of whose it is; empty for all or each.")
    is_each: bool = Field(description="It is a cap for each one without a cap of its own.")
    fullest_id: str | None = Field(
        description="Of a cap for each: whose amounts these are, as they cost most."
    )
    project: Project | None
    period: BudgetPeriod
    starts_on: date = Field(description="First day of the period, in the team's zone.")
    resets_at: datetime | None = Field(
        description="When it has room again by itself; null for the budget of a run."
    )
    cap_usd: Dollars | None = Field(description="Null without a cap.")
    spent_usd: Dollars
    reserved_usd: Dollars = Field(description="The most that requests under way can still cost.")
    left_usd: Dollars | None = Field(description="What the next request may cost at most.")
    cap_tokens: int | None = Field(description="Null without a cap in tokens.")
    spent_tokens: int
    reserved_tokens: int = Field(description="The most that requests under way can still use.")
    left_tokens: int | None = Field(description="What the next request may use at most.")
    changed_at: datetime | None = Field(description="Null while the settings give the cap.")
    changed_by: Actor


class Budgets(Shown):
    """Every budget of the organization, and all others that have a cap."""

    day: date = Field(description="The day that requests count against now.")
    time_zone: str = Field(description="The team's zone, in which days begin.")
    budgets: list[Budget]


class DaySpending(Shown):
    """What one model cost on one day, for one project."""

    day: date
    project: Project | None
    provider: str
    model: str
    price_versions: list[str] = Field(description="Price tables it was charged by.")
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Dollars
    reserved_usd: Dollars = Field(description="Held for requests under way; not in the cost.")
    is_at_most: AtMost


class SubjectSpending(Shown):
    """What was spent for one ask or event, over all its model requests."""

    subject_id: str = Field(description="Id of the ask, or of the event without one.")
    decision_id: DecisionId | None = Field(description="The newest decision about it.")
    purpose: str = Field(description="A closed word: what the model was asked for.")
    project: Project | None
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Dollars
    reserved_usd: Dollars = Field(description="Held for requests under way; not in the cost.")
    is_at_most: AtMost
    first_at: datetime
    last_at: datetime


class GroupSpending(Shown):
    """What one agent, person or project cost."""

    id: str = Field(description="Name, id or key; empty for what belongs to none.")
    name: str = Field(description="What people call it; empty where that is the id, or erased.")
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Dollars
    reserved_usd: Dollars = Field(description="Held for requests under way; not in the cost.")
    is_at_most: AtMost


class Spending(Shown):
    """What was spent from one day to another; two of the three lists are empty."""

    since: date
    until: date = Field(description="The last day; it is included.")
    days: list[DaySpending] = Field(description="By day, newest first.")
    subjects: list[SubjectSpending] = Field(description="By decision or answer, newest first.")
    groups: list[GroupSpending] = Field(description="By agent, person or project, dearest first.")
    cost_usd: Dollars = Field(description="All lines together.")
    is_at_most: AtMost
    is_cut: bool = Field(description="There is more than fits: see `next_cursor`.")
    next_cursor: str | None = Field(description="Begins the next page; null on the last.")


class ForecastLine(Shown):
    """What the organization, or one project, will have spent by the end of the month."""

    project: Project | None = Field(description="Null for the organization.")
    spent_usd: Dollars
    expected_usd: Dollars | None = Field(description="Null while there is too little to say.")
    cap_usd: Dollars | None = Field(description="The month's cap; null without one.")
    reaches_cap_on: date | None = Field(description="When that would be full; null if it is not.")


class Forecast(Shown):
    """What this month will have cost, going on as on its working days so far."""

    month: date = Field(description="Its first day.")
    today: date
    working_days_before: int = Field(description="Those that are over; under 3 say too little.")
    working_days_left: int = Field(description="Those after today.")
    lines: list[ForecastLine]

"""Budgets: what models may cost, and what they did cost, as JSON or as a table."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from chargehand.domain.budget import BudgetScope, BudgetUnit
from chargehand.domain.json import JSONValue
from chargehand.pipeline import looking
from chargehand.pipeline.budgeting import (
    read_amount,
    read_budgets,
    read_key,
    read_tokens,
    set_budget,
)
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.pipeline.showing import to_json
from chargehand.pipeline.spending_reports import Wanted, forecast_month, report_spending
from chargehand.pipeline.spending_table import spending_table
from chargehand.web.api.budget_models import Budgets, Forecast, Spending
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.guard import Caller, current_caller
from chargehand.web.api.inputs import (
    BudgetBody,
    Nothing,
    SpendingFormat,
    SpendingQuery,
)

_CSV: Final = "text/csv"


def add_budget_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows and changes budgets, and tells what was spent."""

    @router.get("/budgets", response_model=Budgets, responses=problems(), tags=[Tag.BUDGETS])
    async def list_budgets(_query: Nothing) -> JSONValue:
        """How full every budget is."""
        now = deps.clock.now()
        return await deps.database.aread(
            lambda tx: to_json(read_budgets(tx, deps.budget_rules, now=now))
        )

    @router.put(
        "/budgets", response_model=Budgets, responses=problems_with_body(409), tags=[Tag.BUDGETS]
    )
    async def change_budget(
        caller: Annotated[Caller, Depends(current_caller)], _query: Nothing, body: BudgetBody
    ) -> JSONValue:
        """Give one budget a cap, or take it away; it holds for the next request everywhere."""
        now = deps.clock.now()
        changes = _changes(body)
        scope, scope_id = _scope(body)

        def work(tx: looking.Changing) -> JSONValue:
            served = deps.served_projects
            key = read_key(tx, scope, scope_id, body.period, served=served)
            set_budget(tx, key, changes, rules=deps.budget_rules, by=caller.actor, now=now)
            return to_json(read_budgets(tx, deps.budget_rules, now=now))

        return await deps.database.awrite(work)

    @router.get(
        "/spending",
        response_model=Spending,
        responses={200: {"content": {_CSV: {}}}, **problems()},
        tags=[Tag.BUDGETS],
    )
    async def read_spending(query: Annotated[SpendingQuery, Query()]) -> Response | JSONValue:
        """What models cost, by day and model, or by what or whom it was spent for."""
        since, until = _day("since", query.since), _day("until", query.until)
        now = deps.clock.now()
        wanted = Wanted(query.by, since, until, query.cursor, query.limit)
        found = await deps.database.aread(
            lambda tx: report_spending(tx, deps.budget_rules, wanted, now=now)
        )
        if query.format is SpendingFormat.CSV:
            return Response("".join(spending_table(found, query.by)), media_type=_CSV)
        return to_json(found)

    @router.get(
        "/spending/forecast", response_model=Forecast, responses=problems(), tags=[Tag.BUDGETS]
    )
    async def forecast_spending(_query: Nothing) -> JSONValue:
        """What this month will have cost, going on as on its working days so far."""
        now, hours = deps.clock.now(), deps.commands.hours
        return await deps.database.aread(
            lambda tx: to_json(forecast_month(tx, deps.budget_rules, hours, now=now))
        )


def _scope(body: BudgetBody) -> tuple[BudgetScope, str]:
    """Whose budget is meant; `project` is the older way to say it.

    Raises: ArgumentInvalid when both ways say something else.
    """
    if body.project is None:
        return body.scope or BudgetScope.ORGANIZATION, body.scope_id
    if body.scope not in (None, BudgetScope.PROJECT) or body.scope_id not in ("", body.project):
        allowed = "null beside another scope and scope_id"
        raise ArgumentInvalid(field="project", found=body.project, allowed=allowed)
    return BudgetScope.PROJECT, body.project


def _changes(body: BudgetBody) -> dict[BudgetUnit, int | None]:
    """The caps to set.

    Raises: ArgumentInvalid when there is none, AmountInvalid.
    """
    changes = body.changes
    if not changes:
        allowed = "an amount or null, unless cap_tokens has one"
        raise ArgumentInvalid(field="cap_usd", found="nothing", allowed=allowed)
    readers = {BudgetUnit.USD: read_amount, BudgetUnit.TOKENS: read_tokens}
    return {unit: None if cap is None else readers[unit](cap) for unit, cap in changes.items()}


def _day(field: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        allowed = "a day of the calendar, as YYYY-MM-DD"
        raise ArgumentInvalid(field=field, found=text, allowed=allowed) from error

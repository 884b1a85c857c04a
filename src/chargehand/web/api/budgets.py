"""Budgets: what models may cost, and what they did cost, as JSON or as a table."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from chargehand.domain.budget import BudgetScope, BudgetUnit
from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
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
from chargehand.web.api.asking import Asked, Asking, needs, needs_in_project
from chargehand.web.api.budget_models import Budgets, Forecast, Spending
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.inputs import (
    BudgetBody,
    Nothing,
    SpendingFormat,
    SpendingQuery,
)

_CSV: Final = "text/csv"


def add_budget_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows and changes budgets, and tells what was spent."""

    @router.get(
        "/budgets",
        response_model=Budgets,
        responses=problems(),
        tags=[Tag.BUDGETS],
        openapi_extra=needs_in_project(Permission.BUDGET_VIEW),
    )
    async def list_budgets(caller: Asking, _query: Nothing) -> JSONValue:
        """How full every budget is."""
        return await caller.read(lambda asked: _shown(asked, deps))

    @router.put(
        "/budgets",
        response_model=Budgets,
        responses=problems_with_body(409),
        tags=[Tag.BUDGETS],
        openapi_extra=needs_in_project(Permission.BUDGET_SET),
    )
    async def change_budget(caller: Asking, _query: Nothing, body: BudgetBody) -> JSONValue:
        """Give one budget a cap, or take it away; it holds for the next request everywhere."""
        now = deps.clock.now()
        changes = _changes(body)
        scope, scope_id = _scope(body)

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            asked.require(ProjectKey(scope_id) if scope is BudgetScope.PROJECT else None)
            served = deps.served_projects
            key = read_key(asked.tx, scope, scope_id, body.period, served=served)
            set_budget(asked.tx, key, changes, rules=deps.budget_rules, by=asked.by, now=now)
            return _shown(asked, deps)

        return await caller.change(work)

    _add_spending(router, deps)


def _add_spending(router: APIRouter, deps: APIDeps) -> None:
    @router.get(
        "/spending",
        response_model=Spending,
        responses={200: {"content": {_CSV: {}}}, **problems()},
        tags=[Tag.BUDGETS],
        openapi_extra=needs(Permission.BUDGET_VIEW),
    )
    async def read_spending(
        caller: Asking, query: Annotated[SpendingQuery, Query()]
    ) -> Response | JSONValue:
        """What models cost, by day and model, or by what or whom it was spent for."""
        since, until = _day("since", query.since), _day("until", query.until)
        now = deps.clock.now()
        wanted = Wanted(query.by, since, until, query.cursor, query.limit)
        found = await caller.read(
            lambda asked: report_spending(asked.tx, deps.budget_rules, wanted, now=now)
        )
        if query.format is SpendingFormat.CSV:
            return Response("".join(spending_table(found, query.by)), media_type=_CSV)
        return to_json(found)

    @router.get(
        "/spending/forecast",
        response_model=Forecast,
        responses=problems(),
        tags=[Tag.BUDGETS],
        openapi_extra=needs(Permission.BUDGET_VIEW),
    )
    async def forecast_spending(caller: Asking, _query: Nothing) -> JSONValue:
        """What this month will have cost, going on as on its working days so far."""
        now, hours = deps.clock.now(), deps.commands.hours
        return await caller.read(
            lambda asked: to_json(forecast_month(asked.tx, deps.budget_rules, hours, now=now))
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


def _shown(asked: Asked[Any], deps: APIDeps) -> JSONValue:
    """The budgets of where the caller may do it; the organization's only who may everywhere."""
    found = read_budgets(asked.tx, deps.budget_rules, now=deps.clock.now())
    allowed = asked.projects
    if allowed is not None:
        lines = (one for one in found.budgets if one.project in allowed)
        found = replace(found, budgets=tuple(lines))
    return to_json(found)


def _day(field: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        allowed = "a day of the calendar, as YYYY-MM-DD"
        raise ArgumentInvalid(field=field, found=text, allowed=allowed) from error

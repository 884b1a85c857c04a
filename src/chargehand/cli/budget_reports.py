"""`budget report` and `budget forecast`: what models did cost, and what the month will cost."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, local_time

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.config.settings import Settings
    from chargehand.pipeline.spending_reports import Forecast, Spendings


class ReportBy(StrEnum):
    """What spending is added up by."""

    DAY = "day"
    DECISION = "decision"
    ANSWER = "answer"
    AGENT = "agent"
    PERSON = "person"
    PROJECT = "project"


def report(
    context: typer.Context,
    *,
    by: Annotated[
        ReportBy,
        typer.Option(help="A line for each day and model, decision, answer, agent, or other."),
    ] = ReportBy.DAY,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            "--from",
            formats=["%Y-%m-%d"],
            help="First day; thirty days back if left out.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            "--to",
            formats=["%Y-%m-%d"],
            help="Last day, included; today if left out.",
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table for spreadsheets.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Report what models cost, newest or dearest first; `at most` is an upper bound.

    Example: chargehand budget report --by person --from 2026-11-01 --csv
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import budget_rules
    from chargehand.pipeline.showing import to_json
    from chargehand.pipeline.spending_reports import SpendingBy, Wanted, report_spending
    from chargehand.pipeline.spending_table import spending_table

    wanted = Wanted(
        SpendingBy(by.value),
        since.date() if since is not None else None,
        until.date() if until is not None else None,
    )
    with invocation.open_stores() as (settings, stores):
        rules, now = budget_rules(settings), invocation.clock(settings).now()
        found = stores.database.read(lambda tx: report_spending(tx, rules, wanted, now=now))
    if as_json:
        echo_json(to_json(found))
        return
    if as_csv:
        for row in spending_table(found, wanted.by):
            typer.echo(row, nl=False)
        return
    _print_report(found, by, settings)


def forecast(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """Say what this month will have cost, going on as on its working days so far.

    Example: chargehand budget forecast
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import budget_rules, working_hours
    from chargehand.pipeline.showing import to_json
    from chargehand.pipeline.spending_reports import forecast_month

    with invocation.open_stores() as (settings, stores):
        rules, now = budget_rules(settings), invocation.clock(settings).now()
        hours = working_hours(settings)
        found = stores.database.read(lambda tx: forecast_month(tx, rules, hours, now=now))
    if as_json:
        echo_json(to_json(found))
        return
    _print_forecast(found)


def _print_report(found: "Spendings", by: ReportBy, settings: "Settings") -> None:
    if not found.days and not found.subjects and not found.groups:
        typer.echo(f"Nothing was spent from {found.since} to {found.until}.")
        return
    if found.days:
        echo_table(
            ("day", "project", "model", "requests", "tokens in", "tokens out", "USD"),
            [
                (
                    one.day.isoformat(),
                    one.project or "-",
                    f"{one.provider} {one.model}",
                    str(one.requests),
                    str(one.input_tokens),
                    str(one.output_tokens),
                    _cost(f"{one.cost_usd:f}", is_at_most=one.is_at_most),
                )
                for one in found.days
            ],
        )
    elif found.subjects:
        echo_table(
            (f"last ({settings.business.time_zone})", "for", "decision", "requests", "USD"),
            [
                (
                    local_time(one.last_at, settings),
                    one.subject_id,
                    one.decision_id or "-",
                    str(one.requests),
                    _cost(f"{one.cost_usd:f}", is_at_most=one.is_at_most),
                )
                for one in found.subjects
            ],
        )
    else:
        echo_table(
            (by.value, "id", "requests", "tokens in", "tokens out", "USD"),
            [
                (
                    one.name or one.id or "nobody known",
                    one.id or "-",
                    str(one.requests),
                    str(one.input_tokens),
                    str(one.output_tokens),
                    _cost(f"{one.cost_usd:f}", is_at_most=one.is_at_most),
                )
                for one in found.groups
            ],
            texts=(by.value,),
        )
    total = _cost(f"{found.cost_usd:f} USD", is_at_most=found.is_at_most)
    typer.echo(f"\n{total} from {found.since} to {found.until}.")
    if found.is_cut:
        typer.echo("There is more than fits; give --since and --until.", err=True)


def _print_forecast(found: "Forecast") -> None:
    echo_table(
        ("of", "spent", "expected by the end", "cap of the month", "full on"),
        [
            (
                "organization" if one.project is None else f"project {one.project}",
                f"{one.spent_usd:f}",
                "too little to say" if one.expected_usd is None else f"{one.expected_usd:.2f}",
                "none" if one.cap_usd is None else f"{one.cap_usd:f}",
                "-" if one.reaches_cap_on is None else one.reaches_cap_on.isoformat(),
            )
            for one in found.lines
        ],
    )
    typer.echo(
        f"\nUS dollars in {found.month:%Y-%m}, going on as on its {found.working_days_before} "
        f"working days before {found.today}; {found.working_days_left} come after it. Fewer than 3 "
        "are too little to say."
    )


def _cost(amount: str, *, is_at_most: bool) -> str:
    return f"at most {amount}" if is_at_most else amount

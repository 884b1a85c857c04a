"""`budget`: what models may cost, and what they did cost."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.budgets.money import ALLOWED_USD
from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, local_time, zoned_time
from chargehand.domain.budget import BudgetPeriod
from chargehand.domain.ids import ProjectKey

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.config.settings import Settings
    from chargehand.pipeline.budgeting import BudgetLine, Spendings

budget = typer.Typer(
    name="budget",
    help="A model request is sent only if the most it can cost fits into every budget it counts "
    "against: of the organization and of its project, for the day and for the month. The "
    "organization's day always has a cap.\n\nExample: chargehand budget set 25",
    no_args_is_help=True,
)
_NO_CAP = "none"


class ReportBy(StrEnum):
    """What spending is added up by."""

    DAY = "day"
    DECISION = "decision"


@budget.command("show")
def show(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """Show how full every budget is, and when it resets.

    Example: chargehand budget show
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import budget_rules
    from chargehand.pipeline.budgeting import read_budgets
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        rules, now = budget_rules(settings), invocation.clock(settings).now()
        shown = stores.database.read(lambda tx: read_budgets(tx, rules, now=now))
    if as_json:
        echo_json(to_json(shown))
        return
    typer.echo(f"US dollars; days begin at midnight in {shown.time_zone}.\n")
    echo_table(
        ("budget", "cap", "spent", "reserved", "left", "resets", "set by"),
        [
            (
                _name(line),
                _NO_CAP if line.cap_usd is None else f"{line.cap_usd:f}",
                f"{line.spent_usd:f}",
                f"{line.reserved_usd:f}",
                "-" if line.left_usd is None else f"{line.left_usd:f}",
                local_time(line.resets_at, settings)[:-3],
                _set_by(line, settings),
            )
            for line in shown.budgets
        ],
        texts=("set by",),
    )


@budget.command("set", context_settings={"ignore_unknown_options": True})
def set_(
    context: typer.Context,
    amount: Annotated[
        str,
        typer.Argument(metavar="USD|none", help=f"The cap: {ALLOWED_USD}; none takes it away."),
    ],
    *,
    project: Annotated[
        str | None, typer.Option(metavar="KEY", help="Of this project alone, such as PAY.")
    ] = None,
    period: Annotated[BudgetPeriod, typer.Option(help="How long it lasts.")] = BudgetPeriod.DAY,
) -> None:
    """Set a cap: of the organization or of one project, for a day or a month.

    It holds for the next request in every process; 0 sends nothing that costs.

    Example: chargehand budget set 200 --period month
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import budget_rules, served_projects
    from chargehand.pipeline.budgeting import read_amount, read_budgets, set_budget

    cap = None if amount.strip().lower() == _NO_CAP else read_amount(amount)
    wanted = ProjectKey(project.upper()) if project is not None else None
    with invocation.open_stores() as (settings, stores):
        rules, now = budget_rules(settings), invocation.clock(settings).now()
        stores.database.write(
            lambda tx: set_budget(
                tx,
                cap,
                project=wanted,
                period=period,
                served=served_projects(settings),
                by=operator_name(),
                now=now,
            )
        )
        shown = stores.database.read(lambda tx: read_budgets(tx, rules, now=now))
    found = [one for one in shown.budgets if (one.project, one.period) == (wanted, period)]
    for line in found:
        if line.cap_usd is not None:
            typer.echo(
                f"{_name(line)} may cost {line.cap_usd:f} USD; {line.spent_usd:f} are spent and "
                f"{line.reserved_usd:f} reserved, so {line.left_usd:f} are left until "
                f"{zoned_time(line.resets_at, settings)}."
            )
            return
    scope = "the organization" if wanted is None else f"project {wanted}"
    typer.echo(f"A {period.value} of {scope} has no cap of its own now.")


@budget.command("report")
def report(
    context: typer.Context,
    *,
    by: Annotated[ReportBy, typer.Option(help="A line for each day and model, or each ask.")] = (
        ReportBy.DAY
    ),
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day; thirty days back if left out."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day, included; today if left out."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table for spreadsheets.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Report what models cost, newest first; `at most` is an upper bound.

    Example: chargehand budget report --by decision --since 2026-11-01 --csv
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import budget_rules
    from chargehand.pipeline.budgeting import spending_by_day, spending_by_subject
    from chargehand.pipeline.showing import to_json
    from chargehand.pipeline.spending_table import day_table, subject_table

    read, table = (
        (spending_by_day, day_table) if by is ReportBy.DAY else (spending_by_subject, subject_table)
    )
    with invocation.open_stores() as (settings, stores):
        rules, now = budget_rules(settings), invocation.clock(settings).now()
        first = since.date() if since is not None else None
        last = until.date() if until is not None else None
        found = stores.database.read(lambda tx: read(tx, rules, since=first, until=last, now=now))
    if as_json:
        echo_json(to_json(found))
        return
    if as_csv:
        for row in table(found):
            typer.echo(row, nl=False)
        return
    _print_report(found, settings)


def _print_report(found: "Spendings", settings: "Settings") -> None:
    if not found.days and not found.subjects:
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
    else:
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
    total = _cost(f"{found.cost_usd:f} USD", is_at_most=found.is_at_most)
    typer.echo(f"\n{total} from {found.since} to {found.until}.")
    if found.is_cut:
        typer.echo("There is more than fits; give --since and --until.", err=True)


def _cost(amount: str, *, is_at_most: bool) -> str:
    return f"at most {amount}" if is_at_most else amount


def _name(line: "BudgetLine") -> str:
    scope = "organization" if line.project is None else f"project {line.project}"
    return f"{scope}, {line.period.value}"


def _set_by(line: "BudgetLine", settings: "Settings") -> str:
    if line.cap_usd is None:
        return ""
    if line.changed_at is None:
        return "the configuration"
    return f"{line.changed_by}, {local_time(line.changed_at, settings)[:-3]}"

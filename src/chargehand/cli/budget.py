"""`budget`: what models may cost, and what they did cost."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.budgets.money import ALLOWED_TOKENS, ALLOWED_USD
from chargehand.cli.budget_reports import forecast, report
from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, local_time, zoned_time
from chargehand.domain.budget import BudgetKey, BudgetPeriod, BudgetScope, BudgetUnit

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.config.settings import Settings
    from chargehand.pipeline.budgeting import BudgetLine
    from chargehand.pipeline.looking import Changing

budget = typer.Typer(
    name="budget",
    help="A model request is sent only if the most it can cost fits into every budget it counts "
    "against: of the organization, its project, the member who asked, the agent and the ask, for "
    "the day and for the month. The organization's day always has a cap.\n\n"
    "Example: chargehand budget set 25",
    no_args_is_help=True,
)
_NO_CAP = "none"


class EachScope(StrEnum):
    """What a cap can be for each one of."""

    PROJECT = "project"
    MEMBER = "member"
    AGENT = "agent"
    RUN = "run"


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
                *_amounts(line),
                "never" if line.resets_at is None else local_time(line.resets_at, settings)[:-3],
                _set_by(line, settings),
            )
            for line in shown.budgets
        ],
        texts=("set by",),
    )
    if any(line.is_each for line in shown.budgets):
        typer.echo("\nOf a cap for each, the amounts are those of the one that cost most.")


@budget.command("set", context_settings={"ignore_unknown_options": True})
def set_(
    context: typer.Context,
    amount: Annotated[
        str,
        typer.Argument(
            metavar="AMOUNT|none",
            help=f"The cap: {ALLOWED_USD}, or {ALLOWED_TOKENS}; none takes it away.",
        ),
    ],
    *,
    project: Annotated[
        str | None, typer.Option(metavar="KEY", help="Of this project alone, such as PAY.")
    ] = None,
    member: Annotated[
        str | None,
        typer.Option(metavar="MEMBER", help="Of what this member asks: id, e-mail or whole name."),
    ] = None,
    agent: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of what this agent asks models.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="ASK", help="Of this one ask, however long it lasts.")
    ] = None,
    each: Annotated[
        EachScope | None,
        typer.Option(help="Of each one of these that has no cap of its own."),
    ] = None,
    period: Annotated[
        BudgetPeriod | None,
        typer.Option(help="How long it lasts: a day if left out; a run has its whole life."),
    ] = None,
    unit: Annotated[BudgetUnit, typer.Option(help="What the cap is counted in.")] = BudgetUnit.USD,
) -> None:
    """Set a cap: of the organization, or of one project, member, agent or ask.

    It holds for the next request in every process; 0 sends nothing that costs.

    Example: chargehand budget set 0.50 --each run
    """
    target = _scope(project, member, agent, run, each)
    _set_cap(context.obj, amount, target, period, unit)


budget.command("report")(report)
budget.command("forecast")(forecast)


def _set_cap(
    invocation: Invocation,
    amount: str,
    target: tuple[BudgetScope, str],
    period: BudgetPeriod | None,
    unit: BudgetUnit,
) -> None:
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import budget_rules, served_projects
    from chargehand.pipeline.budgeting import (
        read_amount,
        read_budgets,
        read_key,
        read_tokens,
        set_budget,
    )

    read = read_amount if unit is BudgetUnit.USD else read_tokens
    cap = None if amount.strip().lower() == _NO_CAP else read(amount)
    with invocation.open_stores() as (settings, stores):
        rules, now = budget_rules(settings), invocation.clock(settings).now()

        def work(tx: "Changing") -> "BudgetKey":
            served = served_projects(settings)
            key = read_key(tx, *target, period, served=served)
            set_budget(tx, key, {unit: cap}, rules=rules, by=operator_name(), now=now)
            return key

        key = stores.database.write(work)
        shown = stores.database.read(lambda tx: read_budgets(tx, rules, now=now))
    for line in shown.budgets:
        if (line.scope, line.scope_id, line.period) == (key.scope, key.scope_id, key.period):
            _print_cap(line, unit, settings)
            return
    typer.echo(f"{_whose(key.scope, key.scope_id)}, {key.period.value} has no cap of its own now.")


def _scope(
    project: str | None,
    member: str | None,
    agent: str | None,
    run: str | None,
    each: EachScope | None,
) -> tuple[BudgetScope, str]:
    """Whose budget is meant.

    Raises: BadParameter when several are named.
    """
    named = [
        (scope, scope_id)
        for scope, scope_id in (
            (BudgetScope.PROJECT, project.upper() if project else project),
            (BudgetScope.MEMBER, member),
            (BudgetScope.AGENT, agent),
            (BudgetScope.RUN, run),
            (BudgetScope(each.value) if each else BudgetScope.ORGANIZATION, "" if each else None),
        )
        if scope_id is not None
    ]
    if len(named) > 1:
        message = "name one of --project, --member, --agent, --run and --each"
        raise typer.BadParameter(message)
    if named and not named[0][1] and each is None:
        message = f"--{named[0][0].value} is empty; --each {named[0][0].value} means each of them"
        raise typer.BadParameter(message)
    return named[0] if named else (BudgetScope.ORGANIZATION, "")


def _print_cap(line: "BudgetLine", unit: BudgetUnit, settings: "Settings") -> None:
    usd = (line.cap_usd, f"{line.spent_usd:f}", f"{line.reserved_usd:f}", line.left_usd)
    tokens = (line.cap_tokens, line.spent_tokens, line.reserved_tokens, line.left_tokens)
    cap, spent, reserved, left = usd if unit is BudgetUnit.USD else tokens
    name, word = _name(line), "USD" if unit is BudgetUnit.USD else "tokens"
    if cap is None:
        typer.echo(f"{name} has no cap in {word} now.")
        return
    if line.is_each:
        typer.echo(f"{name} may cost {cap} {word}, unless it has a cap of its own.")
        return
    until = f" until {zoned_time(line.resets_at, settings)}" if line.resets_at is not None else ""
    typer.echo(
        f"{name} may cost {cap} {word}; {spent} are spent and {reserved} reserved, so {left} are "
        f"left{until}."
    )


def _name(line: "BudgetLine") -> str:
    return f"{_whose(line.scope, line.scope_id)}, {line.period.value}"


def _whose(scope: BudgetScope, scope_id: str) -> str:
    if scope is BudgetScope.ORGANIZATION:
        return scope.value
    return f"{scope.value} {scope_id}" if scope_id else f"each {scope.value}"


def _amounts(line: "BudgetLine") -> tuple[str, str, str, str]:
    """Cap, spent, reserved and left, in dollars and where there is such a cap in tokens."""
    usd = (
        _NO_CAP if line.cap_usd is None else f"{line.cap_usd:f}",
        f"{line.spent_usd:f}",
        f"{line.reserved_usd:f}",
        "-" if line.left_usd is None else f"{line.left_usd:f}",
    )
    tokens = (line.cap_tokens, line.spent_tokens, line.reserved_tokens, line.left_tokens)
    if line.cap_tokens is None:
        return usd
    pairs = [f"{amount}, {count} tokens" for amount, count in zip(usd, tokens, strict=True)]
    return (pairs[0], pairs[1], pairs[2], pairs[3])


def _set_by(line: "BudgetLine", settings: "Settings") -> str:
    if line.cap_usd is None and line.cap_tokens is None:
        return ""
    if line.changed_at is None:
        return "the configuration"
    return f"{line.changed_by}, {local_time(line.changed_at, settings)[:-3]}"

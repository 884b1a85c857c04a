"""`decisions`: what chargehand concluded about events, and why."""

from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON, Cursor, Last, Project, WorkItem
from chargehand.cli.output import (
    ERASED,
    echo_fields,
    echo_json,
    echo_next,
    echo_table,
    indented,
    local_time,
    zoned_time,
)
from chargehand.domain.decision import Verdict
from chargehand.domain.ids import ProjectKey

if TYPE_CHECKING:
    # It names a type only.
    from chargehand.config.settings import Settings
    from chargehand.domain.records import DecisionRecord

decisions = typer.Typer(
    name="decisions",
    help="Answer or silence, for each event, with the reason and the sources.\n\n"
    "Example: chargehand decisions list --verdict respond",
    no_args_is_help=True,
)


@decisions.command("list")
def list_(
    context: typer.Context,
    *,
    last: Last = 20,
    project: Project = None,
    work_item: WorkItem = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only answers, or only silence.")] = None,
    cursor: Cursor = None,
    as_json: AsJSON = False,
) -> None:
    """List the newest decisions.

    Example: chargehand decisions list --project PAY --verdict respond
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.decisions.catalogue import reason_text
    from chargehand.pipeline.looking import list_decisions
    from chargehand.pipeline.showing import to_json

    wanted = ProjectKey(project) if project is not None else None
    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(
            lambda tx: list_decisions(
                tx, cursor=cursor, limit=last, project=wanted, verdict=verdict, work_item=work_item
            )
        )
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo("No such decisions yet. One is made for every event; see `chargehand status`.")
        return
    echo_table(
        ("id", f"decided ({settings.business.time_zone})", "on", "verdict", "why"),
        [
            (
                one.id,
                local_time(one.decided_at, settings),
                one.work_item or one.project or "-",
                one.verdict.value,
                reason_text(one.reason),
            )
            for one in page.items
        ],
        texts=("why",),
    )
    echo_next(page.next_cursor)


@decisions.command("show")
def show(
    context: typer.Context,
    decision_id: Annotated[str, typer.Argument(metavar="ID", help="A decision's id: dec_...")],
    *,
    as_json: AsJSON = False,
) -> None:
    """Show one decision whole: reason, audience, the answer's words and its sources.

    Example: chargehand decisions show dec_06f0c4h8k2v9m3p7r1t5w8x2z4
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import find_decision
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        record = stores.database.read(lambda tx: find_decision(tx, decision_id))
    if as_json:
        echo_json(to_json(record))
        return
    _echo_decision(record, settings)


def _echo_decision(record: "DecisionRecord", settings: "Settings") -> None:
    # lazy: it holds every sentence, and loads longer than `--help` may.
    from chargehand.decisions.catalogue import reason_text, withheld_text

    typer.echo(f"{record.id}  {record.verdict.value}: {reason_text(record.reason)}")
    readers = record.audience.visibility
    echo_fields(
        [
            ("reason", record.reason.value),
            ("on", record.work_item or record.project or ""),
            ("decided", zoned_time(record.decided_at, settings)),
            ("by", f"{record.decided_by.value}, confidence {record.confidence:.2f}"),
            ("urgency", record.urgency.value),
            ("readers", f"{record.audience.scope}, {readers.kind.value} {readers.value}".rstrip()),
            ("policy", f"version {record.policy_version}"),
            ("cost", f"{record.cost_usd:f} USD" if record.cost_usd else ""),
            ("event", record.event_id),
            ("ask", record.ask_id or ""),
            *(("source", f"{source.label}  {source.url}") for source in record.sources),
            *(("withheld", withheld_text(entry)) for entry in record.withheld),
        ]
    )
    if record.response or record.is_erased:
        typer.echo("\nThe answer:\n")
        typer.echo(indented(ERASED if record.is_erased else record.response, "  "))
    typer.echo(f"\nThe whole story: chargehand trace {record.id}")

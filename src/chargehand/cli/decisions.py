"""`decisions`: what chargehand concluded about events, and why."""

import json
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
    from chargehand.decisions.reason_catalogue import reason_text
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
    request: Annotated[
        bool, typer.Option("--request", help="Show exactly what was sent to models for it.")
    ] = False,
    as_json: AsJSON = False,
) -> None:
    """Show one decision whole: reason, audience, the answer's words and its sources.

    Example: chargehand decisions show dec_06f0c4h8k2v9m3p7r1t5w8x2z4
    """
    invocation: Invocation = context.obj
    if request:
        _show_requests(invocation, decision_id, as_json=as_json)
        return
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import find_decision
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        record = stores.database.read(lambda tx: find_decision(tx, decision_id))
    if as_json:
        echo_json(to_json(record))
        return
    _echo_decision(record, settings)


def _show_requests(invocation: Invocation, decision_id: str, *, as_json: bool) -> None:
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import list_model_requests
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        requests = stores.database.read(lambda tx: list_model_requests(tx, decision_id))
    if as_json:
        echo_json(to_json(requests))
        return
    if not requests:
        typer.echo("Nothing was sent to a model for this decision.")
    for one in requests:
        typer.echo(f"Request {one.position + 1}: {one.outcome}")
        echo_fields(
            [
                ("to", f"{one.model} of {one.provider}"),
                ("prompt", one.prompt_version),
                ("sent", zoned_time(one.sent_at, settings)),
                ("tokens", f"{one.input_tokens} in, {one.output_tokens} out"),
                ("cost", f"{one.cost_usd:f} USD"),
                ("reservation", one.reservation_id),
            ]
        )
        typer.echo("")
        typer.echo(indented(_readable(one.body), "  "))
        typer.echo("")


def _readable(body: str) -> str:
    """A body with its JSON laid out; as it is when it is none, or gone."""
    if not body:
        return "(what was sent is erased, or nothing was built)"
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def _decider(record: "DecisionRecord") -> str:
    model = record.model
    if model is None:
        return record.decided_by.value
    return f"{model.model} of {model.provider} (prompt {model.prompt_version})"


def _echo_decision(record: "DecisionRecord", settings: "Settings") -> None:
    # lazy: it holds every sentence, and loads longer than `--help` may.
    from chargehand.decisions.reason_catalogue import reason_text, withheld_text

    typer.echo(f"{record.id}  {record.verdict.value}: {reason_text(record.reason)}")
    readers = record.audience.visibility
    echo_fields(
        [
            ("reason", record.reason.value),
            ("on", record.work_item or record.project or ""),
            ("decided", zoned_time(record.decided_at, settings)),
            ("by", f"{_decider(record)}, confidence {record.confidence:.2f}"),
            ("reasoning", record.reasoning),
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

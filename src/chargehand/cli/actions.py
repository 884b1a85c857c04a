"""`actions`: side effects, proposed, simulated, waiting or done."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON, Cursor, Last, Project
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
from chargehand.domain.action import ActionKind, ActionState, Mode
from chargehand.domain.ids import ProjectKey

if TYPE_CHECKING:
    # They name types only.
    from chargehand.config.settings import Settings
    from chargehand.domain.records import ActionRecord


class Finding(StrEnum):
    """What a person can have found at the vendor."""

    HAPPENED = "happened"
    DID_NOT_HAPPEN = "did_not_happen"


actions = typer.Typer(
    name="actions",
    help="Changes at a vendor, one target each: what would be, is, or was done, word by word.\n\n"
    "Example: chargehand actions list --state simulated",
    no_args_is_help=True,
)


@actions.command("list")
def list_(
    context: typer.Context,
    *,
    last: Last = 20,
    project: Project = None,
    state: Annotated[ActionState | None, typer.Option(help="Only actions in this state.")] = None,
    kind: Annotated[ActionKind | None, typer.Option(help="Only actions of this kind.")] = None,
    cursor: Cursor = None,
    as_json: AsJSON = False,
) -> None:
    """List the newest actions.

    Example: chargehand actions list --state unknown
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import list_actions
    from chargehand.pipeline.showing import to_json

    wanted = ProjectKey(project) if project is not None else None
    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(
            lambda tx: list_actions(
                tx, cursor=cursor, limit=last, state=state, kind=kind, project=wanted
            )
        )
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo("No such actions yet. They are proposed when somebody mentions the bot.")
        return
    echo_table(
        ("id", f"proposed ({settings.business.time_zone})", "kind", "on", "mode", "state", "why"),
        [
            (
                one.id,
                local_time(one.created_at, settings),
                one.kind.value,
                one.target,
                one.mode.value,
                one.state.value,
                one.problem,
            )
            for one in page.items
        ],
        texts=("why",),
    )
    echo_next(page.next_cursor)


@actions.command("show")
def show(
    context: typer.Context,
    action_id: Annotated[str, typer.Argument(metavar="ID", help="An action's id: act_...")],
    *,
    as_json: AsJSON = False,
) -> None:
    """Show one action with its exact preview and what became of it.

    Example: chargehand actions show act_06f0c4h8k2v9m3p7r1t5w8x2z4
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import find_action
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        record = stores.database.read(lambda tx: find_action(tx, action_id))
        undoes = stores.database.read(lambda tx: tx.undos.find(record.id))
        tries = stores.database.read(lambda tx: tx.undos.of_undone(record.id))
    if as_json:
        echo_json(to_json(record))
        return
    _echo_action(
        record,
        settings,
        undoes=undoes.undone_action_id if undoes is not None else "",
        undone_by=", ".join(one.undo_action_id for one in tries),
    )


@actions.command("settle")
def settle(
    context: typer.Context,
    action_id: Annotated[str, typer.Argument(metavar="ID", help="An action's id: act_...")],
    finding: Annotated[
        Finding, typer.Argument(help="What you saw at the vendor.", show_default=False)
    ],
) -> None:
    """Say whether an action happened of which chargehand can not tell; it is never sent again.

    Example: chargehand actions settle act_06f0c4h8k2v9m3p7r1t5w8x2z4 happened
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.settling import settle_action

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        settled = stores.database.write(
            lambda tx: settle_action(
                tx, action_id, finding.value, by=operator_name(), via="cli", now=now
            )
        )
    typer.echo(f"{settled.id} is {settled.state.value} now, as you found it.")


@actions.command("undo")
def undo(
    context: typer.Context,
    action_id: Annotated[str, typer.Argument(metavar="ID", help="An action's id: act_...")],
) -> None:
    """Propose what undoes an executed action; it goes the way of every action, by its mode.

    Example: chargehand actions undo act_06f0c4h8k2v9m3p7r1t5w8x2z4
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.receiving import previewers
    from chargehand.pipeline.causing import cause_of_operator
    from chargehand.pipeline.undoing import undo_action

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        proposed = stores.database.write(
            lambda tx: undo_action(
                tx,
                action_id,
                previewers=previewers(settings),
                by=operator_name(),
                via="cli",
                cause=cause_of_operator(operator_name()),
                lasts=settings.answers.approval_expires_after,
                now=now,
            )
        )
    typer.echo(f"{proposed.id} undoes {action_id} and is {proposed.state.value}:\n")
    typer.echo(indented(proposed.preview, "  "))
    typer.echo(_NEXT_BY_MODE[proposed.mode])


_NEXT_BY_MODE = {
    Mode.SIMULATE: "\nNothing is sent: the mode of this kind is simulate. See `chargehand modes`.",
    Mode.APPROVE: "\nNext: chargehand approvals list",
    Mode.AUTO: "\nThe worker sends it at once.",
}


def _echo_action(
    record: "ActionRecord", settings: "Settings", *, undoes: str, undone_by: str
) -> None:
    typer.echo(f"{record.id}  {record.kind.value} on {record.target}: {record.state.value}")
    again = record.next_attempt_at
    echo_fields(
        [
            ("mode", f"{record.mode.value} (policy version {record.policy_version})"),
            ("proposed", zoned_time(record.created_at, settings)),
            ("settled", zoned_time(record.finished_at, settings) if record.finished_at else ""),
            ("attempts", str(record.attempts) if record.attempts else ""),
            ("next try", zoned_time(again, settings) if again else ""),
            ("problem", record.problem),
            ("at", str(record.result.get("url", ""))),
            ("undoes", undoes),
            ("undo", undone_by),
            ("asked by", record.cause.requester),
            ("asked in", record.cause.origin.value),
            ("trust", record.cause.trust.value),
            ("decision", record.decision_id),
            ("digest", record.digest),
        ]
    )
    typer.echo("\nThe exact preview:\n")
    typer.echo(indented(ERASED if record.is_erased else record.preview, "  "))
    typer.echo(f"\nThe whole story: chargehand trace {record.id}")

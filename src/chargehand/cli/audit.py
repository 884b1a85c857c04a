"""`audit`: the chained account of decisions, approvals, effects and policy."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.files import ExportUnwritable, write_whole
from chargehand.cli.options import AsJSON, Last
from chargehand.cli.output import echo_json, echo_next, echo_table, local_time

if TYPE_CHECKING:
    # They name types only.
    from chargehand.audit.chain import Verification
    from chargehand.domain.records import AuditRecord

audit = typer.Typer(
    name="audit",
    help="Every decision, approval, effect and change of policy, each record bound to the one "
    "before it by its hash: what is edited, deleted, reordered or cut off is found and named. "
    "Names and texts of people are not in it.\n\nExample: chargehand audit verify",
    no_args_is_help=True,
)
_COLUMNS = ("seq", "recorded_at", "tag", "subject_id", "body", "previous_hash", "hash")


class ExportFormat(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"


@audit.command("show")
def show(
    context: typer.Context,
    *,
    last: Last = 20,
    cursor: Annotated[
        str | None, typer.Option(metavar="SEQ", help="Only records before this number.")
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Show the newest records.

    Example: chargehand audit show --last 5 --json
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import list_audit
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(lambda tx: list_audit(tx, cursor=cursor, limit=last))
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo("No records before that one." if cursor else "The audit chain is empty.")
        return
    echo_table(
        ("seq", f"recorded ({settings.business.time_zone})", "tag", "by", "subject", "body"),
        [
            (
                str(one.seq),
                local_time(one.recorded_at, settings),
                one.tag,
                one.by,
                one.subject_id,
                one.body,
            )
            for one in page.items
        ],
        texts=("body",),
    )
    echo_next(page.next_cursor)


@audit.command("verify")
def verify(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """Walk the whole chain and name every place where it does not hold; exit 1 if any.

    Example: chargehand audit verify
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import read_verification
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (_settings, stores):
        found = stores.database.read(lambda tx: read_verification(tx, stores.checkpoint))
    if as_json:
        echo_json(to_json(found))
    elif found.is_intact:
        typer.echo(f"audit: {found.records} records, chain verified")
        if not found.has_checkpoint:
            typer.echo(
                "The checkpoint beside the database is missing, so an end that was cut off can "
                "not be told; the next record starts a new one."
            )
    else:
        places = len(found.breaks)
        typer.echo(f"audit: {found.records} records, chain BROKEN in {places} place(s)")
        for one in found.breaks:
            typer.echo(f"  record {one.seq}: {one.problem}")
    if not as_json:
        _echo_restores(found)
    if not found.is_intact:
        raise typer.Exit(1)


def _echo_restores(found: "Verification") -> None:
    """A restore is no break, but whoever verifies has to hear of it."""
    for one in found.restores:
        if one.lost_until is None:
            lost = "how many records were lost is not known"
        elif one.lost_until < one.seq:
            lost = "no record was lost"
        else:
            lost = f"records {one.seq} to {one.lost_until} of the former chain were lost"
        typer.echo(f"  record {one.seq}: restored from a backup {one.restored_at:%Y-%m-%d}; {lost}")


@audit.command("export")
def export(
    context: typer.Context,
    *,
    form: Annotated[
        ExportFormat, typer.Option("--format", help="One object a line, or a table.")
    ] = ExportFormat.JSONL,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; standard output without it.")
    ] = None,
) -> None:
    """Write the whole chain, oldest first, as it is read; a file is written whole or not at all.

    Example: chargehand audit export --format csv --out audit.csv
    """
    invocation: Invocation = context.obj
    with invocation.open_stores() as (_settings, stores):
        if out is None:
            stores.database.read(lambda tx: _print(_lines(tx.audit.walk(), form)))
            return
        try:
            count = stores.database.read(lambda tx: write_whole(out, _lines(tx.audit.walk(), form)))
        except OSError as error:
            raise ExportUnwritable(path=str(out), detail=error.strerror or str(error)) from error
    # A table has a line of headings.
    records = count - (form is ExportFormat.CSV)
    typer.echo(f"{records} records written to {out}.")


def _lines(records: "Iterable[AuditRecord]", form: ExportFormat) -> Iterator[bytes]:
    # lazy: it knows every kind of record, and they load longer than `--help` may.
    from chargehand.pipeline.showing import to_json

    match form:
        case ExportFormat.JSONL:
            for record in records:
                yield json.dumps(to_json(record), ensure_ascii=False).encode() + b"\n"
        case ExportFormat.CSV:
            yield _csv_line(_COLUMNS)
            for record in records:
                yield _csv_line(to_json(getattr(record, name)) for name in _COLUMNS)


def _csv_line(values: Iterable[object]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue().encode()


def _print(lines: Iterable[bytes]) -> None:
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()

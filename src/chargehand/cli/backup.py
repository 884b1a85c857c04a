"""`backup`: everything of one moment in one file, while the service runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_fields, echo_json, echo_table, local_time, zoned_time

if TYPE_CHECKING:
    # pydantic and SQLAlchemy take longer to load than `--help` may.
    from chargehand.bootstrap.backups import CheckedBackup
    from chargehand.config.settings import Settings

backup = typer.Typer(name="backup", invoke_without_command=True)
_KIB = 1024


@backup.callback()
def make(
    context: typer.Context,
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to; a name in backup.folder without it."),
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Back up both databases and the settings, as they are at one moment, into one file.

    The service may run meanwhile. Secrets are left out. Options stand before a command below.

    Example: chargehand backup --out /mnt/elsewhere/chargehand.tar.gz
    """
    if context.invoked_subcommand is not None:
        return
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.backups import BackupOrigin, make_backup
    from chargehand.pipeline.showing import to_json

    settings = invocation.load_settings()
    clock = invocation.clock(settings)
    made = make_backup(settings, origin=BackupOrigin.PERSON, clock=clock, out=out)
    if as_json:
        echo_json(
            {
                "path": str(made.path),
                "size_bytes": made.size_bytes,
                "sha256": made.sha256,
                "backup_id": made.manifest.backup_id,
                "created_at": to_json(made.manifest.created_at),
            }
        )
        return
    rows = sum(made.manifest.counts.values())
    typer.echo(f"{made.path}: {_size(made.size_bytes)}, {rows} rows")
    typer.echo(f"SHA-256 {made.sha256}")
    typer.echo("Check it with `chargehand backup verify`, and keep a copy on another machine.")


@backup.command("verify")
def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    *,
    as_json: AsJSON = False,
) -> None:
    """Unpack a backup, open what is in it, and say whether it is whole; exit 1 if not.

    Example: chargehand backup verify /mnt/elsewhere/chargehand.tar.gz
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.backups import verify_backup
    from chargehand.pipeline.showing import to_json

    checked = verify_backup(file)
    if as_json:
        echo_json({"manifest": to_json(checked.manifest), "chains": to_json(checked.chains)})
    else:
        _echo_checked(checked, file, invocation.load_settings())
    if not checked.is_intact:
        raise typer.Exit(1)


@backup.command("list")
def list_(context: typer.Context) -> None:
    """List the backups in their folder, newest first.

    Example: chargehand backup list
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.backups import list_backups

    settings = invocation.load_settings()
    found = list_backups(settings)
    if not found:
        typer.echo(f"No backups in {settings.backup_folder}; `chargehand backup` makes one.")
        return
    rows = []
    for one in found:
        manifest = one.manifest
        moment = local_time(manifest.created_at, settings) if manifest is not None else "-"
        origin = manifest.origin.value if manifest is not None else f"NOT USABLE: {one.problem}"
        rows.append((str(one.path), moment, _size(one.size_bytes), origin))
    echo_table(("file", f"of ({settings.business.time_zone})", "size", "made for"), rows)


def _echo_checked(checked: "CheckedBackup", file: Path, settings: "Settings") -> None:
    manifest = checked.manifest
    typer.echo(f"{file}: {'whole' if checked.is_intact else 'its audit chain is BROKEN'}")
    counts = manifest.counts
    fields = [
        ("of", zoned_time(manifest.created_at, settings)),
        ("made by", f"chargehand {manifest.program}, for {manifest.origin.value}"),
        ("database", manifest.kind.value),
        ("schema", f"{manifest.main_schema}, inbox {manifest.inbox_schema}"),
        ("rows", ", ".join(f"{counts[name]} {name}" for name in _SHOWN if name in counts)),
        ("settings", "without secrets, in config.json"),
    ]
    echo_fields(fields)
    for organization_id, chain in checked.chains.items():
        shown = "verified" if chain.is_intact else "BROKEN"
        typer.echo(f"  audit of {organization_id}: {chain.records} records, chain {shown}")
        for one in chain.breaks:
            typer.echo(f"    record {one.seq}: {one.problem}")


_SHOWN = ("asks", "decisions", "actions", "approvals", "effects", "inbox_deliveries")


def _size(size_bytes: int) -> str:
    return (
        f"{size_bytes / _KIB:.0f} KiB"
        if size_bytes < _KIB**2
        else f"{size_bytes / _KIB**2:.1f} MiB"
    )

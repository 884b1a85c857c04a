"""`members erase`: what would go first, and only then what goes, proved in the files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.output import plain_lines, safe_line

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.pipeline.erasing import Erasure, Findings
    from chargehand.privacy.person import Person


def erase(
    context: typer.Context,
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="An account id, an e-mail address, or the id of a member."
        ),
    ],
    *,
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also",
            metavar="TEXT",
            help="A further id or name of the same person, such as cli:anna; may be repeated.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do it; without this, only say what would go.")
    ] = False,
) -> None:
    """Erase a person from every table and file: a pseudonym stays where they stood.

    Example: chargehand members erase 5b10ac8d82e05b22cc7d4ef5 --yes
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.erasing import Erasing
    from chargehand.pipeline.proving import other_files
    from chargehand.pipeline.searching import Archive, known_as, learn_names
    from chargehand.privacy.person import given_person

    with invocation.open_stores() as (settings, stores):
        archive = Archive(stores.database, stores.raw)
        identifier = known_as(archive, identifier)
        given = given_person(identifier, also or ())
        person = learn_names(archive, given)
        erasing = Erasing(archive, invocation.clock(settings))
        _echo_person(person)
        findings = erasing.plan(person)
        if not yes:
            _echo_findings(findings)
            _echo_files(other_files(stores.files, settings.storage.data_dir, person))
            typer.echo("\nNothing was changed; --yes does it.")
            return
        complete = True
        if findings.is_nothing:
            typer.echo("Nothing is held about this person.")
        else:
            erasure = erasing.erase(person, identifier.strip(), by=operator_name())
            _echo_erasure(erasure)
            complete = erasure.is_complete
        if complete:
            complete = _clean(stores, person)
        _echo_files(other_files(stores.files, settings.storage.data_dir, person))
    if not complete:
        raise typer.Exit(1)


def _echo_person(person: "Person") -> None:
    typer.echo("Looked for:")
    for kind, words in (("id", person.ids), ("name", person.names), ("e-mail", person.emails)):
        for word in sorted(words):
            typer.echo(f"  {kind.ljust(6)}  {safe_line(word)}")


def _echo_findings(found: "Findings") -> None:
    if found.is_nothing:
        typer.echo("\nNothing is held about this person.")
        return
    typer.echo("\nWhat would go, or have a pseudonym in its place:")
    rows = [
        (str(found.raw_deliveries), "raw deliveries, emptied"),
        *((str(count), f"rows of {table}") for table, count in found.rows.items()),
        (str(found.open_asks), "open, late or stuck asks, closed"),
        (str(found.open_actions), "actions not sent yet, voided"),
    ]
    for line in plain_lines([row for row in rows if row[0] != "0"]):
        typer.echo(f"  {line}")
    _echo_left(found)


def _echo_left(found: "Findings") -> None:
    if found.waiting_deliveries:
        typer.echo(
            f"{found.waiting_deliveries} deliveries that nobody looked at yet tell of the person. "
            "Let the service run until they are dispatched, then erase again."
        )
    if found.sending:
        typer.echo(
            f"{found.sending} actions that tell of the person are being sent. Erase again when "
            "`chargehand status` shows none under way."
        )
    if found.audit_records:
        typer.echo(
            f"{found.audit_records} audit records of an earlier version name the person. The chain "
            "can not be changed, so they stay."
        )


def _echo_erasure(erasure: "Erasure") -> None:
    typer.echo(f"\nErased; in their place stands {erasure.pseudonym}:")
    rows = [(str(count), name.replace("_", " ")) for name, count in sorted(erasure.counts.items())]
    for line in plain_lines([row for row in rows if row[0] != "0"] or [("0", "rows")]):
        typer.echo(f"  {line}")
    _echo_left(erasure.left)
    if any(erasure.left.rows.values()) or erasure.left.raw_deliveries:
        typer.echo("New data about the person arrived meanwhile, or is in use; erase again.")


def _clean(stores: "Stores", person: "Person") -> bool:
    """Take the last bytes out of the files; False when some are left."""
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.proving import clean_files

    proof = clean_files(stores.files, stores.database, person)
    if not stores.files.is_sqlite:
        typer.echo("The tables were written anew (VACUUM FULL), so no dead rows are left in them.")
    if proof.rebuilt:
        names = ", ".join(path.name for path in proof.rebuilt)
        typer.echo(f"Older copies lay in gaps of {names}, which was written anew (VACUUM).")
    if proof.traced:
        names = ", ".join(path.name for path in proof.traced)
        typer.echo(f"Looked through every byte: {names} still tells of the person.")
    elif proof.was_looked:
        names = ", ".join(path.name for path in stores.files.paths)
        typer.echo(f"Looked through every byte of {names}: no trace of the person.")
    return not proof.traced


def _echo_files(found: Sequence[Path]) -> None:
    for path in found:
        typer.echo(f"{path} tells of the person too, and is not changed; delete it yourself.")
    typer.echo("Backups and logs keep what they hold until they are deleted; they are not changed.")

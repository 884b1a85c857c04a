"""`replay`: a decision made again, without effects, and what would be different."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON, Project, SinceWhen, UntilWhen
from chargehand.cli.output import echo_json, indented, safe_line, safe_text, zoned_time
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ProjectKey

if TYPE_CHECKING:
    # They name types only.
    from datetime import datetime

    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings
    from chargehand.pipeline.replaying import Replay, ReplayedAction
    from chargehand.pipeline.replaying_many import ReplaySummary
    from chargehand.policy.in_force import Policy

_DAYS = 7


class ReplayFileUnusable(Rejected):
    """A file that was to be tried can not be read."""

    code = "replay_file_unusable"
    template = "{path} can not be tried: {problem}."


class NothingToReplay(Rejected):
    """Neither a decision nor a stretch of time was named."""

    code = "nothing_to_replay"
    template = (
        "Name an event, ask or decision, as `chargehand decisions list` shows them, or a stretch "
        "of time with --from."
    )


def replay(
    context: typer.Context,
    identifier: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="An event, ask or decision, by id."),
    ] = None,
    *,
    policy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Give modes by this policy, as TOML; see `policy check`."
        ),
    ] = None,
    since: SinceWhen = None,
    until: UntilWhen = None,
    project: Project = None,
    limit: Annotated[
        int, typer.Option(min=1, max=2000, metavar="N", help="How many of a stretch at most.")
    ] = 1000,
    as_json: AsJSON = False,
) -> None:
    """Make a decision again from what it was made from, and show what would be different.

    Nothing is sent to anybody and nothing is written. The facts are those that were read then, the
    clock stands at the decision, and what a model answered is what it answered then; so without
    another policy or a newer chargehand the result is the same to the byte. With --from every
    answer of a stretch is made again and counted.

    The exit code is 1 when a decision can not be made again.

    Example: chargehand replay dec_06f0c4h8k2v9m3p7r1t5w8x2z4 --policy policy.toml
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        tried = _read_policy(policy) if policy is not None else None
        if identifier is None:
            if since is None and until is None:
                raise NothingToReplay
            stretch = _stretch(invocation, settings, since, until)
            summary = _many(settings, stores, stretch, project=project, tried=tried, limit=limit)
            if as_json:
                echo_json(to_json(summary))
            else:
                _echo_summary(summary, settings)
            return
        found = _one(settings, stores, identifier, tried)
    if as_json:
        echo_json(to_json(found))
    else:
        _echo(found, settings)
    if found.why_not is not None:
        raise typer.Exit(1)


def _one(
    settings: "Settings", stores: "Stores", identifier: str, tried: "Policy | None"
) -> "Replay":
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.receiving import previewers
    from chargehand.pipeline.replaying import decision_to_replay, replay

    render = previewers(settings)
    return stores.database.read(
        lambda tx: replay(tx, decision_to_replay(tx, identifier), previewers=render, policy=tried)
    )


def _many(
    settings: "Settings",
    stores: "Stores",
    stretch: "tuple[datetime, datetime]",
    *,
    project: str | None,
    tried: "Policy | None",
    limit: int,
) -> "ReplaySummary":
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.receiving import previewers
    from chargehand.pipeline.replaying_many import replay_many

    def progress(done: int, total: int) -> None:
        sys.stderr.write(f"replay: {done} of {total}\n")

    return replay_many(
        stores.database,
        since=stretch[0],
        until=stretch[1],
        previewers=previewers(settings),
        project=ProjectKey(project.upper()) if project is not None else None,
        policy=tried,
        most=limit,
        progress=progress,
    )


def _stretch(
    invocation: Invocation, settings: "Settings", since: str | None, until: str | None
) -> "tuple[datetime, datetime]":
    # lazy: as above.
    from chargehand.pipeline.stretches import read_stretch

    now, zone = invocation.clock(settings).now(), settings.business.zone
    return read_stretch(since, until, days=_DAYS, zone=zone, now=now)


def _read_policy(path: Path) -> "Policy":
    # lazy: as above.
    from chargehand.policy.compiled import CompiledPolicy
    from chargehand.policy.errors import PolicyInvalid
    from chargehand.policy.text import read_text

    try:
        read = read_text(path.read_bytes())
    except OSError as error:
        problem = error.strerror or "it is no file"
        raise ReplayFileUnusable(path=path, problem=problem) from error
    if read.problems:
        first = read.problems[0]
        raise PolicyInvalid(field=first.field, found=first.found, allowed=first.allowed)
    return CompiledPolicy(0, read.document)


def _echo(found: "Replay", settings: "Settings") -> None:
    # lazy: as above.
    from chargehand.pipeline.replaying import WHY_NOT

    decided = zoned_time(found.decided_at, settings)
    if found.why_not is not None:
        typer.echo(
            f"{found.decision_id} of {decided} can not be made again: {WHY_NOT[found.why_not]}."
        )
        return
    if found.is_identical:
        typer.echo(f"{found.decision_id} of {decided}: the same to the byte.")
    else:
        typer.echo(f"{found.decision_id} of {decided} would be different:")
    for change in found.changes:
        if change.diff:
            typer.echo(f"  {change.field}:")
            typer.echo(indented("\n".join(change.diff), "    "))
            continue
        typer.echo(f"  {change.field}: {_shown(change.before)} -> {_shown(change.after)}")
    for action in found.actions:
        _echo_action(action)
    for preview in found.dropped:
        typer.echo(f"  would not be proposed: {safe_line(preview)}")


def _echo_action(action: "ReplayedAction") -> None:
    before, after = action.mode_before, action.mode_after
    moved = after.value if before is None or before is after else f"{before.value} -> {after.value}"
    new = " (new or changed)" if action.is_changed else ""
    typer.echo(f"  {action.kind} on {safe_line(action.target)}: {moved}, by {action.rule}{new}")
    if action.is_changed:
        typer.echo(indented(safe_text(action.preview), "    "))


def _echo_summary(summary: "ReplaySummary", settings: "Settings") -> None:
    # lazy: as above.
    from chargehand.pipeline.replaying import WHY_NOT

    since, until = zoned_time(summary.since, settings), zoned_time(summary.until, settings)
    typer.echo(f"From {since} to {until}: {summary.replayed} answers were made again.")
    typer.echo(f"  {summary.identical} the same to the byte")
    for part, number in sorted(summary.changed.items()):
        typer.echo(f"  {number} with another {part}: {', '.join(summary.examples[part])}")
    for why, number in summary.not_replayed.items():
        typer.echo(f"  {number} not made again: {WHY_NOT[why]}")
    if summary.is_cut:
        typer.echo("The stretch holds more; these are the newest. Choose a shorter one.")


def _shown(value: object) -> str:
    return safe_line(json.dumps(value, ensure_ascii=False))

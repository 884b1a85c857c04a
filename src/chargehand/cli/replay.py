"""`replay`: a decision made again, without effects, and what would be different."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON, Project, SinceWhen, UntilWhen
from chargehand.cli.output import echo_json, indented, safe_line, safe_text, zoned_time
from chargehand.cli.replay_errors import NothingToReplay, ReplayFileUnusable
from chargehand.cli.replay_models import Reasks, Tried, asked_lines, read_prompt, summary_lines
from chargehand.cli.replay_options import (
    MostAsked,
    MostReplayed,
    SpendsUnasked,
    TriedModel,
    TriedPolicy,
    TriedPrompt,
)
from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONObject

if TYPE_CHECKING:
    # They name types only.
    from datetime import datetime

    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings
    from chargehand.kit.clock import Clock
    from chargehand.pipeline.reasking import Reasked
    from chargehand.pipeline.replaying import Replay, ReplayedAction
    from chargehand.pipeline.replaying_many import ReplaySummary
    from chargehand.policy.in_force import Policy

_DAYS = 7


def replay(
    context: typer.Context,
    identifier: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="An event, ask or decision, by id."),
    ] = None,
    *,
    policy: TriedPolicy = None,
    model: TriedModel = None,
    prompt: TriedPrompt = None,
    yes: SpendsUnasked = False,
    since: SinceWhen = None,
    until: UntilWhen = None,
    project: Project = None,
    limit: MostReplayed = 1000,
    at_most: MostAsked = 20,
    as_json: AsJSON = False,
) -> None:
    """Make a decision again from what it was made from, and show what would be different.

    Nothing is sent to anybody and nothing is written. The facts are those that were read then, the
    clock stands at the decision, and what a model answered is what it answered then; so without
    another policy or a newer chargehand the result is the same to the byte. With --from every
    answer of a stretch is made again and counted.

    With --model or --prompt a model is asked anew, about the facts that were recorded; only what it
    costs is kept, in the budgets. What that can be is said first.

    The exit code is 1 when a decision can not be made again.

    Example: chargehand replay dec_06f0c4h8k2v9m3p7r1t5w8x2z4 --policy policy.toml
    """
    invocation: Invocation = context.obj
    with invocation.open_stores() as (settings, stores):
        tried = Tried(
            model=model,
            prompt=read_prompt(prompt) if prompt is not None else None,
            policy=_read_policy(policy) if policy is not None else None,
            is_agreed=yes,
        )
        replays = _Replays(settings, stores, tried, invocation.clock(settings), as_json=as_json)
        if identifier is not None:
            is_made = replays.one(identifier)
        elif since is not None or until is not None:
            stretch = _stretch(invocation, settings, since, until)
            is_made = replays.many(stretch, project=project, limit=limit, at_most=at_most)
        else:
            raise NothingToReplay
    if not is_made:
        raise typer.Exit(1)


class _Replays:
    """One command: what is replayed, and how it is shown."""

    def __init__(
        self, settings: "Settings", stores: "Stores", tried: Tried, clock: "Clock", *, as_json: bool
    ) -> None:
        self._settings = settings
        self._stores = stores
        self._tried = tried
        self._clock = clock
        self._as_json = as_json

    def one(self, identifier: str) -> bool:
        """Make one decision again and show it; whether it could be."""
        # lazy: SQLAlchemy takes longer than `--help` may.
        from chargehand.pipeline.showing import to_json

        if self._tried.asks_a_model:
            reasked = self._reasks().one(identifier)
            if self._as_json:
                echo_json(_reasked_json(reasked))
            else:
                _echo_reasked(reasked, self._settings)
            return reasked.replay is not None and reasked.replay.why_not is None
        found = _one(self._settings, self._stores, identifier, self._tried.policy)
        if self._as_json:
            echo_json(to_json(found))
        else:
            _echo(found, self._settings)
        return found.why_not is None

    def many(
        self,
        stretch: "tuple[datetime, datetime]",
        *,
        project: str | None,
        limit: int,
        at_most: int,
    ) -> bool:
        """Make the decisions of a stretch again and show what would change."""
        # lazy: SQLAlchemy takes longer than `--help` may.
        from chargehand.pipeline.showing import to_json

        further: Iterable[str] = ()
        if self._tried.asks_a_model:
            reasked = self._reasks().many(stretch, project=project, at_most=at_most, limit=limit)
            summary, further, whole = reasked.replays, summary_lines(reasked), to_json(reasked)
        else:
            summary = _many(
                *(self._settings, self._stores, stretch),
                project=project,
                tried=self._tried.policy,
                limit=limit,
            )
            whole = to_json(summary)
        if self._as_json:
            echo_json(whole)
        else:
            _echo_summary(summary, self._settings, further)
        return True

    def _reasks(self) -> Reasks:
        return Reasks(self._settings, self._stores, self._tried, clock=self._clock)


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


def _reasked_json(found: "Reasked") -> JSONObject:
    """A replay as REST answers it, and what came of asking a model."""
    # lazy: as above.
    from chargehand.pipeline.replaying import Replay
    from chargehand.pipeline.showing import to_json

    none = Replay(found.decision_id, found.decided_at, why_not=found.not_replayed)
    shown = to_json(found.replay or none)
    whole = dict(shown) if isinstance(shown, dict) else {}
    return {**whole, "why_not_asked": to_json(found.why_not), "asked": to_json(found.asked)}


def _echo_reasked(found: "Reasked", settings: "Settings") -> None:
    # lazy: as above.
    from chargehand.pipeline.reasking import WHY_NOT_ASKED
    from chargehand.pipeline.replaying import WHY_NOT

    decided = zoned_time(found.decided_at, settings)
    why = WHY_NOT.get(found.not_replayed) if found.not_replayed is not None else None
    why = WHY_NOT_ASKED[found.why_not] if found.why_not is not None else why
    if why is not None:
        typer.echo(f"{found.decision_id} of {decided} can not be made again: {why}.")
    for line in asked_lines(found.asked) if found.asked is not None else ():
        typer.echo(line)
    if found.replay is not None:
        _echo(found.replay, settings)


def _echo_summary(
    summary: "ReplaySummary", settings: "Settings", further: Iterable[str] = ()
) -> None:
    # lazy: as above.
    from chargehand.pipeline.replaying import WHY_NOT

    since, until = zoned_time(summary.since, settings), zoned_time(summary.until, settings)
    typer.echo(f"From {since} to {until}: {summary.replayed} answers were made again.")
    typer.echo(f"  {summary.identical} the same to the byte")
    for part, number in sorted(summary.changed.items()):
        typer.echo(f"  {number} with another {part}: {', '.join(summary.examples[part])}")
    for why, number in summary.not_replayed.items():
        typer.echo(f"  {number} not made again: {WHY_NOT[why]}")
    for line in further:
        typer.echo(line)
    if summary.is_cut:
        typer.echo("The stretch holds more; these are the newest. Choose a shorter one.")


def _shown(value: object) -> str:
    return safe_line(json.dumps(value, ensure_ascii=False))

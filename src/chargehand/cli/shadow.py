"""`shadow`: what would have been done, next to what people did."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON, Project, SinceWhen, UntilWhen
from chargehand.cli.output import echo_json, echo_table, safe_line, span, zoned_time
from chargehand.domain.action import ActionKind
from chargehand.domain.ids import ProjectKey
from chargehand.domain.shadow import ShadowCase, ShadowLine, ShadowOutcome, ShadowReport, WhyUnknown

if TYPE_CHECKING:
    # It names a type only.
    from chargehand.config.settings import Settings

_WHY = {
    WhyUnknown.ERASED: "what shows it was erased, or is past its retention",
    WhyUnknown.WINDOW_OPEN: "the window was not over",
    WhyUnknown.NOT_LISTENING: "nothing at all was heard of the connection meanwhile",
    WhyUnknown.NOT_COMPARABLE: "no event tells what people do about such",
    WhyUnknown.NOT_TOLD: "the vendor does not tell enough of the change",
}


def shadow(
    context: typer.Context,
    *,
    project: Project = None,
    kind: Annotated[ActionKind | None, typer.Option(help="Only actions of this kind.")] = None,
    since: SinceWhen = None,
    until: UntilWhen = None,
    window: Annotated[
        str,
        typer.Option(metavar="LENGTH", help="How long after a proposal something counts: 24h, 7d."),
    ] = "24h",
    examples: Annotated[
        int, typer.Option(min=0, max=50, metavar="N", help="How many of each outcome to show.")
    ] = 3,
    as_json: AsJSON = False,
) -> None:
    """Compare what would have been done with what people then did, and say which modes to change.

    Counted are actions that were simulated, and those that people were asked about. Figures come
    from recorded events alone, so the same stretch always gives the same report.

    Example: chargehand shadow --project PAY --from 2026-11-01 --to 2026-12-01
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.shadow import SHADOW_DAYS, read_shadow
    from chargehand.pipeline.showing import to_json
    from chargehand.pipeline.stretches import read_stretch, read_window

    with invocation.open_stores() as (settings, stores):
        now, zone = invocation.clock(settings).now(), settings.business.zone
        start, end = read_stretch(since, until, days=SHADOW_DAYS, zone=zone, now=now)
        length = read_window(window)
        report = stores.database.read(
            lambda tx: read_shadow(
                tx,
                since=start,
                until=end,
                window=length,
                project=ProjectKey(project.upper()) if project is not None else None,
                kind=kind,
                examples=examples,
            )
        )
    if as_json:
        echo_json(to_json(report))
        return
    _echo(report, settings)


def _echo(report: ShadowReport, settings: "Settings") -> None:
    typer.echo(
        f"From {zoned_time(report.since, settings)} to {zoned_time(report.until, settings)}; "
        f"what people did within {span(timedelta(seconds=report.window_s))} counts."
    )
    if not report.lines:
        typer.echo("Nothing was simulated or asked of people then. See `chargehand modes show`.")
        return
    typer.echo("")
    echo_table(
        (
            *("project", "kind", "mode", "cases", "agreed", "differed", "answered"),
            *("nobody", "unknown", "agreement"),
        ),
        [_row(line) for line in report.lines],
    )
    typer.echo("")
    for line in report.lines:
        _echo_line(line)
    rule = report.rule
    typer.echo(
        f"\nThe rule: auto from {rule.least_cases} judged cases of which {rule.percent_for_auto} % "
        "agreed and to none of which a person said no, never for what can hardly be undone; "
        f"approve from {rule.least_cases} known cases in {rule.percent_for_approve} % of which "
        "people did the same or answered."
    )
    if any(line.counts[ShadowOutcome.ANSWERED] for line in report.lines):
        typer.echo(
            "Of words it is only counted that a person answered: whether they said the same can "
            "not be told from the words."
        )


def _row(line: ShadowLine) -> tuple[str, ...]:
    percent = line.agreement_percent
    return (
        line.project or "-",
        line.kind.value,
        line.mode.value,
        str(line.cases),
        *(str(line.counts[outcome]) for outcome in ShadowOutcome),
        f"{percent} % of {line.judged}" if percent is not None else "-",
    )


def _echo_line(line: ShadowLine) -> None:
    typer.echo(f"{line.kind.value} in {line.project or 'no project'}: {line.why}")
    if line.recommendation is not None:
        typer.echo(f"  Recommended: {line.recommendation.command}")
    if line.median_answer_s is not None:
        typer.echo(
            f"  People answered after {span(timedelta(seconds=line.median_answer_s))}, median."
        )
    for why, number in line.unknown_because.items():
        typer.echo(f"  Unknown {number}: {_WHY[why]}.")
    for case in line.examples:
        typer.echo(f"  {_example(case)}")


def _example(case: ShadowCase) -> str:
    after = f" after {span(timedelta(seconds=case.after_s))}" if case.after_s is not None else ""
    did = safe_line(case.instead)
    told = {
        ShadowOutcome.AGREED: did,
        ShadowOutcome.DIFFERED: did,
        ShadowOutcome.ANSWERED: "a person answered",
        ShadowOutcome.NOBODY: "nobody did anything",
        ShadowOutcome.UNKNOWN: (case.why_unknown or WhyUnknown.NOT_TOLD).value.replace("_", " "),
    }
    wanted = f": {safe_line(case.proposed)}" if case.proposed else ""
    return (
        f"{case.outcome.value}  {safe_line(case.target)}{wanted}  -> {told[case.outcome]}{after}"
        f"  {case.action_id}"
    )

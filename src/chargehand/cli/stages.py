"""The stages of the sentence in words: what was seen, as it is shown to people."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from chargehand.cli.live_view import Stage, Tone
from chargehand.cli.seen import (
    SeenAction,
    SeenApproval,
    SeenAsk,
    SeenDecision,
    SeenDelivery,
    SeenEffect,
    SeenEvent,
)

Names = Mapping[str, str]
_MOST_SOURCES: Final = 6
_MODES: Final = {
    "simulate": "mode simulate: recorded, never sent",
    "approve": "mode approve: a person decides",
    "auto": "mode auto: sent at once",
}
_WAYS: Final = {
    "webhook": "by webhook, signature verified, stored before it was acknowledged",
    "poll": "found by polling and stored",
    "internal": "made by chargehand itself and stored",
}


def delivery_stage(delivery: SeenDelivery, *, acknowledged: int | None = None) -> Stage:
    """What arrived; `acknowledged` is the status its sender got, where that is known."""
    answer = f" with {acknowledged}" if acknowledged is not None else ""
    way = _WAYS.get(delivery.source, delivery.source)
    size = f"{delivery.size_bytes:,} bytes"
    return Stage("delivery", delivery.id, (f"{size} {way}{answer}",), at_ms=0)


def event_stage(event: SeenEvent, *, since: datetime, names: Names) -> Stage:
    """What it meant; `names` by account id."""
    where = f" on {event.work_item}" if event.work_item else ""
    said = (quoted(event.text, names),) if event.text else ()
    headline = f"{event.kind}{where} by {event.actor_name or 'nobody named'}"
    return Stage("event", headline, said, at_ms=millis(event.recorded_at - since))


def decision_stage(decision: SeenDecision, *, at_ms: int | None = None) -> Stage:
    """What was concluded, why, by what, and from which sources."""
    verdict = "respond" if decision.should_respond else "stay silent"
    lines = [decision.reasoning]
    shown = decision.sources[:_MOST_SOURCES]
    lines += [f"source: {source.label}  {source.url}" for source in shown]
    if len(decision.sources) > len(shown):
        lines.append(f"and {len(decision.sources) - len(shown)} more sources")
    lines += [f"withheld: {entry}" for entry in decision.withheld]
    headline = f"{verdict}, by {decision.decided_by}, {decision.confidence:.0%} sure"
    return Stage("decision", headline, tuple(lines), at_ms=at_ms)


def action_stage(
    action: SeenAction, approval: SeenApproval | None = None, *, at_ms: int | None = None
) -> Stage:
    """What is proposed, exactly, and what has to happen before it is done."""
    mode = _MODES.get(action.mode, f"mode {action.mode}")
    is_open = approval is not None and approval.state == "open"
    after = f"{mode}; approval {approval.short_id} is open" if approval and is_open else mode
    return Stage(
        "action",
        f"{action.kind} on {action.target}; exactly this:",
        box=action.preview,
        after=(after,),
        at_ms=at_ms,
        tone=Tone.WAITING if is_open else Tone.CALM,
    )


def approval_stage(approval: SeenApproval, *, since: datetime, note: str = "") -> Stage:
    """Who decided, and how."""
    at = millis(approval.decided_at - since) if approval.decided_at else None
    by = f" by {approval.decided_by}" if approval.decided_by else ""
    lines = (note,) if note else ()
    tone = Tone.GOOD if approval.state == "approved" else Tone.WAITING
    return Stage("approval", f"{approval.state}{by}", lines, at_ms=at, tone=tone)


def effect_stage(action: SeenAction, effect: SeenEffect, *, since: datetime) -> Stage:
    """What is at the vendor now."""
    at = millis(effect.settled_at - since) if effect.settled_at else None
    if action.state == "executed":
        return Stage(
            "effect", f"executed: comment {effect.external_id}", (effect.url,), at_ms=at,
            tone=Tone.GOOD,
        )  # fmt: skip
    problem = f" ({action.problem})" if action.problem else ""
    return Stage("effect", f"{action.state}{problem}", at_ms=at, tone=Tone.BAD)


def late_stage(ask: SeenAsk, *, answer_within: timedelta) -> Stage:
    """Why an ask is not answered by itself."""
    hours = answer_within.total_seconds() / 3600
    asked = f"asked {ask.asked_at:%a %Y-%m-%d %H:%M} UTC"
    lines = (
        f"It was {asked}: over {hours:g} h ago, or before the bot was connected or got its mode.",
        "It is not answered as if it were new: chargehand asks late",
    )
    return Stage("ask", "waits for a person", lines, tone=Tone.WAITING)


def quoted(text: str, names: Names) -> str:
    """A text in quotation marks, with names where it holds account ids."""
    for account, name in names.items():
        text = text.replace(account, name)
    return f"“{text}”"


def millis(passed: timedelta) -> int:
    """Whole milliseconds."""
    return round(passed.total_seconds() * 1000)

"""Approvals as people see them on the command line: in a list, and one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from chargehand.cli.naming import with_names
from chargehand.cli.output import (
    ERASED,
    echo_fields,
    echo_next,
    echo_table,
    excerpt,
    indented,
    local_time,
    since,
    zoned_time,
)
from chargehand.domain.records import ApprovalState
from chargehand.domain.vote import Vote

if TYPE_CHECKING:
    # SQLAlchemy and pydantic take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings
    from chargehand.domain.records import ActionRecord, DecisionRecord, Page
    from chargehand.pipeline.looking import ShownApproval, StoredAsk


@dataclass(frozen=True, slots=True)
class Background:
    """What led to an approval; None where there was no ask."""

    ask: "StoredAsk | None"
    decision: "DecisionRecord | None"


def echo_list(page: "Page[ShownApproval]", backgrounds: list[Background], now: datetime) -> None:
    """Print one page of a list."""
    echo_table(
        ("id", "action", "on", "asked by", "state", "opened", "expires", "begins"),
        [
            (
                one.approval.short_id,
                one.action.kind.value,
                one.action.target,
                background.ask.ask.asker.name if background.ask is not None else "-",
                _state(one, now),
                since(one.approval.opened_at, now),
                since(one.approval.expires_at, now),
                excerpt(_words(one.action)),
            )
            for one, background in zip(page.items, backgrounds, strict=True)
        ],
        texts=("asked by", "begins"),
    )
    echo_next(page.next_cursor)


def background_of(stores: "Stores", action: "ActionRecord") -> Background:
    """What led to an action."""
    ask_id, database = action.ask_id, stores.database
    ask = database.read(lambda tx: tx.asks.find(ask_id)) if ask_id is not None else None
    decision = database.read(lambda tx: tx.decisions.find(action.decision_id))
    return Background(ask=ask, decision=decision)


def _state(shown: "ShownApproval", now: datetime) -> str:
    approval = shown.approval
    if approval.state is ApprovalState.OPEN and approval.expires_at <= now:
        # The worker closes it at its next round.
        return ApprovalState.EXPIRED.value
    return approval.state.value


def _policy(version: int | None) -> str:
    return f"version {version}, in force when it was opened" if version is not None else "unknown"


def _words(action: "ActionRecord") -> str:
    if action.is_erased:
        return ERASED
    words = action.params.get("markdown")
    return words if isinstance(words, str) else action.preview


def echo_approval(
    shown: "ShownApproval",
    background: Background,
    settings: "Settings",
    now: datetime,
    *,
    names: Mapping[str, str],
) -> None:
    """Print one approval with everything a person judges it by."""
    # lazy: it holds every sentence, and loads longer than `--help` may.
    from chargehand.decisions.reason_catalogue import reason_text, withheld_text

    approval, action = shown.approval, shown.action
    state = _state(shown, now)
    typer.echo(f"{approval.short_id}  {action.kind.value} on {action.target}: {state}")
    ask = background.ask.ask if background.ask is not None else None
    decision = background.decision
    expires = f"{zoned_time(approval.expires_at, settings)} ({since(approval.expires_at, now)})"
    echo_fields(
        [
            (
                "asked by",
                f"{ask.asker.name or '-'}, {zoned_time(ask.asked_at, settings)}" if ask else "",
            ),
            ("asked", _asked(background, names)),
            ("why", reason_text(decision.reason) if decision else ""),
            *(
                ("source", f"{one.label}  {one.url}")
                for one in (decision.sources if decision else ())
            ),
            *(
                ("withheld", withheld_text(entry))
                for entry in (decision.withheld if decision else ())
            ),
            ("opened", zoned_time(approval.opened_at, settings)),
            ("policy", _policy(approval.policy_version)),
            ("expires", expires),
            ("decided", _decided(shown, settings)),
            ("reason", ERASED if approval.is_erased else approval.reason),
            *_voted(shown, settings),
            ("approval", approval.id),
            ("action", action.id),
        ]
    )
    typer.echo("\nThe exact preview:\n")
    typer.echo(indented(ERASED if action.is_erased else action.preview, "  "))
    if state == ApprovalState.OPEN.value:
        typer.echo(
            f"\nDecide: chargehand approvals approve {approval.short_id}, or reject, or edit"
        )


def _voted(shown: "ShownApproval", settings: "Settings") -> list[tuple[str, str]]:
    """Who said what, how many it takes, and who may."""
    standing, lines = shown.standing, []
    for one in standing.votes:
        place = f" for {one.deputy_of_name}" if one.deputy_of_name else ""
        words = ERASED if one.is_erased else one.reason
        said = f": {words}" if words else ""
        void = "" if one.counts or one.vote is not Vote.APPROVE else ", counts no more"
        when = local_time(one.at, settings)
        lines.append((one.vote.value, f"{one.name}{place}, {when}{void}{said}"))
    lines.append(("votes", f"{standing.counted} of {standing.quorum}"))
    if standing.may_decide and shown.approval.state is ApprovalState.OPEN:
        lines.append(("may decide", ", ".join(one.name for one in standing.may_decide)))
    return lines


def _asked(background: Background, names: Mapping[str, str]) -> str:
    stored = background.ask
    if stored is None or stored.is_erased:
        return ERASED if stored is not None else ""
    return excerpt(with_names(stored.ask.text, names), longest=200)


def _decided(shown: "ShownApproval", settings: "Settings") -> str:
    approval = shown.approval
    if approval.decided_at is None:
        return ""
    when = local_time(approval.decided_at, settings)
    return f"{approval.state.value} by {approval.decided_by} via {approval.decided_via}, {when}"

"""The figures of the whole service: one table that the metrics, their reference and alerts go by.

Names follow Prometheus' conventions: base units in the name, totals end with `_total`.
Source: prometheus.io/docs/practices/naming, 2026-11.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from chargehand.domain.records import ConnectionRecord
from chargehand.pipeline.restraint_figures import (
    Sample,
    budget_samples,
)
from chargehand.pipeline.snapshot import Snapshot
from chargehand.pipeline.vendor_requests import buckets_of, connectors_in, seconds_of


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: its name without `_total`, what it says, and how it is read from a snapshot."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    read: Callable[[Snapshot], Iterable[Sample]]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistogramSample:
    """How something was spread: how many were no larger than each bound, and their sum."""

    labels: tuple[str, ...]
    buckets: Sequence[tuple[str, float]]
    total: float


@dataclass(frozen=True, slots=True)
class HistogramFigure:
    """One metric that is a histogram, and how it is read from a snapshot."""

    name: str
    help: str
    read: Callable[[Snapshot], Iterable[HistogramSample]]
    labels: tuple[str, ...] = ()


def is_failing(connection: ConnectionRecord) -> bool:
    """Whether the last call to a connection failed."""
    failed, worked = connection.last_failure_at, connection.last_ok_at
    return failed is not None and (worked is None or failed > worked)


def _one(value: float) -> list[Sample]:
    return [((), value)]


def _age_s(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment is not None else 0.0


def _deliveries(seen: Snapshot) -> Iterable[Sample]:
    return _summed(((one.connection_id, one.source), one.deliveries) for one in seen.traffic)


def _events(seen: Snapshot) -> Iterable[Sample]:
    return _summed(((one.kind,), one.events) for one in seen.traffic if one.events)


def _summed(parts: Iterable[tuple[tuple[str, ...], int]]) -> Iterable[Sample]:
    totals: dict[tuple[str, ...], int] = {}
    for labels, number in parts:
        totals[labels] = totals.get(labels, 0) + number
    return sorted(totals.items())


def _moments(
    choose: Callable[[ConnectionRecord], datetime | None],
) -> Callable[[Snapshot], Iterable[Sample]]:
    def read(seen: Snapshot) -> Iterable[Sample]:
        for one in seen.connections:
            moment = choose(one)
            if moment is not None:
                yield (one.id,), moment.timestamp()

    return read


def _request_seconds(seen: Snapshot) -> Iterable[HistogramSample]:
    counted, micros = seen.vendor_request_seconds, seen.vendor_request_micros
    for connector in connectors_in(counted):
        buckets = buckets_of(counted, connector)
        yield HistogramSample((connector,), buckets, seconds_of(micros, connector))


_BUDGETS: Final = (
    ("spent_usd", "Dollars spent"),
    ("reserved_usd", "Dollars reserved for requests under way"),
    ("cap_usd", "Cap in dollars"),
    ("spent_tokens", "Tokens spent"),
    ("reserved_tokens", "Tokens reserved for requests under way"),
    ("cap_tokens", "Cap in tokens"),
)


def _budget(amount: str, what: str) -> Figure:
    return Figure(
        f"chargehand_budget_{amount}",
        "gauge",
        f"{what}, of the organization and of projects with a budget of their own, in the present "
        "day and month.",
        lambda seen: budget_samples(seen.restraint.budgets, amount),
        ("scope", "project", "period"),
    )


FIGURES: Final = (
    Figure(
        "chargehand_build_info",
        "gauge",
        "Always 1; its label is the version of the front.",
        lambda seen: [((seen.version,), 1)],
        ("version",),
    ),
    Figure(
        "chargehand_deliveries",
        "counter",
        "Deliveries that were dispatched, duplicates included, by connection and source.",
        _deliveries,
        ("connection", "source"),
    ),
    Figure(
        "chargehand_events",
        "counter",
        "Events that deliveries told of, by kind.",
        _events,
        ("kind",),
    ),
    Figure(
        "chargehand_decisions",
        "counter",
        "Decisions, by verdict and reason.",
        lambda seen: seen.decisions.items(),
        ("verdict", "reason"),
    ),
    Figure(
        "chargehand_actions",
        "counter",
        "What became of actions, by kind and outcome: proposed, simulated, executed, outdated, "
        "overtaken, failed, unknown.",
        lambda seen: seen.actions.items(),
        ("kind", "outcome"),
    ),
    Figure(
        "chargehand_audit_records",
        "counter",
        "Records of the audit chain, by tag.",
        lambda seen: [((tag,), number) for (tag, _), number in seen.records.items()],
        ("tag",),
    ),
    Figure(
        "chargehand_notices",
        "counter",
        "Causes the operator was told of, by severity.",
        lambda seen: [((severity,), number) for severity, number in seen.notices.items()],
        ("severity",),
    ),
    Figure(
        "chargehand_vendor_requests",
        "counter",
        "Requests of the worker to vendors, by connector and how they ended: answered, missing "
        "(404, 410), limited (429), refused (401, 403), rejected (other 4xx), failing (5xx), "
        "unreachable (no whole answer).",
        lambda seen: seen.vendor_requests.items(),
        ("connector", "outcome"),
    ),
    Figure(
        "chargehand_stopped",
        "gauge",
        "1 for each scope that was stopped and not resumed; no line when nothing is stopped.",
        lambda seen: [
            ((str(scope),), 1) for scope in sorted({one.scope for one in seen.stops}, key=str)
        ],
        ("scope",),
    ),
    Figure(
        "chargehand_held",
        "gauge",
        "1 while a restored database sends nothing, until it is resumed.",
        lambda seen: _one(seen.restraint.is_held),
    ),
    Figure(
        "chargehand_glass_broken",
        "gauge",
        "1 while an operator has gone past the policy with `policy break-glass`.",
        lambda seen: _one(seen.restraint.is_glass_broken),
    ),
    Figure(
        "chargehand_outgoing_posts_waiting",
        "gauge",
        "Posts to an outgoing webhook that it has not taken yet; no line when none waits.",
        lambda seen: [((one,), at.number) for one, at in seen.restraint.waiting_posts.items()],
        ("webhook",),
    ),
    Figure(
        "chargehand_outgoing_oldest_seconds",
        "gauge",
        "Age of the oldest of them; no line when none waits.",
        lambda seen: [
            ((one,), _age_s(at.oldest_at, seen.now))
            for one, at in seen.restraint.waiting_posts.items()
        ],
        ("webhook",),
    ),
    *(_budget(*one) for one in _BUDGETS),
    Figure(
        "chargehand_undispatched_deliveries",
        "gauge",
        "Deliveries that are kept and not looked at yet, by lane.",
        lambda seen: [((lane.value,), number) for lane, number in seen.backlog.waiting.items()],
        ("lane",),
    ),
    Figure(
        "chargehand_undispatched_oldest_seconds",
        "gauge",
        "Age of the oldest of them, by lane; 0 when none waits. This is how far the worker lags.",
        lambda seen: [
            ((lane.value,), _age_s(seen.backlog.oldest_at.get(lane), seen.now))
            for lane in seen.backlog.waiting
        ],
        ("lane",),
    ),
    Figure(
        "chargehand_given_up_deliveries",
        "gauge",
        "Deliveries in the inbox that nobody could dispatch.",
        lambda seen: _one(seen.backlog.given_up),
    ),
    Figure(
        "chargehand_open_actions",
        "gauge",
        "Actions that are not at their end, by kind and state.",
        lambda seen: seen.open_actions.items(),
        ("kind", "state"),
    ),
    Figure(
        "chargehand_unknown_effects",
        "gauge",
        "Actions of which only a person can tell whether they happened.",
        lambda seen: _one(seen.open_work["actions_unknown"]),
    ),
    Figure(
        "chargehand_open_approvals",
        "gauge",
        "Approvals that wait for a person.",
        lambda seen: _one(seen.open_work["approvals_open"]),
    ),
    Figure(
        "chargehand_oldest_approval_seconds",
        "gauge",
        "Age of the approval that is open for longest; 0 when none is.",
        lambda seen: _one(_age_s(seen.oldest_approval_at, seen.now)),
    ),
    Figure(
        "chargehand_waiting_asks",
        "gauge",
        "Asks without an answer, by state: open ones are worked on, late and stuck ones wait for "
        "a person.",
        lambda seen: [
            ((state,), seen.open_work[f"asks_{state}"]) for state in ("open", "late", "stuck")
        ],
        ("state",),
    ),
    Figure(
        "chargehand_oldest_due_seconds",
        "gauge",
        "For how long the oldest ask and the oldest approved action are due without progress, by "
        "kind; 0 when nothing is due.",
        lambda seen: [
            ((kind,), _age_s(seen.oldest_due.get(kind), seen.now)) for kind in ("ask", "action")
        ],
        ("kind",),
    ),
    Figure(
        "chargehand_connection_failing",
        "gauge",
        "1 when the last call to a connection failed.",
        lambda seen: [((one.id,), float(is_failing(one))) for one in seen.connections],
        ("connection",),
    ),
    Figure(
        "chargehand_connection_last_delivery_timestamp_seconds",
        "gauge",
        "When a connection last told of a served project, as Unix time.",
        _moments(lambda one: one.last_delivery_at),
        ("connection",),
    ),
    Figure(
        "chargehand_connection_last_poll_timestamp_seconds",
        "gauge",
        "When a connection was last polled with success, as Unix time.",
        _moments(lambda one: one.polled_at),
        ("connection",),
    ),
    Figure(
        "chargehand_connection_last_ok_timestamp_seconds",
        "gauge",
        "When a connection was last polled, or asked who the bot is, with success, as Unix time.",
        _moments(lambda one: one.last_ok_at),
        ("connection",),
    ),
    Figure(
        "chargehand_connection_clock_offset_seconds",
        "gauge",
        "What the vendor's clock is ahead of the worker's.",
        lambda seen: [
            ((connection,), one.value / 1000) for connection, one in seen.clock_offsets_ms.items()
        ],
        ("connection",),
    ),
    Figure(
        "chargehand_guard_up",
        "gauge",
        "1 for each guard that is up, with what it is about; absent when all is well.",
        lambda seen: [(guard, 1) for guard in seen.guards_up],
        ("guard", "subject"),
    ),
    Figure(
        "chargehand_secret_expires_timestamp_seconds",
        "gauge",
        "When a secret of the settings stops working, as Unix time, where anybody knows.",
        lambda seen: [
            ((setting,), one.value / 1_000_000) for setting, one in seen.secrets_end_at.items()
        ],
        ("setting",),
    ),
    Figure(
        "chargehand_worker_alive",
        "gauge",
        "1 when the worker was heard of within the last minute.",
        lambda seen: _one(float(seen.workers_up > 0)),
    ),
    Figure(
        "chargehand_workers",
        "gauge",
        "How many workers were heard of within the last minute.",
        lambda seen: _one(seen.workers_up),
    ),
    Figure(
        "chargehand_clocks",
        "gauge",
        "How many clocks were heard of within the last minute; where none is, workers do its work.",
        lambda seen: _one(seen.clocks_up),
    ),
    Figure(
        "chargehand_worker_beat_timestamp_seconds",
        "gauge",
        "When the worker was last heard of, as Unix time; absent before its first start.",
        lambda seen: (
            _one(seen.worker_heard_at.timestamp()) if seen.worker_heard_at is not None else ()
        ),
    ),
    Figure(
        "chargehand_database_bytes",
        "gauge",
        "Size of each database.",
        lambda seen: [(("main",), seen.main_bytes), (("inbox",), seen.backlog.size_bytes)],
        ("database",),
    ),
    Figure(
        "chargehand_disk_free_bytes",
        "gauge",
        "Free bytes on the disk of the data folder.",
        lambda seen: _one(seen.disk_free_bytes),
    ),
    Figure(
        "chargehand_disk_reserve_bytes",
        "gauge",
        "Free bytes below which the operator is told (`storage.disk_reserve_bytes`).",
        lambda seen: _one(seen.disk_reserve_bytes),
    ),
)

HISTOGRAMS: Final = (
    HistogramFigure(
        "chargehand_vendor_request_seconds",
        "How long requests of the worker to vendors took, from sending to the end of the answer, "
        "by connector.",
        _request_seconds,
        ("connector",),
    ),
)

"""What `/metrics` tells, from the front's own counters and the figures of the whole service."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from chargehand.inbox.group_commit import GroupCommit
from chargehand.inbox.ports import NewDelivery, StoreOutcome
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.figures import FIGURES, HISTOGRAMS
from chargehand.web.figures import READABLE, READABLE_HELP
from chargehand.web.metrics import FrontMetrics
from tools.reference.markdown import in_cell, page, table

_INTRO = """\
What the front tells Prometheus at `/metrics`.
The [alert rules](../howto/watch-with-prometheus.md) that come with chargehand go by these names.
Counters of the front begin at 0 when it starts; totals of the service live in the database and \
survive a restart.
With several fronts each tells the same figures of the service, so take `max` of them."""

_OF_HISTOGRAMS = ("_bucket", "_count", "_sum")


def metrics_page() -> str:
    """Every metric with its type, labels and meaning."""
    parts = [
        "## Of the whole service\n\n" + _service_table(),
        "## Of one front\n\n" + _front_table(),
    ]
    return page("Metrics", _INTRO, "\n".join(parts))


def metric_names() -> set[str]:
    """Every name a query may use, with the suffixes that counters and histograms get."""
    names = {f"{one.name}_total" if one.kind == "counter" else one.name for one in FIGURES}
    names.add(READABLE)
    names.update(f"{one.name}{suffix}" for one in HISTOGRAMS for suffix in _OF_HISTOGRAMS)
    for name, kind, _, _ in _front_metrics():
        suffixes = {"counter": ("_total",), "histogram": _OF_HISTOGRAMS}
        names.update(f"{name}{suffix}" for suffix in suffixes.get(kind, ("",)))
    return names


def _service_table() -> str:
    rows = [[f"`{READABLE}`", "gauge", "", in_cell(READABLE_HELP)]]
    for one in FIGURES:
        name = f"{one.name}_total" if one.kind == "counter" else one.name
        labels = ", ".join(f"`{label}`" for label in one.labels)
        rows.append([f"`{name}`", one.kind, labels, in_cell(one.help)])
    for histogram in HISTOGRAMS:
        labels = ", ".join(f"`{label}`" for label in histogram.labels)
        rows.append([f"`{histogram.name}`", "histogram", labels, in_cell(histogram.help)])
    return table(["name", "type", "labels", "meaning"], rows)


def _front_table() -> str:
    rows = [
        [
            f"`{name}_total`" if kind == "counter" else f"`{name}`",
            kind,
            ", ".join(f"`{label}`" for label in labels),
            in_cell(meaning),
        ]
        for name, kind, labels, meaning in _front_metrics()
    ]
    return table(["name", "type", "labels", "meaning"], rows)


def _front_metrics() -> list[tuple[str, str, Sequence[str], str]]:
    registry, clock = CollectorRegistry(), SystemClock()
    FrontMetrics(registry, GroupCommit(_store_nothing, clock=clock), clock)
    labels = FrontMetrics.LABELS
    return [
        (one.name, one.type, labels.get(one.name, ()), one.documentation)
        for one in registry.collect()
    ]


def _store_nothing(_batch: Sequence[NewDelivery]) -> list[StoreOutcome]:
    return []

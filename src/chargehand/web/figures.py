"""The figures of the whole service on this front's `/metrics`.

They live in the databases, because the worker has no port. Reading them takes some milliseconds,
so what was read is told again for a few seconds, and at most one reader is under way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from chargehand.domain.errors import ChargehandError
from chargehand.kit.clock import EPOCH, Clock
from chargehand.pipeline.figures import FIGURES, HISTOGRAMS, Figure, HistogramFigure
from chargehand.pipeline.snapshot import Snapshot

ReadSnapshot: TypeAlias = Callable[[], Awaitable[Snapshot]]
KEPT_FOR = timedelta(seconds=5)
READABLE = "chargehand_database_up"
READABLE_HELP = "1 when the databases could be read for this answer; the figures need them."


class ServiceFigures(Collector):
    """What `/metrics` tells beside this front's own counters; `refresh` before collecting."""

    def __init__(self, read: ReadSnapshot, registry: CollectorRegistry, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._seen: Snapshot | None = None
        self._looked_at: datetime = EPOCH
        self._reading = asyncio.Lock()
        registry.register(self)

    async def refresh(self) -> None:
        """Read again what is older than a few seconds; a database that is away is told as such."""
        async with self._reading:
            now = self._clock.now()
            if abs(now - self._looked_at) < KEPT_FOR:
                return
            try:
                self._seen = await self._read()
            except ChargehandError:
                # Old figures would look as if all were well.
                self._seen = None
            self._looked_at = now

    def collect(self) -> Iterable[Metric]:
        """Every figure of the last reading."""
        is_readable = float(self._seen is not None)
        yield GaugeMetricFamily(READABLE, READABLE_HELP, value=is_readable)
        if self._seen is not None:
            for figure in FIGURES:
                yield _family(figure, self._seen)
            for histogram in HISTOGRAMS:
                yield _histogram(histogram, self._seen)

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are not looked at before the first reading."""
        return ()


def _family(figure: Figure, seen: Snapshot) -> Metric:
    kind = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
    family = kind(figure.name, figure.help, labels=figure.labels)
    for labels, value in figure.read(seen):
        family.add_metric(labels, value)
    return family


def _histogram(figure: HistogramFigure, seen: Snapshot) -> Metric:
    family = HistogramMetricFamily(figure.name, figure.help, labels=figure.labels)
    for one in figure.read(seen):
        family.add_metric(one.labels, one.buckets, one.total)
    return family

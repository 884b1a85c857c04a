"""What is kept for how long: three classes of what people said, and how their pruning stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Kept(StrEnum):
    """A retention class: what of people is kept together, and for equally long."""

    RAW_DELIVERIES = "raw_deliveries"
    PROMPTS = "prompts"
    TEXTS = "texts"


Retention = Mapping[Kept, timedelta]
DEFAULT_RETENTION: Final[Retention] = {
    Kept.RAW_DELIVERIES: timedelta(days=30),
    Kept.PROMPTS: timedelta(days=30),
    Kept.TEXTS: timedelta(days=365),
}


@dataclass(frozen=True, slots=True)
class PruningRecord:
    """How the pruning of one class stands.

    Shape: `last_rows` went in the last run, `total_rows` in all of them.
    """

    kept: Kept
    last_at: datetime
    last_rows: int
    total_rows: int


@dataclass(frozen=True, slots=True)
class RetentionLine:
    """How long one class is kept, and the last run of its pruning; None before the first.

    Units: `kept_days` is days.
    """

    kept: Kept
    kept_days: float
    last_at: datetime | None
    last_rows: int
    total_rows: int

"""What is kept for how long, in lines for people."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from chargehand.cli.output import plain_lines, since
from chargehand.domain.retention import Kept

if TYPE_CHECKING:
    # It names a type only.
    from chargehand.domain.retention import RetentionLine

WORDS: Final = {
    Kept.RAW_DELIVERIES: "raw deliveries",
    Kept.PROMPTS: "prompts",
    Kept.TEXTS: "texts",
}


def retention_lines(found: "Sequence[RetentionLine]", now: datetime) -> list[str]:
    """Each class with its days and its last pruning; and what is kept for good."""
    rows = [(WORDS[line.kept], f"{line.kept_days:g} days", _last_run(line, now)) for line in found]
    return plain_lines([*rows, ("rows, digests, audit", "for good", "")])


def _last_run(line: "RetentionLine", now: datetime) -> str:
    if line.last_at is None:
        return "not pruned yet"
    return f"pruned {since(line.last_at, now)}: {line.last_rows} rows, {line.total_rows} ever"

"""What was spent as lines of CSV, the same for REST and for the command line."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chargehand.pipeline.showing import to_json
from chargehand.pipeline.spending_reports import SpendingBy, Spendings

_DAY_COLUMNS: Final = (
    "day",
    "project",
    "provider",
    "model",
    "price_versions",
    "requests",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "reserved_usd",
    "is_at_most",
)
_SUBJECT_COLUMNS: Final = (
    "subject_id",
    "decision_id",
    "purpose",
    "project",
    "requests",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "reserved_usd",
    "is_at_most",
    "first_at",
    "last_at",
)
_GROUP_COLUMNS: Final = (
    "id",
    "name",
    "requests",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "reserved_usd",
    "is_at_most",
)
# A spreadsheet takes a cell that begins so for a formula; no amount here is negative.
_FORMULA: Final = ("=", "+", "-", "@")


def spending_table(found: Spendings, by: SpendingBy) -> Iterator[str]:
    """A line of headings, then one for each line of the report."""
    match by:
        case SpendingBy.DAY:
            return _table(_DAY_COLUMNS, found.days)
        case SpendingBy.DECISION | SpendingBy.ANSWER:
            return _table(_SUBJECT_COLUMNS, found.subjects)
        case SpendingBy.AGENT | SpendingBy.PERSON | SpendingBy.PROJECT:
            return _table(_GROUP_COLUMNS, found.groups)


def _table(columns: Sequence[str], records: Iterable[object]) -> Iterator[str]:
    yield _line(columns)
    for record in records:
        yield _line([_cell(getattr(record, name)) for name in columns])


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _cell(value: object) -> str:
    plain = to_json(value)
    match plain:
        case None:
            return ""
        case bool():
            return "yes" if plain else "no"
        case list():
            return _no_formula("; ".join(str(one) for one in plain))
        case _:
            return _no_formula(str(plain))


def _no_formula(text: str) -> str:
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text

"""How a change in the history reads."""

from datetime import date
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.audience_rules import field_key
from chargehand.decisions.dates import DateWording
from chargehand.decisions.markdown import shown
from chargehand.domain.work_item import Change

_VALUE_LIMIT: Final = 60
# Their values are whole texts, which say nothing in one line.
_LONG_FIELDS: Final = frozenset({"description"})
_DATE_FIELDS: Final = frozenset({"duedate"})
_DATE_LENGTH: Final = 10


def field_name(name: str) -> str:
    """A changed field in the words of a sentence."""
    return catalogue.FIELD_NAMES.get(field_key(name)) or shown(name.lower())


def change_words(change: Change, wording: DateWording) -> str:
    """`status from To Do to In Progress by Ana Ruiz on Tuesday 17 November 2026`."""
    key = field_key(change.field)
    if key in _LONG_FIELDS:
        text = catalogue.CHANGE_EDITED
    elif not change.to_value:
        text = catalogue.CHANGE_CLEARED if change.from_value else catalogue.CHANGE_EDITED
    else:
        text = catalogue.CHANGE_FROM_TO if change.from_value else catalogue.CHANGE_TO
    return text.format(
        field=field_name(change.field),
        before=_value_words(key, change.from_value, wording),
        after=_value_words(key, change.to_value, wording),
        name=shown(change.author.name),
        day=wording.day_of(change.changed_at),
    )


def _value_words(key: str, value: str, wording: DateWording) -> str:
    if key in _DATE_FIELDS:
        try:
            return wording.day(date.fromisoformat(value[:_DATE_LENGTH]))
        except ValueError:
            # Some sites show dates in their own form; that form is repeated as it stands.
            return shown(value, _VALUE_LIMIT)
    return shown(value, _VALUE_LIMIT)

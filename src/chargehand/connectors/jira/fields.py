"""The fields people can ask to have set: Jira's ids, and their values there and here."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeAlias

from chargehand.connectors.jira.answers import (
    EditMetaAnswer,
    FieldMetaAnswer,
    FieldValuesAnswer,
    IssueFieldsAnswer,
    NamedAnswer,
)
from chargehand.domain.json import JSONValue
from chargehand.domain.work_item import EditableField, FieldName

FieldValue: TypeAlias = str | tuple[str, ...] | None
"""One text, or several for a list; None for an empty field that is no list."""

FIELD_IDS: Final[Mapping[FieldName, str]] = {
    FieldName.SUMMARY: "summary",
    FieldName.PRIORITY: "priority",
    FieldName.DUE: "duedate",
    FieldName.COMPONENTS: "components",
    FieldName.FIX_VERSIONS: "fixVersions",
}
# The rest hold one of Jira's own names, sent as an object.
_PLAIN: Final = frozenset({FieldName.SUMMARY, FieldName.DUE})


def value_of(fields: FieldValuesAnswer | IssueFieldsAnswer, name: FieldName) -> FieldValue:
    """The value of a field in Jira's answer."""
    match name:
        case FieldName.SUMMARY:
            return fields.summary or None
        case FieldName.PRIORITY:
            return None if fields.priority is None else fields.priority.name or None
        case FieldName.DUE:
            return fields.duedate or None
        case FieldName.COMPONENTS:
            return _names(fields.components)
        case FieldName.FIX_VERSIONS:
            return _names(fields.fix_versions)


def is_same_value(left: FieldValue, right: FieldValue) -> bool:
    """Whether two values are the same to people; Jira keeps lists in an order of its own."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return set(left) == set(right)
    return left == right


def to_jira(name: FieldName, value: FieldValue) -> JSONValue:
    """The value as a request carries it."""
    if isinstance(value, tuple):
        return [{"name": one} for one in value]
    if name in _PLAIN or value is None:
        return value
    return {"name": value}


def editable_fields(
    fields: IssueFieldsAnswer, meta: EditMetaAnswer, *, is_open: Collection[FieldName]
) -> tuple[EditableField, ...]:
    """Our fields among those on the edit screen, in our order."""
    found = ((name, meta.fields.get(FIELD_IDS[name])) for name in FieldName)
    return tuple(
        _editable(name, value_of(fields, name), described, is_open=name in is_open)
        for name, described in found
        if described is not None
    )


def _editable(
    name: FieldName, value: FieldValue, described: FieldMetaAnswer, *, is_open: bool
) -> EditableField:
    values = value if isinstance(value, tuple) else () if value is None else (value,)
    allowed = described.allowed_values
    # A project without components has an empty list, and some sites leave the list out.
    choices = None if name in _PLAIN else tuple(one.name for one in allowed or ())
    return EditableField(
        name=name,
        values=values,
        choices=choices,
        is_open=is_open,
        is_required=described.required,
    )


def _names(named: Sequence[NamedAnswer] | None) -> tuple[str, ...]:
    return tuple(one.name for one in named or ())

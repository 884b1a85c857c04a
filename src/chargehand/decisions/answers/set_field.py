"""Setting a field of a work item: priority, due date, summary, components, fix versions."""

from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answers.parts import could_not_read
from chargehand.decisions.answers.wish import Wish, incomplete, proposed, refusal, said
from chargehand.decisions.markdown import one_line, shown
from chargehand.decisions.needs import wanted_fields
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.json import JSONValue
from chargehand.domain.work_item import EditableField, FieldName

NOTHING: Final = "none"
_CHOICES_SHOWN: Final = 12


def set_section(wish: Wish) -> Section:
    """The new value as an action, or one sentence why there is none and what is possible."""
    refused = refusal(wish)
    if refused is not None:
        return refused
    names = wanted_fields(wish.intent)
    if not names:
        return incomplete(wish)
    name, fields = names[0], wish.facts.fields
    if isinstance(fields, Unknown):
        text = could_not_read(catalogue.PART_FIELDS, fields)[0]
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    field = next((one for one in fields.value if one.name is name), None)
    closed = _closed(wish, name, fields.value, field)
    if closed is not None or field is None:
        return closed or _said(catalogue.FIELD_NOT_THERE, wish, name)
    return _set(wish, field)


def _closed(
    wish: Wish, name: FieldName, fields: tuple[EditableField, ...], field: EditableField | None
) -> Section | None:
    if field is None:
        return _said(catalogue.FIELD_NOT_THERE, wish, name)
    if field.is_open:
        return None
    open_fields = [catalogue.FIELD_WORDS[one.name] for one in fields if one.is_open]
    if not open_fields:
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, catalogue.FIELD_ALL_CLOSED)
    return _said(catalogue.FIELD_CLOSED, wish, name, fields=catalogue.listed_with_and(open_fields))


def _set(wish: Wish, field: EditableField) -> Section:
    words = wish.intent.arguments[field.name]
    wanted = () if words == NOTHING and field.name not in _NEVER_EMPTY else _split(field, words)
    if not wanted and (field.is_required or field.name in _NEVER_EMPTY):
        return _said(catalogue.FIELD_REQUIRED, wish, field.name)
    chosen = []
    for word in wanted:
        choice = _choice(word, field)
        if choice is None:
            return _no_such_value(wish, field, word)
        chosen.append(choice)
    if set(chosen) == set(field.values):
        return _already(wish, field)
    name = field.name.value
    return proposed(
        wish,
        ActionKind.JIRA_UPDATE_FIELDS,
        params={"fields": {name: _value(field.name, tuple(chosen))}},
        base={"fields": {name: _value(field.name, field.values)}},
    )


# A work item without a title or a priority is none; "none" may even be the name of a priority.
_NEVER_EMPTY: Final = frozenset({FieldName.SUMMARY, FieldName.PRIORITY})


def _split(field: EditableField, words: str) -> tuple[str, ...]:
    return tuple(words.split("\n")) if field.name.is_list else (words,)


def _choice(word: str, field: EditableField) -> str | None:
    """The value a word means, as the vendor spells it; None when there is none."""
    if field.choices is None:
        return word
    if word in field.choices:
        return word
    folded = one_line(word).casefold()
    found = [one for one in field.choices if one_line(one).casefold() == folded]
    return found[0] if len(found) == 1 else None


def _no_such_value(wish: Wish, field: EditableField, word: str) -> Section:
    choices = [shown(one) for one in field.choices or ()]
    if not choices:
        return _said(catalogue.FIELD_NO_VALUES, wish, field.name)
    more = ["…"] if len(choices) > _CHOICES_SHOWN else []
    return _said(
        catalogue.FIELD_NO_SUCH_VALUE,
        wish,
        field.name,
        wanted=catalogue.EXCERPT.format(text=shown(word)),
        choices=catalogue.COMMA.join([*choices[:_CHOICES_SHOWN], *more]),
    )


def _already(wish: Wish, field: EditableField) -> Section:
    key, name = wish.item.key, catalogue.FIELD_WORDS[field.name]
    if not field.values:
        text = catalogue.FIELD_ALREADY_EMPTY.format(key=key, field=name)
    else:
        value = catalogue.listed_with_and([shown(one) for one in field.values])
        text = catalogue.FIELD_ALREADY.format(key=key, field=name, value=value)
    return said(Reason.WRITE_ALREADY_SO, text)


def _value(name: FieldName, values: tuple[str, ...]) -> JSONValue:
    """The values as an action carries them: a list, or one text, or null for nothing."""
    if name.is_list:
        return list(values)
    return values[0] if values else None


def _said(text: str, wish: Wish, name: FieldName, **values: str) -> Section:
    filled = text.format(key=wish.item.key, field=catalogue.FIELD_WORDS[name], **values)
    return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, filled)

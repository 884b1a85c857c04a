"""The line a slash command stands for, put together from its name and its options."""

from collections.abc import Iterator, Mapping
from typing import Final

from chargehand.connectors.discord.schemas import id_in, number_in
from chargehand.domain.json import JSONObject, JSONScalar, JSONValue
from chargehand.kit.hidden import without_hidden
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

APP_COMMAND: Final = "chargehand"
_LONGEST_VALUE: Final = 6_000
_MOST_OPTIONS: Final = 25
_DEEPEST: Final = 3
# The largest number an option of Discord's may hold.
_LARGEST: Final = 2**53
_SUB_COMMAND, _GROUP, _STRING, _BOOLEAN, _USER, _CHANNEL = 1, 2, 3, 5, 6, 7


def command_line(data: Fields) -> str:
    """What a person would have typed: name, sub-commands, then the values in the order given.

    Shape: without the slash and without the app's own name before a sub-command; a person reads
    `<@id>`; a switch that is on reads as its name, one that is off as nothing.
    """
    name = text_in(data, "name")
    words = [word for word in _words(data, _DEEPEST) if word]
    is_app = name == APP_COMMAND and bool(words)
    return " ".join(words if is_app else [name, *words])


def option_values(data: Fields) -> JSONObject:
    """Every option by its name, those of sub-commands included."""
    return dict(_values(data, _DEEPEST))


def focused_text(data: Fields) -> str:
    """What stands in the option somebody is typing in; empty when there is none."""
    return next(_focused(data, _DEEPEST), "")


def _focused(data: Fields, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    for option in _options(data):
        value = option.get("value")
        if option.get("focused") is True and isinstance(value, str):
            yield value
        yield from _focused(option, depth - 1)


def _options(data: Fields) -> Iterator[Fields]:
    for option in list_in(data, "options")[:_MOST_OPTIONS]:
        if isinstance(option, Mapping):
            yield option


def _words(data: Fields, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    for option in _options(data):
        if number_in(option, "type") in (_SUB_COMMAND, _GROUP):
            yield text_in(option, "name")
            yield from _words(option, depth - 1)
        else:
            yield _word(option)


def _word(option: Fields) -> str:
    value = _value(option)
    match number_in(option, "type"), value:
        case (_, None | False):
            return ""
        case (_, True):
            return text_in(option, "name")
        case (int(kind), str()) if kind == _USER:
            return f"<@{id_in(option, 'value')}>"
        case (int(kind), str()) if kind == _CHANNEL:
            return f"<#{id_in(option, 'value')}>"
        case _:
            return str(value)


def _values(data: Fields, depth: int) -> Iterator[tuple[str, JSONValue]]:
    if depth == 0:
        return
    for option in _options(data):
        name = text_in(option, "name")
        if number_in(option, "type") in (_SUB_COMMAND, _GROUP):
            yield from _values(option, depth - 1)
        elif name:
            yield name, _value(option)


def _value(option: Fields) -> JSONScalar:
    value = option.get("value")
    if isinstance(value, str):
        return without_hidden(value[:_LONGEST_VALUE])
    if isinstance(value, int | float) and -_LARGEST < value < _LARGEST:
        return value
    return None


def chosen_values(component: Fields) -> tuple[str, ...]:
    """What was chosen in a menu."""
    values = list_in(component, "values")[:_MOST_OPTIONS]
    return tuple(without_hidden(one[:_LONGEST_VALUE]) for one in values if isinstance(one, str))


def form_values(data: Fields) -> dict[str, JSONValue]:
    """What was filled into a form, by the id of each field."""
    return dict(_filled(data, _DEEPEST))


def _filled(component: Fields, depth: int) -> Iterator[tuple[str, JSONValue]]:
    # Older forms hold rows of fields, newer ones labels around one field each.
    inner = fields_in(component, "component")
    held = [*list_in(component, "components")[:_MOST_OPTIONS], *([inner] if inner else [])]
    for one in held:
        if not isinstance(one, Mapping):
            continue
        name = text_in(one, "custom_id")
        if name and isinstance(one.get("value"), str):
            yield name, without_hidden(str(one["value"])[:_LONGEST_VALUE])
        elif name and isinstance(one.get("values"), list):
            yield name, list(chosen_values(one))
        elif depth > 0:
            yield from _filled(one, depth - 1)

"""Reads the buttons of a chat's action from its plain JSON; every refusal names the field."""

from collections.abc import Mapping, Sequence
from typing import Final

from chargehand.domain.control import LONGEST_COMMAND, LONGEST_LABEL, Control, ControlStyle
from chargehand.domain.json import JSONValue
from chargehand.plugins.param_fields import invalid, read_text, refuse_unknown

# Five rows of five on Discord, one block of twenty-five on Slack.
MOST_CONTROLS: Final = 25


def read_controls(value: JSONValue) -> tuple[Control, ...]:
    """The buttons under a message; none where none are given.

    Raises: ParamInvalid, ParamUnknown.
    """
    if value is None:
        return ()
    allowed = f"a list of at most {MOST_CONTROLS} buttons"
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise invalid("controls", allowed, found=value)
    if len(value) > MOST_CONTROLS:
        raise invalid("controls", allowed, found=len(value))
    return tuple(_read_control(one, f"controls[{number}]") for number, one in enumerate(value))


def _read_control(value: JSONValue, field: str) -> Control:
    if not isinstance(value, Mapping):
        raise invalid(field, "an object with label, command and style", found=value)
    refuse_unknown(value, "label", "command", "style", inside=field)
    style = value.get("style", ControlStyle.PLAIN.value)
    if style not in tuple(ControlStyle):
        raise invalid(f"{field}.style", f"one of {', '.join(ControlStyle)}", found=style)
    return Control(
        label=read_text(value, "label", limit_chars=LONGEST_LABEL, inside=field),
        command=read_text(value, "command", limit_chars=LONGEST_COMMAND, inside=field),
        style=ControlStyle(str(style)),
    )

"""Forms that the app opens, and what people fill into them.

Source: docs.slack.dev/reference/views/modal-views and
docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element (read 2026-11)
"""

from collections.abc import Mapping
from typing import Any, Final

from chargehand.testing.slack.refusals import ControlRefused

_LONGEST_TITLE: Final = 24
_LONGEST_METADATA: Final = 3_000
_LONGEST_ID: Final = 255
_LONGEST_VALUE: Final = 3_000


def problems_of(view: Mapping[str, Any]) -> list[str]:
    """What keeps Slack from opening a form; empty when nothing does."""
    problems = []
    for part, longest in (("title", _LONGEST_TITLE), ("submit", _LONGEST_TITLE)):
        if not 1 <= len(view.get(part, {}).get("text", "")) <= longest:
            problems.append(part)
    if len(view.get("private_metadata", "")) > _LONGEST_METADATA:
        problems.append("private_metadata")
    for name, element in inputs_of(view).items():
        longest = element.get("max_length", _LONGEST_VALUE)
        is_long = len(element.get("initial_value", "")) > longest
        if not 1 <= len(name) <= _LONGEST_ID or longest > _LONGEST_VALUE or is_long:
            problems.append(name)
    return problems


def inputs_of(view: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The elements of a form by the names of their blocks."""
    return {
        block["block_id"]: block["element"]
        for block in view.get("blocks", ())
        if block.get("type") == "input"
    }


def filled_in(view: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The state of a form as it is handed in.

    Raises: ControlRefused for what Slack's own form would not take.
    """
    inputs = inputs_of(view)
    optional = {one["block_id"] for one in view.get("blocks", ()) if one.get("optional")}
    unknown = sorted(set(values) - set(inputs))
    if unknown:
        text = f"values: the form has no field {unknown[0]!r}"
        raise ControlRefused(text)
    state: dict[str, Any] = {}
    for name, element in inputs.items():
        value = values.get(name, element.get("initial_value", ""))
        longest = element.get("max_length", _LONGEST_VALUE)
        if len(value) > longest or (not value and name not in optional):
            text = f"values: {name} takes 1 to {longest} characters"
            raise ControlRefused(text)
        state[name] = {element["action_id"]: {"type": element["type"], "value": value or None}}
    return state

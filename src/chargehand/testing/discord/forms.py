"""Forms that the app opens over the chat, and people who fill them in.

Source: discord.com/developers/docs/interactions/receiving-and-responding, "Modal", and
discord.com/developers/docs/components/reference, "Text Input" (read 2026-11)
"""

from collections.abc import Mapping
from typing import Any, Final

from chargehand.testing.discord.refusals import DiscordControlRefused, invalid_form
from chargehand.testing.discord.state import Interaction

FORM_ANSWER: Final = 9
_FORM: Final = 5
_TEXT_INPUT: Final = 4
_LONGEST_TITLE, _LONGEST_ID, _LONGEST_LABEL, _LONGEST_VALUE = 45, 100, 45, 4_000
_MOST_FIELDS: Final = 5


def check_form(interaction: Interaction, answer: Mapping[str, Any]) -> None:
    """Refuse an answer that opens no form.

    Raises: DiscordRefused, naming the field.
    """
    if interaction.type == _FORM:
        raise invalid_form(type="A modal can not be the answer to a modal.")
    data = answer.get("data") or {}
    if not 1 <= len(str(data.get("title", ""))) <= _LONGEST_TITLE:
        raise invalid_form(title="Must be between 1 and 45 in length.")
    if not 1 <= len(str(data.get("custom_id", ""))) <= _LONGEST_ID:
        raise invalid_form(custom_id="Must be between 1 and 100 in length.")
    inputs = inputs_of(data)
    if not 1 <= len(inputs) <= _MOST_FIELDS:
        raise invalid_form(components="Must be between 1 and 5 in length.")
    for one in inputs:
        if one.get("type") != _TEXT_INPUT or not 1 <= len(one.get("label", "")) <= _LONGEST_LABEL:
            raise invalid_form(label="Must be between 1 and 45 in length.")
        longest = min(one.get("max_length", _LONGEST_VALUE), _LONGEST_VALUE)
        if len(one.get("value", "")) > longest:
            raise invalid_form(value=f"Must be {longest} or fewer in length.")


def inputs_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of a form."""
    return [one for row in data.get("components", ()) for one in row.get("components", ())]


def form_of(interaction: Interaction) -> Mapping[str, Any]:
    """The form that stands open since an interaction.

    Raises: DiscordControlRefused when none does.
    """
    if interaction.answer_type != FORM_ANSWER:
        raise DiscordControlRefused(detail=f"Interaction {interaction.id} opened no form.")
    data: Mapping[str, Any] = interaction.answer["data"]
    return data


def filled_in(data: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """What a form hands in; what is not in `values` keeps what stood in it.

    Raises: DiscordControlRefused for what Discord's own form would not take.
    """
    inputs = inputs_of(data)
    unknown = sorted(set(values) - {one["custom_id"] for one in inputs})
    if unknown:
        raise DiscordControlRefused(detail=f"The form has no field {unknown[0]}.")
    rows = []
    for one in inputs:
        name, longest = one["custom_id"], one.get("max_length", _LONGEST_VALUE)
        value = values.get(name, one.get("value", ""))
        if len(value) > longest or (one.get("required", True) and not value):
            raise DiscordControlRefused(detail=f"{name} takes 1 to {longest} characters.")
        rows.append({"type": 1, "components": [{"type": 4, "custom_id": name, "value": value}]})
    return {"custom_id": data["custom_id"], "components": rows}

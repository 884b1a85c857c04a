"""What a form is refused for while it still stands open; read from what was handed in alone.

Source: docs.slack.dev/surfaces/modals (read 2026-11), "Displaying errors in views"
"""

from collections.abc import Iterator, Mapping
from typing import Final

from chargehand.domain.json import JSONObject
from chargehand.kit.tolerant import Fields, decode_json, fields_in, list_in, text_in

_EMPTY: Final = "Write something here, or close the form."
_MARK: Final = b"view_submission"
_MOST_BLOCKS: Final = 100


def form_refusal(body: bytes) -> JSONObject | None:
    """The answer that keeps a form open, with a sentence at each field that holds only blanks.

    Shape: None for a form that is taken, and for everything that is no form of ours.
    """
    if _MARK not in body:
        return None
    try:
        payload = decode_json(body)
    except ValueError:
        return None
    view = fields_in(payload, "view") if isinstance(payload, Mapping) else {}
    errors: JSONObject = dict.fromkeys(_blank_fields(view), _EMPTY)
    return {"response_action": "errors", "errors": errors} if errors else None


def _blank_fields(view: Fields) -> Iterator[str]:
    values = fields_in(fields_in(view, "state"), "values")
    for block in list_in(view, "blocks")[:_MOST_BLOCKS]:
        if not isinstance(block, Mapping) or block.get("optional") is True:
            continue
        name = text_in(block, "block_id")
        filled = [
            element.get("value")
            for element in fields_in(values, name).values()
            if isinstance(element, Mapping) and element.get("type") == "plain_text_input"
        ]
        # Slack itself refuses an empty field, but takes blanks for words.
        if any(not isinstance(value, str) or not value.strip() for value in filled):
            yield name

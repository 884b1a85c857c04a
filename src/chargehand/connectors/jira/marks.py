"""The mark that tells which comments and work items are ours."""

from collections.abc import Mapping, Sequence

from chargehand.domain.json import JSONObject

MARK_KEY = "chargehand.action"


def mark_of(
    action_id: str, *, words_of: str | None = None, marks: Sequence[str] = ()
) -> JSONObject:
    """The entity property that names the action a comment or work item was made by.

    Shape: `words_of` is the action whose words it put back, None for words of its own; `marks` are
    those the comment had.
    """
    before = [one for one in marks if one not in (action_id, words_of)]
    told: JSONObject = {
        **({"words_of": words_of} if words_of is not None else {}),
        **({"before": before} if before else {}),
    }
    return {"key": MARK_KEY, "value": {"action_id": action_id, **told}}


def action_in(value: object) -> str | None:
    """The action whose words a mark says are there; None without a mark.

    Shape: empty for a mark in a form we never wrote, which still says that no person made it.
    """
    found = actions_in(value)
    return found[0] if found is not None else None


def actions_in(value: object) -> tuple[str, ...] | None:
    """Every action a mark names, first the one whose words are there; None without a mark."""
    if value is None:
        return None
    fields = value if isinstance(value, Mapping) else {}
    before = fields.get("before")
    named = (
        fields.get("words_of"),
        fields.get("action_id"),
        *(before if isinstance(before, list) else ()),
    )
    return tuple(one for one in named if isinstance(one, str)) or ("",)

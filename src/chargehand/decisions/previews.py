"""The exact texts people judge, filled in where a connector can render them.

What anybody wrote that has the shape of a credential is left out of the words before: the bot does
not carry it to other readers, and who judges the preview sees that it is not there.
"""

from collections.abc import Callable
from dataclasses import replace

from chargehand.domain.action import ProposedAction
from chargehand.domain.decision import Decision
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.redact import without_credentials


def with_previews(decision: Decision, render: Callable[[ProposedAction], str]) -> Decision:
    """The same decision with its preview in every action, and no credential in any."""
    safe = (replace(one, params=safe_params(one.params)) for one in decision.actions)
    return replace(decision, actions=tuple(replace(one, preview=render(one)) for one in safe))


def safe_params(params: JSONObject) -> JSONObject:
    """What an action is told, with every credential left out of its texts."""
    return {name: _safe(value) for name, value in params.items()}


def _safe(value: JSONValue) -> JSONValue:
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, dict):
        return {name: _safe(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(one) for one in value]
    return value

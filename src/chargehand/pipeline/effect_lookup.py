"""An action as a connector looks for its effect: without a permission to send it."""

from dataclasses import dataclass

from chargehand.domain.action import ActionKind
from chargehand.domain.ids import ActionId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ActionRecord


@dataclass(frozen=True, slots=True)
class SoughtAction:
    """Keeps `plugins.connector.SentAction`."""

    action_id: ActionId
    kind: ActionKind
    target: str
    params: JSONObject
    base: JSONObject


def sought(action: ActionRecord) -> SoughtAction:
    """What looking for the effect of an action needs of it."""
    return SoughtAction(action.id, action.kind, action.target, action.params, action.base)

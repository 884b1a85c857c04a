"""What a scripted model says, turn by turn, and what it heard."""

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from chargehand.testing.models.contract import ModelContract

DECIDE: Final = "decide"


@dataclass(frozen=True, slots=True)
class Say:
    """Plain text, no tool."""

    text: str


@dataclass(frozen=True, slots=True)
class CallTool:
    """A call of one tool; the decision itself is the tool `decide`."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fail:
    """A refusal or failure of the server."""

    status: int
    retry_after_s: int | None = None
    location: str = ""


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing at all, until the client hangs up; with `after_start` the answer has begun."""

    after_start: bool = False


@dataclass(frozen=True, slots=True)
class Endless:
    """An answer that never ends."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An answer that ends in its middle."""


@dataclass(frozen=True, slots=True)
class Junk:
    """A 200 with a body no vendor sends."""

    body: bytes
    content_type: str = "text/event-stream"
    content_encoding: str = ""


Turn: TypeAlias = Say | CallTool | Fail | Hang | Endless | Cut | Junk


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The body, decoded."""
        return json.loads(self.raw)

    @property
    def tools(self) -> list[str]:
        """The names of the tools the model was given, in either vendor's shape."""
        return [one.get("name") or one["function"]["name"] for one in self.body.get("tools", ())]


@dataclass(slots=True)
class ModelScript:
    """The turns to come; `otherwise` is said for ever once they are used up."""

    turns: deque[Turn]
    otherwise: Turn = field(default_factory=lambda: Fail(500))
    contract: ModelContract | None = None
    received: list[Received] = field(default_factory=list)

    def __init__(
        self,
        turns: Iterable[Turn] = (),
        *,
        otherwise: Turn | None = None,
        contract: ModelContract | None = None,
    ) -> None:
        self.turns = deque(turns)
        self.otherwise = otherwise or Fail(500)
        self.contract = contract
        self.received = []

    def next_turn(self) -> Turn:
        """What is said now."""
        return self.turns.popleft() if self.turns else self.otherwise


def decide(response: str = "It waits for review.", **fields: Any) -> CallTool:
    """A decision, whole and honest where `fields` do not say otherwise."""
    plan = {
        "should_respond": True,
        "response": response,
        "reasoning": "The status says so.",
        "urgency": "low",
        "confidence": 0.9,
        "suggested_actions": [],
        **fields,
    }
    return CallTool(DECIDE, {name: value for name, value in plan.items() if value is not ...})

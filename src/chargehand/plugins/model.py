"""The port of a model that may decide where rules can not: a typed question in, a typed plan out.

Whatever a model answers is a proposal: the caller checks it against the facts, the audience, the
rights of the asker and the policy before anything of it is shown or done. A failure is an answer
too, in a closed word; nothing is ever made up in its place.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeAlias

from chargehand.domain.decision import Urgency
from chargehand.domain.ids import MemberId, ProjectKey, ReservationId, WorkItemKey
from chargehand.domain.json import JSONObject


class Consent(StrEnum):
    """Where the texts of a project may go: nowhere, to models nearby, or to any model."""

    OFF = "off"
    LOCAL = "local"
    ANY = "any"


class ModelFailure(StrEnum):
    """Why there is no plan; the closed list."""

    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    TIMED_OUT = "timed_out"
    JUNK = "junk"
    REFUSED = "refused"
    LIMIT_REACHED = "limit_reached"
    BUDGET_EXCEEDED = "budget_exceeded"
    STOPPED = "stopped"


PASSING = frozenset({ModelFailure.UNAVAILABLE, ModelFailure.BUSY, ModelFailure.TIMED_OUT})


@dataclass(frozen=True, slots=True)
class SuggestedAction:
    """A change the model thinks of; the words are the model's own and prove nothing."""

    kind: str
    work_item: str
    to: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """What a model would have done.

    Units: `confidence` runs from 0 to 1, as the model says of itself.
    """

    should_respond: bool
    response: str
    reasoning: str
    urgency: Urgency
    confidence: float
    suggested_actions: tuple[SuggestedAction, ...] = ()


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What a reading tool found: what the model is shown, and which keys it may name from then on.

    Shape: `shown` is JSON made of texts of people, so it is as untrusted as they are.
    """

    shown: JSONObject
    known_keys: frozenset[WorkItemKey] = frozenset()


LookUpWorkItem: TypeAlias = Callable[[str], Awaitable[LookedUp]]


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """One question to a model.

    Shape: `material` is everything shown at once, texts of people in it untrusted; `known_keys`
    are the work items the answer may name; `served_projects` are those whose keys are never taken
    from a text; `look_up_work_item` reads one more item and nothing else; `subject_id` is the ask,
    and `member_id` the member who asked, None where no account that carries rights did.
    """

    project: ProjectKey
    subject_id: str
    consent: Consent
    material: JSONObject
    known_keys: frozenset[WorkItemKey]
    served_projects: frozenset[ProjectKey]
    look_up_work_item: LookUpWorkItem
    member_id: MemberId | None = None


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request to a model as it left, or would have left.

    Shape: `body` is exactly what was sent, secrets masked before; empty when nothing was built;
    `outcome` is `answered`, `not_sent`, or a word of `ModelFailure`.
    Units: `cost_usd` is what the budget was charged; tokens as the provider reported them.
    """

    reservation_id: ReservationId
    provider: str
    model: str
    prompt_version: str
    sent_at: datetime
    body: str
    outcome: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ModelRun:
    """How asking ended.

    Shape: `provider` and `model` name who gave the plan, or failed last; `requests` are oldest
    first, those of providers that failed before included.
    Units: `retry_after_s` is how long the last provider asked us to wait, None when it did not.
    """

    outcome: ModelPlan | ModelFailure
    provider: str = ""
    model: str = ""
    prompt_version: str = ""
    requests: tuple[SentRequest, ...] = field(default=())
    retry_after_s: float | None = None


class ModelDoor(Protocol):
    """The configured models, in the operator's order."""

    def can_serve(self, consent: Consent) -> bool:
        """Whether any configured model may be asked under this consent."""
        ...

    async def decide(self, question: ModelQuestion) -> ModelRun:
        """Ask the first model that may and can; never raises for what a model or its server does.

        Every request pays at the `BudgetDoor` first.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        ...

"""What a model has to answer in; anything else is junk."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chargehand.domain.decision import Urgency
from chargehand.plugins.model import ModelPlan, SuggestedAction


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SuggestionOutput(_Strict):
    """One change the question asks for."""

    kind: str = Field(max_length=40, description="transition, assign or label.")
    work_item: str = Field(max_length=40, description="Key of the work item.")
    to: str = Field("", max_length=200, description="Status, person, `me` or `nobody`.")
    labels: list[str] = Field(default=[], max_length=10, description="For label: one word each.")


class DecisionOutput(_Strict):
    """Whether and what to reply, how sure, and which changes the question asks for."""

    should_respond: bool
    response: str = Field(max_length=4000)
    reasoning: str = Field(max_length=2000)
    urgency: Literal["low", "medium", "high"]
    confidence: float = Field(ge=0.0, le=1.0)
    suggested_actions: list[SuggestionOutput] = Field(default=[], max_length=5)

    def to_plan(self) -> ModelPlan:
        """The same as the rest of the house knows it."""
        return ModelPlan(
            should_respond=self.should_respond,
            response=self.response,
            reasoning=self.reasoning,
            urgency=Urgency(self.urgency),
            confidence=self.confidence,
            suggested_actions=tuple(
                SuggestedAction(one.kind, one.work_item, one.to, tuple(one.labels))
                for one in self.suggested_actions
            ),
        )

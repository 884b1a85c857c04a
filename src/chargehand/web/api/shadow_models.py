"""What the route of the shadow report answers, and what it is asked."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.shadow import ShadowOutcome, WhyUnknown
from chargehand.pipeline.shadow import MOST_EXAMPLES
from chargehand.web.api.inputs import Handed, ProjectFilter
from chargehand.web.api.models import ActionId, DecisionId, EventId, Shown

Moment = Annotated[
    str, Field(min_length=1, max_length=40, examples=["2026-11-01", "2026-11-01T09:30"])
]


class ShadowQuery(Handed):
    """Which stretch is wanted, and of what."""

    since: Moment | None = Field(
        None, description="From this day or moment on; 30 days back if left out."
    )
    until: Moment | None = Field(None, description="Before this day or moment; now if left out.")
    window: str = Field(
        "24h",
        pattern="^[1-9][0-9]{0,3}[hd]$",
        description="How long after a proposal something counts; up to 30d.",
    )
    project: ProjectFilter | None = Field(None, description="Only of this project.")
    kind: ActionKind | None = Field(None, description="Only actions of this kind.")
    examples: int = Field(
        3, ge=0, le=MOST_EXAMPLES, description="How many of each outcome are told."
    )


class ShadowRule(Shown):
    """When a mode is recommended."""

    least_cases: int
    percent_for_auto: int
    percent_for_approve: int


class ShadowCase(Shown):
    """One proposed action and what people then did."""

    action_id: ActionId
    decision_id: DecisionId
    kind: ActionKind
    project: str
    target: str
    proposed_at: datetime
    outcome: ShadowOutcome
    why_unknown: WhyUnknown | None
    proposed: str = Field(description="What it would have done, in a few words.")
    instead: str = Field(description="What people did, in a few words.")
    witness: EventId | None = Field(description="The event that shows it.")
    after_s: int | None = Field(description="How long after the proposal, in seconds.")
    is_refused: bool = Field(description="A person said no to it.")


class Recommendation(Shown):
    """A mode that the figures speak for."""

    mode: Mode
    command: str = Field(description="The command that sets it.")


class ShadowLine(Shown):
    """One kind of action in one project."""

    project: str
    kind: ActionKind
    mode: Mode = Field(description="The mode in force.")
    cases: int
    counts: dict[ShadowOutcome, int]
    unknown_because: dict[WhyUnknown, int]
    refused: int = Field(description="How many cases a person said no to.")
    judged: int = Field(description="How many cases count for or against.")
    agreement_percent: float | None
    median_answer_s: int | None
    recommendation: Recommendation | None
    why: str
    examples: list[ShadowCase]


class ShadowReport(Shown):
    """What people did next to what would have been done."""

    since: datetime
    until: datetime
    window_s: int
    policy_version: int
    rule: ShadowRule
    lines: list[ShadowLine]

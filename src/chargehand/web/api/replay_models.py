"""What the routes that make decisions again answer, and what they are asked."""

from datetime import datetime

from pydantic import Field, JsonValue

from chargehand.domain.action import ActionKind, Mode
from chargehand.pipeline.replaying import WhyNotReplayed
from chargehand.web.api.inputs import Handed, ProjectFilter
from chargehand.web.api.models import DecisionId, Shown
from chargehand.web.api.shadow_models import Moment

_MOST_BY_REST = 500


class ReplayQuery(Handed):
    """Which stretch is wanted, and of what."""

    since: Moment | None = Field(
        None, description="From this day or moment on; 7 days back if left out."
    )
    until: Moment | None = Field(
        None, description="Before this day or moment; now if left out, or if it is later."
    )
    project: ProjectFilter | None = Field(None, description="Only of this project.")
    limit: int = Field(200, ge=1, le=_MOST_BY_REST, description="How many at most, newest first.")


class DecisionChange(Shown):
    """One part of a decision that would be another."""

    field: str
    before: JsonValue
    after: JsonValue
    diff: list[str] = Field(description="For the response: a unified diff of its lines.")


class ReplayedAction(Shown):
    """One action that would be proposed, with its modes."""

    kind: ActionKind
    target: str
    preview: str
    mode_before: Mode | None = Field(description="Null for one that was not proposed then.")
    mode_after: Mode
    rule: str = Field(description="The rule of the policy that gives the mode.")
    is_changed: bool


class Replay(Shown):
    """One decision made again; with `why_not` it could not be, and the rest tells nothing."""

    decision_id: DecisionId
    decided_at: datetime
    why_not: WhyNotReplayed | None
    is_identical: bool = Field(description="The same to the byte, modes included.")
    policy_version: int
    changes: list[DecisionChange]
    actions: list[ReplayedAction]
    dropped: list[str] = Field(description="Previews of what would not be proposed any more.")


class ReplaySummary(Shown):
    """How many answers of a stretch would be others."""

    since: datetime
    until: datetime
    replayed: int
    identical: int
    changed: dict[str, int]
    not_replayed: dict[WhyNotReplayed, int]
    examples: dict[str, list[DecisionId]]
    is_cut: bool = Field(description="The stretch holds more than were replayed.")

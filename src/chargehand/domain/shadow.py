"""What would have been done, next to what people did: the values of a shadow report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import ActionId, DecisionId, EventId, ProjectKey


class ShadowOutcome(StrEnum):
    """What people did about one proposed action.

    `agreed`: a person did the same, or let the action through unchanged; `differed`: a person did
    something else to the same thing, or said no; `answered`: a person answered, and whether with
    the same words nobody can tell; `nobody`: nobody did anything; `unknown`: it can not be told.
    """

    AGREED = "agreed"
    DIFFERED = "differed"
    ANSWERED = "answered"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class WhyUnknown(StrEnum):
    """Why it can not be told what people did."""

    ERASED = "erased"
    WINDOW_OPEN = "window_open"
    NOT_LISTENING = "not_listening"
    NOT_COMPARABLE = "not_comparable"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True)
class ShadowCase:
    """One proposed action and what people then did.

    Shape: `proposed` and `instead` are short words for people, empty where there are none;
    `witness` is the event that shows what they did, None where none does; `is_refused` says that a
    person said no to it.
    Units: `after_s` is how long after it was asked, or proposed, they did it.
    """

    action_id: ActionId
    decision_id: DecisionId
    kind: ActionKind
    project: ProjectKey
    target: str
    proposed_at: datetime
    outcome: ShadowOutcome
    why_unknown: WhyUnknown | None = None
    proposed: str = ""
    instead: str = ""
    witness: EventId | None = None
    after_s: int | None = None
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class ShadowRule:
    """When a mode is recommended.

    Units: shares are percent.
    """

    least_cases: int = 20
    percent_for_auto: int = 90
    percent_for_approve: int = 50


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A mode that the figures speak for, and the command that sets it."""

    mode: Mode
    command: str


@dataclass(frozen=True, slots=True)
class ShadowLine:
    """One kind of action in one project.

    Shape: `judged` are the cases that count for or against, `agreement_percent` is the share of
    them that agreed, None where there is none; `refused` are cases a person said no to;
    `why` says in a sentence what is recommended, or why nothing is.
    Units: `median_answer_s` is how long people took to answer, None where nobody did.
    """

    project: ProjectKey
    kind: ActionKind
    mode: Mode
    cases: int
    counts: Mapping[ShadowOutcome, int]
    unknown_because: Mapping[WhyUnknown, int]
    refused: int
    judged: int
    agreement_percent: float | None
    median_answer_s: int | None
    recommendation: Recommendation | None
    why: str
    examples: tuple[ShadowCase, ...]


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What people did next to what would have been done.

    Shape: actions whose event arrived from `since` on and before `until`; what happened from
    `until` on counts for nothing, so the same stretch gives the same report.
    Units: `window_s` is how long after a proposal something counts, in seconds.
    """

    since: datetime
    until: datetime
    window_s: int
    policy_version: int
    rule: ShadowRule
    lines: tuple[ShadowLine, ...]

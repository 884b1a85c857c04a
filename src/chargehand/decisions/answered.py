"""What becomes of an ask: it is answered, answered with silence, or not yet."""

from dataclasses import dataclass
from typing import TypeAlias

from chargehand.decisions.audience_rules import silent_decision
from chargehand.domain.ask import Ask
from chargehand.domain.decision import Decision, Reason
from chargehand.domain.fact import UnknownReason
from chargehand.domain.ids import WorkItemKey


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision, with what is to be remembered to recognise its repetition.

    Shape: `answer_digest` is empty when nothing is said; `is_open` says that everybody in the
    project may read all of it.
    """

    decision: Decision
    answer_digest: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class NotYet:
    """A needed fact can not be read now and may be read later; the caller tries again.

    Units: `retry_after_s` is how long the vendor asked us to wait, None when it said nothing.
    """

    reason: UnknownReason
    work_item: WorkItemKey
    retry_after_s: float | None = None


Answer: TypeAlias = Answered | NotYet


def stay_silent(reason: Reason, ask: Ask) -> Answered:
    """Nothing is said, for this reason."""
    return Answered(silent_decision(reason, ask.visibility), answer_digest="")

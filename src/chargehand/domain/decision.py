"""What chargehand concluded about an event."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from chargehand.domain.action import ProposedAction
from chargehand.domain.audience import Audience
from chargehand.domain.ids import ReservationId


class Verdict(StrEnum):
    """Whether the event gets an answer."""

    RESPOND = "respond"
    SILENT = "silent"


class DecidedBy(StrEnum):
    """What made the decision."""

    RULE = "rule"
    MODEL = "model"


class Urgency(StrEnum):
    """How soon a person should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Reason(StrEnum):
    """The closed list of reasons; each has a sentence in the catalogue."""

    ANSWERED_FROM_FACTS = "answered_from_facts"
    HELP_GIVEN = "help_given"
    CLARIFICATION_ASKED = "clarification_asked"
    WRITE_PROPOSED = "write_proposed"
    WRITE_REFUSED_NO_RIGHT = "write_refused_no_right"
    WRITE_REFUSED_RIGHT_UNKNOWN = "write_refused_right_unknown"
    WRITE_REFUSED_READ_ONLY_ASKER = "write_refused_read_only_asker"
    WRITE_REFUSED_NOT_POSSIBLE = "write_refused_not_possible"
    WRITE_ALREADY_SO = "write_already_so"
    WRITE_REFUSED_UNKNOWN_PERSON = "write_refused_unknown_person"
    ITEM_NOT_NAMED = "item_not_named"
    CHANNEL_NOT_BOUND = "channel_not_bound"
    ASKER_UNKNOWN = "asker_unknown"
    OUTSIDE_AUDIENCE = "outside_audience"
    COMMAND_RUN = "command_run"
    COMMAND_REFUSED = "command_refused"
    NOT_UNDERSTOOD = "not_understood"
    MODEL_ANSWERED = "model_answered"
    MODEL_UNSURE = "model_unsure"
    MODEL_SAW_NO_QUESTION = "model_saw_no_question"
    UNCHANGED_SINCE_LAST_ANSWER = "unchanged_since_last_answer"
    WITHHELD_FOR_AUDIENCE = "withheld_for_audience"
    NOT_A_QUESTION_TO_US = "not_a_question_to_us"
    NOT_MENTIONED = "not_mentioned"
    REACTION_NOT_BY_ASKER = "reaction_not_by_asker"
    NAME_ONLY = "name_only"
    OWN_COMMENT = "own_comment"
    OTHER_BOT = "other_bot"
    OTHER_PROJECT = "other_project"
    ALREADY_ANSWERED = "already_answered"
    ALREADY_ASKED = "already_asked"
    ASK_WITHDRAWN = "ask_withdrawn"
    LOOP_BROKEN = "loop_broken"
    LATE = "late"
    ITEM_NOT_READABLE = "item_not_readable"
    REMINDER_DUE = "reminder_due"
    APPROVAL_WAITS = "approval_waits"
    SUBSCRIBER_TOLD = "subscriber_told"
    EVENT_ANNOUNCED = "event_announced"
    UNASKED_OFF = "unasked_off"
    REMINDER_WITHOUT_PLACE = "reminder_without_place"
    NOTHING_TO_DO = "nothing_to_do"
    UNSUPPORTED_EVENT = "unsupported_event"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement of an answer can be checked."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Which model decided, told what, and under which reservation it was paid."""

    provider: str
    model: str
    prompt_version: str
    reservation_id: ReservationId


@dataclass(frozen=True, slots=True)
class Decision:
    """Respond or stay silent, why, how sure, and the actions proposed.

    Shape: `response` is the Markdown a person would read, empty when silent; `withheld` names
    what was left out for the audience's sake, as catalogue keys; `reasoning` is a model's own
    word for operators, empty for a rule; `model` is None for a rule; `read_outsiders` says that the
    model was shown what people outside of the team wrote.
    Units: `confidence` runs from 0 to 1; `cost_usd` is what models took, zero for a rule.
    """

    verdict: Verdict
    reason: Reason
    audience: Audience
    decided_by: DecidedBy = DecidedBy.RULE
    confidence: float = 1.0
    urgency: Urgency = Urgency.LOW
    response: str = ""
    sources: tuple[Source, ...] = ()
    actions: tuple[ProposedAction, ...] = ()
    withheld: tuple[str, ...] = ()
    cost_usd: Decimal = Decimal(0)
    reasoning: str = ""
    model: ModelUse | None = None
    read_outsiders: bool = False

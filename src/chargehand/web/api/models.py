"""The shapes of every answer of the API; what is not named here is not sent."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from chargehand.domain.action import ActionKind, ActionState, Mode
from chargehand.domain.ask import AskState
from chargehand.domain.decision import DecidedBy, Reason, Urgency
from chargehand.domain.delivery import DeliverySource, Lane
from chargehand.domain.event import ActorKind, EventKind, PlaceKind, VisibilityKind
from chargehand.domain.intent import IntentForm, IntentKind
from chargehand.domain.member import Role
from chargehand.domain.policy import Origin, Trust
from chargehand.domain.records import ApprovalState, EffectState
from chargehand.domain.vote import Vote

ID_LETTERS = "[0-9a-hjkmnp-tv-z]{26}"


def _named(description: str, prefix: str) -> Any:
    # Told, not enforced: one odd row must not make a whole list unreadable.
    pattern = f"^{prefix}_{ID_LETTERS}$"
    return Field(description=description, json_schema_extra={"pattern": pattern})


DeliveryId = Annotated[str, _named("Id of a delivery.", "dlv")]
EventId = Annotated[str, _named("Id of an event.", "evt")]
AskId = Annotated[str, _named("Id of an ask.", "ask")]
DecisionId = Annotated[str, _named("Id of a decision.", "dec")]
ActionId = Annotated[str, _named("Id of an action.", "act")]
ApprovalId = Annotated[str, _named("Id of an approval.", "apv")]
EffectId = Annotated[str, _named("Id of an effect.", "eff")]
MemberId = Annotated[str, Field(description="Id of a member.")]
VoteId = Annotated[str, _named("Id of a vote.", "vot")]
NoticeId = Annotated[str, _named("Id of a notice.", "ntc")]
KeyId = Annotated[str, _named("Id of an API key.", "key")]

ConnectionName = Annotated[str, Field(description="Name of the connection in the settings.")]
Project = Annotated[str, Field(description="Key of the project.")]
WorkItem = Annotated[str, Field(description="Key of the work item.")]
Digest = Annotated[str, Field(description="SHA-256 as lower-case hex.")]
Problem = Annotated[str, Field(description="A closed word; empty while all is well.")]
Actor = Annotated[str, Field(description="Who did it; empty while nobody did.")]
NumberByWord = Annotated[dict[str, int], Field(description="How many, by closed word.")]


class Shown(BaseModel):
    """What every shape of an answer keeps."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Item = TypeVar("Item")


IsErased = Annotated[
    bool, Field(description="The names and texts of it are gone for good, by age or on request.")
]


class Page(Shown, Generic[Item]):
    """One page of a list, newest first."""

    items: list[Item] = Field(description="What is on this page, newest first.")
    next_cursor: str | None = Field(
        description="Hand this in as `cursor` for the next page; null on the last one."
    )


class Delivery(Shown):
    """A received request after it was dispatched; its raw body stays in the inbox for a while."""

    id: DeliveryId
    connection_id: ConnectionName
    connector: str = Field(description="Kind of the connection, like `jira`.")
    delivery_key: str = Field(description="The vendor's delivery id, else a digest of the body.")
    source: DeliverySource
    lane: Lane
    digest: Digest
    size_bytes: int = Field(description="Size of the raw body.")
    received_at: datetime
    dispatched_at: datetime = Field(description="When it was given its event.")
    event_id: EventId
    duplicate_of: EventId | None = Field(
        description="The event an earlier delivery had told of already; null when this was first."
    )


class Event(Shown):
    """What a delivery meant."""

    id: EventId
    event_key: str = Field(description="The natural key that makes the event one of a kind.")
    delivery_id: DeliveryId
    connection_id: ConnectionName
    connector: str = Field(description="Kind of the connection, like `jira`.")
    kind: EventKind
    project: Project | None
    work_item: WorkItem | None
    actor_id: str | None = Field(description="The vendor's account id; null when anonymous.")
    actor_name: str = Field(description="The actor's name; empty after its erasure.")
    occurred_at: datetime = Field(description="The vendor's own time.")
    recorded_at: datetime
    text: str | None = Field(description="What was written; null without text or after erasure.")
    data: dict[str, JsonValue] = Field(description="Further facts, by kind.")
    is_erased: IsErased


class Person(Shown):
    """Who asked."""

    account_id: str | None = Field(description="The vendor's account id; null when anonymous.")
    name: str
    kind: ActorKind
    time_zone: str | None = Field(description="IANA name; null when the vendor does not say.")


class Visibility(Shown):
    """Who may read a comment at the vendor."""

    kind: VisibilityKind
    value: str = Field(description="Name of the role or group; empty for other kinds.")
    identifier: str = Field(description="The vendor's stable id of it; empty when unknown.")


class Intent(Shown):
    """One wish, as it was understood."""

    kind: IntentKind
    form: IntentForm
    arguments: dict[str, str] = Field(description="What the wish is about, by kind.")
    work_item: WorkItem | None = Field(description="Set only when another one was named.")


class Place(Shown):
    """Where in a chat something was said."""

    channel_id: str = Field(description="The vendor's id of the channel.")
    kind: PlaceKind
    message_id: str | None = Field(description="None where nothing was posted.")
    thread_id: str | None = Field(description="The message the thread hangs on.")
    is_outsider: bool = Field(description="A guest, or somebody of another workspace.")


class Ask(Shown):
    """A person's request; one ask gets one answer."""

    id: AskId
    ask_key: str = Field(description="The natural key of the comment it stands in.")
    revision: int = Field(description="Grows when the asker edits, or when a person releases it.")
    event_id: EventId
    connection_id: ConnectionName
    project: Project
    work_item: WorkItem | None = Field(description="None in a chat where none was named.")
    comment_id: str = Field(description="The vendor's id of the comment or message.")
    asker: Person
    visibility: Visibility
    asked_at: datetime = Field(description="The vendor's own time.")
    text: str = Field(description="What was asked; empty after its erasure.")
    intents: list[Intent]
    state: AskState
    place: Place | None = Field(description="Where in a chat it was asked.")
    attempts: int = Field(description="Attempts to answer it that failed so far.")
    next_attempt_at: datetime | None
    recorded_at: datetime
    closed_at: datetime | None
    closed_by: Actor
    problem: Problem
    is_erased: IsErased


class Source(Shown):
    """Where a statement of an answer can be checked."""

    label: str
    url: str


class Audience(Shown):
    """The people an answer may reach."""

    scope: str = Field(description="`work_item:<key>`, or `nobody` for a silent decision.")
    visibility: Visibility


class ModelUse(Shown):
    """Which model decided."""

    provider: str = Field(description="Name of the provider in the settings.")
    model: str
    prompt_version: str = Field(description="Which wording of the instructions it was told.")
    reservation_id: str = Field(description="What the deciding request was paid under.")


class ModelRequest(Shown):
    """One request to a model, exactly as it left."""

    reservation_id: str
    decision_id: DecisionId
    ask_id: AskId
    position: int = Field(description="Counts from 0 within the decision.")
    provider: str
    model: str
    prompt_version: str
    outcome: str = Field(description="`answered`, `not_sent`, or why it failed.")
    input_tokens: int
    output_tokens: int
    cost_usd: str = Field(description="What the budget was charged, in US dollars.")
    sent_at: datetime
    body: str = Field(description="What was sent, secrets masked; empty after its erasure.")


class ModelRequests(Shown):
    """Every request to a model for one decision, failed ones included, oldest first."""

    requests: list[ModelRequest]


class Decision(Shown):
    """What was concluded about an event, and why."""

    id: DecisionId
    event_id: EventId
    ask_id: AskId | None
    project: Project | None
    work_item: WorkItem | None
    should_respond: bool = Field(description="Whether the event gets an answer.")
    response: str = Field(description="The answer as Markdown; empty when silent.")
    reason: Reason
    reasoning: str = Field(
        description="The reason as a sentence; the model's own words where one decided."
    )
    urgency: Urgency
    suggested_actions: list[str] = Field(description="Kinds of the actions proposed, in order.")
    confidence: float = Field(description="From 0 to 1.", ge=0, le=1)
    decided_by: DecidedBy
    model: ModelUse | None = Field(description="Null where a rule decided.")
    cost_usd: str = Field(description="What models took, in US dollars.", examples=["0"])
    audience: Audience
    sources: list[Source]
    withheld: list[str] = Field(description="What was left out for the audience's sake.")
    policy_version: int = Field(description="The policy in force when it was decided.")
    decided_at: datetime
    is_erased: IsErased


class Cause(Shown):
    """Who and what an action goes back to."""

    requester: str = Field(
        description="`member:<id>`, else `<connection>:<account>`, else the key or the person at "
        "the command line; empty where nobody asked."
    )
    agent: str = Field(description="Who proposed it.")
    origin: Origin = Field(description="Where the text that caused it was written.")
    trust: Trust = Field(description="Whose words caused it.")


class Action(Shown):
    """One side effect on one target, and where it stands."""

    id: ActionId
    decision_id: DecisionId
    ask_id: AskId | None
    kind: ActionKind
    connection_id: ConnectionName
    project: Project
    target: str = Field(description="The vendor's stable name of the thing changed.")
    params: dict[str, JsonValue] = Field(description="What is sent, by kind.")
    base: dict[str, JsonValue] = Field(description="The state it was proposed on.")
    preview: str = Field(description="The exact text people judge.")
    digest: Digest
    mode: Mode
    state: ActionState
    policy_version: int = Field(description="The policy that gave it its mode.")
    attempts: int = Field(description="How often it was put off so far.")
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    result: dict[str, JsonValue] = Field(description="The vendor's id and address of the effect.")
    problem: Problem
    is_erased: IsErased
    waits: int = Field(description="Those of the attempts that only awaited a vendor's limit.")
    cause: Cause


class Undo(Action):
    """An action that was proposed to undo another."""

    undoes: ActionId = Field(description="The action it undoes.")


class PlainApproval(Shown):
    """A question to people about one exact action."""

    id: ApprovalId
    short_id: str = Field(description="The last six letters, which a person can type.")
    action_id: ActionId
    digest: Digest
    state: ApprovalState
    opened_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: Actor
    decided_via: str = Field(description="The way it was decided; empty while it is open.")
    reason: str = Field(description="What the person said; empty without a word.")
    is_erased: IsErased
    escalated_to: list[Role] = Field(
        description="The roles it was put before because nobody else decided."
    )
    policy_version: int | None = Field(
        description="The policy in force when it was opened; null where that was not kept yet."
    )


class ShownVote(Shown):
    """What one person said about an approval."""

    id: VoteId
    vote: Vote
    by: Actor
    name: str = Field(description="Who said it, by their name where it is known.")
    deputy_of: MemberId | None = Field(description="The member in whose place they voted.")
    deputy_of_name: str = Field(description="That member's name; empty without one.")
    via: str = Field(description="The way it was said.")
    at: datetime
    reason: str = Field(description="Their words; empty without any.")
    is_erased: IsErased
    counts: bool = Field(description="Whether it counts towards the quorum now.")


class Decider(Shown):
    """A member who may decide."""

    id: MemberId
    name: str


class Approval(PlainApproval):
    """A question to people about one exact action, with that action and what people said."""

    action: Action
    quorum: int = Field(description="How many people it takes by the policy in force.")
    counted: int = Field(description="How many let it through so far.")
    votes: list[ShownVote] = Field(description="Votes and comments, oldest first.")
    may_decide: list[Decider] | None = Field(
        description="The first members who may decide in their own right; null in lists."
    )


class Effect(Shown):
    """The ledger's line about one action: written before sending, settled after."""

    id: EffectId
    action_id: ActionId
    connection_id: ConnectionName
    target: str
    digest: Digest
    state: EffectState
    attempts: int
    intended_at: datetime
    settled_at: datetime | None
    external_id: str = Field(description="The vendor's id of what was made; empty until then.")
    url: str = Field(description="Where it can be seen; empty until then.")


class FieldProblem(Shown):
    """One field that can not be used as it is."""

    field: str = Field(description="Name of the field or parameter.")
    message: str = Field(description="What is wrong with it.")
    allowed: str | None = Field(default=None, description="What is allowed there.")


class APIProblem(BaseModel):
    """What went wrong, in the format of RFC 9457; further members depend on the code."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="`urn:chargehand:problem:<code>`.")
    title: str
    status: int
    code: str = Field(description="A closed word to act on.")
    detail: str = Field(description="A sentence for people.")
    errors: list[FieldProblem] = Field(
        default=[], description="The fields that can not be used, where that is the problem."
    )


class DeliveryPage(Page[Delivery]):
    """Deliveries, newest first."""


class EventPage(Page[Event]):
    """Events, newest first."""


class AskPage(Page[Ask]):
    """Asks, newest first."""


class DecisionPage(Page[Decision]):
    """Decisions, newest first."""


class ActionPage(Page[Action]):
    """Actions, newest first."""


class ApprovalPage(Page[Approval]):
    """Approvals, newest first."""

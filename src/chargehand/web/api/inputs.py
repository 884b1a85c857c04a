"""What callers may hand in: filters, cursors and bodies; anything else is refused by name."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import Body, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chargehand.commands.lines import LONGEST_LINE
from chargehand.domain.action import ActionKind, ActionState, Mode
from chargehand.domain.ask import AskState
from chargehand.domain.budget import BudgetPeriod, BudgetScope, BudgetUnit
from chargehand.domain.decision import Verdict
from chargehand.domain.event import EventKind
from chargehand.domain.records import ApprovalState
from chargehand.domain.switches import ScopeKind
from chargehand.pipeline.looking import LEAST_PER_PAGE, MOST_PER_PAGE, PER_PAGE
from chargehand.pipeline.settling import Finding
from chargehand.pipeline.spending_reports import MOST_LINES, SpendingBy
from chargehand.web.api.models import ID_LETTERS

UNKNOWN_FIELD = "unknown_field"
LONGEST_HOURS = 24 * 366
_LONGEST_REASON = 1000
LONGEST_SWITCH_REASON = 500
_LONGEST_TEXT = 30_000
_LONGEST_SOUGHT = 200
_LONGEST_SPENDING_CURSOR = 320
_CURSOR = "The `next_cursor` of the page before; leave it out for the newest."

DeliveryCursor = Annotated[str, Field(pattern=f"^dlv_{ID_LETTERS}$")]
EventCursor = Annotated[str, Field(pattern=f"^evt_{ID_LETTERS}$")]
AskCursor = Annotated[str, Field(pattern=f"^ask_{ID_LETTERS}$")]
DecisionCursor = Annotated[str, Field(pattern=f"^dec_{ID_LETTERS}$")]
ActionCursor = Annotated[str, Field(pattern=f"^act_{ID_LETTERS}$")]
ApprovalCursor = Annotated[str, Field(pattern=f"^apv_{ID_LETTERS}$")]
NoticeCursor = Annotated[str, Field(pattern=f"^ntc_{ID_LETTERS}$")]
MemberCursor = Annotated[str, Field(pattern=f"^mbr_{ID_LETTERS}$")]
UnmappedCursor = Annotated[str, Field(pattern=f"^una_{ID_LETTERS}$")]
KeyCursor = Annotated[str, Field(pattern=f"^key_{ID_LETTERS}$")]
AuditCursor = Annotated[str, Field(pattern="^[0-9]{1,18}$")]
ProjectFilter = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
WorkItemFilter = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_./-]{0,63}$")]
ConnectionFilter = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")]

Day = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
# Up to a million dollars with six decimals, as text: JSON's numbers are not exact.
Amount = Annotated[
    str, Field(pattern=r"^(1000000(\.0{1,6})?|[0-9]{1,6}(\.[0-9]{1,6})?)$", examples=["25", "2.50"])
]

Tokens = Annotated[int, Field(strict=True, ge=0, le=10**10, examples=[2_000_000])]


class Handed(BaseModel):
    """What every shape of an input keeps: unknown names are refused, and the known ones told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, value: Any) -> Any:
        unknown = sorted(set(value) - set(cls.model_fields)) if isinstance(value, dict) else []
        if unknown:
            raise PydanticCustomError(
                UNKNOWN_FIELD,
                "There is no such field here.",
                {"field": _shown(unknown[0]), "allowed": ", ".join(cls.model_fields) or "none"},
            )
        return value


def _shown(name: object) -> str:
    # JSON can hold half a surrogate pair, which no answer can.
    return str(name)[:60].encode("utf-8", "replace").decode()


class NoQuery(Handed):
    """Nothing can be chosen here."""


Nothing = Annotated[NoQuery, Query()]
Identifier = Annotated[str, Path(description="Its id.")]
ApprovalIdentifier = Annotated[str, Path(description="Its id, or its short id.")]


class PageQuery(Handed):
    """Which part of a list is wanted."""

    limit: int = Field(
        PER_PAGE, ge=LEAST_PER_PAGE, le=MOST_PER_PAGE, description="Most items on the page."
    )


class DeliveryQuery(PageQuery):
    """Which deliveries are wanted."""

    cursor: DeliveryCursor | None = Field(None, description=_CURSOR)
    connection: ConnectionFilter | None = Field(None, description="Only of this connection.")


class GivenUpQuery(PageQuery):
    """Which deliveries that were given up are wanted."""

    cursor: DeliveryCursor | None = Field(None, description=_CURSOR)


class EventQuery(PageQuery):
    """Which events are wanted."""

    cursor: EventCursor | None = Field(None, description=_CURSOR)
    project: ProjectFilter | None = Field(None, description="Only of this project.")
    work_item: WorkItemFilter | None = Field(None, description="Only about this work item.")
    kind: EventKind | None = Field(None, description="Only of this kind.")
    text: str | None = Field(
        None,
        min_length=1,
        max_length=_LONGEST_SOUGHT,
        description="Only those whose text holds every word of this, whatever the case and the "
        "accents. A page may then be short or empty though `next_cursor` leads on.",
    )


class TimelineQuery(PageQuery):
    """Which part of whose timeline is wanted."""

    work_item: WorkItemFilter = Field(description="Of this work item.")
    cursor: EventCursor | None = Field(None, description=_CURSOR)


class AskQuery(PageQuery):
    """Which asks are wanted."""

    cursor: AskCursor | None = Field(None, description=_CURSOR)
    state: AskState | None = Field(
        None, description="Only in this state; `late` and `stuck` wait for a person."
    )
    project: ProjectFilter | None = Field(None, description="Only of this project.")


class DecisionQuery(PageQuery):
    """Which decisions are wanted."""

    cursor: DecisionCursor | None = Field(None, description=_CURSOR)
    project: ProjectFilter | None = Field(None, description="Only of this project.")
    work_item: WorkItemFilter | None = Field(None, description="Only about this work item.")
    verdict: Verdict | None = Field(None, description="Only with this outcome.")


class ActionQuery(PageQuery):
    """Which actions are wanted."""

    cursor: ActionCursor | None = Field(None, description=_CURSOR)
    state: ActionState | None = Field(None, description="Only in this state.")
    kind: ActionKind | None = Field(None, description="Only of this kind.")
    project: ProjectFilter | None = Field(None, description="Only of this project.")


class ApprovalQuery(PageQuery):
    """Which approvals are wanted."""

    cursor: ApprovalCursor | None = Field(None, description=_CURSOR)
    state: ApprovalState | None = Field(None, description="Only in this state.")
    needs: str | None = Field(
        None,
        min_length=1,
        max_length=_LONGEST_SOUGHT,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="Only those that wait for the vote of `me`, or of a member by id or e-mail "
        "address.",
    )


class NoticeQuery(PageQuery):
    """Which notices are wanted."""

    cursor: NoticeCursor | None = Field(None, description=_CURSOR)


class MemberQuery(PageQuery):
    """Which members are wanted."""

    cursor: MemberCursor | None = Field(None, description=_CURSOR)


class UnmappedQuery(PageQuery):
    """Which unmapped accounts are wanted."""

    cursor: UnmappedCursor | None = Field(None, description=_CURSOR)


class KeyQuery(PageQuery):
    """Which API keys are wanted."""

    cursor: KeyCursor | None = Field(None, description=_CURSOR)


class AuditQuery(PageQuery):
    """Which audit records are wanted."""

    cursor: AuditCursor | None = Field(None, description=_CURSOR)


class StatsQuery(Handed):
    """Which stretch of time is counted."""

    hours: int = Field(
        24,
        ge=1,
        le=LONGEST_HOURS,
        description="How many hours back; the hour it begins in is counted whole.",
    )


class SpendingFormat(StrEnum):
    """How spending is answered."""

    JSON = "json"
    CSV = "csv"


class SpendingQuery(Handed):
    """Which spending is wanted, and how it is added up; days are those of the team's zone."""

    by: SpendingBy = Field(
        SpendingBy.DAY,
        description="A line for each day and model; each decision or answer, newest first; or each "
        "agent, person or project, dearest first.",
    )
    since: Day | None = Field(
        None, description="First day; thirty days before the last if left out."
    )
    until: Day | None = Field(None, description="Last day, which is included; today if left out.")
    cursor: str | None = Field(
        None,
        max_length=_LONGEST_SPENDING_CURSOR,
        description="The `next_cursor` of the page before; days come on one page.",
    )
    limit: int = Field(
        MOST_LINES, ge=LEAST_PER_PAGE, le=MOST_LINES, description="Most lines on the page."
    )
    format: SpendingFormat = Field(SpendingFormat.JSON, description="JSON, or a table as CSV.")


class NoBody(Handed):
    """Nothing is to be said; an empty object is accepted too."""


NothingSaid = Annotated[NoBody | None, Body(title="Nothing")]


class RejectBody(Handed):
    """Why an action is rejected."""

    reason: str = Field(
        "", max_length=_LONGEST_REASON, description="For those who look back; may be empty."
    )


class CommentBody(Handed):
    """What somebody says about an approval."""

    text: str = Field(
        min_length=1, max_length=_LONGEST_REASON, description="For everybody who decides."
    )


class EditBody(Handed):
    """The comment as it should be worded instead."""

    text: str = Field(min_length=1, max_length=_LONGEST_TEXT, description="Markdown.")


class SettleBody(Handed):
    """What a person saw at the vendor."""

    finding: Finding = Field(description="Whether the action happened there.")


class ModeBody(Handed):
    """The mode of one scope; without project and kind it is the default."""

    mode: Mode
    project: ProjectFilter | None = Field(None, description="One project; null for every one.")
    kind: ActionKind | None = Field(None, description="One action kind; null for every one.")


class CommandBody(Handed):
    """A command line, and what it is said about."""

    line: str = Field(
        min_length=1, max_length=LONGEST_LINE, description="One line, such as `approve 7h2k9d`."
    )
    project: ProjectFilter | None = Field(
        None, description="The project it is about; every served one where it is null."
    )
    work_item: WorkItemFilter | None = Field(
        None, description="The work item that `here` and `this ticket` mean."
    )


class ScopeBody(Handed):
    """What a flag is set for."""

    kind: ScopeKind
    name: str = Field(
        "",
        max_length=64,
        description="The project's key, the agent, the action kind, the connector or connection, "
        "or the cohort; empty for the organization.",
    )


class FlagBody(Handed):
    """Where a flag shall stand."""

    is_on: bool = Field(strict=True, description="true turns it on, false turns it off.")
    scope: ScopeBody | None = Field(None, description="Where; null for the whole organization.")
    reason: str = Field(
        "", max_length=LONGEST_SWITCH_REASON, description="For those who look back; may be empty."
    )
    expires_at: AwareDatetime | None = Field(
        None, description="When it ends by itself; null for good."
    )


class ClearFlagBody(Handed):
    """In which scope a flag is set no longer."""

    scope: ScopeBody | None = Field(None, description="Where; null for the whole organization.")


class StopScope(StrEnum):
    """What can be stopped."""

    ALL = "all"
    PROJECT = "project"
    AGENT = "agent"
    CONNECTOR = "connector"


class StopTarget(Handed):
    """What is stopped or resumed."""

    kind: StopScope = Field(description="`all` takes no name.")
    name: str = Field(
        "", max_length=64, description="The project's key, the agent, the connector or connection."
    )


class StopBody(Handed):
    """What to stop, and why."""

    scope: StopTarget
    reason: str = Field(
        "", max_length=LONGEST_SWITCH_REASON, description="For those who look back; may be empty."
    )


class ResumeBody(Handed):
    """Which stop to end: the one of exactly this scope."""

    scope: StopTarget


class BudgetBody(Handed):
    """The caps of one budget; without a scope it is the organization's, or the project's."""

    cap_usd: Amount | None = Field(
        None, description="US dollars; null takes the cap away, left out it stays."
    )
    cap_tokens: Tokens | None = Field(
        None, description="Tokens; null takes the cap away, left out it stays."
    )
    scope: BudgetScope | None = Field(None, description="Whose spending the cap is on.")
    scope_id: str = Field(
        "",
        max_length=64,
        description="Key of the project, id of the member or the ask, name of the agent; empty for "
        "each one that has no cap of its own.",
    )
    project: ProjectFilter | None = Field(
        None, description="One project: the same as its scope and scope_id."
    )
    period: BudgetPeriod | None = Field(
        None, description="How long the cap lasts: a day if null; a run has its whole life."
    )

    @property
    def changes(self) -> dict[BudgetUnit, str | int | None]:
        """The caps that are named, null among them."""
        named = {BudgetUnit.USD: self.cap_usd, BudgetUnit.TOKENS: self.cap_tokens}
        given = self.model_fields_set
        return {unit: cap for unit, cap in named.items() if f"cap_{unit.value}" in given}

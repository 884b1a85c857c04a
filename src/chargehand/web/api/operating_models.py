"""What the routes about running the service answer: modes, flags, status, statistics, notices."""

from datetime import datetime

from pydantic import Field

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.control import ControlStyle
from chargehand.domain.process import ProcessRole, ProcessState
from chargehand.domain.records import Severity
from chargehand.domain.retention import Kept
from chargehand.domain.switches import ScopeKind, StopSource
from chargehand.flags.registry import Flag
from chargehand.inbox.ports import MOST_CLOSED_COUNTED, MOST_WAITING_COUNTED
from chargehand.pipeline.caller import Outcome
from chargehand.web.api.models import (
    ActionId,
    Actor,
    ConnectionName,
    NoticeId,
    NumberByWord,
    Page,
    Project,
    Shown,
)


class ModeRule(Shown):
    """One rule of the policy; null means every project, or every kind."""

    project: Project | None
    kind: ActionKind | None
    mode: Mode


class ModeLine(Shown):
    """The mode of one action kind in one project; a null rule means the default gave it."""

    project: Project
    kind: ActionKind
    mode: Mode
    rule: ModeRule | None
    rule_name: str = Field(description="The rule by its name; `default` where none says anything.")
    unless: list[str] = Field(
        description="Rules that decide before it, each in cases of its own; see `/v1/policy`."
    )


class Modes(Shown):
    """The policy in force, and what follows from it."""

    version: int
    changed_at: datetime | None
    changed_by: Actor
    default: Mode = Field(description="The mode where no rule says otherwise.")
    rules: list[ModeRule]
    modes: list[ModeLine] = Field(description="Every action kind in every served project.")


class CommandControl(Shown):
    """A button that goes with an answer; pressing it says its command."""

    label: str
    command: str = Field(description="The line it stands for.")
    style: ControlStyle


class CommandAnswer(Shown):
    """What became of a command."""

    outcome: Outcome = Field(
        description="`done`, or why nothing happened: `unchanged` it was so already, `refused` you "
        "may not, `illegal` not now, `not_found`, `unclear` the line is none, `elsewhere` it is "
        "said on another surface."
    )
    markdown: str = Field(description="The answer for people, as Markdown.")
    is_private: bool = Field(description="Whether a chat shows it to its caller alone.")
    controls: list[CommandControl]


class Scope(Shown):
    """What a flag or a stop is about."""

    kind: ScopeKind
    name: str = Field(description="Empty for the organization.")


class FlagSetting(Shown):
    """A flag as somebody set it in one scope; off wins in every scope that fits."""

    flag: str
    scope: Scope
    is_on: bool
    reason: str
    set_at: datetime
    set_by: Actor
    expires_at: datetime | None = Field(description="When it ends by itself; null for good.")


class FlagLine(Shown):
    """How one flag stands for the whole organization."""

    flag: Flag
    is_on: bool
    does: str = Field(description="What it switches.")
    changed_at: datetime | None = Field(
        description="Null when nobody ever set it for the whole organization."
    )
    changed_by: Actor
    is_off_by_settings: bool = Field(
        description="The settings of this installation turn it off, which nothing else changes."
    )
    settings: list[FlagSetting] = Field(description="What was set, by scope; no expired ones.")


class Stop(Shown):
    """Something that was stopped and was not resumed."""

    scope: Scope
    source: StopSource = Field(description="Where it stands, which is where it is ended.")
    since: datetime | None = Field(description="Null where the settings say it.")
    by: Actor
    reason: str
    note: str = Field(description="What was made of a text that names no scopes; else empty.")
    stop_id: str = Field(description="Empty outside the database.")


class UnderWay(Shown):
    """An action whose request had left when its scope was stopped."""

    action_id: ActionId
    kind: ActionKind
    target: str
    intended_at: datetime
    settle_at: datetime | None = Field(description="When its end is known at the latest.")


class Stops(Shown):
    """Everything that is stopped."""

    stops: list[Stop]


class Stopped(Shown):
    """What a stop did."""

    stop: Stop
    is_new: bool = Field(description="False for what was stopped already.")
    under_way: list[UnderWay] = Field(description="What had left before, and is not called back.")


class Resumed(Shown):
    """What a resume ended."""

    lifted: list[Stop]
    left: list[Stop] = Field(description="What is stopped all the same.")


class Flags(Shown):
    """Every flag there is."""

    flags: list[FlagLine]


class Stats(Shown):
    """How much happened in a stretch of time."""

    since: datetime = Field(description="The beginning of the first hour that is counted.")
    until: datetime
    cost_usd: str = Field(description="What models took for the decisions, in US dollars.")
    deliveries: NumberByWord = Field(description="Deliveries by source.")
    events: NumberByWord = Field(description="Events by kind.")
    asks: NumberByWord = Field(description="Asks by state.")
    verdicts: NumberByWord = Field(description="Decisions by verdict.")
    reasons: NumberByWord = Field(description="Decisions by reason.")
    actions: NumberByWord = Field(description="Actions by state.")
    action_kinds: NumberByWord = Field(description="Actions by kind.")
    approvals: NumberByWord = Field(description="Approvals by state.")


class Connection(Shown):
    """What is known of a connection from its last calls; null where nothing is known yet."""

    id: ConnectionName
    connector: str = Field(description="Kind of the connection, like `jira`.")
    site: str
    bot_account_id: str | None
    bot_name: str
    first_connected_at: datetime | None
    last_ok_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str = Field(description="Code of the last failure; empty without one.")
    last_delivery_at: datetime | None
    polled_at: datetime | None


class InboxCounts(Shown):
    """How many deliveries are in each state; the two lanes still wait to be dispatched."""

    interactive: int = Field(description=f"No more than {MOST_WAITING_COUNTED} are counted.")
    bulk: int = Field(description=f"No more than {MOST_WAITING_COUNTED} are counted.")
    dispatched: int = Field(
        description=f"Kept until their retention ends; no more than {MOST_CLOSED_COUNTED} are "
        "counted."
    )
    dead: int = Field(
        description=f"Given up; the operator was told. No more than {MOST_CLOSED_COUNTED} are "
        "counted."
    )


class Waiting(Shown):
    """What waits right now, and for what."""

    asks_open: int = Field(description="For the worker.")
    asks_late: int = Field(description="For a person, because they are old.")
    asks_stuck: int = Field(description="For a person, because they could not be decided.")
    approvals_open: int = Field(description="For a person.")
    actions_under_way: int = Field(description="For the worker or the vendor.")
    actions_unknown: int = Field(description="For a person who looks whether they happened.")


class Hold(Shown):
    """Nothing is sent, because the database was restored and is not resumed yet."""

    id: str
    backup_id: str
    taken_at: datetime = Field(description="The moment the restored backup is of.")
    held_at: datetime
    held_by: str
    lifted_at: datetime | None
    lifted_by: str


class RetentionLine(Shown):
    """How long one class of names and texts is kept, and what the last pruning took."""

    kept: Kept
    kept_days: float
    last_at: datetime | None = Field(description="The last run; null before the first.")
    last_rows: int
    total_rows: int


class Process(Shown):
    """A front, a worker or a clock that shares the PostgreSQL."""

    id: str
    role: ProcessRole
    host: str
    pid: int
    version: str = Field(description="Version of chargehand it runs.")
    state: ProcessState
    is_up: bool = Field(description="It was heard of within a minute, and did not end.")
    started_at: datetime
    seen_at: datetime


class Status(Shown):
    """How things stand."""

    version: str = Field(description="Version of chargehand.")
    now: datetime
    connections: list[Connection]
    inbox: InboxCounts
    waiting: Waiting
    policy_version: int
    audit_records: int = Field(description="Length of the audit chain.")
    stops: list[Stop] = Field(description="What was stopped and not resumed.")
    hold: Hold | None = Field(
        description="After a restore: nothing is sent until the operator resumes; null otherwise."
    )
    retention: list[RetentionLine]
    processes: list[Process] = Field(
        description="Fronts, workers and clocks that run or ran within the last hour; empty on "
        "SQLite, which has one front and one worker."
    )


class Notice(Shown):
    """Something the operator is told once, however often it happens."""

    id: NoticeId
    notice_key: str = Field(description="The cause, which one notice stands for.")
    severity: Severity
    code: str
    subject_id: str
    text: str
    first_at: datetime
    last_at: datetime
    count: int = Field(description="How often it happened so far.")


class NoticePage(Page[Notice]):
    """Notices, newest first."""

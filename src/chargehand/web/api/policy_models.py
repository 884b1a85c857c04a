"""The shapes of what the API tells and takes about the policy."""

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AwareDatetime, Field

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.diff import LONGEST_PATH, MOST_FILES, MOST_LINES
from chargehand.domain.member import Role
from chargehand.domain.policy import CapScope, Hours, Origin, Stage, Trust
from chargehand.pipeline.stretches import FIRST_MOMENT, LAST_MOMENT
from chargehand.policy.text import MOST_BYTES
from chargehand.web.api.inputs import Handed, ProjectFilter
from chargehand.web.api.models import Actor, Cause, Project, Shown

ChangedPath: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_PATH)]
_TEXT = Field(max_length=MOST_BYTES, description="A policy in TOML.")


class Policy(Shown):
    """One version of the policy."""

    version: int
    format: int = Field(description="1 for modes by scope, 2 for a document.")
    created_at: datetime | None
    created_by: Actor
    text: str = Field(description="A document in TOML that says what is in force.")


class PolicyVersionLine(Shown):
    """One version in the list of all."""

    version: int
    created_at: datetime
    created_by: Actor
    format: int
    rules: int = Field(description="How many rules it has.")


class PolicyHistory(Shown):
    """Every version."""

    items: list[PolicyVersionLine] = Field(description="Newest first.")


class PolicyProblem(Shown):
    """One fault of a text."""

    field: str
    found: str
    allowed: str
    near: str = Field(description="What was probably meant; empty where nothing is near.")
    line: int | None = Field(description="Where it stands, as far as that is known.")


class PolicyFinding(Shown):
    """What is wrong with a policy for the team as it is."""

    is_error: bool = Field(description="An error refuses the policy, a warning does not.")
    rule: str = Field(description="The rule it is about; empty for the whole.")
    text: str


class PolicyCheck(Shown):
    """A text as it was checked."""

    is_valid: bool
    problems: list[PolicyProblem]
    findings: list[PolicyFinding]


class ChangedMode(Shown):
    """What another policy changes for one kind in one project."""

    project: Project
    kind: ActionKind
    before: Mode
    after: Mode


class PolicyDifference(Shown):
    """What another policy would change."""

    based_on: int = Field(description="The version in force it is compared with.")
    lines: list[str] = Field(description="A unified difference; empty where it says the same.")
    modes: list[ChangedMode] = Field(description="As far as no further condition decides.")


class PolicyQuestion(Shown):
    """What the policy was asked."""

    kind: ActionKind
    project: Project
    target: str
    at: datetime
    cause: Cause
    requester_roles: list[Role]
    diff_lines: int | None
    paths: list[str]
    cohort: str
    stage: Stage | None


class Approvers(Shown):
    """Who lets an action through, and how many of them it takes."""

    roles: list[Role]
    members: list[str]
    quorum: int
    excludes_requester: bool


class Cap(Shown):
    """At most so many actions in a window."""

    scope: CapScope
    most: int
    window_s: int


class Ruling(Shown):
    """What the policy says about one action."""

    mode: Mode
    approvers: Approvers
    version: int
    rule: str = Field(description="The rule that decided; `default` where none did.")
    caps: list[Cap]
    hours: Hours
    reason: str = Field(description="Why the mode is not the rule's own; empty where it is.")


class TriedRule(Shown):
    """One rule as it was asked."""

    rule: str
    where: str = Field(description="`organization`, or `projects.<key>`.")
    unmet: str = Field(description="The condition that did not hold; empty for who decided.")
    fact: str = Field(description="What is known about it.")


class PolicyExplanation(Shown):
    """What the policy in force says, and the rules that were asked for it."""

    question: PolicyQuestion
    ruling: Ruling
    tried: list[TriedRule]


class PolicyText(Handed):
    """A policy to look at."""

    text: str = _TEXT


class PolicyBody(Handed):
    """A policy to put in force."""

    text: str = _TEXT
    based_on: int = Field(ge=0, le=2**31, description="The version you have seen.")


class QuestionBody(Handed):
    """An action nobody proposed yet."""

    kind: ActionKind
    project: ProjectFilter
    target: str = Field("", max_length=400)
    requester: str = Field("", max_length=255, description="`member:<id>` or an account.")
    origin: Origin = Origin.UNKNOWN
    trust: Trust = Trust.UNKNOWN
    lines: int | None = Field(
        None,
        ge=0,
        le=MOST_LINES,
        description="Lines a made-up pull request adds and removes; null for not known.",
    )
    paths: list[ChangedPath] = Field(
        [], max_length=MOST_FILES, description="Files it changes, such as `infra/main.tf`."
    )
    at: AwareDatetime | None = Field(
        None, ge=FIRST_MOMENT, le=LAST_MOMENT, description="At which moment; null for now."
    )

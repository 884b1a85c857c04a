"""What a policy is asked about an action, and what it answers.

The document itself and how it is read are the policy room's; these values are what every room
that asks one speaks in.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.member import Role


class Risk(StrEnum):
    """How much an action can break, from nothing to what no undo brings back.

    `read` changes nothing; `reversible` has an inverse; `hard_to_undo` was seen or started by
    then; `secret` touches what gives access.
    """

    READ = "read"
    REVERSIBLE = "reversible"
    HARD_TO_UNDO = "hard_to_undo"
    SECRET = "secret"  # noqa: S105 - a word, no password.


class Origin(StrEnum):
    """Where the text that caused an action was written."""

    TICKET = "ticket"
    CHAT = "chat"
    PULL_REQUEST = "pull_request"
    PAGE = "page"
    WEBHOOK = "webhook"
    OPERATOR = "operator"
    SCHEDULE = "schedule"
    UNKNOWN = "unknown"


class Trust(StrEnum):
    """Whose words caused an action: the team's, an outsider's, or nobody can tell whose."""

    TEAM = "team"
    OUTSIDER = "outsider"
    UNKNOWN = "unknown"


class Stage(StrEnum):
    """Which installation this is; the operator says so."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who and what an action goes back to.

    Shape: `requester` is `member:<id>`, else `<connection>:<account>`, else the key or the person
    at the command line, as `cli:anna`; empty where nobody asked. `agent` names who proposed it.
    """

    requester: str = ""
    agent: str = "chargehand"
    origin: Origin = Origin.UNKNOWN
    trust: Trust = Trust.UNKNOWN


@dataclass(frozen=True, slots=True)
class PolicyQuestion:
    """One action at one moment, as far as it is known.

    Shape: what is not known is None or empty, and no condition on it holds then.
    Units: `at` is UTC; `diff_lines` counts added and removed lines.
    """

    kind: ActionKind
    project: ProjectKey
    target: str
    at: datetime
    cause: Cause = field(default_factory=Cause)
    requester_roles: frozenset[Role] = frozenset()
    diff_lines: int | None = None
    paths: tuple[str, ...] = ()
    cohort: str = ""
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who lets an action through, and how many of them it takes.

    Shape: whoever has one of `roles` in the action's project or is one of `members`; `quorum` is at
    least 1.
    """

    roles: frozenset[Role]
    members: frozenset[MemberId] = frozenset()
    quorum: int = 1
    excludes_requester: bool = True


class CapScope(StrEnum):
    """What a cap counts together."""

    KIND = "kind"
    TARGET = "target"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many actions sent in a window; what is over it waits for the window to move.

    Units: `window_s` is in seconds.
    """

    scope: CapScope
    most: int
    window_s: int


class Hours(StrEnum):
    """When an action may be sent: always, or in the working hours of the team."""

    ALWAYS = "always"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a policy says about one action.

    Shape: `rule` is the name of the rule that decided, `default` where none did; `reason` says in
    a sentence why the mode is another than the rule's own, and is empty where it is not.
    """

    mode: Mode
    approvers: Approvers
    version: int
    rule: str
    caps: tuple[Cap, ...] = ()
    hours: Hours = Hours.ALWAYS
    reason: str = ""

"""What a flag or a stop is about, what is asked of them, and what is remembered of each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chargehand.domain.action import ActionKind
from chargehand.domain.ids import ConnectionId, ProjectKey

FOREMAN_NAME: Final = "chargehand"


class ScopeKind(StrEnum):
    """How wide a flag or a stop reaches."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    AGENT = "agent"
    KIND = "kind"
    CONNECTOR = "connector"
    COHORT = "cohort"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a switch is asked about: an ask, an action or a message, as far as it is known.

    Shape: what is not known is empty or None, and no scope of that kind covers it then.
    """

    project: ProjectKey | None = None
    connection_id: ConnectionId | None = None
    connector: str = ""
    agent: str = FOREMAN_NAME
    kind: ActionKind | None = None
    cohort: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a switch is about.

    Shape: `name` is empty for the organization; for a connector it is the connector's name or the
    id of one connection.
    """

    kind: ScopeKind
    name: str = ""

    def covers(self, subject: Subject) -> bool:
        """Whether a subject is within this scope."""
        match self.kind:
            case ScopeKind.ORGANIZATION:
                return True
            case ScopeKind.PROJECT:
                return subject.project == self.name
            case ScopeKind.AGENT:
                return subject.agent == self.name
            case ScopeKind.KIND:
                return subject.kind is not None and subject.kind.value == self.name
            case ScopeKind.CONNECTOR:
                return self.name in (subject.connector, subject.connection_id)
            case ScopeKind.COHORT:
                return bool(self.name) and subject.cohort == self.name

    def __str__(self) -> str:
        """The scope as it is written: `organization`, `project:PAY`."""
        return f"{self.kind.value}:{self.name}" if self.name else self.kind.value


ORGANIZATION: Final = Scope(ScopeKind.ORGANIZATION)


@dataclass(frozen=True, slots=True)
class FlagSetting:
    """A flag as somebody set it in one scope.

    Shape: `expires_at` is None for good; from then on the wider scopes count alone.
    """

    flag: str
    scope: Scope
    is_on: bool
    reason: str
    set_at: datetime
    set_by: str
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it counts at a moment."""
        return self.expires_at is None or self.expires_at > now


class StopSource(StrEnum):
    """Where a stop stands, which is where it is lifted."""

    DATABASE = "database"
    FILE = "file"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class StopRecord:
    """Something that was stopped and was not resumed.

    Shape: `stop_id` is empty and `since` may be None outside the database; `note` says what was
    made of a text that is no list of scopes.
    """

    scope: Scope
    source: StopSource
    since: datetime | None
    by: str = ""
    reason: str = ""
    note: str = ""
    stop_id: str = ""

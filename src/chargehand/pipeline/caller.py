"""Who says a command and where, what it may use, and what comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from chargehand.commands.definition import CommandLine
from chargehand.domain.attention import Person
from chargehand.domain.command import Surface
from chargehand.domain.control import Control
from chargehand.domain.errors import Rejected
from chargehand.domain.event import EVERYONE, Place, PlaceKind, Visibility
from chargehand.domain.form import Form
from chargehand.domain.ids import (
    AccountId,
    ConnectionId,
    DecisionId,
    MemberId,
    ProjectKey,
    WorkItemKey,
)
from chargehand.domain.member import Identity, Member, Role
from chargehand.domain.permission import Permission
from chargehand.kit.calendar import WorkingHours, zone_named
from chargehand.pipeline.connection import PipelineRules
from chargehand.plugins.connector import ActionPreviewer
from chargehand.policy.permissions import EVERYTHING, NOTHING, Rights, rights_of_roles
from chargehand.storage.transaction import Writing

_LONGEST_BY: Final = 64
_MEMBER: Final = "member:"
# Surfaces behind a key or the server's own door; whoever is there may do what an operator may.
_OPERATED: Final = frozenset({Surface.CLI, Surface.REST})
_OPEN_TO_STRANGERS: Final = frozenset({PlaceKind.SHARED, PlaceKind.UNKNOWN})


class Outcome(StrEnum):
    """What became of a command.

    `done` it happened; `unchanged` it was so already; `refused` the caller may not; `illegal` not
    now, as what was decided; `not_found` nothing of that name is there for the caller; `unclear`
    the line is none, or means several things; `elsewhere` it is said on another surface.
    """

    DONE = "done"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    ILLEGAL = "illegal"
    NOT_FOUND = "not_found"
    UNCLEAR = "unclear"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class CommandReply:
    """The answer to a command; a private one is for the caller alone."""

    outcome: Outcome
    markdown: str
    is_private: bool = False
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormReply(CommandReply):
    """The answer of a command that opens a form over a chat.

    Shape: the words are said where the form can not be opened, or not in time.
    """

    form: Form


@dataclass(frozen=True, slots=True)
class Caller:
    """Who says a command, and where.

    Shape: `member` and `identity` are None for an account nobody knows; `projects` are those the
    place serves; `visibility` is that of the comment it is said in; `answer` is the answer in whose
    thread it is said, where the door knows; `form` is what was filled in, where handing in a form
    said it; `opens_form` says that a button said it, to which a form may be the answer; `operator`
    names the key or the person at the command line, as `key:ci`, and is empty everywhere else;
    `rights` are what the door found the caller to hold, None where it is left to the account;
    `through` is what proved the caller where that is not the surface alone.
    """

    surface: Surface
    projects: frozenset[ProjectKey]
    member: Member | None = None
    identity: Identity | None = None
    account_id: AccountId | None = None
    connection_id: ConnectionId | None = None
    place: Place | None = None
    work_item: WorkItemKey | None = None
    visibility: Visibility = EVERYONE
    answer: DecisionId | None = None
    form: Mapping[str, str] | None = None
    opens_form: bool = False
    operator: str = ""
    rights: Rights | None = None
    through: str = ""

    @property
    def is_operator(self) -> bool:
        """Whether the door itself proves who is there, so that no account has to."""
        is_known = bool(self.operator) or (self.rights is not None and self.member is not None)
        return self.surface in _OPERATED and is_known

    @property
    def held(self) -> Rights:
        """What the caller may do, in whichever project."""
        if self.rights is not None:
            return self.rights
        if self.is_operator:
            return EVERYTHING
        member = self.rightful_member
        return rights_of_roles(member.roles) if member is not None else NOTHING

    @property
    def rightful_member(self) -> Member | None:
        """The member whose rights count here; None where the account carries none."""
        member, identity = self.member, self.identity
        if self.rights is not None:
            return member
        if member is None or identity is None or identity.member_id != member.id:
            return None
        return member if identity.carries_rights and member.left_at is None else None

    @property
    def is_overheard(self) -> bool:
        """Whether an answer can not be for the caller alone, as a comment can not."""
        return self.surface is Surface.TICKET

    def has_role(self, roles: frozenset[Role], project: ProjectKey) -> bool:
        """Whether the caller has one of some roles in a project that is served here."""
        member = self.rightful_member
        is_here = project in self.projects
        return member is not None and is_here and bool(roles & member.roles_in(project))

    def may(self, permission: Permission, project: ProjectKey | None) -> bool:
        """Whether the caller may do something in a project that is served here.

        Shape: None is what belongs to no project, which only who comes by the door itself reaches.
        """
        is_here = self.is_operator or (project is not None and project in self.projects)
        return is_here and self.held.allows(permission, project)

    @property
    def is_among_strangers(self) -> bool:
        """Whether people of other workspaces may read what is said there."""
        return self.place is not None and self.place.kind in _OPEN_TO_STRANGERS

    @property
    def by(self) -> str:
        """The name that what is done is recorded under."""
        if self.operator:
            return self.operator
        if self.member is not None:
            return f"{_MEMBER}{self.member.id}"
        return f"{self.connection_id}:{self.account_id}"[:_LONGEST_BY]

    @property
    def person(self) -> Person:
        """Whose what is set up is."""
        member_id = self.member.id if self.member is not None else None
        return Person(member_id, self.connection_id, self.account_id)

    @property
    def channel(self) -> str | None:
        """The channel it is said in, as `<connection>/<channel>`."""
        return f"{self.connection_id}/{self.place.channel_id}" if self.place is not None else None


class MemberDesk(Protocol):
    """What commands ask of the members; None of them is known where there is no desk."""

    def find(self, tx: Writing, member_id: MemberId) -> Member | None:
        """One member."""
        ...

    def identities_of(self, tx: Writing, member_id: MemberId) -> tuple[Identity, ...]:
        """The accounts of a member."""
        ...

    def confirm(
        self,
        tx: Writing,
        code: str,
        *,
        connection_id: ConnectionId,
        account_id: AccountId,
        now: datetime,
    ) -> Member | Rejected:
        """Confirm the account a code is said from; why not is handed back, not raised."""
        ...


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent as people are told about it."""

    name: str
    does: str


FOREMAN: Final = Agent(
    "chargehand",
    "the foreman: answers questions about work items from their own data, proposes changes, and "
    "sends what was approved or a policy allows.",
)


@dataclass(frozen=True, slots=True)
class Chat:
    """A connected chat: its connector, and the projects its channels are bound to."""

    connector: str
    projects: frozenset[ProjectKey]


@dataclass(frozen=True, slots=True)
class CommandDeps:
    """What commands are run with.

    Shape: `served` are the projects of every connection; `previewers` word an undo, by connection;
    `agents` are in the order they are listed; `chats` are those in which people can be told
    something alone; `connectors` are those that are connected, where the door knows.
    """

    served: frozenset[ProjectKey]
    previewers: Mapping[ConnectionId, ActionPreviewer]
    rules: PipelineRules
    hours: WorkingHours
    members: MemberDesk | None = None
    agents: Sequence[Agent] = field(default_factory=lambda: (FOREMAN,))
    chats: Mapping[ConnectionId, Chat] = field(default_factory=dict)
    connectors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Call:
    """One command being run in a transaction."""

    tx: Writing
    line: CommandLine
    caller: Caller
    now: datetime
    deps: CommandDeps

    def argument(self, name: str) -> str:
        """An argument of the line; empty where it was not given."""
        return self.line.arguments.get(name, "")

    def reply(
        self, outcome: Outcome, markdown: str, *, controls: tuple[Control, ...] = ()
    ) -> CommandReply:
        """A reply; refusals and everything said among strangers are for the caller alone."""
        is_private = self.line.command.is_private or self.caller.is_among_strangers
        is_own_matter = outcome not in (Outcome.DONE, Outcome.ILLEGAL)
        return CommandReply(outcome, markdown, is_private or is_own_matter, controls)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the caller, the team's where nobody said."""
        member = self.caller.member
        name = member.time_zone if member is not None else None
        return zone_named(name, self.deps.hours.zone)

    def when(self, moment: datetime) -> str:
        """A moment as the caller reads it: `Friday 2026-11-27 10:00 (Europe/Madrid)`."""
        return f"{moment.astimezone(self.zone):%A %Y-%m-%d %H:%M} ({self.zone.key})"

    def name_of(self, by: str) -> str:
        """Who did something, by their name where it is known; not yet safe in Markdown."""
        if not by.startswith(_MEMBER) or self.deps.members is None:
            return by
        member_id = MemberId(by.removeprefix(_MEMBER))
        member = self.deps.members.find(self.tx, member_id)
        return member.name if member is not None else by

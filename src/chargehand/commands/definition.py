"""What one command is: its name, its arguments, who may run it and where, and how it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chargehand.domain.command import Surface
from chargehand.domain.intent import WRITES, IntentKind
from chargehand.domain.permission import Permission


class Argument(StrEnum):
    """What a command about a work item takes besides an optional key."""

    NONE = "none"
    PERSON = "person"
    STATUS = "status"
    LABELS = "labels"
    ITEM = "item"
    FIELD = "field"
    DRAFT = "draft"
    PULL_REQUEST = "pull_request"
    REPOSITORY = "repository"
    LINE = "line"


class Access(StrEnum):
    """Who may run a command.

    `public` everybody, guests too; `anybody` whoever may ask there; `member` a member with a
    confirmed identity who holds the command's permission in the project. Who comes with an API key
    or signed in needs the permission in any case.
    """

    PUBLIC = "public"
    ANYBODY = "anybody"
    MEMBER = "member"


class ParameterType(StrEnum):
    """How one argument of a line is read; `moment` and `text` take several words."""

    IDENTIFIER = "identifier"
    DIGEST = "digest"
    CODE = "code"
    CHOICE = "choice"
    COMMAND = "command"
    PROJECT = "project"
    KEY = "key"
    NUMBER = "number"
    MOMENT = "moment"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command line, in the place where it stands.

    Shape: `lead` is the word a text has to begin with, which is no part of it; `prefixes` are those
    an identifier may have, of which the first is meant where none is written.
    """

    name: str
    type: ParameterType
    does: str
    is_required: bool = False
    choices: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    lead: str = ""


# Where a sentence about a line quotes it.
FOUND: Final = "{found}"
CHATS: Final = frozenset({Surface.SLACK, Surface.DISCORD})
CONVERSATIONS: Final = CHATS | {Surface.TICKET}
EVERYWHERE: Final = frozenset(Surface)
_KEY: Final = Parameter("key", ParameterType.KEY, "Another work item than the one it is said on.")
_REST: Final = Parameter("ask", ParameterType.TEXT, "What it takes, in the words of a comment.")


@dataclass(frozen=True, slots=True)
class Command:
    """One word people can begin an ask or a line with.

    Shape: `aliases` are other words for the same command; `examples` are complete asks, and each
    of them compiles to `kind`; `decides` says that a question mark keeps it from being run;
    `is_private` that only whoever said it sees the answer. Without a `permission` a command is
    refused to everybody it asks to be a member; `is_voted` says that of members the approvers of a
    policy say who may, so that the permission counts for keys and sessions alone.
    """

    kind: IntentKind
    name: str
    usage: str
    does: str
    examples: tuple[str, ...]
    argument: Argument = Argument.LINE
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    surfaces: frozenset[Surface] = CONVERSATIONS
    access: Access = Access.ANYBODY
    permission: Permission | None = None
    is_private: bool = False
    changes: bool = False
    decides: bool = False
    is_voted: bool = False

    @property
    def is_ask(self) -> bool:
        """Whether it is answered from facts about a work item, and not run."""
        return self.argument is not Argument.LINE and self.kind is not IntentKind.HELP

    @property
    def is_change(self) -> bool:
        """Whether it changes something, here or at the vendor."""
        return self.changes or self.kind in WRITES

    @property
    def line_parameters(self) -> tuple[Parameter, ...]:
        """The arguments of its line; those of an ask are read by the grammar of comments."""
        if not self.is_ask:
            return self.parameters
        return (_KEY,) if self.argument is Argument.NONE else (_REST,)


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """What people are told about one command."""

    name: str
    usage: str
    does: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One line, read.

    Shape: `arguments` by parameter name, only those that were given; `text` is the line in its
    normal form, which reads to the same command and arguments.
    """

    command: Command
    arguments: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A line that is none.

    Shape: `nearest` is the command that was probably meant, None where none is near; `template`
    says what is wrong and what is allowed, with `{found}` where the caller's own words stand.
    """

    heard: str
    nearest: Command | None
    template: str
    found: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong and what is allowed, as plain text."""
        return self.template.replace(FOUND, self.found)

"""The one list of commands; grammar, help replies, did-you-mean and docs are made from it."""

from dataclasses import dataclass
from enum import StrEnum

from chargehand.domain.intent import IntentKind


class Argument(StrEnum):
    """What a command takes besides an optional work item key."""

    NONE = "none"
    PERSON = "person"
    STATUS = "status"
    LABELS = "labels"
    ITEM = "item"
    FIELD = "field"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Command:
    """One word people can begin an ask with.

    Shape: `aliases` are other words for the same command; `examples` are complete asks, and each
    of them compiles to `kind`.
    """

    kind: IntentKind
    name: str
    argument: Argument
    usage: str
    does: str
    examples: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """What people are told about one command."""

    name: str
    usage: str
    does: str
    examples: tuple[str, ...]


COMMANDS: tuple[Command, ...] = (
    Command(
        kind=IntentKind.HELP,
        name="help",
        argument=Argument.NONE,
        usage="help",
        does="Lists what can be asked.",
        examples=("help", "what can you do?"),
    ),
    Command(
        kind=IntentKind.STATUS,
        name="status",
        argument=Argument.NONE,
        usage="status [KEY]",
        does="Says where the work item stands.",
        examples=("status", "where are we with this?"),
    ),
    Command(
        kind=IntentKind.BLOCKERS,
        name="blockers",
        argument=Argument.NONE,
        usage="blockers [KEY]",
        does="Says what the work item waits for.",
        examples=("blockers", "what's blocking this?"),
    ),
    Command(
        kind=IntentKind.SUMMARY,
        name="summary",
        argument=Argument.NONE,
        usage="summary [KEY]",
        does="Sums up the work item and its latest changes.",
        examples=("summary", "what changed since Monday?"),
    ),
    Command(
        kind=IntentKind.WHO,
        name="who",
        argument=Argument.NONE,
        usage="who [KEY]",
        does="Says who the work item is assigned to.",
        examples=("who", "who is working on this?"),
    ),
    Command(
        kind=IntentKind.DUE,
        name="due",
        argument=Argument.NONE,
        usage="due [KEY]",
        does="Says when the work item is due.",
        examples=("due", "when is it due?"),
    ),
    Command(
        kind=IntentKind.ASSIGN,
        name="assign",
        argument=Argument.PERSON,
        usage='assign [KEY] [to] me | nobody | @mention | "Full Name"',
        does="Proposes a new assignee.",
        examples=("assign to me", 'assign to "Ana Lima"', "unassign this"),
        aliases=("reassign",),
    ),
    Command(
        kind=IntentKind.TRANSITION,
        name="transition",
        argument=Argument.STATUS,
        usage='transition | move [KEY] [to] "Status name"',
        does="Proposes a move to another status.",
        examples=('transition to "In Review"', "move this to Done"),
        aliases=("move",),
    ),
    Command(
        kind=IntentKind.LABEL,
        name="label",
        argument=Argument.LABELS,
        usage="label [KEY] [add] name ...",
        does="Proposes labels to add.",
        examples=("label backend flaky", "add the label backend"),
    ),
    Command(
        kind=IntentKind.LINK,
        name="link",
        argument=Argument.ITEM,
        usage="link [KEY] blocks | is blocked by | relates to | duplicates KEY",
        does="Proposes a link to another work item of the project.",
        examples=("link blocks PAY-12", "mark this as a duplicate of PAY-12"),
    ),
    Command(
        kind=IntentKind.SET,
        name="set",
        argument=Argument.FIELD,
        usage='set [KEY] priority NAME | due YYYY-MM-DD | summary "…" | components A, B'
        " | fix version NAME",
        does="Proposes another value of a field.",
        examples=("set priority High", "change the due date to 2026-12-01"),
    ),
    Command(
        kind=IntentKind.CREATE,
        name="create",
        argument=Argument.DRAFT,
        usage='create story | bug | task | epic "title" [in PROJECT] [description: "…"]',
        does="Proposes a new work item in the project.",
        examples=('create bug "Refunds fail"', 'open a task "Rotate the keys" in PAY'),
    ),
)

BY_WORD = {word: command for command in COMMANDS for word in (command.name, *command.aliases)}
BY_KIND = {command.kind: command for command in COMMANDS}


def command_reference() -> tuple[CommandHelp, ...]:
    """Every command as people are told about it, in the order of the registry."""
    return tuple(
        CommandHelp(
            name=command.name,
            usage=command.usage,
            does=command.does,
            examples=command.examples,
        )
        for command in COMMANDS
    )

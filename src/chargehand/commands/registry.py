"""The one list of commands; grammar, help replies, did-you-mean and docs are made from it."""

from collections.abc import Iterator, Mapping
from typing import Final

from chargehand.commands.administration import ADMINISTRATION
from chargehand.commands.definition import (
    EVERYWHERE,
    Access,
    Argument,
    Command,
    CommandHelp,
    Parameter,
    ParameterType,
)
from chargehand.domain.command import Surface
from chargehand.domain.intent import Intent, IntentKind

__all__ = ["BY_KIND", "BY_NAME", "BY_WORD", "COMMANDS", "Argument", "Command", "CommandHelp"]

_ASKS: Final[tuple[Command, ...]] = (
    Command(
        kind=IntentKind.HELP,
        name="help",
        argument=Argument.NONE,
        usage="help [COMMAND]",
        does="Lists what can be asked; with a command, how that one is said.",
        examples=("help", "what can you do?"),
        parameters=(Parameter("command", ParameterType.COMMAND, "The command to explain."),),
        surfaces=EVERYWHERE,
        access=Access.PUBLIC,
        is_private=True,
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
        kind=IntentKind.PULL_REQUEST,
        name="pull-request",
        argument=Argument.PULL_REQUEST,
        usage="pull-request | status [PR]",
        does="Says where a pull request stands; PR is #12 or acme/payments#12.",
        examples=("status acme/payments#12", "is this pull request approved?"),
    ),
    Command(
        kind=IntentKind.REVIEWERS,
        name="reviewers",
        argument=Argument.PULL_REQUEST,
        usage="reviewers | who reviews [PR]",
        does="Says who reviews a pull request and what they said.",
        examples=("reviewers #12", "who reviews this?"),
    ),
    Command(
        kind=IntentKind.REVIEW_QUEUE,
        name="review-queue",
        argument=Argument.REPOSITORY,
        usage="review-queue [REPOSITORY]",
        does="Lists the open pull requests that wait for review.",
        examples=("review-queue", "what's waiting for review?"),
    ),
    Command(
        kind=IntentKind.APPROVE_PULL_REQUEST,
        name="approve-pull-request",
        argument=Argument.PULL_REQUEST,
        usage="approve-pull-request | approve PR",
        does="Proposes the bot's approval of a pull request; PR is #12 or acme/payments#12.",
        examples=("approve acme/payments#12", "approve this pull request"),
        aliases=("approve-pr",),
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

COMMANDS: Final[tuple[Command, ...]] = (*_ASKS, *ADMINISTRATION)
# What the grammar of comments looks for; what is run has a grammar of its own, in `lines`.
BY_WORD: Final[Mapping[str, Command]] = {
    word: command for command in _ASKS for word in (command.name, *command.aliases)
}
BY_NAME: Final[Mapping[str, Command]] = {
    word: command for command in COMMANDS for word in (command.name, *command.aliases)
}
# Every command that is run has one kind; the first stands for them.
BY_KIND: Final[Mapping[IntentKind, Command]] = {
    command.kind: command for command in reversed(COMMANDS)
}


def command_of(intent: Intent) -> Command:
    """The command an intent was compiled from.

    Raises: KeyError for what has none, as an ask that was not understood.
    """
    name = intent.arguments.get("command", "") if intent.kind is IntentKind.RUN else ""
    return BY_NAME[name] if name else BY_KIND[intent.kind]


def commands_on(surface: Surface) -> tuple[Command, ...]:
    """The commands that can be said on a surface, in the order of the registry."""
    return tuple(command for command in COMMANDS if surface in command.surfaces)


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


def completions(beginning: str, surface: Surface) -> tuple[str, ...]:
    """How a line that was begun may go on, as whole lines; empty where nothing is known.

    Shape: names first; behind a name, the choices of the argument that would be next.
    """
    words = beginning.casefold().split()
    is_open = not beginning.endswith(" ")
    if not words or (len(words) == 1 and is_open):
        start = words[0] if words else ""
        return tuple(one.name for one in commands_on(surface) if one.name.startswith(start))
    command = BY_NAME.get(words[0])
    if command is None or surface not in command.surfaces:
        return ()
    rest = " ".join(words[1:])
    return tuple(f"{command.name} {one}" for one in _choices(command) if one.startswith(rest))


def _choices(command: Command) -> Iterator[str]:
    """The closed values of the first argument that has any."""
    for parameter in command.line_parameters:
        if parameter.type is ParameterType.COMMAND:
            yield from (one.name for one in COMMANDS)
            return
        if parameter.choices:
            yield from parameter.choices
            return

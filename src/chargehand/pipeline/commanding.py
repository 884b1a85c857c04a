"""Runs one command line for whoever said it, in the transaction of its door.

A door makes a line and a caller, and shows the reply. The line is what was typed, the command of a
button, or the `line` of an intent that is run. A door that may be retried runs a line in the
transaction that closes its ask, so that it is run once, and shows the reply under the visibility
of what was said.

Nobody is believed here beyond what the door found out, and what is not allowed is refused with what
to do next.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from chargehand.commands.definition import FOUND, Access, Command, CommandLine, LineProblem
from chargehand.commands.lines import read_line
from chargehand.decisions.markdown import code, shown
from chargehand.domain.command import Surface
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.keys import project_of_key
from chargehand.domain.member import IdentityState
from chargehand.pipeline.attending import (
    run_mute,
    run_remind,
    run_snooze,
    run_unmute,
)
from chargehand.pipeline.authority import Authority
from chargehand.pipeline.being_away import run_away, run_back, run_mine
from chargehand.pipeline.caller import Call, Caller, CommandDeps, CommandReply, Outcome
from chargehand.pipeline.deciding_by_line import (
    run_approve,
    run_comment,
    run_reject,
    without_permission,
)
from chargehand.pipeline.doubting import run_why, run_wrong
from chargehand.pipeline.editing_by_line import run_edit
from chargehand.pipeline.errors import ArgumentInvalid, ProjectUnknown
from chargehand.pipeline.introducing import (
    run_agents,
    run_help,
    run_modes,
    run_trace,
    run_whoami,
)
from chargehand.pipeline.stopping_by_line import run_resume, run_stop
from chargehand.pipeline.subscribing import (
    run_subscribe,
    run_subscriptions,
    run_unsubscribe,
)
from chargehand.storage.transaction import Writing

_LONGEST_SENTENCE: Final = 600
_RUNNERS: Final[Mapping[str, Callable[[Call], CommandReply]]] = {
    "help": run_help,
    "agents": run_agents,
    "approve": run_approve,
    "reject": run_reject,
    "comment": run_comment,
    "edit": run_edit,
    "mine": run_mine,
    "away": run_away,
    "back": run_back,
    "modes": run_modes,
    "trace": run_trace,
    "stop": run_stop,
    "resume": run_resume,
    "whoami": run_whoami,
    "mute": run_mute,
    "snooze": run_snooze,
    "unmute": run_unmute,
    "subscribe": run_subscribe,
    "subscriptions": run_subscriptions,
    "unsubscribe": run_unsubscribe,
    "why": run_why,
    "wrong": run_wrong,
    "remind": run_remind,
}


def operator_caller(
    surface: Surface,
    operator: str,
    *,
    project: ProjectKey | None,
    work_item: WorkItemKey | None,
    served: frozenset[ProjectKey],
) -> Caller:
    """Who speaks at the command line, about what they named.

    Raises: ProjectUnknown, ArgumentInvalid.
    """
    projects = _projects_meant(project, work_item, served)
    return Caller(surface, projects, work_item=work_item, operator=operator)


def caller_of(
    authority: Authority,
    *,
    project: ProjectKey | None,
    work_item: WorkItemKey | None,
    served: frozenset[ProjectKey],
) -> Caller:
    """Who comes with a key or a session, about what they named, with no more than they hold.

    Raises: ProjectUnknown, ArgumentInvalid.
    """
    member = authority.member
    if member is not None:
        # Some permissions every member holds everywhere; where they work is where lines reach.
        served = frozenset(one for one in served if member.roles_in(one))
    return Caller(
        Surface.REST,
        _projects_meant(project, work_item, served),
        member=member,
        work_item=work_item,
        operator="" if member is not None else authority.by,
        rights=authority.rights,
        through=authority.via,
    )


def _projects_meant(
    project: ProjectKey | None, work_item: WorkItemKey | None, served: frozenset[ProjectKey]
) -> frozenset[ProjectKey]:
    if project and work_item is not None and project_of_key(work_item) != project:
        raise ArgumentInvalid(
            field="work_item", found=work_item, allowed=f"a work item of {project}, or none"
        )
    named = project or (project_of_key(work_item) if work_item is not None else None)
    if named is not None and named not in served:
        raise ProjectUnknown(project=named, served=", ".join(sorted(served)) or "none")
    return served if named is None else frozenset({named})


def run_text(
    tx: Writing, text: str, caller: Caller, *, now: datetime, deps: CommandDeps
) -> CommandReply:
    """Run what somebody typed; a text that is no command says what it nearly was."""
    read = read_line(text)
    if isinstance(read, LineProblem):
        told = read.template.replace(FOUND, shown(read.found))
        return CommandReply(Outcome.UNCLEAR, told, is_private=True)
    return _run(tx, read, caller, now=now, deps=deps)


def _run(
    tx: Writing, line: CommandLine, caller: Caller, *, now: datetime, deps: CommandDeps
) -> CommandReply:
    """Run one command for its caller, in the caller's transaction.

    Shape: every refusal is a reply too; nothing was changed then. A command that is an ask about a
    work item is not run here, but understood where its readers are known.
    """
    call = Call(tx, line, caller, now, deps)
    if line.command.is_ask:
        return call.reply(Outcome.ELSEWHERE, _asked_elsewhere(line.command))
    refusal = refusal_of(line.command, caller)
    if refusal:
        return call.reply(Outcome.REFUSED, refusal)
    try:
        return _RUNNERS[line.command.name](call)
    except Rejected as error:
        # A use case says no before it changes anything.
        return call.reply(Outcome.ILLEGAL, shown(str(error), _LONGEST_SENTENCE))


def _asked_elsewhere(command: Command) -> str:
    return (
        f"{code(command.name)} is about a work item and answered where its readers are known: say "
        f"{code(command.usage)} to the bot in a comment on it."
    )


def refusal_of(command: Command, caller: Caller) -> str:
    """Why a caller may not run a command, with what to do next; empty when they may."""
    if caller.surface not in command.surfaces:
        places = ", ".join(sorted(command.surfaces))
        return f"{code(command.name)} can not be said here; it can be in: {places}."
    if command.access is Access.PUBLIC:
        return ""
    if caller.is_operator:
        return _not_held(command, caller) if command.permission is not None else ""
    stranger = _stranger(caller)
    if stranger or command.access is Access.ANYBODY:
        return stranger
    return _not_a_member(caller) or ("" if command.is_voted else _not_held(command, caller))


def _stranger(caller: Caller) -> str:
    if caller.place is not None and caller.place.is_outsider:
        return (
            "You are a guest here or belong to another workspace, so nothing of these projects is "
            "told to you. Ask a member of the team to do it."
        )
    if caller.account_id is None:
        return "I can not tell who you are, so you may do nothing here. Sign in and say it again."
    return ""


def _not_a_member(caller: Caller) -> str:
    member, identity = caller.member, caller.identity
    if member is None or identity is None or identity.member_id != member.id:
        return (
            "I do not know this account as a member of the team. Ask whoever runs chargehand to "
            f"add you, then say {code('whoami')}."
        )
    name = shown(member.name)
    if member.left_at is not None:
        return f"{name} left the team, so this account may do nothing any more."
    if not identity.is_active:
        return (
            f"The account of {name} was deactivated, so it may do nothing. An operator has to "
            "confirm it again once it is active."
        )
    match identity.state:
        case IdentityState.CONFIRMED:
            return ""
        case IdentityState.MATCHED:
            return (
                f"This looks like an account of {name}, but nobody confirmed that, so it carries "
                f"no rights yet. Say {code('whoami CODE')} with a code from another account of "
                "yours, or ask an operator to confirm it."
            )
        case IdentityState.REFUSED:
            return f"It was denied that this account is {name}'s. An operator can put that right."


def _not_held(command: Command, caller: Caller) -> str:
    permission = command.permission
    if permission is None:
        return f"{code(command.name)} is open to nobody."
    is_everywhere = caller.is_operator and caller.held.allows(permission, None)
    if is_everywhere or any(caller.may(permission, project) for project in caller.projects):
        return ""
    return without_permission(command, "the project", "here", caller)

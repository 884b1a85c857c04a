"""`help`, `agents`, `whoami`, `modes` and `trace`: what there is, and who one is here."""

from collections.abc import Iterator, Sequence
from typing import Final

from chargehand.commands.definition import Access, Command
from chargehand.commands.registry import BY_NAME, commands_on
from chargehand.decisions.markdown import code, shown
from chargehand.decisions.reason_catalogue import reason_text
from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.command import Surface
from chargehand.domain.control import Control
from chargehand.domain.errors import Rejected
from chargehand.domain.event import EVERYONE
from chargehand.domain.ids import ProjectKey
from chargehand.domain.member import Member
from chargehand.domain.permission import Permission
from chargehand.pipeline.caller import Call, CommandReply, Outcome
from chargehand.pipeline.errors import NotFound
from chargehand.pipeline.looking import find_trace
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.tracing import Trace
from chargehand.policy.in_force import Policy
from chargehand.policy.permissions import roles_with

# A little less than each surface carries in one message, for what stands around a page.
_PAGE_CHARS: Final = {
    Surface.SLACK: 2_800,
    Surface.DISCORD: 1_800,
    Surface.TICKET: 8_000,
    Surface.CLI: 8_000,
    Surface.REST: 8_000,
}
_AGENT_CHARS: Final = 400
_ACCESS: Final = {
    Access.PUBLIC: "everybody",
    Access.ANYBODY: "whoever may ask here",
    Access.MEMBER: "members whose account is confirmed",
}


def run_help(call: Call) -> CommandReply:
    """The commands of the surface, or how one is said."""
    named = call.argument("command")
    if named:
        return call.reply(Outcome.DONE, _explained(BY_NAME[named]))
    here = commands_on(call.caller.surface)
    run = ", ".join(code(one.usage) for one in here if not one.is_ask)
    asks = ", ".join(code(one.usage) for one in here if one.is_ask)
    lines = [f"Commands: {run}."]
    if asks:
        lines.append(f"About a work item, in your own words too: {asks}.")
    lines.append(f"{code('help COMMAND')} says more about one.")
    return call.reply(Outcome.DONE, "\n\n".join(lines))


def run_agents(call: Call) -> CommandReply:
    """The agents there are, a page at a time."""
    pages = _pages(call)
    page = int(call.argument("page") or 1)
    if page > len(pages):
        text = f"There is no page {page}; the list has {len(pages)}."
        return call.reply(Outcome.NOT_FOUND, f"{text} Say {code('agents')} for the first.")
    count = len(call.deps.agents)
    head = "One agent works here:" if count == 1 else f"{count} agents work here:"
    tail = "" if count > 1 else "\n\nNo other agents are set up."
    controls: tuple[Control, ...] = ()
    if len(pages) > 1:
        tail = f"\n\nPage {page} of {len(pages)}."
    if page < len(pages):
        controls = (Control("More", f"agents {page + 1}"),)
    return call.reply(Outcome.DONE, f"{head}\n\n{pages[page - 1]}{tail}", controls=controls)


def run_whoami(call: Call) -> CommandReply:
    """Who the caller is, with accounts and roles; a code confirms the account it is said from."""
    caller, given = call.caller, call.argument("code")
    if given:
        return _confirm(call, given)
    if caller.operator:
        limits = "what its scope allows" if caller.rights is not None else "what an operator may"
        text = f"You are {code(caller.operator)}, who may do here {limits}."
        return call.reply(Outcome.DONE, text)
    member, identity = caller.member, caller.identity
    if caller.is_operator and member is not None:
        signed_in = f"You are {shown(member.name)}, signed in."
        known = (signed_in, *_roles(member), *_accounts(call, member))
        return call.reply(Outcome.DONE, "\n".join(known))
    account = code(f"{caller.connection_id}/{caller.account_id}")
    if member is None or identity is None:
        text = f"This is the account {account}, and I know no member of the team behind it."
        more = "Ask whoever runs chargehand to add you."
        return call.reply(Outcome.DONE, f"{text} {more}")
    lines = [
        f"You are {shown(member.name)}; this account, {account}, is {_standing(call)}.",
        *_roles(member),
        *(() if caller.is_overheard else _accounts(call, member)),
    ]
    return call.reply(Outcome.DONE, "\n".join(lines))


def run_modes(call: Call) -> CommandReply:
    """The mode of every kind of action in the projects of the place."""
    named = call.argument("project")
    projects = [one for one in sorted(call.caller.projects) if not named or one == named]
    if not projects:
        served = ", ".join(sorted(call.caller.projects)) or "none"
        text = f"The project {shown(named)} is not served here; served: {served}."
        return call.reply(Outcome.NOT_FOUND, text if named else "No project is served here.")
    policy = policy_in_force(call.tx)
    connectors = call.deps.connectors
    kinds = [kind for kind in ActionKind if not connectors or kind.connector in connectors]
    lines = [f"- **{shown(one)}**: {_modes_of(policy, one, kinds)}" for one in projects]
    head = f"What happens to actions, by policy version {policy.version}:"
    return call.reply(Outcome.DONE, "\n".join([head, "", *lines]))


def run_trace(call: Call) -> CommandReply:
    """The story of one thing in a few lines, for who answers for its project."""
    wanted = call.argument("id")
    nothing = f"There is nothing called {code(wanted)} here; only approvals have short ids."
    try:
        found = find_trace(call.tx, wanted)
    except NotFound:
        return call.reply(Outcome.NOT_FOUND, nothing)
    if not _may_trace(call, found):
        return call.reply(Outcome.NOT_FOUND, nothing)
    return call.reply(Outcome.DONE, "\n".join(_story(call, found)))


def _explained(command: Command) -> str:
    who = _ACCESS[command.access]
    if command.access is Access.MEMBER and command.permission is not None:
        roles = ", ".join(roles_with(command.permission))
        who = f"roles {roles}" if roles else who
    where = ", ".join(sorted(command.surfaces))
    lines = [
        f"{code(command.usage)}: {command.does}",
        *(f"- {code(one.name)}: {one.does}" for one in command.line_parameters),
        f"- For example: {', '.join(code(one) for one in command.examples)}",
        f"- Who: {who}. Where: {where}.",
    ]
    return "\n".join(lines)


def _pages(call: Call) -> Sequence[str]:
    """The list of agents, cut between two of them where a message would be too long."""
    limit = _PAGE_CHARS[call.caller.surface]
    pages: list[str] = []
    for agent in call.deps.agents:
        line = f"- **{shown(agent.name)}**: {shown(agent.does, _AGENT_CHARS)}"
        if pages and len(pages[-1]) + len(line) < limit:
            pages[-1] += f"\n{line}"
        else:
            pages.append(line)
    return pages or ["No agents are set up."]


def _confirm(call: Call, given: str) -> CommandReply:
    caller, desk = call.caller, call.deps.members
    if desk is None or caller.connection_id is None or caller.account_id is None:
        text = "A code is said from the account it confirms, in a chat or a comment."
        return call.reply(Outcome.ILLEGAL, text)
    confirmed = desk.confirm(
        call.tx,
        given,
        connection_id=caller.connection_id,
        account_id=caller.account_id,
        now=call.now,
    )
    if isinstance(confirmed, Rejected):
        return call.reply(Outcome.ILLEGAL, shown(str(confirmed), _AGENT_CHARS))
    return call.reply(
        Outcome.DONE, f"This account is confirmed as that of {shown(confirmed.name)}."
    )


def _standing(call: Call) -> str:
    identity = call.caller.identity
    if identity is None:
        return "unknown"
    return identity.state.value if identity.is_active else "deactivated"


def _roles(member: Member) -> Iterator[str]:
    if not member.roles:
        yield "- Roles: none."
    for project, role in member.roles:
        yield f"- Role: {role.value} in {shown(project) if project else 'every project'}"


def _accounts(call: Call, member: Member) -> Iterator[str]:
    desk = call.deps.members
    for one in desk.identities_of(call.tx, member.id) if desk is not None else ():
        state = one.state.value if one.is_active else "deactivated"
        yield f"- Account: {code(f'{one.connection_id}/{one.account_id}')}, {state}"


def _modes_of(policy: Policy, project: ProjectKey, kinds: Sequence[ActionKind]) -> str:
    by_mode: dict[Mode, list[str]] = {}
    for kind in kinds:
        by_mode.setdefault(policy.mode_for(project, kind), []).append(code(kind.value))
    if len(by_mode) == 1:
        return f"everything is {_WORDS[next(iter(by_mode))]}"
    usual = max(by_mode, key=lambda mode: len(by_mode[mode]))
    special = [
        f"{', '.join(kinds)} {_WORDS[mode]}" for mode, kinds in by_mode.items() if mode is not usual
    ]
    return f"{'; '.join(special)}; everything else {_WORDS[usual]}"


_WORDS: Final = {
    Mode.SIMULATE: "simulated",
    Mode.APPROVE: "approved first",
    Mode.AUTO: "sent at once",
}


def _may_trace(call: Call, found: Trace) -> bool:
    caller = call.caller
    if caller.is_overheard and found.event.work_item != caller.work_item:
        return False
    return all(caller.may(Permission.TRACE_VIEW, project) for project in found.projects)


def _story(call: Call, found: Trace) -> Iterator[str]:
    event = found.event
    where = event.work_item or event.project or event.connection_id
    who = f" by {shown(event.actor_name)}" if event.actor_name else ""
    yield f"{code(event.kind.value)} on {shown(where)}{who}, {call.when(event.occurred_at)}:"
    yield ""
    for decision in found.decisions:
        by = decision.decided_by.value
        yield f"- {decision.verdict.value} ({by}): {reason_text(decision.reason)}"
        if decision.audience.visibility != EVERYONE:
            yield "- For a restricted audience."
    for one in found.actions:
        line = f"- {code(one.action.kind.value)} on {shown(one.action.target)}: "
        problem = f" ({one.action.problem})" if one.action.problem else ""
        yield f"{line}{one.action.state.value}{problem}"
        if one.approval is not None:
            approval = one.approval
            by = f" by {shown(call.name_of(approval.decided_by))}" if approval.decided_by else ""
            yield f"- approval {code(approval.short_id)}: {approval.state.value}{by}"
    yield f"- {len(found.audit)} audit records; {code(f'chargehand trace {event.id}')} has it all."

"""Stops and resumes by a line: one line, and an answer for whoever said it."""

from collections.abc import Sequence
from typing import Final

from chargehand.decisions.markdown import code, shown
from chargehand.domain.ids import ProjectKey
from chargehand.domain.permission import Permission
from chargehand.domain.switches import ORGANIZATION, Scope, ScopeKind
from chargehand.flags.stopping import ALL, scope_words
from chargehand.pipeline.caller import Call, CommandReply, Outcome
from chargehand.pipeline.flags import KnownScopes
from chargehand.pipeline.stopping import require_stoppable, resume, stop, stopped_words

_KINDS: Final = {
    "project": ScopeKind.PROJECT,
    "connector": ScopeKind.CONNECTOR,
    "agent": ScopeKind.AGENT,
}
_MOST_SHOWN: Final = 10


def run_stop(call: Call) -> CommandReply:
    """Hold a scope back, and tell what had left already.

    Raises: ArgumentInvalid for a scope that is not there.
    """
    scope = _scope(call)
    if isinstance(scope, CommandReply):
        return scope
    known = KnownScopes(call.deps.served, {*call.deps.connectors, *call.deps.previewers})
    require_stoppable(scope, known, [one.name for one in call.deps.agents])
    stopped = stop(call.tx, scope, reason="", by=call.caller.by, now=call.now)
    words = shown(scope_words(scope))
    if not stopped.is_new:
        return call.reply(Outcome.UNCHANGED, f"Stopped already: {words}. {_way_out(scope)}")
    lines = [
        f"- {code(one.action_id)}: {code(one.kind.value)} on {shown(one.target)}"
        for one in stopped.under_way[:_MOST_SHOWN]
    ]
    told = f"Stopped: {words}. Nothing of it is decided or sent from now on. {_way_out(scope)}"
    if not lines:
        return call.reply(Outcome.DONE, f"{told} Nothing of it was under way.")
    more = len(stopped.under_way) - len(lines)
    beyond = [f"- and {more} more"] if more > 0 else []
    under_way = ["Already under way, and not called back:", "", *lines, *beyond]
    return call.reply(Outcome.DONE, "\n".join([told, "", *under_way]))


def run_resume(call: Call) -> CommandReply:
    """End the stop of a scope.

    Raises: NotStopped naming what is stopped.
    """
    scope = _scope(call)
    if isinstance(scope, CommandReply):
        return scope
    resumed = resume(call.tx, scope, by=call.caller.by, now=call.now)
    told = f"Resumed: {shown(scope_words(scope))}. What waited goes on."
    if resumed.left:
        told += f" Still stopped: {shown(stopped_words(resumed.left))}."
    return call.reply(Outcome.DONE, told)


def _scope(call: Call) -> Scope | CommandReply:
    """The scope of a line, or why its caller may not stop or resume it."""
    what, name = call.argument("what"), call.argument("name").strip()
    if (what == ALL) == bool(name):
        told = f"Say {code(call.line.command.usage)}; all takes no name, the others take one."
        return call.reply(Outcome.UNCLEAR, told)
    if what == "project":
        scope = Scope(ScopeKind.PROJECT, name.upper())
        needed = frozenset({ProjectKey(scope.name)})
    else:
        scope = ORGANIZATION if what == ALL else Scope(_KINDS[what], name)
        needed = call.deps.served
    caller = call.caller
    if caller.is_operator and caller.may(Permission.STOP_SET, None):
        return scope
    lacking = [one for one in sorted(needed) if not caller.may(Permission.STOP_SET, one)]
    if lacking or not needed:
        told = (
            f"{code(call.line.command.name)} takes the permission {code(Permission.STOP_SET)} in "
            f"every project it reaches, and you have it not in {_where(call, lacking, name)}. "
            "Ask an admin of the team."
        )
        return call.reply(Outcome.REFUSED, told)
    return scope


def _where(call: Call, lacking: Sequence[ProjectKey], named: str) -> str:
    """The projects a caller lacks, without the names of those they may not know to be there."""
    caller = call.caller
    here = frozenset() if caller.is_operator else caller.projects
    told = [
        one
        for one in lacking
        if one in here or one == named.upper() or caller.held.allows(Permission.ACTION_VIEW, one)
    ]
    if len(told) == len(lacking):
        return ", ".join(told) or shown(named)
    return f"{', '.join(told)} and others" if told else "all of them"


def _way_out(scope: Scope) -> str:
    line = f"resume {scope.kind.value} {scope.name}" if scope != ORGANIZATION else "resume all"
    return f"{code(line)} ends it."

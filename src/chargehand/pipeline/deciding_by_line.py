"""`approve` and `reject` as lines: bound to what was shown, and to who decided first."""

from dataclasses import dataclass
from typing import Final

from chargehand.decisions.chat_proposals import approval_controls
from chargehand.decisions.markdown import code, shown
from chargehand.domain.action import Mode
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState
from chargehand.pipeline import approving
from chargehand.pipeline.caller import Call, CommandReply, Outcome
from chargehand.pipeline.errors import AlreadyDecided
from chargehand.pipeline.modes import policy_in_force

_MOST_FOUND: Final = 20
_PREVIEW_CHARS: Final = 1500


@dataclass(frozen=True, slots=True)
class _Meant:
    approval: ApprovalRecord
    action: ActionRecord


def run_approve(call: Call) -> CommandReply:
    """Let one exact action be sent."""
    meant = _decidable(call)
    if isinstance(meant, CommandReply):
        return meant
    try:
        decided = approving.approve(
            call.tx, meant.approval.id, by=call.caller.by, via=_via(call), now=call.now
        )
    except AlreadyDecided:
        return _closed(call, _again(call, meant))
    action = decided.action
    told = f"Approved: {_action(call, action)} ({code(decided.approval.short_id)})."
    mode = policy_in_force(call.tx).mode_for(action.project, action.kind)
    next_ = (
        "The mode is simulate by now, so it will be recorded and not sent."
        if mode is Mode.SIMULATE
        else "It is sent next, checked once more at that moment."
    )
    return call.reply(Outcome.DONE, f"{told} {next_}")


def run_reject(call: Call) -> CommandReply:
    """See to it that one exact action is never sent."""
    meant = _decidable(call)
    if isinstance(meant, CommandReply):
        return meant
    reason = call.argument("reason")
    try:
        decided = approving.reject(
            call.tx,
            meant.approval.id,
            by=call.caller.by,
            via=_via(call),
            reason=reason,
            now=call.now,
        )
    except AlreadyDecided:
        return _closed(call, _again(call, meant))
    told = f"Rejected: {_action(call, decided.action)} ({code(decided.approval.short_id)})."
    return call.reply(Outcome.DONE, f"{told} It will not be sent.")


def _decidable(call: Call) -> _Meant | CommandReply:
    """The approval that is meant and open; else the reply that says why nothing is decided."""
    wanted = call.argument("id")
    found = [
        _Meant(approval, action)
        for approval in call.tx.approvals.ending_with(wanted, limit=_MOST_FOUND)
        if (action := call.tx.actions.find(approval.action_id)) is not None
        and _is_shown(call, action)
    ]
    if not found:
        text = f"There is no approval {code(wanted)} here."
        return call.reply(Outcome.NOT_FOUND, f"{text}{_open_here(call)}")
    if len(found) > 1:
        return _which(call, wanted, found)
    meant = found[0]
    if not _may_decide(call, meant.action):
        roles = ", ".join(sorted(call.line.command.roles))
        return call.reply(
            Outcome.REFUSED,
            f"{code(call.line.command.name)} takes one of these roles in {meant.action.project}: "
            f"{roles}. You have none of them there; ask an admin of the team.",
        )
    if meant.approval.state is not ApprovalState.OPEN or meant.approval.expires_at <= call.now:
        return _closed(call, meant)
    digest = call.argument("digest")
    return _outdated(call, meant) if not meant.approval.digest.startswith(digest) else meant


def _is_shown(call: Call, action: ActionRecord) -> bool:
    return call.caller.is_operator or action.project in call.caller.projects


def _may_decide(call: Call, action: ActionRecord) -> bool:
    caller = call.caller
    return caller.is_operator or caller.has_role(call.line.command.roles, action.project)


def _which(call: Call, wanted: str, found: list[_Meant]) -> CommandReply:
    lines = [
        f"- {code(one.approval.id)}: {_action(call, one.action)}, {one.approval.state.value}"
        for one in found
    ]
    text = f"{code(wanted)} means {len(found)} approvals, so nothing was decided:"
    return call.reply(Outcome.UNCLEAR, "\n".join([text, "", *lines]))


def _open_here(call: Call) -> str:
    """What can be decided now, for who mistyped an id."""
    page = call.tx.approvals.page(limit=_MOST_FOUND, state=ApprovalState.OPEN.value)
    actions = call.tx.actions.find_many(one.action_id for one in page.items)
    names = [
        code(one.short_id)
        for one in page.items
        if one.action_id in actions
        and _is_shown(call, actions[one.action_id])
        and _may_decide(call, actions[one.action_id])
    ]
    return f" These wait for a decision: {', '.join(names)}." if names else " None waits here now."


def _closed(call: Call, meant: _Meant) -> CommandReply:
    """Who decided and when, and what is legal instead."""
    approval, name = meant.approval, code(meant.approval.short_id)
    legal = f"Legal now: {code(f'trace {approval.short_id}')}."
    match approval.state:
        case ApprovalState.OPEN | ApprovalState.EXPIRED:
            text = f"{name} expired on {call.when(approval.expires_at)}, so nobody decides it."
        case ApprovalState.VOIDED:
            return _voided(call, meant)
        case _:
            who = shown(call.name_of(approval.decided_by))
            when = call.when(approval.decided_at or call.now)
            text = f"{name} was {approval.state.value} by {who} on {when}; nothing changed."
    return call.reply(Outcome.ILLEGAL, f"{text} {legal}")


def _voided(call: Call, meant: _Meant) -> CommandReply:
    current = call.tx.approvals.newest_of_action(meant.action.id)
    name = code(meant.approval.short_id)
    if current is None or current.state is not ApprovalState.OPEN:
        text = f"{name} is void: its action was changed or taken back. Nothing is left to decide."
        return call.reply(Outcome.ILLEGAL, text)
    return _outdated(call, _Meant(current, meant.action))


def _outdated(call: Call, current: _Meant) -> CommandReply:
    """What waits now, for who answered to older words."""
    name = code(current.approval.short_id)
    text = (
        "This was about older words, which were changed since, so nothing was decided. What waits "
        f"now is {name}: {_action(call, current.action)}."
    )
    if call.caller.is_overheard:
        # The words may not be for everybody who reads this; they are judged where they are shown.
        return call.reply(Outcome.ILLEGAL, f"{text} {_where_shown(current)}")
    preview = current.action.preview[:_PREVIEW_CHARS]
    is_whole = len(preview) == len(current.action.preview)
    more = "" if is_whole else f"\n\nThe preview goes on. {_where_shown(current)}"
    controls = approval_controls(current.approval.id, current.approval.digest) if is_whole else ()
    return call.reply(Outcome.ILLEGAL, f"{text}\n\n{_fenced(preview)}{more}", controls=controls)


def _where_shown(meant: _Meant) -> str:
    return f"{code(f'chargehand approvals show {meant.approval.short_id}')} has it whole."


def _again(call: Call, meant: _Meant) -> _Meant:
    """The approval as another process left it a moment ago."""
    latest = call.tx.approvals.ending_with(meant.approval.id, limit=_MOST_FOUND)
    return _Meant(latest[0] if latest else meant.approval, meant.action)


def _action(call: Call, action: ActionRecord) -> str:
    """The action in words; where everybody reads along, no other work item is named."""
    kind = code(action.kind.value)
    is_elsewhere = call.caller.is_overheard and action.target != call.caller.work_item
    return kind if is_elsewhere else f"{kind} on {shown(action.target)}"


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def _via(call: Call) -> str:
    return call.caller.surface.value

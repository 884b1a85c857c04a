"""`approve` and `reject` as lines: bound to what was shown, and to who decided first."""

from dataclasses import dataclass
from typing import Final

from chargehand.commands.definition import Command
from chargehand.decisions.chat_proposals import approval_controls
from chargehand.decisions.markdown import code, shown
from chargehand.domain.action import Mode
from chargehand.domain.control import Control
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState
from chargehand.pipeline import approving
from chargehand.pipeline.caller import Call, Caller, CommandReply, Outcome
from chargehand.pipeline.errors import AlreadyDecided
from chargehand.pipeline.ruling import rule_on

_MOST_FOUND: Final = 20
_PREVIEW_CHARS: Final = 1500


@dataclass(frozen=True, slots=True)
class Meant:
    """An approval that a line names, with the action it is about."""

    approval: ApprovalRecord
    action: ActionRecord


def run_approve(call: Call) -> CommandReply:
    """Let one exact action be sent."""
    meant = decidable(call)
    if isinstance(meant, CommandReply):
        return meant
    try:
        decided = approving.approve(
            call.tx, meant.approval.id, by=call.caller.by, via=via_of(call), now=call.now
        )
    except AlreadyDecided:
        return _closed(call, _again(call, meant))
    action = decided.action
    told = f"Approved: {action_words(call, action)} ({code(decided.approval.short_id)})."
    mode = rule_on(call.tx, action, cause=action.cause, now=call.now).mode
    next_ = (
        "The mode is simulate by now, so it will be recorded and not sent."
        if mode is Mode.SIMULATE
        else "It is sent next, checked once more at that moment."
    )
    return call.reply(Outcome.DONE, f"{told} {next_}")


def run_reject(call: Call) -> CommandReply:
    """See to it that one exact action is never sent."""
    meant = decidable(call)
    if isinstance(meant, CommandReply):
        return meant
    reason = call.argument("reason")
    try:
        decided = approving.reject(
            call.tx,
            meant.approval.id,
            by=call.caller.by,
            via=via_of(call),
            reason=reason,
            now=call.now,
        )
    except AlreadyDecided:
        return _closed(call, _again(call, meant))
    told = f"Rejected: {action_words(call, decided.action)} ({code(decided.approval.short_id)})."
    return call.reply(Outcome.DONE, f"{told} It will not be sent.")


def decidable(call: Call) -> Meant | CommandReply:
    """The approval that is meant and open; else the reply that says why nothing is decided."""
    wanted = call.argument("id")
    found = [
        Meant(approval, action)
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
    if not may_decide(call.caller, call.line.command, meant.action):
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


def may_decide(caller: Caller, command: Command, action: ActionRecord) -> bool:
    """Whether a caller has one of the roles that a command takes in an action's project."""
    return caller.is_operator or caller.has_role(command.roles, action.project)


def _which(call: Call, wanted: str, found: list[Meant]) -> CommandReply:
    lines = [
        f"- {code(one.approval.id)}: {action_words(call, one.action)}, {one.approval.state.value}"
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
        and may_decide(call.caller, call.line.command, actions[one.action_id])
    ]
    return f" These wait for a decision: {', '.join(names)}." if names else " None waits here now."


def _closed(call: Call, meant: Meant) -> CommandReply:
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


def _voided(call: Call, meant: Meant) -> CommandReply:
    current = call.tx.approvals.newest_of_action(meant.action.id)
    name = code(meant.approval.short_id)
    if current is None or current.state is not ApprovalState.OPEN:
        text = f"{name} is void: its action was changed or taken back. Nothing is left to decide."
        return call.reply(Outcome.ILLEGAL, text)
    return _outdated(call, Meant(current, meant.action))


def _outdated(call: Call, current: Meant) -> CommandReply:
    """What waits now, for who answered to older words."""
    name = code(current.approval.short_id)
    text = (
        "This was about older words, which were changed since, so nothing was decided. What waits "
        f"now is {name}: {action_words(call, current.action)}."
    )
    if call.caller.is_overheard:
        # The words may not be for everybody who reads this; they are judged where they are shown.
        return call.reply(Outcome.ILLEGAL, f"{text} {_where_shown(current)}")
    text = f"{text}\n\n{preview_of(current)}"
    return call.reply(Outcome.ILLEGAL, text, controls=buttons_of(current))


def preview_of(meant: Meant) -> str:
    """The exact words of what waits, as far as a message takes them."""
    preview = meant.action.preview
    if _is_whole(meant):
        return _fenced(preview)
    return f"{_fenced(preview[:_PREVIEW_CHARS])}\n\nThe preview goes on. {_where_shown(meant)}"


def buttons_of(meant: Meant) -> tuple[Control, ...]:
    """The buttons under a preview; none where it goes on elsewhere."""
    approval = meant.approval
    return approval_controls(approval.id, approval.digest) if _is_whole(meant) else ()


def _is_whole(meant: Meant) -> bool:
    return len(meant.action.preview) <= _PREVIEW_CHARS


def _where_shown(meant: Meant) -> str:
    return f"{code(f'chargehand approvals show {meant.approval.short_id}')} has it whole."


def _again(call: Call, meant: Meant) -> Meant:
    """The approval as another process left it a moment ago."""
    latest = call.tx.approvals.ending_with(meant.approval.id, limit=_MOST_FOUND)
    return Meant(latest[0] if latest else meant.approval, meant.action)


def action_words(call: Call, action: ActionRecord) -> str:
    """The action in words; where everybody reads along, no other work item is named."""
    kind = code(action.kind.value)
    is_elsewhere = call.caller.is_overheard and action.target != call.caller.work_item
    return kind if is_elsewhere else f"{kind} on {shown(action.target)}"


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def via_of(call: Call) -> str:
    """The surface a decision is recorded with."""
    return call.caller.surface.value

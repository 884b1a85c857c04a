"""`approve`, `reject` and `comment` as lines: bound to what was shown, and to who decided first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from chargehand.approvals.errors import ApprovalExpired, ApprovalVoided
from chargehand.approvals.voting import Refusal, Right, right_of, right_to_withdraw
from chargehand.commands.definition import Command, CommandLine
from chargehand.decisions.chat_proposals import approval_controls
from chargehand.decisions.forms import REASON, reject_form
from chargehand.decisions.markdown import code, shown
from chargehand.domain.action import Mode
from chargehand.domain.control import Control
from chargehand.domain.errors import Rejected
from chargehand.domain.form import Form
from chargehand.domain.member import Role
from chargehand.domain.permission import Permission
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState
from chargehand.pipeline import approving
from chargehand.pipeline.caller import Call, Caller, CommandReply, FormReply, Outcome
from chargehand.pipeline.electing import electorate
from chargehand.pipeline.errors import AlreadyDecided
from chargehand.pipeline.ruling import rule_on
from chargehand.pipeline.standing_votes import may_not_decide
from chargehand.policy.permissions import roles_with
from chargehand.storage.transaction import Reading, Writing

_MOST_FOUND: Final = 20
_PREVIEW_CHARS: Final = 1500
_LONGEST_REFUSAL: Final = 600
_ANY_ROLE: Final = frozenset(Role)
# Says from a poll what lets somebody decide at a moment, or why they may not.
FindRight: TypeAlias = Callable[..., Right | Refusal]


@dataclass(frozen=True, slots=True)
class Meant:
    """An approval that a line names, with the action it is about."""

    approval: ApprovalRecord
    action: ActionRecord


def run_approve(call: Call) -> CommandReply:
    """Let one exact action be sent."""
    meant = decidable(call, right_of)
    if isinstance(meant, CommandReply):
        return meant
    try:
        decided = approving.approve(
            call.tx, meant.approval.id, by=call.caller.by, via=via_of(call), now=call.now
        )
    except AlreadyDecided:
        return _closed(call, _again(call, meant))
    action = decided.action
    if decided.approval.state is ApprovalState.OPEN:
        return call.reply(Outcome.DONE, _needs_more(call, decided))
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
    meant = decidable(call, right_to_withdraw)
    if isinstance(meant, CommandReply):
        return meant
    if call.caller.opens_form:
        return _asking_why(meant.approval)
    try:
        decided = approving.reject(
            call.tx,
            meant.approval.id,
            by=call.caller.by,
            via=via_of(call),
            reason=_reason_of(call),
            now=call.now,
        )
    except AlreadyDecided:
        return _closed(call, _again(call, meant))
    told = f"Rejected: {action_words(call, decided.action)} ({code(decided.approval.short_id)})."
    return call.reply(Outcome.DONE, f"{told} It will not be sent.")


def _asking_why(approval: ApprovalRecord) -> FormReply:
    """The form that rejects once it is handed in; nothing is decided before."""
    _, control = approval_controls(approval.id, approval.digest)
    line = code(f"reject {approval.short_id} REASON")
    return FormReply(
        Outcome.DONE,
        "The form could not be opened, or not in time, so nothing was decided. Press the button "
        f"again, or say {line}.",
        is_private=True,
        controls=(control,),
        form=reject_form(approval.id, approval.digest, longest=approving.LONGEST_COMMENT),
    )


def _reason_of(call: Call) -> str:
    """Why, as the form or the line says it; one paragraph, as a line is."""
    form = call.caller.form
    return call.argument("reason") if form is None else " ".join(form.get(REASON, "").split())


def run_comment(call: Call) -> CommandReply:
    """Say something about an approval to those who decide it."""
    meant = _meant(call)
    if isinstance(meant, CommandReply):
        return meant
    told = _beyond_scope(call, meant)
    if told:
        return call.reply(Outcome.REFUSED, told)
    if not call.caller.is_operator and not call.caller.has_role(_ANY_ROLE, meant.action.project):
        text = f"Commenting takes a role in {meant.action.project}; you have none there."
        return call.reply(Outcome.REFUSED, text)
    if _is_over(call, meant):
        return _closed(call, meant)
    decided = approving.comment(
        call.tx,
        meant.approval.id,
        text=call.argument("text"),
        by=call.caller.by,
        via=via_of(call),
        now=call.now,
    )
    name = code(decided.approval.short_id)
    text = f"Noted with {name}; whoever decides sees it. It decides nothing by itself."
    return call.reply(Outcome.DONE, text)


def decidable(call: Call, find: FindRight) -> Meant | CommandReply:
    """The approval that is meant and open; else the reply that says why nothing is decided."""
    meant = _meant(call)
    if isinstance(meant, CommandReply):
        return meant
    told = _beyond_scope(call, meant)
    if told:
        return call.reply(Outcome.REFUSED, told)
    right = right_here(call.tx, call.caller, meant, find, now=call.now)
    if isinstance(right, Refusal):
        error = may_not_decide(call.tx, meant.approval, meant.action, right, now=call.now)
        _note_refusal(call, meant, error)
        return call.reply(Outcome.REFUSED, shown(str(error), _LONGEST_REFUSAL))
    if _is_over(call, meant):
        return _closed(call, meant)
    if meant.approval.digest.startswith(call.argument("digest")):
        return meant
    _note_refusal(call, meant, ApprovalVoided)
    return _outdated(call, meant)


def _note_refusal(call: Call, meant: Meant, refusal: Rejected | type[Rejected]) -> None:
    """Record that somebody tried to decide, and in vain."""
    approving.note_refusal(
        call.tx,
        meant.approval.id,
        why=refusal.code,
        by=call.caller.by,
        via=via_of(call),
        now=call.now,
    )


def reject_form_in_time(
    tx: Reading, line: CommandLine, caller: Caller, *, now: datetime
) -> Form | None:
    """The form a press on Reject opens; None where there is something to say instead."""
    meant = meant_in_time(tx, line, caller, right_to_withdraw, now=now)
    if meant is None:
        return None
    approval = meant.approval
    return reject_form(approval.id, approval.digest, longest=approving.LONGEST_COMMENT)


def meant_in_time(
    tx: Reading, line: CommandLine, caller: Caller, find: FindRight, *, now: datetime
) -> Meant | None:
    """What a line means, where its caller has the right that is looked for; None else.

    Shape: looks only, so that a door can answer at once; what there is to say is said by the
    command.
    """
    found = tx.approvals.ending_with(line.arguments.get("id", ""), limit=2)
    action = tx.actions.find(found[0].action_id) if len(found) == 1 else None
    if action is None:
        return None
    meant = Meant(found[0], action)
    is_open = meant.approval.state is ApprovalState.OPEN and meant.approval.expires_at > now
    is_current = meant.approval.digest.startswith(line.arguments.get("digest", ""))
    right = right_here(tx, caller, meant, find, now=now)
    is_here = action.project in caller.projects and isinstance(right, Right)
    return meant if is_open and is_current and is_here else None


def _meant(call: Call) -> Meant | CommandReply:
    """The one approval a line names, of those that may be told of here."""
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
    return found[0] if len(found) == 1 else _which(call, wanted, found)


def _is_over(call: Call, meant: Meant) -> bool:
    approval = meant.approval
    return approval.state is not ApprovalState.OPEN or approval.expires_at <= call.now


def _beyond_scope(call: Call, meant: Meant) -> str:
    """Why a key or a session may not do it there, before the approvers of the policy are asked."""
    caller, command = call.caller, call.line.command
    if not caller.is_operator or command.permission is None:
        return ""
    if caller.may(command.permission, meant.action.project):
        return ""
    return without_permission(command, shown(meant.action.project), "there", caller)


def _is_shown(call: Call, action: ActionRecord) -> bool:
    caller = call.caller
    may_view = caller.may(Permission.APPROVAL_VIEW, action.project)
    # In a chat the place says what may be told there; behind a key or a session nothing else does.
    return may_view or (not caller.is_operator and action.project in caller.projects)


def without_permission(command: Command, where: str, there: str, caller: Caller) -> str:
    """What somebody is told who may not run a command there."""
    if command.permission is None:
        return f"{code(command.name)} is open to nobody."
    if caller.operator:
        return (
            f"{code(command.name)} takes the permission {code(command.permission.value)}, which "
            "this API key does not hold there; make one whose scope has it."
        )
    roles = ", ".join(roles_with(command.permission))
    return (
        f"{code(command.name)} takes one of these roles in {where}: {roles}. You have none of them "
        f"{there}; ask an admin of the team."
    )


def right_here(
    tx: Reading | Writing, caller: Caller, meant: Meant, find: FindRight, *, now: datetime
) -> Right | Refusal:
    """What lets a caller decide where they are, or why they may not."""
    is_here = caller.rightful_member is not None and meant.action.project in caller.projects
    if not caller.is_operator and not is_here:
        return Refusal.NO_ROLE
    poll = electorate(tx, now).poll(meant.action, meant.approval, voters=[caller.by])
    return find(poll, caller.by, at=now)


def _needs_more(call: Call, decided: approving.DecidedApproval) -> str:
    standing, name = decided.standing, code(decided.approval.short_id)
    missing = standing.quorum - standing.counted
    others = "one other person" if missing == 1 else f"{missing} other people"
    return (
        f"Your vote counts: {name} has {standing.counted} of {standing.quorum}, so it still takes "
        f"{others}. Until then {action_words(call, decided.action)} is not sent."
    )


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
        if (action := actions.get(one.action_id)) is not None
        and _is_shown(call, action)
        and isinstance(
            right_here(call.tx, call.caller, Meant(one, action), right_of, now=call.now), Right
        )
    ]
    return f" These wait for a decision: {', '.join(names)}." if names else " None waits here now."


def _closed(call: Call, meant: Meant) -> CommandReply:
    """Who decided and when, and what is legal instead."""
    approval, name = meant.approval, code(meant.approval.short_id)
    legal = f"Legal now: {code(f'trace {approval.short_id}')}."
    match approval.state:
        case ApprovalState.OPEN | ApprovalState.EXPIRED:
            _note_refusal(call, meant, ApprovalExpired)
            text = f"{name} expired on {call.when(approval.expires_at)}, so nobody decides it."
        case ApprovalState.VOIDED:
            _note_refusal(call, meant, ApprovalVoided)
            return _voided(call, meant)
        case _:
            _note_refusal(call, meant, AlreadyDecided)
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
    return call.caller.through or call.caller.surface.value

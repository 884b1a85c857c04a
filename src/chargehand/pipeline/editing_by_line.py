"""`edit` as a line: it opens a form with the words that wait, and handing that in words them anew.

The words are told only where a message of the chat told of them before: of a work item that not
everybody may read, nobody who presses a button is told more than the message said.
"""

from datetime import datetime

from chargehand.approvals.errors import EditNotPossible
from chargehand.approvals.voting import right_to_reject
from chargehand.commands.definition import CommandLine
from chargehand.decisions.chat_proposals import edit_control, tells_nothing
from chargehand.decisions.forms import WORDS, edit_form
from chargehand.decisions.markdown import code
from chargehand.domain.action import ActionState
from chargehand.domain.command import Surface
from chargehand.domain.form import LONGEST_VALUES, Form
from chargehand.domain.records import ActionRecord, ApprovalRecord
from chargehand.kit.graphemes import utf16_units
from chargehand.kit.hidden import without_hidden
from chargehand.pipeline import approving
from chargehand.pipeline.caller import Call, Caller, CommandReply, FormReply, Outcome
from chargehand.pipeline.chat_views import EDITED_BY
from chargehand.pipeline.deciding_by_line import (
    Meant,
    action_words,
    buttons_of,
    decidable,
    meant_in_time,
    preview_of,
    via_of,
)
from chargehand.pipeline.errors import AlreadyDecided
from chargehand.storage.transaction import Reading, Writing


def run_edit(call: Call) -> CommandReply:
    """Open the form, or word the action as the form says that is handed in."""
    meant = decidable(call, right_to_reject)
    if isinstance(meant, CommandReply):
        return meant
    if not approving.has_words(meant.action.params):
        raise EditNotPossible(kind=meant.action.kind.value)
    if call.caller.form is not None:
        return _edited(call, meant, call.caller.form.get(WORDS, ""))
    name = code(meant.approval.short_id)
    if not _is_told(call.tx, meant.action):
        text = f"The words of {name} are not shown in this chat, so they are not edited here."
        return call.reply(Outcome.REFUSED, f"{text} {_elsewhere(meant)}")
    form = _form_of(meant.approval, meant.action, call.caller.surface)
    if form is None:
        longest = LONGEST_VALUES[call.caller.surface.value]
        text = f"The words of {name} are longer than the {longest} characters of a form here."
        return call.reply(Outcome.ILLEGAL, f"{text} {_elsewhere(meant)}")
    control = edit_control(meant.approval.id, meant.approval.digest)
    text = "The form could not be opened, or not in time. Press the button again, or say "
    text += f"{code(f'edit {meant.approval.short_id}')} as a slash command."
    return FormReply(Outcome.DONE, text, is_private=True, controls=(control,), form=form)


def edit_form_in_time(
    tx: Reading, line: CommandLine, caller: Caller, *, now: datetime
) -> Form | None:
    """The form that `edit` opens for its caller; None where there is something to say instead."""
    meant = meant_in_time(tx, line, caller, right_to_reject, now=now)
    if meant is None or not approving.has_words(meant.action.params):
        return None
    is_told = _is_told(tx, meant.action)
    return _form_of(meant.approval, meant.action, caller.surface) if is_told else None


def _form_of(approval: ApprovalRecord, action: ActionRecord, surface: Surface) -> Form | None:
    """The form with the words that wait; None when they do not fit in."""
    words = str(action.params["markdown"])
    if utf16_units(words) > LONGEST_VALUES[surface.value]:
        return None
    return edit_form(approval.id, approval.digest, words=words)


def _is_told(tx: Reading | Writing, action: ActionRecord) -> bool:
    """Whether a message of a chat told of the words of an action."""
    views = tx.chat_views.of_action(action.id)
    messages = tx.actions.find_many(view.message_id for view in views)
    told = (str(one.params.get("markdown", "")) for one in messages.values())
    return any(not tells_nothing(markdown) for markdown in told)


def _edited(call: Call, meant: Meant, words: str) -> CommandReply:
    if not words.strip():
        text = "The form was empty, so nothing was changed. What is not to be said, is rejected."
        return call.reply(Outcome.ILLEGAL, text)
    before = without_hidden(str(meant.action.params["markdown"]))
    name, action = code(meant.approval.short_id), meant.action
    if words.strip() == before.strip():
        text = f"Nothing was changed: {name} waits with the words it had."
        return call.reply(Outcome.UNCHANGED, text)
    try:
        decided = approving.edit(
            call.tx,
            meant.approval.id,
            text=words,
            previewer=call.deps.previewers[action.connection_id],
            by=call.caller.by,
            via=via_of(call),
            lasts=call.deps.rules.approval_expires_after,
            now=call.now,
        )
    except AlreadyDecided:
        text = f"{name} was decided a moment ago, so nothing was changed."
        return call.reply(Outcome.ILLEGAL, text)
    fresh = Meant(decided.approval, decided.action)
    told = f"Edited: {action_words(call, action)}. The new words wait as "
    told += f"{code(decided.approval.short_id)}, and the buttons for the old ones are dead."
    if _follows(call.tx, action):
        return call.reply(Outcome.DONE, told)
    text = f"{told}\n\n{preview_of(fresh)}"
    return call.reply(Outcome.DONE, text, controls=buttons_of(fresh))


def _follows(tx: Writing, action: ActionRecord) -> bool:
    """Whether a message that everybody there sees is about to show the new words."""
    views = tx.chat_views.of_action(action.id)
    messages = tx.actions.find_many(view.message_id for view in views)
    return any(
        one.kind in EDITED_BY and one.state is ActionState.EXECUTED for one in messages.values()
    )


def _elsewhere(meant: Meant) -> str:
    return f"Legal: {code(f'chargehand approvals edit {meant.approval.short_id}')}."

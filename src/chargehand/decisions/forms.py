"""The forms that buttons open."""

from collections.abc import Mapping
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.chat_proposals import bound_to
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.form import Form, FormField
from chargehand.domain.ids import ApprovalId
from chargehand.domain.json import JSONObject

# The field of the form that words an action anew, and of the one that says why it is rejected.
WORDS: Final = "words"
REASON: Final = "reason"
# The kind of action whose mode a form has, by connector; Discord's is the answer to an interaction.
OPENED_AS: Final[Mapping[str, ActionKind]] = {
    "discord": ActionKind.DISCORD_FOLLOW_UP,
    "slack": ActionKind.SLACK_OPEN_MODAL,
}


def edit_form(approval_id: ApprovalId, digest: str, *, words: str) -> Form:
    """The form in which what waits is worded anew, bound to the words that were shown."""
    field = FormField(name=WORDS, label=catalogue.EDIT_LABEL, value=words, is_long=True)
    command = f"edit {bound_to(approval_id, digest)}"
    return Form(title=catalogue.EDIT_TITLE, command=command, fields=(field,))


def reject_form(approval_id: ApprovalId, digest: str, *, longest: int) -> Form:
    """The form in which whoever rejects what waits may say why, bound to what was shown.

    Units: `longest` is in characters.
    """
    field = FormField(
        name=REASON,
        label=catalogue.REJECT_LABEL,
        is_long=True,
        is_optional=True,
        longest=longest,
    )
    command = f"reject {bound_to(approval_id, digest)}"
    return Form(title=catalogue.REJECT_TITLE, command=command, fields=(field,))


def form_action(ask: Ask, form: Form, *, connector: str) -> ProposedAction | None:
    """The action that opens a form for who asked; None where no action can open one.

    Shape: whoever presses a button or uses a slash command of Slack leaves a token to open a form
    by. Discord takes a form only as the answer to what somebody did.
    """
    place, asker = ask.place, ask.asker.account_id
    if connector != "slack" or place is None or asker is None or place.reply_token is None:
        return None
    return ProposedAction(
        kind=ActionKind.SLACK_OPEN_MODAL,
        connection_id=ask.connection_id,
        project=ask.project,
        target=asker,
        params={
            "trigger_id": place.reply_token,
            **form_to_json(form),
            "channel": place.channel_id,
            "message_id": place.message_id,
            "thread_id": place.thread_id,
            "otherwise": catalogue.FORM_TOO_LATE,
        },
        base={},
        preview="",
    )


def form_to_json(form: Form) -> JSONObject:
    """A form as an action's params hold it."""
    return {
        "title": form.title,
        "command": form.command,
        "fields": [
            {
                "name": one.name,
                "label": one.label,
                "value": one.value,
                "is_long": one.is_long,
                "is_optional": one.is_optional,
                **({"longest": one.longest} if one.longest is not None else {}),
            }
            for one in form.fields
        ],
    }

"""What a person reads before allowing a Discord action, and what undoes it afterwards."""

from typing import Any

import pytest

from chargehand.connectors.discord.errors import MessageTooLong
from chargehand.connectors.discord.preview import DiscordPreviewer
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.ids import ActionId, ConnectionId, ProjectKey
from chargehand.plugins.connector import DoneAction, NoWayBack
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

CHANNEL, MESSAGE, ANA = "1100000000000000003", "1100000000000000004", "1100000000000000042"
ONE = f"{CHANNEL}/{MESSAGE}"
TOKEN = "aW50ZXJhY3Rpb24.secret"
BUTTON = {"label": "Appr\u202eove", "command": "approve apv_1", "style": "danger"}
TEXT = {"markdown": "PAY-7 is **late**\u200b."}
REPLY = {**TEXT, "reply_token": TOKEN}
SHOWN = "PAY-7 is **late**⟨U+200B⟩."
DELETES = "undo: deletes this message; who was notified stays notified"


def propose(
    kind: ActionKind, target: str, params: dict[str, Any], base: dict[str, Any] | None = None
) -> ProposedAction:
    return ProposedAction(
        kind=kind,
        connection_id=ConnectionId("discord"),
        project=ProjectKey("PAY"),
        target=target,
        params=params,
        base=base or {},
        preview="",
    )


PREVIEWS = {
    "message": (
        propose(ActionKind.DISCORD_POST_MESSAGE, CHANNEL, TEXT | {"reply_to": None}),
        f"Message to channel {CHANNEL}\nnotifies: nobody by mention\n{DELETES}\n\n{SHOWN}",
    ),
    "message with everything": (
        propose(
            ActionKind.DISCORD_POST_MESSAGE,
            CHANNEL,
            TEXT
            | {
                "controls": [BUTTON],
                "mention": {"account_id": ANA, "name": "An\na"},
                "thread_id": "1100000000000000005",
                "reply_to": MESSAGE,
            },
            {"message_id": MESSAGE},
        ),
        (
            f"Message to thread 1100000000000000005 of channel {CHANNEL}\n"
            f"notifies: An⟨U+000A⟩a (account {ANA})\n"
            f"shown as a reply to message {MESSAGE}\n"
            f"sent only while message {MESSAGE} is there\n"
            'button "Appr⟨U+202E⟩ove": approve apv_1 (danger)\n'
            f"{DELETES}\n\n{SHOWN}"
        ),
    ),
    "several messages": (
        propose(ActionKind.DISCORD_POST_MESSAGE, CHANNEL, {"markdown": "x" * 2001}),
        (
            f"Message to channel {CHANNEL}\nnotifies: nobody by mention\nin 2 messages\n"
            f"{DELETES}\n\n{'x' * 2001}"
        ),
    ),
    "direct message": (
        propose(ActionKind.DISCORD_SEND_DIRECT_MESSAGE, ANA, TEXT),
        f"Direct message to account {ANA}\n{DELETES}\n\n{SHOWN}",
    ),
    "edit": (
        propose(ActionKind.DISCORD_EDIT_MESSAGE, ONE, TEXT, {"markdown": "before"}),
        (
            f"New text of message {ONE}\n"
            "undo: puts the text of now back, unless the message is changed first\n\n"
            f"{SHOWN}\n\nInstead of:\n\nbefore"
        ),
    ),
    "edit of several": (
        propose(ActionKind.DISCORD_EDIT_MESSAGE, ONE, TEXT | {"more": ["12"]}, {"markdown": "b"}),
        (
            f"New text of message {ONE}, with those that continue it: 12\n"
            "undo: puts the text of now back, unless the message is changed first\n\n"
            f"{SHOWN}\n\nInstead of:\n\nb"
        ),
    ),
    "edit of an unknown text": (
        propose(ActionKind.DISCORD_EDIT_MESSAGE, ONE, TEXT),
        (
            f"New text of message {ONE}\n"
            f"can not be undone: nobody noted what the message said before\n\n{SHOWN}"
        ),
    ),
    "deletion": (
        propose(ActionKind.DISCORD_DELETE_MESSAGE, ONE, {"more": ["12", "13"]}),
        (
            f"Delete the bot's own message {ONE}, with those that continue it: 12, 13\n"
            "can not be undone: the message is gone for good"
        ),
    ),
    "reply": (
        propose(ActionKind.DISCORD_EDIT_REPLY, CHANNEL, REPLY),
        (
            f"Reply to a command or button in channel {CHANNEL}\n"
            "visible to whom the reply was promised\n"
            f"undo: deletes this message, unless the asker alone sees it\n\n{SHOWN}"
        ),
    ),
    "private follow-up": (
        propose(ActionKind.DISCORD_FOLLOW_UP, CHANNEL, REPLY | {"is_private": True}),
        (
            f"Further message to a command or button in channel {CHANNEL}\n"
            "visible to the asker alone\n"
            f"can not be undone: only the asker sees the message, who can dismiss it\n\n{SHOWN}"
        ),
    ),
    "reaction": (
        propose(ActionKind.DISCORD_ADD_REACTION, ONE, {"emoji": "👀"}),
        f"React to message {ONE} with 👀\nundo: removes this reaction",
    ),
    "reaction taken back": (
        propose(ActionKind.DISCORD_REMOVE_REACTION, ONE, {"emoji": "ok:12"}),
        f"Take the bot's reaction ok:12 back from message {ONE}\nundo: adds this reaction again",
    ),
}


@pytest.mark.parametrize(("action", "shown"), PREVIEWS.values(), ids=PREVIEWS)
def test_preview_says(action: ProposedAction, shown: str) -> None:
    assert DiscordPreviewer().preview(action) == shown
    assert TOKEN not in shown


WRONG: dict[str, tuple[ActionKind, str, dict[str, Any], str]] = {
    "target": (ActionKind.DISCORD_POST_MESSAGE, "general", TEXT, "target"),
    "message": (ActionKind.DISCORD_EDIT_MESSAGE, CHANNEL, TEXT, "target"),
    "no words": (ActionKind.DISCORD_POST_MESSAGE, CHANNEL, {"markdown": " \n"}, "markdown"),
    "typo": (ActionKind.DISCORD_POST_MESSAGE, CHANNEL, TEXT | {"text": "x"}, "text"),
    "label": (
        ActionKind.DISCORD_POST_MESSAGE,
        CHANNEL,
        TEXT | {"controls": [{"label": "x" * 76, "command": "y"}]},
        r"controls\[0\].label",
    ),
    "same button twice": (
        ActionKind.DISCORD_POST_MESSAGE,
        CHANNEL,
        TEXT | {"controls": [BUTTON, BUTTON]},
        "controls",
    ),
    "too many buttons": (
        ActionKind.DISCORD_POST_MESSAGE,
        CHANNEL,
        TEXT | {"controls": [BUTTON | {"command": str(n)} for n in range(26)]},
        "controls",
    ),
    "mention": (
        ActionKind.DISCORD_POST_MESSAGE,
        CHANNEL,
        TEXT | {"mention": {"account_id": "&12", "name": "x"}},
        "mention.account_id",
    ),
    "private reply": (
        ActionKind.DISCORD_EDIT_REPLY,
        CHANNEL,
        REPLY | {"is_private": True},
        "is_private",
    ),
    "emoji": (ActionKind.DISCORD_ADD_REACTION, ONE, {"emoji": "eyes"}, "emoji"),
    "path in an emoji": (ActionKind.DISCORD_ADD_REACTION, ONE, {"emoji": "👀/@me"}, "emoji"),
    "more": (ActionKind.DISCORD_DELETE_MESSAGE, ONE, {"more": ["x"]}, "more"),
}


@pytest.mark.parametrize(("kind", "target", "params", "field"), WRONG.values(), ids=WRONG)
def test_what_can_not_be_sent_is_refused_before_anyone_is_asked(
    kind: ActionKind, target: str, params: dict[str, Any], field: str
) -> None:
    with pytest.raises((ParamInvalid, ParamUnknown), match=field):
        DiscordPreviewer().preview(propose(kind, target, params))


def test_an_edit_holds_as_many_messages_as_there_are() -> None:
    long = {"markdown": "x" * 2001}

    assert "in 2 messages" in DiscordPreviewer().preview(
        propose(ActionKind.DISCORD_EDIT_MESSAGE, ONE, long | {"more": ["12"]})
    )
    with pytest.raises(MessageTooLong):
        DiscordPreviewer().preview(propose(ActionKind.DISCORD_EDIT_MESSAGE, ONE, long))


def undo(proposal: ProposedAction, **result: Any) -> ProposedAction | NoWayBack:
    done = DoneAction(ActionId("act_06cqv7rdvcv9qf6h1k1v2m9r4s"), proposal, result)
    return DiscordPreviewer().inverse(done)


DELETE, REMOVE = ActionKind.DISCORD_DELETE_MESSAGE, ActionKind.DISCORD_REMOVE_REACTION
WAYS_BACK: dict[str, tuple[str, dict[str, Any], tuple[Any, ...]]] = {
    "message": ("message", {"external_id": MESSAGE}, (DELETE, ONE, {}, {})),
    "message in a thread": (
        "message with everything",
        {"external_id": f"1100000000000000005/{MESSAGE}"},
        (DELETE, f"1100000000000000005/{MESSAGE}", {}, {}),
    ),
    "several messages": (
        "several messages",
        {"external_id": MESSAGE, "more": ["12"]},
        (DELETE, ONE, {"more": ["12"]}, {}),
    ),
    "direct message": ("direct message", {"external_id": "8/9"}, (DELETE, "8/9", {}, {})),
    "reply": ("reply", {"external_id": MESSAGE}, (DELETE, ONE, {}, {})),
    "edit": (
        "edit",
        {"external_id": ONE},
        (ActionKind.DISCORD_EDIT_MESSAGE, ONE, {"markdown": "before"}, TEXT),
    ),
    "edit of several": (
        "edit of several",
        {"external_id": ONE},
        (ActionKind.DISCORD_EDIT_MESSAGE, ONE, {"markdown": "b", "more": ["12"]}, TEXT),
    ),
    "reaction": ("reaction", {"external_id": ONE}, (REMOVE, ONE, {"emoji": "👀"}, {})),
}


@pytest.mark.parametrize(("name", "result", "way"), WAYS_BACK.values(), ids=WAYS_BACK)
def test_what_undoes_it(name: str, result: dict[str, Any], way: tuple[Any, ...]) -> None:
    inverse = undo(PREVIEWS[name][0], **result)

    assert isinstance(inverse, ProposedAction)
    assert (inverse.kind, inverse.target, inverse.params, inverse.base) == way
    assert DiscordPreviewer().preview(inverse)


@pytest.mark.parametrize(
    ("name", "result", "reason"),
    [
        ("message", {}, "not known"),
        ("reply", {"external_id": MESSAGE, "is_private": True}, "only the asker"),
        ("deletion", {"external_id": ONE}, "gone for good"),
        ("edit of an unknown text", {"external_id": ONE}, "nobody noted"),
        ("reaction", {"external_id": ONE, "already": True}, "changed nothing"),
    ],
    ids=["unknown place", "private", "deleted", "unknown text", "already so"],
)
def test_why_nothing_undoes_it(name: str, result: dict[str, Any], reason: str) -> None:
    inverse = undo(PREVIEWS[name][0], **result)

    assert isinstance(inverse, NoWayBack)
    assert reason in inverse.reason

"""What a person reads before a Slack action is allowed: all of it, and what undoing would do."""

from typing import Any

import pytest

from chargehand.connectors.slack.preview import SlackPreviewer
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ConnectionId, ProjectKey

WORDS = "**PAY-7** waits\u202e"
BUTTON = {"label": "Approve", "command": "approve apv_1", "style": "primary"}
MESSAGE = "C0PAY0001/1795780800.000100"
TRIGGER = "12345.98765.abcdef"


def preview(kind: str, target: str, params: dict[str, Any], base: dict[str, Any]) -> str:
    return SlackPreviewer().preview(
        ProposedAction(
            kind=ActionKind(f"slack.{kind}"),
            connection_id=ConnectionId("slack"),
            project=ProjectKey("PAY"),
            target=target,
            params=params,
            base=base,
            preview="",
        )
    )


@pytest.mark.parametrize(
    ("kind", "target", "params", "base", "shown"),
    [
        (
            "post_message",
            "C0PAY0001",
            {
                "markdown": WORDS,
                "thread_id": "1795780000.000200",
                "controls": [BUTTON],
                "mention": {"account_id": "U0MEI", "name": "Mei"},
            },
            {},
            (
                "Message to C0PAY0001, in the thread of 1795780000.000200\n"
                "notifies: Mei (account U0MEI)\n"
                "undo: deletes this message, unless somebody answers in its thread first\n\n"
                "**PAY-7** waits⟨U+202E⟩\n\n"
                'button "Approve" says: approve apv_1'
            ),
        ),
        (
            "send_direct_message",
            "U0MEI",
            {"markdown": "x " * 2_500},
            {},
            "Direct message to U0MEI, read by nobody else\nsent as 2 messages\n"
            "undo: deletes this message, unless somebody answers in its thread first\n\n"
            + "x "
            * 2_500,
        ),
        (
            "post_ephemeral",
            "C0PAY0001",
            {"user": "U0MEI", "markdown": "hint"},
            {},
            (
                "Message in C0PAY0001, seen by U0MEI alone\n"
                "can not be undone: only one person sees it, and it goes by itself\n\nhint"
            ),
        ),
        (
            "update_message",
            MESSAGE,
            {"markdown": "approved"},
            {"action_id": "act_1", "markdown": "wait?", "controls": [BUTTON]},
            (
                "Change message 1795780800.000100 in C0PAY0001\n"
                "undo: sets the words of now again, unless they change first\n\napproved\n\n"
                'It says now:\n\nwait?\n\nbutton "Approve" says: approve apv_1'
            ),
        ),
        (
            "update_message",
            MESSAGE,
            {"markdown": "approved"},
            {},
            (
                "Change message 1795780800.000100 in C0PAY0001\n"
                "can not be undone: it is not known what the message said before\n\napproved"
            ),
        ),
        (
            "delete_message",
            MESSAGE,
            {"parts": ["1795780801.000100"]},
            {"action_id": "act_1"},
            (
                "Delete message 1795780800.000100, 1795780801.000100 in C0PAY0001\nmade by: act_1\n"
                "can not be undone: the message is gone for good"
            ),
        ),
        (
            "add_reaction",
            MESSAGE,
            {"name": "eyes"},
            {},
            (
                "Add the reaction :eyes: to message 1795780800.000100 in C0PAY0001\n"
                "undo: removes this reaction"
            ),
        ),
        (
            "open_modal",
            "U0MEI",
            {
                "trigger_id": TRIGGER,
                "title": "Edit",
                "command": "edit apv_1",
                "fields": [{"name": "text", "label": "Words", "value": "Hi"}],
            },
            {},
            (
                'Open the form "Edit" for U0MEI\nsubmitting says: edit apv_1\n'
                "can not be undone: a form is closed by whoever it opened for\n\n"
                'field text: "Words"\nHi'
            ),
        ),
    ],
)
def test_preview_is_everything_that_is_sent(
    kind: str, target: str, params: dict[str, Any], base: dict[str, Any], shown: str
) -> None:
    assert preview(kind, target, params, base) == shown
    assert TRIGGER not in shown


@pytest.mark.parametrize(
    ("kind", "target", "params", "field"),
    [
        ("post_message", "pay", {"markdown": "x"}, "target"),
        ("post_message", "C0PAY0001", {"markdown": " "}, "markdown"),
        ("post_message", "C0PAY0001", {"markdown": "x", "broadcast": True}, "broadcast"),
        ("post_message", "C0PAY0001", {"markdown": "x", "thread_id": "1"}, "thread_id"),
        (
            "post_message",
            "C0PAY0001",
            {"markdown": "x", "mention": {"account_id": "!channel", "name": "x"}},
            "mention.account_id",
        ),
        (
            "post_message",
            "C0PAY0001",
            {"markdown": "x", "controls": [{**BUTTON, "command": "x" * 101}]},
            "controls[0].command",
        ),
        (
            "post_message",
            "C0PAY0001",
            {"markdown": "x", "controls": [{**BUTTON, "style": "loud"}]},
            "controls[0].style",
        ),
        ("send_direct_message", "U1 U2", {"markdown": "x"}, "target"),
        ("add_reaction", MESSAGE, {"name": ":eyes:"}, "name"),
        ("update_message", "C0PAY0001", {"markdown": "x"}, "target"),
        (
            "open_modal",
            "U0MEI",
            {"trigger_id": TRIGGER, "title": "x", "command": "x", "fields": []},
            "fields",
        ),
    ],
)
def test_what_slack_would_refuse_is_refused_before_anybody_is_asked(
    kind: str, target: str, params: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as caught:
        preview(kind, target, params, {})

    assert caught.value.fields["field"] == field

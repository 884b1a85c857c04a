"""What a person reads before allowing a Jira action."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.jira.preview import JiraPreviewer
from chargehand.connectors.jira.render import CommentTooLong
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.kit.visible import show_text
from chargehand.plugins.param_fields import ParamInvalid

ANSWER = "PAY-7 is **blocked** by [PAY-3](https://jira.example/browse/PAY-3).\n\nSource: PAY-7"
QUESTION = {"comment_id": "10042", "asked_at_ms": 1_790_000_000_000}
ANA = {"account_id": "557058:ana", "name": "Ana Ruiz"}
EVERYONE = {"kind": "everyone"}
DELETES = "undo: deletes this comment, unless it is edited or answered first"
REMOVES = "undo: removes those of the labels that are new"
SETS_BACK = "undo: sets the values of now again, unless somebody changes them first"
STAYS = "can not be undone: chargehand deletes no work items; do it in Jira"
ASK_AGAIN = "can not be undone: it undoes another action; ask for that change again"


def propose(kind, params, base, target="PAY-7"):
    return ProposedAction(
        kind=kind,
        connection_id="jira-main",
        project="PAY",
        target=target,
        params=params,
        base=base,
        preview="",
    )


def comment(kind=ActionKind.JIRA_ADD_COMMENT, **params):
    return propose(kind, {"markdown": ANSWER, "visibility": EVERYONE} | params, QUESTION)


def transition(**params):
    said = {"transition_id": "21", "transition_name": "Start work", "to_status": "In Progress"}
    return propose(ActionKind.JIRA_TRANSITION_ISSUE, said | params, {"status": "To Do"})


def assign(params, assignee=None):
    return propose(ActionKind.JIRA_ASSIGN_ISSUE, params, {"assignee": assignee})


def label(*labels):
    return propose(ActionKind.JIRA_ADD_LABELS, {"labels": list(labels)}, {"labels": ["old"]})


def link(**params):
    said = {"to": "PAY-9", "relation": "blocks", "link_type": "Blocks", "direction": "outward"}
    return propose(ActionKind.JIRA_LINK_ISSUES, said | params, {"relations": []})


def update(fields, before):
    base = {"fields": dict.fromkeys(fields) | before}
    return propose(ActionKind.JIRA_UPDATE_FIELDS, {"fields": fields}, base)


def create(**params):
    said = {"issue_type_id": "10003", "issue_type": "Bug", "summary": "Refunds fail"}
    base = {"project_id": "10001"}
    return propose(ActionKind.JIRA_CREATE_ISSUE, said | params, base, target="PAY")


def assigns(name):
    return f"undo: assigns it to {name} again, unless somebody assigns it first"


PREVIEWS = {
    "comment": (
        comment(),
        (
            "Comment on PAY-7, visible to everyone who can see the work item\n"
            f"notifies: nobody by mention\n{DELETES}\n\n{ANSWER}"
        ),
    ),
    "comment that notifies": (
        comment(mention=ANA),
        (
            "Comment on PAY-7, visible to everyone who can see the work item\n"
            f"notifies: Ana Ruiz (account 557058:ana)\n{DELETES}\n\n{ANSWER}"
        ),
    ),
    "comment for a role": (
        comment(visibility={"kind": "role", "value": "Administrators"}),
        (
            "Comment on PAY-7, visible to role Administrators only\n"
            f"notifies: nobody by mention\n{DELETES}\n\n{ANSWER}"
        ),
    ),
    "comment for a group": (
        comment(visibility={"kind": "group", "value": "staff", "identifier": "276f-95"}),
        (
            "Comment on PAY-7, visible to group staff (id 276f-95) only\n"
            f"notifies: nobody by mention\n{DELETES}\n\n{ANSWER}"
        ),
    ),
    "comment with a fold": (
        comment(more="- moved on Monday", more_title="History"),
        (
            "Comment on PAY-7, visible to everyone who can see the work item\n"
            f"notifies: nobody by mention\n{DELETES}\n\n{ANSWER}\n\n"
            'Under the fold "History":\n\n- moved on Monday'
        ),
    ),
    "internal comment": (
        comment(ActionKind.JIRA_ADD_INTERNAL_COMMENT, mention=ANA),
        (
            "Internal comment on PAY-7, hidden from the customer\n"
            f"notifies: Ana Ruiz (account 557058:ana)\n{DELETES}\n\n{ANSWER}"
        ),
    ),
    "reply to customer": (
        comment(ActionKind.JIRA_REPLY_TO_CUSTOMER),
        (
            "Reply on PAY-7, which the customer will read\nnotifies: nobody by mention\n"
            f"can not be undone: the customer is told at once\n\n{ANSWER}"
        ),
    ),
    "transition": (
        transition(),
        (
            'Move PAY-7 from "To Do" to "In Progress" (transition "Start work")\n'
            "transition id: 21\n"
            'undo: moves it back to "To Do", if the workflow has one way there then'
        ),
    ),
    "move back": (
        transition(transition_id=None, transition_name=""),
        (
            'Move PAY-7 from "To Do" to "In Progress", by the one transition that leads there '
            'then\nundo: moves it back to "To Do", if the workflow has one way there then'
        ),
    ),
    "assign": (
        assign(ANA),
        f"Assign PAY-7 to Ana Ruiz (now: nobody)\naccount: 557058:ana\n{assigns('nobody')}",
    ),
    "take over": (
        assign(ANA, assignee="557058:bo"),
        (
            "Assign PAY-7 to Ana Ruiz (now: account 557058:bo)\naccount: 557058:ana\n"
            f"{assigns('557058:bo')}"
        ),
    ),
    "unassign": (
        assign({"account_id": None, "name": ""}, assignee="557058:bo"),
        f"Assign PAY-7 to nobody (now: account 557058:bo)\n{assigns('557058:bo')}",
    ),
    "labels": (label("payments", "urgent"), f"Add labels to PAY-7: payments, urgent\n{REMOVES}"),
    "label with a comma": (label("a,b", "c"), f'Add labels to PAY-7: "a,b", c\n{REMOVES}'),
    "link": (
        link(),
        (
            "Link PAY-7 to PAY-9: PAY-7 blocks PAY-9\n"
            "links between the two now: none\n"
            'type of link: "Blocks", PAY-7 at its outward end\n'
            "undo: removes this link, unless somebody changes the links between the two first"
        ),
    ),
    "fields": (
        update({"priority": "High", "components": ["Web", "API"]}, {"components": []}),
        (
            "Set on PAY-7:\n"
            'priority: "High" (now: nothing)\n'
            f'components: "Web", "API" (now: nothing)\n{SETS_BACK}'
        ),
    ),
    "new work item": (
        create(description="Every *Monday*."),
        (
            "Create a Bug in PAY, visible to everyone who can see the project\n"
            f'title: "Refunds fail"\n{STAYS}\n\nEvery *Monday*.'
        ),
    ),
    "new work item without a description": (
        create(),
        (
            "Create a Bug in PAY, visible to everyone who can see the project\n"
            f'title: "Refunds fail"\n{STAYS}'
        ),
    ),
    "updated comment": (
        propose(
            ActionKind.JIRA_UPDATE_COMMENT,
            {"markdown": "Now **open**.", "visibility": EVERYONE, "comment_id": "10043"},
            {**QUESTION, "action_id": "act_06", "before": {"markdown": "Was.", "mention": ANA}},
        ),
        (
            "Update comment 10043 on PAY-7, visible to everyone who can see the work item\n"
            "notifies: nobody by mention\n"
            "undo: puts the words of before back, unless it is edited or answered first\n\n"
            "Now **open**.\n\nInstead of:\n\nWas."
        ),
    ),
    "deleted comment": (
        propose(
            ActionKind.JIRA_DELETE_COMMENT, {"comment_id": "10042"}, {"action_id": "act_06cqv7"}
        ),
        (
            "Delete comment 10042 from PAY-7\nmade by: act_06cqv7\n"
            "can not be undone: the comment is gone for good"
        ),
    ),
    "removed labels": (
        propose(ActionKind.JIRA_REMOVE_LABELS, {"labels": ["a"]}, {"labels": ["a", "b"]}),
        f"Remove labels from PAY-7: a\n{ASK_AGAIN}",
    ),
    "removed link": (
        replace(link(), kind=ActionKind.JIRA_UNLINK_ISSUES),
        (
            "Remove the link between PAY-7 and PAY-9: PAY-7 blocks PAY-9\n"
            f'type of link: "Blocks"\n{ASK_AGAIN}'
        ),
    ),
    "emptied field": (
        update({"due": None}, {"due": "2026-12-01"}),
        f'Set on PAY-7:\ndue: nothing (now: "2026-12-01")\n{SETS_BACK}',
    ),
}


@pytest.mark.parametrize(("action", "text"), PREVIEWS.values(), ids=PREVIEWS)
def test_preview_of(action, text):
    assert JiraPreviewer().preview(action) == text


def test_every_action_kind_has_a_preview_here():
    kinds = {kind for kind in ActionKind if kind.value.startswith("jira.")}

    assert {action.kind for action, _ in PREVIEWS.values()} == kinds


HIDDEN = {
    "override": ("\u202e", "⟨U+202E⟩"),
    "isolate": ("\u2066", "⟨U+2066⟩"),
    "right-to-left mark": ("\u200f", "⟨U+200F⟩"),
    "zero width space": ("\u200b", "⟨U+200B⟩"),
    "soft hyphen": ("\u00ad", "⟨U+00AD⟩"),
    "byte order mark": ("\ufeff", "⟨U+FEFF⟩"),
    "tag letter": ("\U000e0061", "⟨U+E0061⟩"),
    "variation selector": ("\U000e0101", "⟨U+E0101⟩"),
    "blank letter": ("\u3164", "⟨U+3164⟩"),
    "line separator": ("\u2028", "⟨U+2028⟩"),
    "bell": ("\x07", "⟨U+0007⟩"),
    "escape": ("\x1b[31m", "⟨U+001B⟩[31m"),
    "next line": ("\x85", "⟨U+0085⟩"),
    "noncharacter": ("\ufffe", "⟨U+FFFE⟩"),
}


@pytest.mark.parametrize(("hidden", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_hidden_characters_are_named_in_every_text(hidden, shown):
    action = comment(
        markdown=f"a{hidden}b",
        more=f"c{hidden}d",
        more_title=f"e{hidden}f",
        mention={"account_id": "557058:ana", "name": f"g{hidden}h"},
        visibility={"kind": "role", "value": f"i{hidden}j"},
    )

    preview = JiraPreviewer().preview(action)

    assert hidden not in preview
    assert preview.count(shown) == len(("markdown", "more", "more_title", "name", "value"))


def test_a_line_end_in_a_name_can_not_forge_a_line():
    preview = JiraPreviewer().preview(transition(to_status='Done"\nnotifies: nobody'))

    assert preview.splitlines() == [
        'Move PAY-7 from "To Do" to "Done"⟨U+000A⟩notifies: nobody" (transition "Start work")',
        "transition id: 21",
        'undo: moves it back to "To Do", if the workflow has one way there then',
    ]


def test_windows_line_ends_are_ordinary():
    assert JiraPreviewer().preview(comment(markdown="a\r\nb")).endswith("\n\na\nb")


WRONG = {
    "params": (transition(to_status=""), "to_status"),
    "base": (propose(ActionKind.JIRA_ADD_LABELS, {"labels": ["a"]}, {}), "labels"),
    "end of a link": (link(direction="sideways"), "direction"),
    "other end of a link": (link(to="everything"), "to"),
    "field that can not be empty": (update({"summary": None}, {}), "fields.summary"),
    "day that is none": (update({"due": "2026-02-30"}, {}), "fields.due"),
    "names given twice": (update({"components": ["A", "A"]}, {}), "fields.components"),
    "title of two lines": (create(summary="a\nb"), "summary"),
    "type without an id": (create(issue_type_id="Bug"), "issue_type_id"),
    "no field": (update({}, {}), "fields"),
    "base of another field": (
        propose(
            ActionKind.JIRA_UPDATE_FIELDS,
            {"fields": {"due": None}},
            {"fields": {"priority": "High"}},
        ),
        "fields",
    ),
    "words before": (
        propose(
            ActionKind.JIRA_UPDATE_COMMENT,
            {"markdown": "a", "visibility": EVERYONE, "comment_id": "1"},
            {"action_id": "act_06", "before": "Was."},
        ),
        "before",
    ),
    "updated comment without an id": (
        propose(ActionKind.JIRA_UPDATE_COMMENT, {"markdown": "a", "visibility": EVERYONE}, {}),
        "comment_id",
    ),
    "restricted reply": (
        comment(
            ActionKind.JIRA_REPLY_TO_CUSTOMER,
            visibility={"kind": "role", "value": "Administrators"},
        ),
        "visibility.kind",
    ),
}


@pytest.mark.parametrize(("action", "field"), WRONG.values(), ids=WRONG)
def test_an_action_that_can_not_be_sent_has_no_preview(action, field):
    with pytest.raises(ParamInvalid) as refusal:
        JiraPreviewer().preview(action)

    assert refusal.value.fields["field"] == field


@pytest.mark.parametrize(
    "kind", [ActionKind.JIRA_ADD_COMMENT, ActionKind.JIRA_REPLY_TO_CUSTOMER], ids=str
)
def test_a_comment_jira_would_refuse_for_its_length_has_no_preview(kind):
    action = comment(kind, markdown="{" * 20_000, more="{" * 20_000, more_title="More")

    with pytest.raises(CommentTooLong):
        JiraPreviewer().preview(action)


some_text = st.text(min_size=1, max_size=100).filter(lambda text: bool(text.strip()))


@settings(deadline=None, database=None, max_examples=100, derandomize=True)
@given(markdown=some_text, more=some_text, title=some_text, name=some_text, role=some_text)
def test_everything_that_is_sent_is_in_the_preview(markdown, more, title, name, role):
    preview = JiraPreviewer().preview(
        comment(
            markdown=markdown,
            more=more,
            more_title=title,
            mention={"account_id": "557058:ana", "name": name},
            visibility={"kind": "role", "value": role, "identifier": "10002"},
        )
    )

    shown_in_lines = (title, name, role)
    assert all(
        show_text(text).replace("\n", "⟨U+000A⟩").replace("\t", "⟨U+0009⟩") in preview
        for text in shown_in_lines
        if "\r" not in text
    )
    assert show_text(markdown) in preview
    assert show_text(more) in preview
    assert "557058:ana" in preview
    assert "10002" in preview

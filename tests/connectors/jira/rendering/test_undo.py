"""What undoes an action takes back exactly what it did, and can itself be shown and undone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.jira.preview import JiraPreviewer
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.plugins.connector import DoneAction, NoWayBack

names = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=12)
accounts = st.sampled_from(["712020:ana", "712020:ben"])
people = st.one_of(
    st.just({"account_id": None, "name": ""}),
    st.builds(lambda account, name: {"account_id": account, "name": name}, accounts, names),
)
QUESTION = {"comment_id": "10042", "asked_on": "PAY-7"}


def propose(kind, params, base):
    return ProposedAction(
        kind=kind,
        connection_id="jira",
        project="PAY",
        target="PAY-7",
        params=params,
        base={**base, **QUESTION},
        preview="",
    )


def assignment(wanted, before):
    base = {"assignee": before["account_id"], "name": before["name"]}
    return propose(ActionKind.JIRA_ASSIGN_ISSUE, wanted, base)


def fields(wanted, before):
    return propose(ActionKind.JIRA_UPDATE_FIELDS, {"fields": wanted}, {"fields": before})


values = st.fixed_dictionaries(
    {"summary": names, "components": st.lists(names, unique=True, max_size=3)}
)
reversible = st.one_of(st.builds(assignment, people, people), st.builds(fields, values, values))


def undone(action, **result):
    return JiraPreviewer().inverse(DoneAction("act_06cqv7", action, result))


@settings(deadline=None, max_examples=100)
@given(reversible)
def test_undo_of_an_undo_does_what_was_done(action):
    once = undone(action)

    twice = undone(once)

    assert (twice.kind, twice.target, twice.params) == (action.kind, action.target, action.params)
    assert {**twice.base, **QUESTION} == action.base
    assert JiraPreviewer().preview(once)
    assert JiraPreviewer().preview(twice)


@settings(deadline=None, max_examples=100)
@given(st.lists(names, unique=True, min_size=1, max_size=6), st.sets(names, max_size=4))
def test_undo_of_labels_removes_no_label_that_was_there(labels, before):
    params, base = {"labels": labels}, {"labels": sorted(before)}

    undo = undone(propose(ActionKind.JIRA_ADD_LABELS, params, base))

    if set(labels) <= before:
        assert isinstance(undo, NoWayBack)
    else:
        assert before.isdisjoint(undo.params["labels"])
        assert before | set(undo.params["labels"]) == before | set(labels)


@settings(deadline=None)
@given(reversible)
def test_what_changed_nothing_has_no_undo(action):
    assert isinstance(undone(action, already=True), NoWayBack)


def test_comment_of_which_nobody_knows_the_id_has_no_undo():
    params = {"markdown": "Due tomorrow.", "visibility": {"kind": "everyone"}}

    undo = undone(propose(ActionKind.JIRA_ADD_COMMENT, params, {}))

    assert undo == NoWayBack("it is not known which comment it was")


@pytest.mark.parametrize("field", ["summary", "priority"])
def test_field_that_was_empty_and_must_not_be_has_no_undo(field):
    assert isinstance(undone(fields({field: "High"}, {field: None})), NoWayBack)

"""The contract between those who propose Jira actions and the connector that performs them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.jira.params import (
    AssignBase,
    AssignParams,
    CommentBase,
    CommentParams,
    CommentVisibility,
    LabelsBase,
    LabelsParams,
    MentionParam,
    TransitionBase,
    TransitionParams,
    VisibilityParam,
    read_assign_base,
    read_assign_params,
    read_comment_base,
    read_comment_params,
    read_labels_base,
    read_labels_params,
    read_service_comment_params,
    read_transition_base,
    read_transition_params,
)
from chargehand.domain.errors import Rejected
from chargehand.plugins.param_fields import ParamInvalid, ParamUnknown

EVERYONE = {"kind": "everyone"}
COMMENT = {"markdown": "a", "visibility": EVERYONE}
ANA = {"account_id": "557058:ana", "name": "Ana Ruiz"}
TRANSITION = {"transition_id": "21", "transition_name": "Start work", "to_status": "In Progress"}

READERS = {
    "comment": read_comment_params,
    "service comment": read_service_comment_params,
    "comment base": read_comment_base,
    "transition": read_transition_params,
    "transition base": read_transition_base,
    "assign": read_assign_params,
    "assign base": read_assign_base,
    "labels": read_labels_params,
    "labels base": read_labels_base,
}

ACCEPTED = {
    "shortest comment": (
        read_comment_params,
        COMMENT,
        CommentParams(markdown="a", visibility=VisibilityParam(CommentVisibility.EVERYONE)),
    ),
    "fullest comment": (
        read_comment_params,
        {
            "markdown": "a",
            "more": "b",
            "more_title": "History",
            "mention": ANA,
            "visibility": {"kind": "role", "value": "Administrators", "identifier": "10002"},
        },
        CommentParams(
            markdown="a",
            visibility=VisibilityParam(CommentVisibility.ROLE, "Administrators", "10002"),
            more="b",
            more_title="History",
            mention=MentionParam("557058:ana", "Ana Ruiz"),
        ),
    ),
    "comment with empty options": (
        read_comment_params,
        {
            "markdown": "a",
            "more": None,
            "more_title": "",
            "mention": None,
            "visibility": {"kind": "everyone", "value": "", "identifier": None},
        },
        CommentParams(markdown="a", visibility=VisibilityParam(CommentVisibility.EVERYONE)),
    ),
    "title without a fold is dropped": (
        read_comment_params,
        COMMENT | {"more": " ", "more_title": "History"},
        CommentParams(markdown="a", visibility=VisibilityParam(CommentVisibility.EVERYONE)),
    ),
    "group": (
        read_comment_params,
        {"markdown": "a", "visibility": {"kind": "group", "value": "staff"}},
        CommentParams(markdown="a", visibility=VisibilityParam(CommentVisibility.GROUP, "staff")),
    ),
    "longest comment": (
        read_service_comment_params,
        {"markdown": "x" * 30_000, "visibility": EVERYONE},
        CommentParams(
            markdown="x" * 30_000, visibility=VisibilityParam(CommentVisibility.EVERYONE)
        ),
    ),
    "comment base": (
        read_comment_base,
        {"comment_id": "10042", "asked_at_ms": 1_790_000_000_000},
        CommentBase("10042", 1_790_000_000_000),
    ),
    "transition": (
        read_transition_params,
        TRANSITION,
        TransitionParams("21", "Start work", "In Progress"),
    ),
    "transition base": (read_transition_base, {"status": "To Do"}, TransitionBase("To Do")),
    "assign": (read_assign_params, ANA, AssignParams("557058:ana", "Ana Ruiz")),
    "unassign": (read_assign_params, {"account_id": None, "name": ""}, AssignParams(None, "")),
    "assign base": (read_assign_base, {"assignee": "557058:ana"}, AssignBase("557058:ana")),
    "nobody before": (read_assign_base, {"assignee": None}, AssignBase(None)),
    "labels": (
        read_labels_params,
        {"labels": ["payments", "größe", "a,b", "x" * 255]},
        LabelsParams(("payments", "größe", "a,b", "x" * 255)),
    ),
    "labels base": (read_labels_base, {"labels": []}, LabelsBase(())),
}


@pytest.mark.parametrize(("read", "given", "expected"), ACCEPTED.values(), ids=ACCEPTED)
def test_params_are_read(read, given, expected):
    assert read(given) == expected


REFUSED = {
    "no markdown": (read_comment_params, {"visibility": EVERYONE}, "markdown"),
    "empty markdown": (read_comment_params, COMMENT | {"markdown": ""}, "markdown"),
    "blank markdown": (read_comment_params, COMMENT | {"markdown": " \n"}, "markdown"),
    "long markdown": (read_comment_params, COMMENT | {"markdown": "x" * 30_001}, "markdown"),
    "markdown of another type": (read_comment_params, COMMENT | {"markdown": ["a"]}, "markdown"),
    "half a character": (read_comment_params, COMMENT | {"markdown": "\ud800"}, "markdown"),
    "long more": (
        read_comment_params,
        COMMENT | {"more": "x" * 30_001, "more_title": "a"},
        "more",
    ),
    "more without title": (read_comment_params, COMMENT | {"more": "b"}, "more_title"),
    "long title": (
        read_comment_params,
        COMMENT | {"more": "b", "more_title": "x" * 256},
        "more_title",
    ),
    "no visibility": (read_comment_params, {"markdown": "a"}, "visibility"),
    "visibility as a word": (
        read_comment_params,
        COMMENT | {"visibility": "everyone"},
        "visibility",
    ),
    "unknown visibility": (
        read_comment_params,
        COMMENT | {"visibility": {"kind": "customer"}},
        "visibility.kind",
    ),
    "visibility of no kind": (
        read_comment_params,
        COMMENT | {"visibility": {"value": "x"}},
        "visibility.kind",
    ),
    "role without name": (
        read_comment_params,
        COMMENT | {"visibility": {"kind": "role", "identifier": "10002"}},
        "visibility.value",
    ),
    "everyone with a name": (
        read_comment_params,
        COMMENT | {"visibility": {"kind": "everyone", "value": "staff"}},
        "visibility",
    ),
    "service comment for a role": (
        read_service_comment_params,
        COMMENT | {"visibility": {"kind": "role", "value": "Administrators"}},
        "visibility.kind",
    ),
    "mention as a word": (read_comment_params, COMMENT | {"mention": "Ana"}, "mention"),
    "mention without account": (
        read_comment_params,
        COMMENT | {"mention": {"name": "Ana"}},
        "mention.account_id",
    ),
    "mention without name": (
        read_comment_params,
        COMMENT | {"mention": {"account_id": "1:2"}},
        "mention.name",
    ),
    "mention of everybody": (
        read_comment_params,
        COMMENT | {"mention": {"account_id": "all", "name": "All"}},
        "mention.account_id",
    ),
    "account id with markup": (
        read_comment_params,
        COMMENT | {"mention": {"account_id": "1] {code}", "name": "Ana"}},
        "mention.account_id",
    ),
    "comment id of letters": (
        read_comment_base,
        {"comment_id": "../1", "asked_at_ms": 1},
        "comment_id",
    ),
    "time as text": (read_comment_base, {"comment_id": "1", "asked_at_ms": "1"}, "asked_at_ms"),
    "time as truth": (read_comment_base, {"comment_id": "1", "asked_at_ms": True}, "asked_at_ms"),
    "time before 1970": (read_comment_base, {"comment_id": "1", "asked_at_ms": -1}, "asked_at_ms"),
    "numeric transition": (
        read_transition_params,
        TRANSITION | {"transition_id": 21},
        "transition_id",
    ),
    "transition id as a path": (
        read_transition_params,
        TRANSITION | {"transition_id": "21/x"},
        "transition_id",
    ),
    "nameless transition": (
        read_transition_params,
        TRANSITION | {"transition_name": ""},
        "transition_name",
    ),
    "no status": (read_transition_params, TRANSITION | {"to_status": None}, "to_status"),
    "base without status": (read_transition_base, {}, "status"),
    "nameless assignee": (read_assign_params, {"account_id": "1:2"}, "name"),
    "forgotten assignee": (read_assign_params, {"name": ""}, "account_id"),
    "nobody with a name": (read_assign_params, {"account_id": None, "name": "Ana"}, "name"),
    "forgotten base assignee": (read_assign_base, {}, "assignee"),
    "no labels": (read_labels_params, {}, "labels"),
    "empty labels": (read_labels_params, {"labels": []}, "labels"),
    "labels as a word": (read_labels_params, {"labels": "payments"}, "labels"),
    "too many labels": (read_labels_params, {"labels": [f"l{n}" for n in range(51)]}, "labels"),
    "a label twice": (read_labels_params, {"labels": ["a", "a"]}, "labels"),
    "label with a space": (read_labels_params, {"labels": ["a", "b c"]}, "labels[1]"),
    "label with a line end": (read_labels_params, {"labels": ["a\n"]}, "labels[0]"),
    "label with a hidden mark": (read_labels_params, {"labels": ["a\u202e"]}, "labels[0]"),
    "empty label": (read_labels_params, {"labels": [""]}, "labels[0]"),
    "long label": (read_labels_params, {"labels": ["x" * 256]}, "labels[0]"),
    "label of another type": (read_labels_params, {"labels": [1]}, "labels[0]"),
}


@pytest.mark.parametrize(("read", "given", "field"), REFUSED.values(), ids=REFUSED)
def test_wrong_params_name_the_field_and_what_is_allowed(read, given, field):
    with pytest.raises(ParamInvalid) as refusal:
        read(given)

    assert refusal.value.fields["field"] == field
    assert refusal.value.fields["allowed"]
    assert str(refusal.value).startswith(f"The action's parameter {field} must be ")
    assert isinstance(refusal.value, Rejected)


def test_long_values_are_described_and_not_repeated():
    with pytest.raises(ParamInvalid) as refusal:
        read_comment_params({"markdown": "x" * 30_001, "visibility": EVERYONE})

    assert str(refusal.value) == (
        "The action's parameter markdown must be a text of at most 30000 characters; "
        "found: a text of 30001 characters."
    )


UNKNOWN = {
    "comment": (read_comment_params, COMMENT | {"markdwon": "a"}, "markdwon"),
    "visibility": (
        read_comment_params,
        COMMENT | {"visibility": {"kind": "everyone", "role": "x"}},
        "visibility.role",
    ),
    "mention": (read_comment_params, COMMENT | {"mention": ANA | {"id": "1"}}, "mention.id"),
    "comment base": (read_comment_base, {"comment_id": "1", "asked_at_ms": 1, "x": 1}, "x"),
    "transition": (read_transition_params, TRANSITION | {"comment": "a"}, "comment"),
    "transition base": (read_transition_base, {"status": "a", "id": "1"}, "id"),
    "assign": (read_assign_params, ANA | {"notify": True}, "notify"),
    "assign base": (read_assign_base, {"assignee": None, "email": ""}, "email"),
    "labels": (read_labels_params, {"labels": ["a"], "remove": ["b"]}, "remove"),
    "labels base": (read_labels_base, {"labels": [], "x": 1}, "x"),
}


@pytest.mark.parametrize(("read", "given", "field"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_params_are_refused_by_name(read, given, field):
    with pytest.raises(ParamUnknown) as refusal:
        read(given)

    assert refusal.value.fields["field"] == field
    assert refusal.value.fields["allowed"]


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
known_keys = st.sampled_from(
    [
        *("markdown", "more", "more_title", "mention", "visibility", "comment_id", "asked_at_ms"),
        *("transition_id", "transition_name", "to_status", "status", "account_id", "name"),
        *("assignee", "labels"),
    ]
)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@settings(deadline=None, database=None, max_examples=60, derandomize=True)
@given(params=st.one_of(any_json, st.dictionaries(known_keys, any_json, max_size=4)))
def test_any_json_is_read_or_refused_and_nothing_else(read, params):
    try:
        found = read(params)
    except (ParamInvalid, ParamUnknown) as refusal:
        found = refusal

    assert found is not None

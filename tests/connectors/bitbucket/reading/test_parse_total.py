"""Whatever arrives becomes exactly one event that can be stored."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.domain.event import Event
from tests.connectors.bitbucket.reading.samples import (
    DATA_CENTER_COMMENT,
    DATA_CENTER_PUSH,
    PERSON,
    PULL_REQUEST,
    REPOSITORY,
    commented,
    on_data_center,
    parse,
    parse_bytes,
)

PUSH = {
    "repository": REPOSITORY,
    "actor": PERSON,
    "push": {
        "changes": [
            {
                "forced": True,
                "old": {"type": "branch", "name": "main", "target": {"hash": "a" * 40}},
                "new": {"type": "branch", "name": "main", "target": {"hash": "b" * 40}},
                "commits": [{"hash": "b" * 40, "message": "m", "author": {"raw": "A <a@b>"}}],
            }
        ]
    },
}
STATUS = {
    "repository": REPOSITORY,
    "commit_status": {
        "key": "k",
        "name": "build",
        "state": "FAILED",
        "commit": {"hash": "c" * 40},
        "url": "https://ci.example.com",
        "updated_on": "2026-11-20T09:10:00+00:00",
    },
}
SAMPLES: dict[str, tuple[str, Any]] = {
    "comment": ("pullrequest:comment_updated", commented("@{712020:bot} **hi**")),
    "opened": (
        "pullrequest:created",
        {"repository": REPOSITORY, "actor": PERSON, "pullrequest": PULL_REQUEST},
    ),
    "push": ("repo:push", PUSH),
    "status": ("repo:commit_status_updated", STATUS),
    "server-comment": (
        "",
        on_data_center("pr:comment:edited", comment=DATA_CENTER_COMMENT, commentParentId=4),
    ),
    "server-push": ("", DATA_CENTER_PUSH),
}
WRONG: list[Any] = [
    None,
    True,
    -1,
    10**25,
    -1.5e300,
    "",
    "x" * 70_000,
    "\ud800\u202e\x00\u200b",
    "9999-12-31T23:59:59.999-12:00",
    [],
    [None, [None], {"a": [{}]}],
    {},
    {"id": {"id": []}, "raw": ["A-1"], "hash": "x"},
]


def paths_in(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield from paths_in(value[name], (*here, name))


def with_value(payload: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    result = copy.deepcopy(payload)
    place = result
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return result


def assert_storable(event: Event) -> None:
    """The event is whole, JSON, UTF-8, in UTC, and bounded."""
    stored = json.dumps(event.data, ensure_ascii=False, allow_nan=False).encode()
    assert len(stored) < 500_000
    assert event.event_key.startswith("bitbucket:")
    assert len(event.event_key.encode()) < 900
    offset = event.occurred_at.utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0
    assert (event.actor.account_id is None) == (event.actor.kind == "anonymous")
    assert all(account for account in event.mentions)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(value=JSON_VALUES, name=st.sampled_from([one for one, _ in SAMPLES.values()]))
def test_any_json_is_one_event(value: Any, name: str) -> None:
    assert_storable(parse(value, name))


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes_are_one_event(body: bytes) -> None:
    assert_storable(parse_bytes(body, "pullrequest:comment_created"))


@settings(max_examples=150, deadline=None)
@given(which=st.sampled_from(sorted(SAMPLES)), data=st.data())
def test_several_wrong_fields_at_once_are_one_event(which: str, data: st.DataObject) -> None:
    name, payload = SAMPLES[which]
    for _ in range(data.draw(st.integers(1, 5))):
        path = data.draw(st.sampled_from(list(paths_in(payload))))
        payload = with_value(payload, path, data.draw(st.sampled_from(WRONG) | JSON_VALUES))

    assert_storable(parse(payload, name))


@pytest.mark.parametrize("which", sorted(SAMPLES))
def test_every_field_with_every_wrong_type_is_one_event(which: str) -> None:
    name, payload = SAMPLES[which]

    # A loop here, because thousands of parameters would only slow the collection down.
    for path in paths_in(payload):
        for value in WRONG:
            assert_storable(parse(with_value(payload, path, value), name))

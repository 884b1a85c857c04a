"""Whatever arrives becomes exactly one event that can be stored."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.domain.event import Event
from chargehand.domain.ids import AccountId
from tests.connectors.jira.reading.samples import FIXTURES, load, parse, parse_bytes

NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
EVENT_NAMES = [
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "worklog_updated",
    "sprint_closed",
    "nonsense",
]
WRONG: list[Any] = [
    None,
    True,
    -1,
    0,
    10**25,
    10**4_000,
    -1.5e300,
    "",
    "x" * 70_000,
    "\ud800\u202e\x00\u200b",
    "9" * 30,
    "9999-12-31T23:59:59.999-1200",
    "0001-01-01T00:00:00.000+1200",
    [],
    [None, [None], {"a": [{}]}],
    {},
    {"type": "doc", "content": [None, 7, {"type": [], "content": "x", "attrs": 5, "marks": 3}]},
    {"id": {"id": []}, "key": ["A-1"], "fields": {"project": "x"}},
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
    assert event.event_key.startswith("jira-main:")
    assert len(event.event_key.encode()) < 600
    assert event.occurred_at.utcoffset() is not None
    assert event.occurred_at.utcoffset().total_seconds() == 0  # type: ignore[union-attr]
    assert (event.actor.account_id is None) == (event.actor.kind == "anonymous")
    assert len((event.text or "").encode()) < 700_000
    assert all(account for account in event.mentions)
    assert len(event.actor.name.encode()) <= 4 * 255


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5)
    ),
    max_leaves=30,
)
PAYLOADS = st.fixed_dictionaries(
    {"webhookEvent": st.sampled_from(EVENT_NAMES)},
    optional=dict.fromkeys(
        ("timestamp", "issue", "comment", "worklog", "sprint", "user", "changelog"), JSON_VALUES
    ),
)


@settings(max_examples=200, deadline=None)
@given(value=JSON_VALUES | PAYLOADS)
def test_any_json_is_one_event(value: Any) -> None:
    assert_storable(parse_bytes(json.dumps(value).encode()))


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=400))
def test_any_bytes_are_one_event(body: bytes) -> None:
    assert_storable(parse_bytes(body))


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_a_payload_cut_anywhere_is_one_event(name: str, data: st.DataObject) -> None:
    body = json.dumps(load(name)).encode()
    end = data.draw(st.integers(0, len(body)))

    assert_storable(parse_bytes(body[:end]))


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_several_wrong_fields_at_once_are_one_event(name: str, data: st.DataObject) -> None:
    payload = load(name)
    for _ in range(data.draw(st.integers(1, 5))):
        path = data.draw(st.sampled_from(list(paths_in(payload))))
        payload = with_value(payload, path, data.draw(st.sampled_from(WRONG) | JSON_VALUES))

    assert_storable(parse(payload))


@pytest.mark.parametrize("name", NAMES)
def test_every_field_with_every_wrong_type_is_one_event(name: str) -> None:
    payload = load(name)

    # A loop here, because some 15,000 parameters would only slow the collection down.
    for path in paths_in(payload):
        for value in WRONG:
            assert_storable(parse(with_value(payload, path, value)))


def test_no_surrogate_reaches_an_account_id() -> None:
    body = (
        b'{"webhookEvent":"comment_created","comment":{"id":"1","body":"[~accountid:a\\ud800b]"}}'
    )

    assert parse_bytes(body).mentions == (AccountId("ab"),)

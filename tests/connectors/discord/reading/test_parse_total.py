"""Whatever arrives becomes exactly one event that can be stored, and one answer."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.discord.acknowledge import CommandTable, acknowledgement_of
from chargehand.domain.event import Event
from tests.connectors.discord.reading.samples import NAMES, load, parse_bytes

WRONG: list[Any] = [
    None,
    True,
    -1,
    10**25,
    float("nan"),
    -1.5e300,
    "",
    "x" * 70_000,
    "\ud800\u202e\x00\u200b",
    "9" * 20,
    "9999-12-31T23:59:59.999-12:00",
    [],
    [None, [None], {"a": [{}]}],
    {},
    {"id": {"id": []}, "type": [1], "components": [{"component": {"component": {}}}]},
]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5)
    ),
    max_leaves=30,
)


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


def assert_storable(body: bytes) -> None:
    """The event is whole, JSON, UTF-8, in UTC, and bounded; the request has an answer."""
    event: Event = parse_bytes(body)
    stored = json.dumps(event.data, ensure_ascii=False, allow_nan=False).encode()
    assert len(stored) < 800_000
    assert event.event_key.startswith("discord-main:")
    assert len(event.event_key.encode()) < 600
    assert event.occurred_at.utcoffset() is not None
    assert (event.actor.account_id is None) == (event.actor.kind == "anonymous")
    assert len((event.text or "").encode()) < 100_000
    assert all(account for account in event.mentions)
    assert event.place is None or event.place.channel_id
    acknowledgement_of(body, CommandTable(names=("status",)))


@settings(max_examples=200, deadline=None)
@given(value=JSON_VALUES)
def test_any_json_is_one_event(value: Any) -> None:
    assert_storable(json.dumps(value).encode())


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=400))
def test_any_bytes_are_one_event(body: bytes) -> None:
    assert_storable(body)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_several_wrong_fields_at_once_are_one_event(name: str, data: st.DataObject) -> None:
    payload = load(name)
    for _ in range(data.draw(st.integers(1, 5))):
        path = data.draw(st.sampled_from(list(paths_in(payload))))
        payload = with_value(payload, path, data.draw(st.sampled_from(WRONG) | JSON_VALUES))

    assert_storable(json.dumps(payload).encode())


@pytest.mark.parametrize("name", NAMES)
def test_every_field_with_every_wrong_type_is_one_event(name: str) -> None:
    payload = load(name)

    for path in paths_in(payload):
        for value in WRONG:
            assert_storable(json.dumps(with_value(payload, path, value)).encode())


@settings(max_examples=200, deadline=None)
@given(
    content=st.text(alphabet=st.sampled_from(list("<@!&#:>`*_~|\\ \n-0123456789abc")), max_size=300)
)
def test_any_text_keeps_its_letters(content: str) -> None:
    payload = load("message_create__bot")
    payload["d"]["content"] = content

    event = parse_bytes(json.dumps(payload).encode())

    assert len(event.text or "") <= len(content) * 20 + 1

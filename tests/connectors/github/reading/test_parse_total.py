"""Whatever arrives becomes exactly one event that can be stored."""

import copy
import json
from collections.abc import Iterator
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.domain.event import Event
from tests.connectors.github.reading.samples import NAMES, event_of, load, parse_bytes

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
    {"id": {"id": []}, "login": [1], "number": {"number": 2}},
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


def assert_storable(body: bytes, name: str = "") -> None:
    """The event is whole, JSON, UTF-8, in UTC, and bounded."""
    event: Event = parse_bytes(body, name)
    stored = json.dumps(event.data, ensure_ascii=False, allow_nan=False).encode()
    assert len(stored) < 800_000
    assert event.event_key.startswith("github-main:")
    assert len(event.event_key.encode()) < 900
    assert event.occurred_at.utcoffset() is not None
    assert (event.actor.account_id is None) == (event.actor.kind == "anonymous")
    assert len((event.text or "").encode()) < 200_000
    assert all(account for account in event.mentions)
    assert event.place is None or event.place.channel_id


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

    assert_storable(json.dumps(payload).encode(), event_of(name))


# The families; further samples of each have the same fields.
FAMILIES = sorted({event_of(name): name for name in NAMES}.values())


@pytest.mark.parametrize("name", FAMILIES)
def test_every_field_with_every_wrong_type_is_one_event(name: str) -> None:
    payload = load(name)

    for path in paths_in(payload):
        for value in WRONG:
            assert_storable(json.dumps(with_value(payload, path, value)).encode(), event_of(name))


@settings(max_examples=300, deadline=None)
@given(
    content=st.text(
        alphabet=st.sampled_from(list('<@!&#:>`*_~|\\ \n-0123abc[]()/.="')), max_size=300
    )
)
def test_any_text_is_read_and_grows_no_longer(content: str) -> None:
    payload = load("issue_comment__mention")
    payload["comment"]["body"] = content

    event = parse_bytes(json.dumps(payload).encode(), "issue_comment")

    # Struck-out words are set between marks, line by line.
    assert len(event.text or "") <= len(content) * 3 + 1


HOSTILE = {
    "open links": "[" * 65_536,
    "ticks": "`" * 65_536,
    "uneven ticks": "".join("`" * (n % 9) + "a" for n in range(12_000)),
    "marks": "*_" * 30_000,
    "struck": "~" * 65_536,
    "comments": "<!--" * 16_000,
    "tags": "<a " * 20_000,
    "mentions": "@a-" * 20_000,
    "long login": "@" + "a-" * 30_000,
    "quotes": ">" * 65_536,
    "lists": "- " * 30_000,
    "backslashes": "\\" * 65_536,
    "addresses": "https://" * 8_000,
    "labels": "![a](" * 13_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_keeps_the_reader_busy(text: str) -> None:
    payload = load("issue_comment__mention")
    payload["comment"]["body"] = text
    body = json.dumps(payload).encode()

    started = process_time()
    parse_bytes(body, "issue_comment")

    assert process_time() - started < 1.5

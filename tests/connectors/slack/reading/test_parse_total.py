"""Whatever arrives becomes exactly one event that can be stored."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.connectors.slack.text.blocks import read_blocks
from chargehand.connectors.slack.text.mrkdwn import read_mrkdwn
from tests.connectors.slack.reading import samples
from tests.connectors.slack.reading.samples import parse, parse_bytes
from tests.connectors.slack.reading.test_parse import RICH

PAYLOADS: list[dict[str, Any]] = [
    samples.envelope(samples.message(blocks=RICH)),
    samples.envelope(samples.changed("now", before="then")),
    samples.envelope(samples.reaction()),
    samples.pressed(),
    samples.submitted(command="edit apv_1", channel=samples.CHANNEL),
]
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 10**25, -1.5e300, "", "x" * 9_000, "\ud800\u202e\x00", "9" * 30]),
    st.sampled_from([[], [None, [None], {"a": [{}]}], {}, {"type": ["x"], "elements": 3}]),
).map(copy.deepcopy)


@st.composite
def broken_payloads(draw: st.DrawFn) -> Any:
    """A right payload in which some values became other ones."""
    payload: Any = copy.deepcopy(draw(st.sampled_from(PAYLOADS)))
    for _ in range(draw(st.integers(1, 4))):
        place = payload
        while True:
            names = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not names:
                break
            name = draw(st.sampled_from(names))
            inner = place[name]
            if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
                place = inner
                continue
            place[name] = draw(WRONG)
            break
    return payload


@settings(max_examples=300, deadline=None)
@given(payload=broken_payloads())
def test_a_broken_payload_is_one_event(payload: Any) -> None:
    event = parse(payload)

    assert event.event_key.startswith("slack-main:")
    assert len(event.event_key) < 1_000
    json.dumps(event.data).encode()
    (event.text or "").encode()


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes_are_one_event(body: bytes) -> None:
    assert parse_bytes(body).event_key.startswith("slack-main:")


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("<>@!#|`~*_&;gtlamp^ \nU0xé👍"), max_size=200))
def test_mrkdwn_loses_no_word_and_invents_no_mention(text: str) -> None:
    reading = read_mrkdwn(text)

    shown = "".join(line.text for line in reading.lines)
    assert shown.count("é") == text.count("é") or "<" in text
    assert "<@" in text or not any(span.mention for line in reading.lines for span in line.spans)


def test_deep_and_long_blocks_are_read_in_bounded_time() -> None:
    deep: Any = {"type": "rich_text_section", "elements": []}
    for _ in range(400):
        deep = {"type": "rich_text_section", "elements": [deep]}
    wide = [{"type": "rich_text", "elements": [deep] * 50}] * 500

    assert read_blocks(wide).lines == ()
    assert len(read_mrkdwn("*_~`<" * 40_000).lines) == 1

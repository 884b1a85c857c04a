"""Every captured Slack payload is exactly one event; the captures stay outside the repository."""

import json
from collections import Counter
from pathlib import Path

import pytest

from chargehand.domain.event import EventKind
from tests.connectors.slack.reading.samples import parse, parse_bytes

pytestmark = [pytest.mark.contract]
COUNTS = {
    EventKind.MESSAGE_CREATED: 17,
    EventKind.MESSAGE_UPDATED: 1,
    EventKind.MESSAGE_DELETED: 1,
    EventKind.REACTION_ADDED: 5,
    EventKind.BUTTON_PRESSED: 3,
    EventKind.FORM_SUBMITTED: 3,
    EventKind.COMMAND_INVOKED: 3,
    EventKind.CONNECTION_PINGED: 1,
}


def test_every_capture_is_one_event(contracts: Path) -> None:
    files = sorted((contracts / "slack" / "payloads").rglob("*.*"))

    events = [(file, parse_bytes(file.read_bytes(), team=None)) for file in files]

    understood = [one for one in events if one[1].kind is not EventKind.UNSUPPORTED]
    assert Counter(event.kind for _, event in understood) == COUNTS
    for file, event in understood:
        is_ping = event.kind is EventKind.CONNECTION_PINGED
        assert is_ping or event.place is not None, file
    told = {str(event.data["reason"]) for _, event in events if "reason" in event.data}
    assert told == {"unused_event", "access_revoked", "events_dropped"}


def test_every_event_slack_tells_of_is_known_by_its_name(contracts: Path) -> None:
    files = sorted((contracts / "slack" / "shapes" / "events").glob("*.json"))
    bodies = [{**json.loads(file.read_text()), "type": "event_callback"} for file in files]

    events = [parse(body) for body in bodies]

    assert len(events) > 70
    unknown = [one.data for one in events if one.data.get("reason") == "unknown_event"]
    assert unknown == []

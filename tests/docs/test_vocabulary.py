"""The generated pages about actions, events, commands and reasons say all the code knows."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chargehand.commands.registry import COMMANDS, command_reference
from chargehand.connectors.jira.parse import JiraParser
from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.decision import Reason
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.event import Event, EventKind
from chargehand.domain.ids import ConnectionId
from chargehand.pipeline.flow import MOVES
from tests.docs.pages import ROOT
from tools.reference.actions import actions_page
from tools.reference.commands import commands_page
from tools.reference.events import JIRA_NAMES, event_data, events_page
from tools.reference.pages import PAGES
from tools.reference.reasons import reasons_page

FIXTURES = sorted((ROOT / "tests" / "connectors" / "jira" / "fixtures").glob("*.json"))
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def _event_of(body: bytes) -> Event:
    delivery = VerifiedDelivery(
        connection_id=ConnectionId("jira"),
        connector="jira",
        delivery_key="one",
        source=DeliverySource.WEBHOOK,
        lane=Lane.BULK,
        received_at=NOW,
        body=body,
        headers={},
    )
    return JiraParser().parse(delivery)


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.stem)
def test_events_page_names_what_an_event_carries_and_what_jira_calls_it(fixture: Path) -> None:
    payload = json.loads(fixture.read_bytes())

    event = _event_of(fixture.read_bytes())

    family = event.kind.value.partition(".")[0]
    names = JIRA_NAMES[event.kind]
    name, change = payload["webhookEvent"], payload.get("issue_event_type_name")
    if event.kind is EventKind.UNSUPPORTED:
        assert set(event.data) <= set(event_data()["unsupported"])
    else:
        assert tuple(event.data) == event_data()[family]
        assert name in names or f"{name} ({change})" in names


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b'{"webhookEvent": "comment_created"}'], ids=repr
)
def test_events_page_names_the_reason_of_what_is_unsupported(body: bytes) -> None:
    event = _event_of(body)

    assert set(event.data) <= set(event_data()["unsupported"])
    assert f"`{event.data['reason']}`" in events_page()


@pytest.mark.parametrize("kind", EventKind)
def test_events_page_has_every_kind_once_for_each_vendor_or_says_that_none_tells_of_it(
    kind: EventKind,
) -> None:
    parts = events_page().split("\n## ")
    wanted = re.compile(rf"(?:^\| |, |^)`{re.escape(kind.value)}`", re.MULTILINE)
    named = {part.partition("\n")[0]: len(wanted.findall(part)) for part in parts}

    is_untold = named.pop("Kinds no connector tells of yet")
    assert max(is_untold, *named.values()) == 1
    assert bool(is_untold) is not any(named.values())


@pytest.mark.parametrize("kind", ActionKind)
def test_actions_page_has_params_and_base_of_every_kind(kind: ActionKind) -> None:
    part = actions_page().partition(f"## `{kind.value}`\n")[2].partition("\n## ")[0]

    assert re.search(r"^\| params \| `\w+` \| \S", part, re.MULTILINE)
    assert re.search(r"^\| base \| (`\w+`|nothing) \| \S", part, re.MULTILINE)


@pytest.mark.parametrize("state", ActionState)
def test_actions_page_tells_what_may_follow_a_state(state: ActionState) -> None:
    row = re.search(rf"^\| `{state.value}` \| [^|]+ \| ([^|]+) \|$", actions_page(), re.MULTILINE)

    assert row is not None
    assert set(re.findall(r"`(\w+)`", row[1])) == {after.value for after in MOVES[state]}


def test_commands_page_has_every_command_as_people_are_told_about_it() -> None:
    page = commands_page()

    named = re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)

    assert sorted(named) == sorted(entry.name for entry in command_reference())
    assert all(entry.does in page for entry in command_reference())
    assert all(f"“{example}”" in page for command in COMMANDS for example in command.examples)


def test_reasons_page_has_every_reason() -> None:
    named = re.findall(r"^\| `(\w+)` \| \S", reasons_page(), re.MULTILINE)

    assert named == [reason.value for reason in Reason]


@pytest.mark.parametrize("make", [actions_page, commands_page, events_page, reasons_page])
def test_page_is_written_by_make_docs_and_the_same_every_time(make) -> None:
    assert make in PAGES.values()
    assert make() == make()

"""Every list: what is on it, its filters, its pages, and what it refuses."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ask import AskState
from chargehand.pipeline.noticing import tell_operator
from chargehand.web.api.audit_models import AuditPage
from chargehand.web.api.models import (
    ActionPage,
    ApprovalPage,
    AskPage,
    DecisionPage,
    DeliveryPage,
    EventPage,
)
from chargehand.web.api.operating_models import NoticePage
from chargehand.web.api.trace_models import TimelinePage
from tests.web.api.world import OPS, World

# Each list is a statement of its own.
pytestmark = [pytest.mark.anyio, pytest.mark.every_variant]

LISTS = {
    "deliveries": lambda told: told.delivery_id,
    "events": lambda told: told.event_id,
    "asks": lambda told: told.ask_id,
    "decisions": lambda told: told.decision_id,
    "actions": lambda told: told.action_id,
    "approvals": lambda told: told.approval_id,
}


@pytest.mark.parametrize("name", LISTS)
async def test_list_is_newest_first(world: World, client: httpx.AsyncClient, name: str) -> None:
    told = [world.comment(f"question {number}") for number in range(3)]

    answer = await client.get(f"/v1/{name}")

    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()["items"]] == [
        LISTS[name](one) for one in reversed(told)
    ]
    assert answer.json()["next_cursor"] is None
    assert answer.headers["cache-control"] == "no-store"


SHAPES = {
    "deliveries": DeliveryPage,
    "events": EventPage,
    "asks": AskPage,
    "decisions": DecisionPage,
    "actions": ActionPage,
    "approvals": ApprovalPage,
    "notices": NoticePage,
    "audit": AuditPage,
    "timeline?work_item=PAY-1": TimelinePage,
}


async def test_lists_hold_exactly_what_their_shapes_name(
    world: World, client: httpx.AsyncClient
) -> None:
    """Nothing else is sent, and every value reads as the shape would write it."""
    world.comment(mode=Mode.APPROVE)
    world.database.write(
        lambda tx: tell_operator(tx, "disk_low", subject_id="disk", text="x", now=world.clock.now())
    )

    answers = {path: (await client.get(f"/v1/{path}")).content for path in SHAPES}

    read = {path: SHAPES[path].model_validate_json(body) for path, body in answers.items()}
    assert {path: page.model_dump_json().encode() for path, page in read.items()} == answers
    assert all(page.items for page in read.values())


@pytest.mark.parametrize("name", [*LISTS, "notices"])
async def test_empty_list_is_an_empty_page(quiet_client: httpx.AsyncClient, name: str) -> None:
    answer = await quiet_client.get(f"/v1/{name}")

    assert answer.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("name", LISTS)
async def test_list_leaves_out_other_organizations(
    world: World, client: httpx.AsyncClient, name: str
) -> None:
    world.beside("other").comment()

    answer = await client.get(f"/v1/{name}")

    assert answer.json()["items"] == []


FILTERS = {
    "deliveries of the connection": ("deliveries?connection=acme", 3),
    "deliveries of another connection": ("deliveries?connection=beta", 0),
    "events of a project": ("events?project=OPS", 1),
    "events of a work item": ("events?work_item=PAY-1", 2),
    "events of a kind": ("events?kind=comment.created", 3),
    "events of another kind": ("events?kind=push.received", 0),
    "late asks": ("asks?state=late", 1),
    "asks of a project": ("asks?project=PAY", 1),
    "late asks of a project without any": ("asks?state=late&project=PAY", 0),
    "decisions to respond": ("decisions?verdict=respond", 2),
    "decisions to be silent": ("decisions?verdict=silent", 1),
    "decisions about a work item": ("decisions?work_item=OPS-1", 1),
    "actions that wait": ("actions?state=waiting", 1),
    "actions of a kind": ("actions?kind=jira.add_labels", 1),
    "actions of a project": ("actions?project=OPS", 1),
    "open approvals": ("approvals?state=open", 1),
    "expired approvals": ("approvals?state=expired", 0),
}


@pytest.mark.parametrize(("path", "expected"), FILTERS.values(), ids=FILTERS)
async def test_filter_keeps_what_fits(
    world: World, client: httpx.AsyncClient, path: str, expected: int
) -> None:
    world.comment("a question that waits for approval")
    world.comment(
        "an old one",
        ask_state=AskState.LATE,
        project=OPS,
        mode=Mode.SIMULATE,
        kind=ActionKind.JIRA_ADD_LABELS,
    )
    world.silence()

    answer = await client.get(f"/v1/{path}")

    assert answer.status_code == 200
    assert len(answer.json()["items"]) == expected


REFUSED = {
    "limit too small": ("deliveries?limit=0", "limit", "1 to 200"),
    "limit too large": ("events?limit=201", "limit", "1 to 200"),
    "limit no number": ("audit?limit=many", "limit", "1 to 200"),
    "cursor no id": ("asks?cursor=%00", "cursor", "next_cursor"),
    "cursor of another list": (f"asks?cursor=evt_{'0' * 26}", "cursor", "next_cursor"),
    "cursor empty": ("decisions?cursor=", "cursor", "next_cursor"),
    "cursor of the chain no number": ("audit?cursor=-1", "cursor", "next_cursor"),
    "cursor of the chain too large": (f"audit?cursor={'9' * 30}", "cursor", "next_cursor"),
    "cursor of the chain in other digits": ("audit?cursor=%D9%A3", "cursor", "next_cursor"),
    "unknown state": ("asks?state=old", "state", "late"),
    "unknown kind": ("events?kind=comment", "kind", "comment.created"),
    "unknown verdict": ("decisions?verdict=maybe", "verdict", "respond"),
    "unknown action state": ("actions?state=open", "state", "waiting"),
    "unknown approval state": ("approvals?state=waiting", "state", "open"),
    "project with a space": ("asks?project=P%20Y", "project", "text that fits"),
    "misspelt filter": ("asks?stat=late", "stat", "limit, cursor, state, project"),
    "filter of another list": ("notices?project=PAY", "project", "limit, cursor"),
    "filter where there is none": ("modes?project=PAY", "project", "none"),
    "text too long": (f"events?text={'a' * 201}", "text", "200"),
    "hours too small": ("stats?hours=0", "hours", "1 to 8784"),
    "hours too large": ("stats?hours=8785", "hours", "1 to 8784"),
}


@pytest.mark.parametrize(("path", "field", "allowed"), REFUSED.values(), ids=REFUSED)
async def test_bad_parameter_is_named_with_what_is_allowed(
    quiet_client: httpx.AsyncClient, path: str, field: str, allowed: str
) -> None:
    answer = await quiet_client.get(f"/v1/{path}")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["code"] == "request_invalid"
    assert [entry["field"] for entry in found["errors"]] == [field]
    assert allowed in found["errors"][0]["allowed"]


async def test_search_for_nothing_that_is_a_word_says_what_is_allowed(
    quiet_client: httpx.AsyncClient,
) -> None:
    answer = await quiet_client.get("/v1/events?text=%2D%2D")

    assert answer.status_code == 422
    assert answer.json()["code"] == "argument_invalid"
    assert "1 to 32 words" in answer.json()["detail"]


def _add_comment(world: World) -> None:
    world.comment()


def _add_notice(world: World) -> None:
    now = world.clock.now()
    subject = str(world.clock.advance(1))
    world.database.write(
        lambda tx: tell_operator(tx, "loop_broken", subject_id=subject, text="again", now=now)
    )


ARRIVALS: dict[str, Callable[[World], None]] = {
    **dict.fromkeys(LISTS, _add_comment),
    "audit": _add_comment,
    "notices": _add_notice,
}


@pytest.mark.parametrize("name", ARRIVALS)
def test_pages_hold_everything_once_while_more_arrives(world: World, name: str) -> None:
    organizations = iter(range(1000))

    @given(before=st.integers(0, 9), limit=st.integers(1, 5), arriving=st.lists(st.integers(0, 2)))
    @settings(
        max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def walk(before: int, limit: int, arriving: list[int]) -> None:
        place = world.beside(f"walk-{next(organizations)}")
        for _ in range(before):
            ARRIVALS[name](place)

        there, walked = asyncio.run(_walk(place, name, limit=limit, arriving=arriving))

        assert walked == there
        place.database.close()

    walk()


async def _walk(
    world: World, name: str, *, limit: int, arriving: list[int]
) -> tuple[list[Any], list[Any]]:
    """(what was there at the start, what the pages held), both newest first."""
    key_name = "seq" if name == "audit" else "id"
    async with world.client() as client:
        there = (await client.get(f"/v1/{name}?limit=200")).json()["items"]
        walked: list[Any] = []
        cursor: str | None = None
        while True:
            query = {"limit": str(limit)} | ({} if cursor is None else {"cursor": cursor})
            page = (await client.get(f"/v1/{name}", params=query)).json()
            assert len(page["items"]) <= limit
            walked += page["items"]
            cursor = page["next_cursor"]
            for _ in range(arriving.pop() if arriving else 0):
                ARRIVALS[name](world)
            if cursor is None:
                return [one[key_name] for one in there], [one[key_name] for one in walked]

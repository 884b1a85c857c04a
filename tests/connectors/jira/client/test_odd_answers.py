"""Answers a real site gives now and then, and some it never should."""

import httpx
import pytest

from chargehand.domain.fact import UnknownReason
from chargehand.domain.work_item import FactNeeds, Sprint
from tests.connectors.jira.client.wire import NOW, Rig, answer

pytestmark = pytest.mark.anyio

TIME = "2026-11-20T10:00:00.000+0100"
FIELDS = {
    "summary": "Refunds fail",
    "project": {"key": "PAY", "projectTypeKey": "software"},
    "status": {"name": "Offen", "statusCategory": {"key": "undefined"}},
    "created": TIME,
    "updated": TIME,
}


def site(*, fields=None, comments=(), schema=None):
    """A site with one work item, told field by field."""
    issue = {
        "id": "10001",
        "key": "PAY-1",
        "fields": {**FIELDS, **(fields or {})},
        "schema": schema or {},
    }
    page = {"comments": list(comments), "total": len(comments)}

    async def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/comment"):
            return answer(200, page)
        if request.url.path.endswith("/myself"):
            return answer(200, {"accountId": "bot-1"})
        return answer(200, issue)

    return Rig(respond).client()


async def read(client, **needs):
    return await client.read_facts(FactNeeds("PAY-1", **needs), now=NOW)


async def test_least_answer_is_enough():
    item = (await read(site())).item.value

    assert (item.title, item.status, item.category) == ("Refunds fail", "Offen", "to_do")
    assert (item.type_name, item.priority, item.reporter) == ("", None, None)
    assert item.created_at.isoformat() == "2026-11-20T09:00:00+00:00"


async def test_deleted_people_have_a_name_still():
    item = (
        await read(site(fields={"assignee": {"accountId": "gone", "active": False}}))
    ).item.value

    assert (item.assignee.name, item.assignee.is_active) == ("Former user", False)


async def test_comment_without_author_is_anonymous():
    comment = {"id": "1", "created": TIME, "updated": TIME, "body": {"type": "doc", "content": []}}

    facts = await read(site(comments=[comment]), comments=True)

    assert facts.comments.value[0].author.name == "Anonymous"


async def test_project_without_sprint_field_has_no_sprints():
    facts = await read(site(), sprint=True)

    assert facts.sprint.reason is UnknownReason.NOT_CONFIGURED


async def test_last_closed_sprint_is_told_when_no_other_is_left():
    kind = {"customfield_1": {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}}
    sprints = [{"name": f"Sprint {n}", "state": "closed"} for n in (1, 2)]

    facts = await read(site(fields={"customfield_1": sprints}, schema=kind), sprint=True)

    assert facts.sprint.value == Sprint("Sprint 2", "closed", None, None)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"updated": "yesterday"}, id="no timestamp"),
        pytest.param({"updated": "2026-11-20T10:00:00"}, id="timestamp without offset"),
        pytest.param({"duedate": "soon"}, id="no date"),
        pytest.param({"status": None}, id="no status"),
        pytest.param({"labels": "api"}, id="labels as text"),
    ],
)
async def test_answer_against_all_documents_is_unreadable(fields):
    facts = await read(site(fields=fields))

    assert facts.item.reason is UnknownReason.UNREADABLE


@pytest.mark.parametrize(
    ("name", "inward", "direction"),
    [
        pytest.param("Blocks", "is blocked by", "blocked_by", id="built in"),
        pytest.param("Blocks", "wird blockiert von", "blocked_by", id="translated"),
        pytest.param("Gate", "is blocked by gate", "blocked_by", id="own type"),
        pytest.param("Problem", "is caused by", "relates", id="another meaning"),
    ],
)
async def test_blocking_is_known_by_name_or_wording(name, inward, direction):
    link = {
        "type": {"name": name, "inward": inward, "outward": "x"},
        "inwardIssue": {"key": "OPS-2", "fields": {"summary": "s", "status": {"name": "Open"}}},
    }

    (found,) = (await read(site(fields={"issuelinks": [link]}))).item.value.links

    assert (found.direction, found.relation) == (direction, inward)
    assert not found.is_readable_by_item_audience

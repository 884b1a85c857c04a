"""The control API: people, rights, issues, acts, failures, webhooks and time over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chargehand.testing.jira import FakeJira

pytestmark = pytest.mark.anyio


@pytest.fixture
async def control(fake: FakeJira) -> AsyncIterator[httpx.AsyncClient]:
    base = f"{fake.site_url}/__fake__"
    async with httpx.AsyncClient(transport=fake.transport(), base_url=base) as client:
        yield client


async def post(control: httpx.AsyncClient, path: str, /, **body: object) -> Any:
    response = await control.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def test_world_is_built_over_http(control: httpx.AsyncClient, fake: FakeJira) -> None:
    person = await post(control, "/people", name="Kit Vale", token="t", groups=["ops"])
    await post(control, "/projects", key="OPS", members=["Kit Vale"], security_levels={"S": []})
    sprint = await post(control, "/sprints", name="OPS 1", state="future")
    first = await post(control, "/issues", project="OPS", summary="One", sprints=[sprint["id"]])
    second = await post(
        control, "/issues", project="OPS", summary="Two", due_on="2026-12-24", parent="OPS-1"
    )
    await post(control, "/links", source="OPS-1", target="OPS-2")

    async with fake.client(fake.person(person["account_id"])) as kit:
        issue = (await kit.get("/rest/api/3/issue/OPS-2")).json()
    assert (first["key"], second["key"]) == ("OPS-1", "OPS-2")
    assert issue["fields"]["issuelinks"][0]["inwardIssue"]["key"] == "OPS-1"
    assert issue["fields"]["duedate"] == "2026-12-24"


async def test_grant_replaces_rights_and_roles(control: httpx.AsyncClient, fake: FakeJira) -> None:
    project = await post(control, "/grants", project="PAY", person="Ana Ruiz", permissions="reader")

    account = fake.person("Ana Ruiz").account_id
    assert project["permissions"][account] == ["BROWSE_PROJECTS"]
    assert account not in project["roles"]["Developers"]
    assert account in project["roles"]["Viewers"]


async def test_person_can_be_changed_by_id(control: httpx.AsyncClient, fake: FakeJira) -> None:
    account = fake.person("Tom Berg").account_id

    await post(control, "/people", account_id=account, name="Tom Berg", active=False)

    assert fake.state.people[account].active is False
    assert len(fake.state.people) == 7


async def test_comment_edit_and_delete_by_people(
    control: httpx.AsyncClient, fake: FakeJira
) -> None:
    told = await control.put("/webhooks/targets", json=[{"url": "http://127.0.0.1:9/x"}])
    said = await post(
        control,
        "/issues/PAY-7/comments",
        author="Mei Tanaka",
        body=f"[~accountid:{fake.state.bot}] status?",
        visibility={"type": "role", "value": "Developers"},
    )
    comment = said["comment"]
    edited = (await control.put(f"/comments/{comment['id']}", json={"body": "never mind"})).json()
    deleted = (await control.delete(f"/comments/{comment['id']}")).json()
    await fake.aclose()

    mention = comment["body"]["content"][0]["content"][0]
    assert told.json()["targets"][0]["is_signed"] is False
    assert mention == {
        "type": "mention",
        "attrs": {"id": fake.state.bot, "text": "@Chargehand"},
    }
    assert edited["comment"]["wiki"] == "never mind"
    assert edited["comment"]["visibility"]["value"] == "Developers"
    assert [len(answer["webhooks"]) for answer in (said, edited, deleted)] == [1, 1, 1]
    assert fake.state.find_comment(comment["id"]) is None


async def test_people_move_assign_and_edit_issues(
    control: httpx.AsyncClient, fake: FakeJira
) -> None:
    await post(control, "/issues/PAY-7/transitions", author="Ana Ruiz", to="in review")
    await post(control, "/issues/PAY-7/assignee", author="Ana Ruiz", to="Tom Berg")
    await control.patch(
        "/issues/PAY-7", json={"author": "Ana Ruiz", "fields": {"duedate": "2026-11-30"}}
    )

    issue = fake.issue("PAY-7")
    changed = [item.field for change in fake.state.changes[-3:] for item in change.items]
    assert changed == ["status", "assignee", "duedate"]
    assert issue.assignee == fake.person("Tom Berg").account_id


async def test_resend_keeps_identifier_and_unknown_is_refused(
    control: httpx.AsyncClient, fake: FakeJira
) -> None:
    received: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        received.append(request)
        return httpx.Response(200)

    telling = FakeJira(webhook_transport=httpx.MockTransport(answer))
    telling.add_person("Ann")
    telling.add_project("A")
    telling.add_issue("A", "one")
    base = f"{telling.site_url}/__fake__"
    async with httpx.AsyncClient(transport=telling.transport(), base_url=base) as client:
        await client.put("/webhooks/targets", json=[{"url": "http://x.test/", "secret": "s"}])
        said = await post(client, "/issues/A-1/comments", author="Ann", body="x")
        again = await post(client, "/webhooks/resend", id=said["webhooks"][0], times=4)
        await telling.settle()
        listed = (await client.get("/webhooks")).json()["webhooks"]
        unknown = await client.post("/webhooks/resend", json={"id": "nope"})

    assert again == {"sent": 4}
    assert len({request.content for request in received}) == 1
    assert len({r.headers["x-atlassian-webhook-identifier"] for r in received}) == 1
    assert [entry["state"] for entry in listed] == ["delivered"] * 5
    assert unknown.status_code == 400


async def test_failures_are_listed_and_forgotten(control: httpx.AsyncClient) -> None:
    await post(control, "/failures", path=".*/comment", status=503, times=2)

    listed = (await control.get("/failures")).json()["failures"]
    await control.delete("/failures")
    after = (await control.get("/failures")).json()["failures"]

    assert (listed[0]["status"], listed[0]["times"]) == (503, 2)
    assert after == []


@pytest.mark.parametrize(
    ("body", "now"),
    [
        ({"advance_s": 60}, "2026-11-18T10:01:00Z"),
        ({"offset_s": -3600}, "2026-11-18T09:00:00Z"),
        ({"now": "2026-12-01T08:00:00+01:00"}, "2026-12-01T07:00:00Z"),
    ],
    ids=["advance", "offset", "now"],
)
async def test_clock_can_be_moved(
    control: httpx.AsyncClient, body: dict[str, object], now: str
) -> None:
    moved = await post(control, "/clock", **body)

    assert moved["now"] == now
    assert (await control.get("/clock")).json() == moved


async def test_state_and_requests_can_be_read(control: httpx.AsyncClient, fake: FakeJira) -> None:
    async with fake.client(fake.person("Chargehand")) as client:
        await client.get("/rest/api/3/myself")
        await client.put("/rest/api/3/issue/PAY-7", json={"fields": {"summary": "x"}})

    state = (await control.get("/state")).json()
    everything = (await control.get("/requests")).json()
    writes = (await control.get("/requests", params={"writes": "1"})).json()

    assert state["issues"]["PAY-7"]["summary"] == "x"
    assert [entry["method"] for entry in everything["requests"]] == ["GET", "PUT"]
    assert (everything["count"], writes["count"]) == (2, 1)
    assert writes["requests"][0]["body"] == '{"fields":{"summary":"x"}}'


WRONG: dict[str, tuple[str, dict[str, object], str]] = {
    "unknown property": ("/people", {"name": "A", "colour": 1}, "colour"),
    "missing property": ("/issues", {"project": "PAY"}, "summary"),
    "wrong type": ("/people", {"name": 5}, "name"),
    "time zone": ("/people", {"name": "A", "time_zone": "Mars/Base"}, "time_zone"),
    "permission": ("/grants", {"project": "PAY", "person": "Ana Ruiz", "permissions": "x"}, "none"),
    "status": ("/issues", {"project": "PAY", "summary": "x", "status": "Maybe"}, "In Review"),
    "taken key": ("/issues", {"project": "PAY", "summary": "x", "key": "PAY-7"}, "PAY-22"),
    "security": ("/issues", {"project": "PAY", "summary": "x", "security": "z"}, "Finance only"),
    "person": ("/issues/PAY-7/comments", {"author": "Nobody", "body": "x"}, "Nobody"),
    "issue": ("/issues/PAY-99/comments", {"author": "Ana Ruiz", "body": "x"}, "PAY-99"),
    "move": ("/issues/PAY-7/transitions", {"author": "Ana Ruiz", "to": "Mars"}, "Send to review"),
    "failure": ("/failures", {"times": 3}, "status"),
    "clock": ("/clock", {"advance_s": 1, "offset_s": 2}, "exactly one"),
    "clock without zone": ("/clock", {"now": "2026-12-01T08:00:00"}, "zone"),
    "resend": ("/webhooks/resend", {"id": "x", "times": 0}, "times"),
}


@pytest.mark.parametrize(("path", "body", "hint"), WRONG.values(), ids=WRONG.keys())
async def test_wrong_control_body_names_the_field(
    control: httpx.AsyncClient, path: str, body: dict[str, object], hint: str
) -> None:
    response = await control.post(path, json=body)

    assert response.status_code == 400
    assert hint in response.json()["error"]


async def test_people_are_held_to_jiras_rules(control: httpx.AsyncClient, fake: FakeJira) -> None:
    fake.grant("PAY", "Sam Okoro", permissions="none")

    response = await control.post(
        "/issues/PAY-7/comments", json={"author": "Sam Okoro", "body": "x"}
    )

    assert response.status_code == 400
    assert "permission" in response.json()["error"]


async def test_control_answers_this_machine_only(fake: FakeJira) -> None:
    foreign = httpx.ASGITransport(fake.app, client=("203.0.113.5", 4000))
    async with httpx.AsyncClient(transport=foreign, base_url=fake.site_url) as client:
        response = await client.get("/__fake__/state")

    assert response.status_code == 403

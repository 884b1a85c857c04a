"""What the fake does with writing requests, each exchange checked by Jira's contract."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import FakeJira

Connect = Callable[..., httpx.AsyncClient]

pytestmark = [pytest.mark.anyio, pytest.mark.contract]

THREAD = "/rest/api/3/issue/PAY-7/comment"
ISSUE = "/rest/api/3/issue/PAY-7"
ANA = "712020:5f3a91c0-0000-4000-8000-000000000002"


def adf(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [*content]}]}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


async def test_equal_comments_are_two_comments(bot: httpx.AsyncClient, fake: FakeJira) -> None:
    body = {"body": adf(text("PAY-12 blocks this."))}

    first = await bot.post(THREAD, json=body)
    second = await bot.post(THREAD, json=body)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    assert [write.status for write in fake.writes()] == [201, 201]
    assert fake.writes()[0].body == first.request.content.decode()


async def test_comment_carries_its_properties(bot: httpx.AsyncClient) -> None:
    mark = {"key": "chargehand.action", "value": {"id": "act_1"}}
    mention = {"type": "mention", "attrs": {"id": ANA, "text": "@Ana Ruiz"}}
    body = {"body": adf(mention, text(" done")), "properties": [mark]}
    comment = (await bot.post(THREAD, json=body)).json()
    address = f"/rest/api/3/comment/{comment['id']}/properties"

    changed = await bot.put(f"{address}/chargehand.action", json={"id": "act_2"})
    added = await bot.put(f"{address}/other", json=[1, 2])
    keys = (await bot.get(address)).json()["keys"]
    value = (await bot.get(f"{address}/chargehand.action")).json()
    listed = await bot.post(
        "/rest/api/3/comment/list",
        params={"expand": "properties"},
        json={"ids": [int(comment["id"]), 99]},
    )

    assert "properties" not in comment
    assert (changed.status_code, added.status_code) == (200, 201)
    assert [entry["key"] for entry in keys] == ["chargehand.action", "other"]
    assert value == {"key": "chargehand.action", "value": {"id": "act_2"}}
    assert [entry["id"] for entry in listed.json()["values"]] == [comment["id"]]
    assert listed.json()["values"][0]["properties"][1] == {"key": "other", "value": [1, 2]}


async def test_edited_comment_keeps_author_and_id(
    connect: Connect, fake: FakeJira, clock: FakeClock
) -> None:
    ana = connect("Ana Ruiz")
    comment = (await ana.post(THREAD, json={"body": adf(text("one"))})).json()
    clock.advance(60)

    edited = await ana.put(f"{THREAD}/{comment['id']}", json={"body": adf(text("two"))})
    by_tom = await connect("Tom Berg").put(
        f"{THREAD}/{comment['id']}", json={"body": adf(text("mine now"))}
    )

    assert edited.json()["created"] == comment["created"]
    assert edited.json()["updated"] == "2026-11-18T10:01:00.000+0000"
    assert edited.json()["body"] == adf(text("two"))
    assert by_tom.status_code == 400


async def test_deleted_comment_is_gone(connect: Connect) -> None:
    ana, tom = connect("Ana Ruiz"), connect("Tom Berg")
    comment = (await ana.post(THREAD, json={"body": adf(text("oops"))})).json()
    address = f"{THREAD}/{comment['id']}"

    refused = await tom.delete(address)
    deleted = await ana.delete(address)
    after = await ana.get(address)

    assert (refused.status_code, deleted.status_code, after.status_code) == (400, 204, 404)


async def test_comment_moves_the_updated_time_of_its_issue(
    bot: httpx.AsyncClient, clock: FakeClock
) -> None:
    clock.advance(90)
    await bot.post(THREAD, json={"body": adf(text("hello"))})

    issue = (await bot.get(ISSUE, params={"fields": "updated"})).json()

    assert issue["fields"]["updated"] == "2026-11-18T10:01:30.000+0000"


NOT_ADF: dict[str, Any] = {
    "string": "plain words",
    "nothing": None,
    "no doc": {"type": "paragraph", "content": []},
    "no version": {"type": "doc", "content": []},
    "text in doc": {"type": "doc", "version": 1, "content": [{"type": "text", "text": "x"}]},
    "unknown node": adf({"type": "smiley"}),
    "empty text": adf(text("")),
    "unknown mark": adf({"type": "text", "text": "x", "marks": [{"type": "blink"}]}),
    "mention without id": adf({"type": "mention", "attrs": {"text": "@x"}}),
    "list without items": {
        "type": "doc",
        "version": 1,
        "content": [{"type": "bulletList", "content": []}],
    },
    "foreign key": {"type": "doc", "version": 1, "content": [], "html": "<b>"},
}


@pytest.mark.parametrize("body", NOT_ADF.values(), ids=NOT_ADF.keys())
async def test_body_that_is_no_adf_is_refused(
    wrong: httpx.AsyncClient, fake: FakeJira, body: object
) -> None:
    response = await wrong.post(THREAD, json={"body": body})

    assert response.status_code == 400
    assert response.json() == {"errorMessages": ["INVALID_INPUT"], "errors": {}}
    assert len(fake.state.threads["PAY-7"]) == 3


WRONG_COMMENTS: dict[str, bytes] = {
    "unknown property": b'{"body": {}, "bodyy": 1}',
    "array": b"[]",
    "cut off": b'{"body": ',
    "visibility type": b'{"body": {}, "visibility": {"type": "nope", "value": "x"}}',
    "visibility empty": b'{"body": {"type":"doc","version":1,"content":[]},'
    b'"visibility":{"type":"role"}}',
    "property without key": b'{"body": {}, "properties": [{"value": 1}]}',
    "no utf-8": b'{"body": "\xff"}',
}


@pytest.mark.parametrize("content", WRONG_COMMENTS.values(), ids=WRONG_COMMENTS.keys())
async def test_wrong_comment_body_is_400(fake: FakeJira, content: bytes) -> None:
    async with fake.client(fake.person("Chargehand")) as client:
        headers = {"content-type": "application/json"}
        response = await client.post(THREAD, content=content, headers=headers)

    assert response.status_code == 400
    assert response.json()["errorMessages"]


async def test_too_long_comment_is_refused_and_the_longest_is_taken(
    bot: httpx.AsyncClient,
) -> None:
    longest = await bot.post(THREAD, json={"body": adf(text("x" * 32_767))})
    too_long = await bot.post(THREAD, json={"body": adf(text("x" * 32_768))})

    assert (longest.status_code, too_long.status_code) == (201, 400)
    assert "32,767" in too_long.json()["errors"]["comment"]


async def test_empty_comment_is_refused(bot: httpx.AsyncClient) -> None:
    response = await bot.post(THREAD, json={"body": {"type": "doc", "version": 1, "content": []}})

    assert response.json()["errors"] == {"comment": "Comment body can not be empty!"}


async def test_restricted_comment_needs_membership(connect: Connect, fake: FakeJira) -> None:
    body = {"body": adf(text("x")), "visibility": {"type": "group", "value": "payments-leads"}}

    by_lead = await connect("Mei Tanaka").post(THREAD, json=body)
    by_ana = await connect("Ana Ruiz").post(THREAD, json=body)

    assert by_lead.json()["visibility"]["value"] == "payments-leads"
    assert by_ana.status_code == 400
    assert "commentLevel" in by_ana.json()["errors"]


async def test_commenter_may_comment_and_nothing_else(connect: Connect) -> None:
    sam = connect("Sam Okoro")

    comment = await sam.post(THREAD, json={"body": adf(text("when?"))})
    labels = await sam.put(ISSUE, json={"update": {"labels": [{"add": "x"}]}})
    assignee = await sam.put(f"{ISSUE}/assignee", json={"accountId": ANA})
    moves = (await sam.get(f"{ISSUE}/transitions")).json()["transitions"]
    moved = await sam.post(f"{ISSUE}/transitions", json={"transition": {"id": "31"}})

    assert [r.status_code for r in (comment, labels, assignee, moved)] == [201, 403, 403, 400]
    assert moves == []


async def test_reader_may_not_comment(connect: Connect, fake: FakeJira) -> None:
    fake.grant("PAY", "Sam Okoro", permissions="reader")

    response = await connect("Sam Okoro").post(THREAD, json={"body": adf(text("x"))})

    assert response.status_code == 400


async def test_transition_moves_status_and_writes_history(bot: httpx.AsyncClient) -> None:
    response = await bot.post(f"{ISSUE}/transitions", json={"transition": {"id": "31"}})
    issue = (await bot.get(ISSUE, params={"expand": "changelog"})).json()

    newest = issue["changelog"]["histories"][0]["items"][0]
    assert response.status_code == 204
    assert issue["fields"]["status"]["name"] == "In Review"
    assert (newest["fromString"], newest["toString"]) == ("In Progress", "In Review")


async def test_transition_out_of_turn_is_refused(bot: httpx.AsyncClient) -> None:
    response = await bot.post(f"{ISSUE}/transitions", json={"transition": {"id": "21"}})

    assert response.status_code == 400
    assert "not valid" in response.json()["errorMessages"][0]


async def test_transition_with_a_required_field_wants_it(bot: httpx.AsyncClient) -> None:
    address = f"{ISSUE}/transitions"
    offered = (await bot.get(address, params={"expand": "transitions.fields"})).json()
    required = {m["id"]: list(m["fields"]) for m in offered["transitions"]}

    without = await bot.post(address, json={"transition": {"id": "51"}})
    invalid = await bot.post(
        address, json={"transition": {"id": "51"}, "fields": {"resolution": {"name": "Nope"}}}
    )
    given = await bot.post(
        address, json={"transition": {"id": "51"}, "fields": {"resolution": {"name": "Won't Do"}}}
    )
    issue = (await bot.get(ISSUE)).json()

    assert required == {"11": [], "31": [], "41": [], "51": ["resolution"]}
    assert without.json()["errors"] == {"resolution": "Resolution is required."}
    assert (invalid.status_code, given.status_code) == (400, 204)
    assert issue["fields"]["resolution"]["name"] == "Won't Do"


async def test_assigning_and_unassigning(bot: httpx.AsyncClient, fake: FakeJira) -> None:
    tom = fake.person("Tom Berg").account_id

    given = await bot.put(f"{ISSUE}/assignee", json={"accountId": tom})
    after_giving = fake.issue("PAY-7").assignee
    taken = await bot.put(f"{ISSUE}/assignee", json={"accountId": None})

    assert (given.status_code, taken.status_code) == (204, 204)
    assert after_giving == tom
    assert fake.issue("PAY-7").assignee is None


@pytest.mark.parametrize("account", ["nobody", "qm:9d1c7a52-0000-4000-8000-000000000001"])
async def test_who_can_not_be_assigned_is_refused(bot: httpx.AsyncClient, account: str) -> None:
    response = await bot.put(f"{ISSUE}/assignee", json={"accountId": account})

    assert response.json()["errors"] == {"assignee": f"User '{account}' cannot be assigned issues."}


async def test_labels_are_added_removed_and_set(bot: httpx.AsyncClient, fake: FakeJira) -> None:
    operations = [{"add": "urgent"}, {"remove": "refunds"}]

    changed = await bot.put(ISSUE, json={"update": {"labels": operations}})
    after_change = fake.issue("PAY-7").labels
    replaced = await bot.put(ISSUE, json={"update": {"labels": [{"set": ["only"]}]}})

    assert (changed.status_code, replaced.status_code) == (204, 204)
    assert after_change == ("urgent",)
    assert fake.issue("PAY-7").labels == ("only",)


async def test_editing_fields_writes_one_history_entry(
    bot: httpx.AsyncClient, fake: FakeJira
) -> None:
    fields = {
        "summary": "Refund every part",
        "duedate": "2026-12-01",
        "priority": {"name": "Low"},
        "description": adf(text("new")),
        fake.state.flagged_field: [{"value": "Impediment"}],
    }

    response = await bot.put(ISSUE, json={"fields": fields})

    change = fake.state.changes[-1]
    assert response.status_code == 204
    assert [item.field for item in change.items] == [
        "summary",
        "duedate",
        "priority",
        "description",
        "Flagged",
    ]


WRONG_EDITS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown field": ({"fields": {"colour": "red"}}, "colour"),
    "label with a space": ({"update": {"labels": [{"add": "two words"}]}}, "labels"),
    "labels no list": ({"fields": {"labels": "x"}}, "labels"),
    "summary empty": ({"fields": {"summary": " "}}, "summary"),
    "bad date": ({"fields": {"duedate": "tomorrow"}}, "duedate"),
    "bad priority": ({"fields": {"priority": {"name": "Now"}}}, "priority"),
    "description text": ({"fields": {"description": "text"}}, "description"),
    "two verbs": ({"update": {"labels": [{"add": "a", "remove": "b"}]}}, "labels"),
    "add to summary": ({"update": {"summary": [{"add": "x"}]}}, "summary"),
    "both": ({"fields": {"labels": []}, "update": {"labels": [{"add": "x"}]}}, "labels"),
}


@pytest.mark.parametrize(("body", "field"), WRONG_EDITS.values(), ids=WRONG_EDITS.keys())
async def test_wrong_edit_changes_nothing(
    wrong: httpx.AsyncClient, fake: FakeJira, body: dict[str, Any], field: str
) -> None:
    before = fake.issue("PAY-7")

    response = await wrong.put(ISSUE, json=body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert fake.issue("PAY-7") == before


async def test_only_administrators_check_the_permissions_of_others(
    connect: Connect, fake: FakeJira
) -> None:
    asked = {"permissions": ["EDIT_ISSUES", "ADD_COMMENTS"], "issues": [10_003], "projects": []}
    body = {"accountId": fake.person("Sam Okoro").account_id, "projectPermissions": [asked]}

    by_bot = await connect().post("/rest/api/3/permissions/check", json=body)
    by_ana = await connect("Ana Ruiz").post("/rest/api/3/permissions/check", json=body)
    own = await connect("Ana Ruiz").post(
        "/rest/api/3/permissions/check", json={"projectPermissions": [asked]}
    )

    granted = {g["permission"]: g["issues"] for g in by_bot.json()["projectPermissions"]}
    assert granted == {"EDIT_ISSUES": [], "ADD_COMMENTS": [10_003]}
    assert by_ana.status_code == 403
    assert own.json()["projectPermissions"][0]["issues"] == [10_003]


async def test_permission_search_needs_the_right_to_administer(
    connect: Connect, fake: FakeJira
) -> None:
    address = "/rest/api/3/user/permission/search"
    query = {"permissions": "BROWSE_PROJECTS,TRANSITION_ISSUES", "issueKey": "PAY-7"}
    mei = connect("Mei Tanaka")

    tom = (await mei.get(address, params=query | {"query": "tom"})).json()
    sam = (await mei.get(address, params=query | {"query": "sam"})).json()
    by_ana = await connect("Ana Ruiz").get(address, params=query | {"query": "tom"})

    assert [person["displayName"] for person in tom] == ["Tom Berg"]
    assert sam == []
    assert by_ana.status_code == 403


async def test_my_permissions_follow_the_place(connect: Connect) -> None:
    address = "/rest/api/3/mypermissions"
    query = {"permissions": "EDIT_ISSUES,ADMINISTER"}
    lena = connect("Lena Novak")

    anywhere = (await lena.get(address, params=query)).json()["permissions"]
    hidden = await lena.get(address, params=query | {"issueKey": "PAY-15"})
    unknown = await lena.get(address, params={"permissions": "FLY"})

    assert {k: v["havePermission"] for k, v in anywhere.items()} == {
        "EDIT_ISSUES": True,
        "ADMINISTER": False,
    }
    assert (hidden.status_code, unknown.status_code) == (404, 400)


async def test_internal_service_comment_stays_internal(connect: Connect, fake: FakeJira) -> None:
    address = "/rest/servicedeskapi/request/HELP-1/comment"
    words = {"body": f"[~accountid:{ANA}] please look", "public": False}

    by_agent = await connect().post(address, json=words)
    by_customer = await connect("Priya Shah").post(address, json=words)
    seen = (await connect("Priya Shah").get(address)).json()["values"]
    in_jira = (await connect().get("/rest/api/3/issue/HELP-1/comment")).json()["comments"][-1]

    assert by_agent.json()["public"] is False
    assert by_customer.status_code == 403
    assert by_agent.json()["id"] not in [comment["id"] for comment in seen]
    assert in_jira["jsdPublic"] is False
    assert in_jira["body"]["content"][0]["content"][0]["attrs"]["id"] == ANA


async def test_public_service_comment_reaches_the_customer(connect: Connect) -> None:
    address = "/rest/servicedeskapi/request/HELP-1/comment"

    comment = (await connect().post(address, json={"body": "On its way.", "public": True})).json()
    seen = (await connect("Priya Shah").get(address)).json()["values"]

    assert comment["id"] in [entry["id"] for entry in seen]


async def test_internal_property_makes_a_platform_comment_internal(
    bot: httpx.AsyncClient,
) -> None:
    hidden = {"key": "sd.public.comment", "value": {"internal": True}}
    body = {"body": adf(text("x")), "properties": [hidden]}

    comment = (await bot.post("/rest/api/3/issue/HELP-1/comment", json=body)).json()

    assert comment["jsdPublic"] is False


@pytest.mark.parametrize(
    ("method", "address"),
    [("GET", "/rest/api/3/nothing"), ("DELETE", "/rest/api/3/issue/PAY-7")],
    ids=["path", "method"],
)
async def test_what_the_fake_has_not_is_a_clear_404(
    wrong: httpx.AsyncClient, method: str, address: str
) -> None:
    response = await wrong.request(method, address)

    assert response.status_code == 404
    assert response.json()["errorMessages"] == ["No resource of the fake has this method and path."]

"""What the fake answers to reading requests, each exchange checked by Jira's contract."""

from collections.abc import Callable

import httpx
import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import CommentVisibility, FakeJira

Connect = Callable[..., httpx.AsyncClient]

pytestmark = [pytest.mark.anyio, pytest.mark.contract]

USERS = "/rest/api/3/user"
ANA = "712020:5f3a91c0-0000-4000-8000-000000000002"
READS = {
    "myself": "/rest/api/3/myself",
    "server info": "/rest/api/3/serverInfo",
    "fields": "/rest/api/3/field",
    "issue": "/rest/api/3/issue/PAY-7",
    "issue expanded": "/rest/api/3/issue/PAY-7?expand=names,schema,changelog&fields=*all",
    "issue chosen fields": "/rest/api/3/issue/PAY-7?fields=summary,status&fields=duedate",
    "issue with security": "/rest/api/3/issue/PAY-15",
    "sub-task": "/rest/api/3/issue/PAY-8",
    "comments": "/rest/api/3/issue/PAY-7/comment?orderBy=-created&startAt=1&maxResults=1",
    "one comment": "/rest/api/3/issue/PAY-7/comment/10001",
    "changelog": "/rest/api/3/issue/PAY-12/changelog?maxResults=1",
    "transitions": "/rest/api/3/issue/PAY-7/transitions?expand=transitions.fields",
    "my permissions": "/rest/api/3/mypermissions?permissions=ADD_COMMENTS&issueKey=PAY-7",
    "assignable": "/rest/api/3/user/assignable/search?issueKey=PAY-7&query=ana",
    "permitted": f"{USERS}/permission/search?permissions=EDIT_ISSUES&query=t&projectKey=PAY",
    "user": f"{USERS}?accountId={ANA}",
    "users": f"{USERS}/bulk?accountId={ANA}&accountId=x",
    "project": "/rest/api/3/project/PAY",
    "projects": "/rest/api/3/project/search?maxResults=1",
    "search": "/rest/api/3/search/jql?jql=project = PAY&fields=summary,updated&maxResults=3",
    "request comments": "/rest/servicedeskapi/request/HELP-1/comment?limit=1",
}


@pytest.mark.parametrize("address", READS.values(), ids=READS.keys())
async def test_reading_answers_by_the_contract(bot: httpx.AsyncClient, address: str) -> None:
    response = await bot.get(address)

    assert response.status_code == 200


async def test_issue_shows_links_sprint_and_people(bot: httpx.AsyncClient, fake: FakeJira) -> None:
    issue = (await bot.get("/rest/api/3/issue/pay-7")).json()

    fields = issue["fields"]
    blockers = [
        link["inwardIssue"]["key"] for link in fields["issuelinks"] if "inwardIssue" in link
    ]
    assert issue["key"] == "PAY-7"
    assert blockers == ["PAY-12"]
    assert fields["assignee"]["displayName"] == "Ana Ruiz"
    assert "emailAddress" not in fields["assignee"]
    assert fields["duedate"] == "2026-11-20"
    assert [sprint["state"] for sprint in fields[fake.state.sprint_field]] == ["active"]
    assert fields["parent"]["key"] == "PAY-1"
    assert [child["key"] for child in fields["subtasks"]] == ["PAY-8"]
    assert fields["comment"]["total"] == 3


async def test_several_issues_come_at_once_without_hidden_ones(connect: Connect) -> None:
    wanted = {"issueIdsOrKeys": ["PAY-12", "pay-7", "PAY-999"], "fields": ["status"]}

    found = (await connect("Ana Ruiz").post("/rest/api/3/issue/bulkfetch", json=wanted)).json()

    assert [issue["key"] for issue in found["issues"]] == ["PAY-7", "PAY-12"]
    assert [list(issue["fields"]) for issue in found["issues"]] == [["status"], ["status"]]


async def test_field_selection_excludes_named_fields(bot: httpx.AsyncClient) -> None:
    issue = (await bot.get("/rest/api/3/issue/PAY-7", params={"fields": "*all,-comment"})).json()

    assert "comment" not in issue["fields"]
    assert "summary" in issue["fields"]


async def test_hidden_issue_is_missing_everywhere(connect: Connect) -> None:
    ana = connect("Ana Ruiz")

    hidden = await ana.get("/rest/api/3/issue/PAY-15")
    linking = (await ana.get("/rest/api/3/issue/PAY-7")).json()
    found = (await ana.get("/rest/api/3/search/jql", params={"jql": "project = PAY"})).json()

    assert hidden.status_code == 404
    assert hidden.json()["errorMessages"] == [
        "Issue does not exist or you do not have permission to see it."
    ]
    assert "PAY-15" not in str(linking)
    assert len(found["issues"]) == 7


@pytest.mark.parametrize(
    "address",
    [
        "/rest/api/3/issue/PAY-99",
        "/rest/api/3/issue/PAY-99/comment",
        "/rest/api/3/issue/PAY-7/comment/99",
        "/rest/api/3/issue/PAY-12/comment/10001",
        "/rest/api/3/project/NOPE",
        "/rest/api/3/user?accountId=nobody",
        "/rest/api/3/comment/10001/properties/none",
        "/rest/servicedeskapi/request/PAY-7/comment",
    ],
)
async def test_missing_things_are_404(bot: httpx.AsyncClient, address: str) -> None:
    assert (await bot.get(address)).status_code == 404


@pytest.mark.parametrize(
    "auth",
    [None, ("chargehand@example.com", "wrong"), ("nobody@example.com", "x"), ("", "")],
    ids=["none", "wrong token", "unknown", "empty"],
)
async def test_bad_sign_in_is_401(fake: FakeJira, auth: tuple[str, str] | None) -> None:
    async with httpx.AsyncClient(
        transport=fake.transport(), base_url=fake.site_url, auth=auth
    ) as client:
        response = await client.get("/rest/api/3/myself")

    assert response.status_code == 401
    assert set(response.json()) == {"errorMessages", "errors"}


async def test_inactive_account_can_not_sign_in(fake: FakeJira) -> None:
    person = fake.add_person("Old Hand", token="t", active=False)
    async with fake.client(person) as client:
        response = await client.get("/rest/api/3/myself")

    assert response.status_code == 401


async def test_times_have_no_colon_in_the_offset(bot: httpx.AsyncClient) -> None:
    info = (await bot.get("/rest/api/3/serverInfo")).json()

    assert info["serverTime"] == "2026-11-18T10:00:00.000+0000"


async def test_pages_of_search_cover_everything_once(bot: httpx.AsyncClient) -> None:
    keys: list[str] = []
    token: str | None = None
    while True:
        body = {"jql": "project = PAY ORDER BY key DESC", "maxResults": 3, "fields": ["summary"]}
        page = (await bot.post("/rest/api/3/search/jql", json=body | _page(token))).json()
        keys.extend(issue["key"] for issue in page["issues"])
        token = page.get("nextPageToken")
        if page["isLast"]:
            break

    assert keys == [f"PAY-{n}" for n in (21, 18, 15, 12, 8, 7, 3, 1)]
    assert token is None


def _page(token: str | None) -> dict[str, str]:
    return {"nextPageToken": token} if token else {}


async def test_search_without_fields_gives_ids_only(bot: httpx.AsyncClient) -> None:
    found = (await bot.get("/rest/api/3/search/jql", params={"jql": "key = PAY-7"})).json()

    assert [set(issue) for issue in found["issues"]] == [{"id"}]


JQL_FOUND = {
    "project in": ("project in (PAY, HELP) AND key in (PAY-7, 'HELP-1')", 2),
    "not in": ("project = PAY AND key not in (PAY-7)", 7),
    "minutes": ("project = PAY AND updated >= -5m", 0),
    "hours": ("project = PAY AND updated >= -24h", 1),
    "date and time": ('updated >= "2026-11-17 06:00" AND project = PAY', 1),
    "slashes": ('updated >= "2026/11/17 06:00" AND project = PAY', 1),
    "date": ('updated > "2026-11-16" and project = PAY order by updated asc, key', 2),
    "epoch": ("project = PAY AND updated >= 1794978000000", 0),
    "status": ('project = PAY AND status = "In Review"', 1),
    "created": ("created <= -30d AND project = PAY", 2),
}


@pytest.mark.parametrize(("jql", "count"), JQL_FOUND.values(), ids=JQL_FOUND.keys())
async def test_jql_finds(bot: httpx.AsyncClient, jql: str, count: int) -> None:
    found = (await bot.post("/rest/api/3/search/jql", json={"jql": jql})).json()

    assert len(found["issues"]) == count


JQL_REFUSED = {
    "empty": "",
    "order only": "ORDER BY updated",
    "unknown field": "sprint = 3",
    "unknown project": "project = NOPE",
    "hidden issue": "key = PAY-99",
    "function": "assignee = currentUser()",
    "or": "project = PAY OR project = HELP",
    "parenthesis": "(project = PAY)",
    "open list": "project in (PAY",
    "no value": "project =",
    "text search": 'status ~ "x"',
    "bad date": "updated >= yesterday",
    "date with =": 'updated = "2026-11-17"',
    "sort field": "project = PAY ORDER BY votes",
    "open quote": 'project = "PAY',
}


@pytest.mark.parametrize("jql", JQL_REFUSED.values(), ids=JQL_REFUSED.keys())
async def test_jql_outside_the_subset_is_400(bot: httpx.AsyncClient, jql: str) -> None:
    response = await bot.post("/rest/api/3/search/jql", json={"jql": jql})

    assert response.status_code == 400
    assert response.json()["errorMessages"]


async def test_jql_dates_are_read_in_the_callers_time_zone(
    connect: Connect, fake: FakeJira, clock: FakeClock
) -> None:
    fake.comment("PAY-18", author="Ana Ruiz", body="looking")
    query = {"jql": 'project = PAY AND updated >= "2026-11-18 11:00"'}

    in_utc = (await connect().get("/rest/api/3/search/jql", params=query)).json()
    in_madrid = (await connect("Ana Ruiz").get("/rest/api/3/search/jql", params=query)).json()

    assert len(in_utc["issues"]) == 0
    assert len(in_madrid["issues"]) == 1


@pytest.mark.parametrize("token", ["x", "!!", "OTk6YWJj"], ids=["short", "no base64", "foreign"])
async def test_foreign_page_token_is_400(bot: httpx.AsyncClient, token: str) -> None:
    body = {"jql": "project = PAY", "nextPageToken": token}

    assert (await bot.post("/rest/api/3/search/jql", json=body)).status_code == 400


async def test_portal_customer_reads_own_request_but_not_internal_comments(
    connect: Connect,
) -> None:
    priya = connect("Priya Shah")

    comments = (await priya.get("/rest/servicedeskapi/request/HELP-1/comment")).json()
    issue = await priya.get("/rest/api/3/issue/HELP-1")

    assert [comment["public"] for comment in comments["values"]] == [True]
    assert issue.status_code == 404


async def test_restricted_comment_is_hidden_from_non_members(
    connect: Connect, fake: FakeJira
) -> None:
    visibility = CommentVisibility("role", "Administrators")
    comment = fake.comment("PAY-7", author="Mei Tanaka", body="secret", visibility=visibility)
    address = f"/rest/api/3/issue/PAY-7/comment/{comment.id}"

    for_lead = await connect("Mei Tanaka").get(address)
    for_ana = await connect("Ana Ruiz").get(address)
    listed = (await connect("Ana Ruiz").get("/rest/api/3/issue/PAY-7/comment")).json()

    assert for_lead.json()["visibility"]["value"] == "Administrators"
    assert for_ana.status_code == 404
    assert listed["total"] == 3

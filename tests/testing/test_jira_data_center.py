"""The fake Data Center: what it does otherwise than the fake of Cloud, whose rules it shares."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import seed_demo
from chargehand.testing.jira_data_center import FakeDataCenter
from tests.testing.conftest import START

pytestmark = pytest.mark.anyio

SITE = "https://jira.example.org/jira"


@pytest.fixture
def fake() -> FakeDataCenter:
    jira = FakeDataCenter(clock=FakeClock(START), site_url=SITE)
    seed_demo(jira)
    return jira


@pytest.fixture
async def bot(fake: FakeDataCenter) -> AsyncIterator[httpx.AsyncClient]:
    async with fake.client(fake.person("Chargehand")) as client:
        yield client


async def test_sign_in_is_a_bearer_token_and_nothing_else(fake: FakeDataCenter) -> None:
    person = fake.person("Chargehand")
    async with httpx.AsyncClient(transport=fake.transport(), base_url=SITE) as nobody:
        by_password = await nobody.get("/rest/api/2/myself", auth=(person.email, person.token))
        info = await nobody.get("/rest/api/2/serverInfo")

    assert by_password.status_code == 401
    assert info.json()["deploymentType"] == "Server"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/rest/api/3/myself", id="v3"),
        pytest.param("POST", "/rest/api/2/search/jql", id="search"),
        pytest.param("POST", "/rest/api/2/permissions/check", id="permissions"),
        pytest.param("POST", "/rest/api/2/comment/list", id="comments"),
        pytest.param("GET", "/rest/api/2/issue/PAY-7/changelog", id="changelog"),
    ],
)
async def test_what_only_cloud_has_is_missing(
    bot: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await bot.request(method, path, json={})).status_code in (404, 405)


async def test_users_have_a_key_that_stays_and_a_name_that_may_change(
    fake: FakeDataCenter, bot: httpx.AsyncClient
) -> None:
    ana = fake.person("Ana Ruiz")
    fake.rename(ana, "ana.berg")

    by_key = (await bot.get("/rest/api/2/user", params={"key": ana.account_id})).json()
    by_name = (await bot.get("/rest/api/2/user", params={"username": "ana.berg"})).json()

    assert by_key == by_name
    assert (by_key["key"], by_key["name"]) == (ana.account_id, "ana.berg")
    assert "accountId" not in by_key


async def test_comment_is_wiki_markup_and_does_not_say_who_reads_it(
    fake: FakeDataCenter, bot: httpx.AsyncClient
) -> None:
    body = {"body": "[~ana.ruiz] *now*", "properties": [{"key": "k", "value": {"a": 1}}]}
    made = (await bot.post("/rest/api/2/issue/PAY-7/comment", json=body)).json()
    stored = fake.state.find_comment(made["id"])
    keys = await bot.get(f"/rest/api/2/comment/{made['id']}/properties")

    assert made["body"] == "[~ana.ruiz] *now*"
    assert "jsdPublic" not in made
    assert stored is not None
    mention = stored.body["content"][0]["content"][0]
    assert mention["attrs"]["id"] == fake.person("Ana Ruiz").account_id
    assert [one["key"] for one in keys.json()["keys"]] == ["k"]


async def test_adf_is_refused(bot: httpx.AsyncClient) -> None:
    document = {"type": "doc", "version": 1, "content": []}

    answer = await bot.post("/rest/api/2/issue/PAY-7/comment", json={"body": document})

    assert answer.status_code == 400


async def test_search_counts_its_pages(bot: httpx.AsyncClient) -> None:
    asked = {"jql": "project = PAY ORDER BY key", "startAt": 2, "maxResults": 3, "fields": []}

    found = (await bot.post("/rest/api/2/search", json=asked)).json()

    assert (found["startAt"], found["total"], len(found["issues"])) == (2, 8, 3)


async def test_sprint_is_what_java_prints(bot: httpx.AsyncClient) -> None:
    issue = (await bot.get("/rest/api/2/issue/PAY-7")).json()

    (sprint,) = issue["fields"]["customfield_10020"]
    assert sprint.startswith("com.atlassian.greenhopper.service.sprint.Sprint@")
    assert ",state=ACTIVE,name=PAY Sprint 14," in sprint


async def test_permissions_are_asked_by_name_and_go_by_older_names_too(
    fake: FakeDataCenter, bot: httpx.AsyncClient
) -> None:
    asked = {"username": "sam.okoro", "issueKey": "PAY-7"}

    may = await bot.get(
        "/rest/api/2/user/permission/search", params={**asked, "permissions": "COMMENT_ISSUE"}
    )
    may_not = await bot.get(
        "/rest/api/2/user/permission/search", params={**asked, "permissions": "EDIT_ISSUES"}
    )

    assert [user["key"] for user in may.json()] == [fake.person("Sam Okoro").account_id]
    assert may_not.json() == []


@pytest.mark.process
async def test_process_stands_below_its_path_and_says_what_it_is(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chargehand.testing.jira_data_center"]
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)  # noqa: ASYNC221 - nothing else runs here.
    arguments = ("--context-path", "/jira", "--state", str(tmp_path / "s.json"))
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - as above.
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        headers = {"authorization": f"Bearer {ready['token']}"}
        async with httpx.AsyncClient(headers=headers) as client:
            myself = await client.get(f"{ready['url']}/rest/api/2/myself")
            state = await client.get(f"http://127.0.0.1:{ready['port']}/__fake__/state")
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()

    assert "Not checked against a vendor contract" in told.stdout
    assert ready["url"].endswith("/jira")
    assert (myself.json()["key"], myself.json()["name"]) == (
        ready["account_id"],
        ready["user_name"],
    )
    assert state.json()["bot"] == ready["account_id"]

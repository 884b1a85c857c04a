import pytest

from chargehand.connectors.jira.config import ApiToken
from chargehand.plugins.connector import CheckState
from tests.connectors.jira.client.wire import Rig, Wire, answer
from tests.connectors.jira.client.world import SITE

pytestmark = pytest.mark.anyio

NAMES = [
    "site",
    "sign-in",
    "project PAY",
    "project HELP",
    "permissions in PAY",
    "permissions in HELP",
    "rights of other people",
    "comments",
    "clock",
]


async def checks(world):
    return {check.name: check for check in await world.client.check()}


async def test_working_connection_passes_every_check(world):
    world.jira.comment("PAY-1", author="Ana Ruiz", body="hello")

    found = await checks(world)

    assert list(found) == NAMES
    # Without a server in between the fake sends no Date header.
    assert {name for name in NAMES if found[name].state is not CheckState.PASSED} == {"clock"}
    assert world.bot.account_id in found["sign-in"].found
    assert found["project HELP"].found == "Help, a service_desk project"
    assert found["comments"].found == "PAY-1 shows 1 of them"
    assert world.written() == []


async def test_every_failing_check_says_how_to_mend_it(world):
    world.reconnect(projects=("PAY", "NOPE"))
    world.jira.grant("PAY", "Chargehand", permissions="reader")
    world.jira.inject(path=".*/search/jql", status=500)

    found = await checks(world)

    failed = [check for check in found.values() if check.state is CheckState.FAILED]
    assert [check.name for check in failed] == ["project NOPE", "permissions in PAY", "comments"]
    assert all(check.found and check.mend.endswith(".") for check in failed)
    assert "ADD_COMMENTS" in found["permissions in PAY"].found


async def test_site_that_does_not_answer_leaves_the_rest_untried(world):
    world.jira.inject(path=".*/serverInfo", cut="before", times=9)

    found = await checks(world)

    assert found["site"].state is CheckState.FAILED
    assert "network" in found["site"].mend
    others = [check for name, check in found.items() if name != "site"]
    assert {check.state for check in others} == {CheckState.SKIPPED}


async def test_wrong_token_fails_the_sign_in_and_shows_no_token(world):
    world.reconnect(api_token=ApiToken("a-wrong-token"))

    found = await checks(world)

    assert found["site"].state is CheckState.PASSED
    assert found["sign-in"].state is CheckState.FAILED
    assert "API token" in found["sign-in"].mend
    assert found["project PAY"].state is CheckState.SKIPPED
    assert "a-wrong-token" not in str(found)


async def test_token_of_another_account_fails_the_sign_in(world):
    world.reconnect(bot_account_id="712020:other")

    found = await checks(world)

    assert found["sign-in"].state is CheckState.FAILED
    assert "712020:other" in found["sign-in"].found


@pytest.mark.parametrize(
    ("project", "permissions", "missing"),
    [
        pytest.param("PAY", "commenter", "TRANSITION_ISSUES", id="software"),
        pytest.param("HELP", "member", "SERVICEDESK_AGENT", id="service"),
    ],
)
async def test_missing_useful_permission_is_a_warning(world, project, permissions, missing):
    world.jira.grant(project, "Chargehand", permissions=permissions)

    check = (await checks(world))[f"permissions in {project}"]

    assert check.state is CheckState.WARNED
    assert missing in check.found
    assert project in check.mend


async def test_bot_that_may_not_ask_for_rights_is_warned(world):
    world.jira.add_person(
        "Chargehand",
        account_id=world.bot.account_id,
        email=world.bot.email,
        token=world.bot.token,
    )

    check = (await checks(world))["rights of other people"]

    assert check.state is CheckState.WARNED
    assert "Administer Jira" in check.mend


async def test_empty_project_has_no_comments_to_try(world):
    world.jira.state.issues.clear()

    assert (await checks(world))["comments"].state is CheckState.SKIPPED


async def test_connection_without_projects_is_checked_as_far_as_it_goes(world):
    world.reconnect(projects=())

    found = await checks(world)

    assert list(found) == ["site", "sign-in", "rights of other people", "comments", "clock"]
    assert found["comments"].state is CheckState.SKIPPED


@pytest.mark.parametrize(
    ("date", "state", "found"),
    [
        pytest.param("Fri, 20 Nov 2026 09:30:05 GMT", CheckState.PASSED, "5 s behind", id="close"),
        pytest.param("Fri, 20 Nov 2026 09:31:05 GMT", CheckState.WARNED, "65 s behind", id="off"),
        pytest.param("Fri, 20 Nov 2026 09:00:00 GMT", CheckState.FAILED, "1800 s ahead", id="far"),
    ],
)
async def test_clock_is_compared_with_jiras(date, state, found):
    rig = Rig(Wire([answer(200, {"accountId": "bot-1", "key": "PAY"}, date=date)]))

    clock = (await rig.client().check())[-1]

    assert (clock.name, clock.state) == ("clock", state)
    assert found in clock.found


async def test_data_center_is_not_taken_for_cloud():
    server = {"deploymentType": "Server", "version": "9.12.2"}
    rig = Rig(Wire([answer(404), answer(200, server)]))

    site = (await rig.client().check())[0]

    assert site.state is CheckState.FAILED
    assert "is Jira Data Center 9.12.2, and the settings say Jira Cloud" in site.found
    assert 'deployment = "data_center"' in site.mend


async def test_login_page_is_not_taken_for_jira():
    rig = Rig(Wire([answer(200, "<html>")]))

    site = (await rig.client().check())[0]

    assert site.state is CheckState.FAILED
    assert "login page" in site.mend


async def test_bot_is_identified_with_its_time_zone(world):
    bot = await world.client.identify_bot()

    assert (bot.account_id, bot.name, bot.time_zone) == (world.bot.account_id, "Chargehand", "UTC")


async def test_projects_are_listed(world):
    for number in range(60):
        world.jira.add_project(f"X{number}", members=["Chargehand"])

    projects = await world.client.list_projects()

    assert len(projects) == 63
    assert ("HELP", "Help", "service_desk") in [(p.key, p.name, p.kind) for p in projects]


async def test_links_lead_to_the_site_even_through_the_gateway(world):
    world.reconnect(cloud_id="c1", gateway="http://127.0.0.1:1")

    assert world.config.item_url("PAY-1") == f"{SITE}/browse/PAY-1"
    assert world.config.api_url == "http://127.0.0.1:1/ex/jira/c1"

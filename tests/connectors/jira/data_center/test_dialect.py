"""Reading and writing on Data Center, where it does not go as on Cloud."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from chargehand.connectors.jira.config import ApiToken, Deployment
from chargehand.connectors.jira.errors import JiraConfigWrong
from chargehand.connectors.jira.params import read_assign_params
from chargehand.connectors.jira.parse import JiraParser
from chargehand.connectors.jira.user_names import NamedBot
from chargehand.domain.action import Done
from chargehand.domain.fact import Fact, Unknown
from chargehand.domain.work_item import FactNeeds, Right
from chargehand.plugins.connector import CheckState, LookUpState, PastEffect
from tests.connectors.jira.client import samples
from tests.connectors.jira.data_center.world import NOW, Forgetful, World

pytestmark = pytest.mark.anyio

RIGHTS = (Right.COMMENT, Right.TRANSITION, Right.CREATE)


async def people(world: World, text: str) -> list[str]:
    facts = await world.client.read_facts(FactNeeds("PAY-1", people=(text,)), now=NOW)
    found = facts.people[text]
    assert isinstance(found, Fact)
    return [person.account_id for person in found.value]


class TestPeople:
    async def test_key_survives_a_new_name(self, world):
        world.jira.rename(world.ana, "ana.berg")

        facts = await world.client.read_facts(FactNeeds("PAY-1"), now=NOW)

        assert facts.item.value.assignee.account_id == world.ana.account_id
        assert facts.item.source_url == "https://jira.example.org/jira/browse/PAY-1"

    async def test_name_somebody_else_took_over_never_stands_for_the_key(self, world):
        old = replace(world.ana, account_id="ana.ruiz")
        world.jira.state.people["ana.ruiz"] = old
        world.jira.rename(old, "ana.berg")
        world.jira.grant("PAY", "ana.ruiz")

        assert await people(world, "ana.ruiz") == ["ana.ruiz", world.ana.account_id]
        assert await people(world, "~ana.ruiz") == [world.ana.account_id]

    async def test_mention_means_one_user_only(self, world):
        longer = world.jira.add_person("Ana Ruiz Berg")
        world.jira.grant("PAY", longer.account_id)

        assert await people(world, "~ana.ruiz") == [world.ana.account_id]
        assert set(await people(world, "Ana")) == {world.ana.account_id, longer.account_id}

    async def test_assignment_names_the_user_by_the_present_name(self, world):
        world.jira.rename(world.sam, "sam.new")
        world.jira.grant("PAY", world.sam.account_id)
        action = samples.assign(world.sam.account_id, "Sam Okoro", base=world.ana.account_id)

        result = await world.client.perform(action)

        assert isinstance(result, Done)
        assert world.jira.issue("PAY-1").assignee == world.sam.account_id
        assert world.jira.writes()[-1].body == '{"name":"sam.new"}'

    def test_user_key_of_an_old_server_is_a_person(self):
        params = read_assign_params({"account_id": "j.o'brien@acme.example", "name": "J"})

        assert params.account_id == "j.o'brien@acme.example"


class TestRights:
    async def test_each_right_is_asked_for_by_itself(self, world):
        needs = FactNeeds("PAY-1", rights=RIGHTS, asker=world.sam.account_id)

        facts = await world.client.read_facts(needs, now=NOW)

        has = {right: known.value for right, known in facts.rights.items()}
        assert has == {Right.COMMENT: True, Right.TRANSITION: False, Right.CREATE: False}

    async def test_release_that_knows_older_names_only_is_asked_by_those(self, world):
        world.jira.inject(method="GET", path=".*/user/permission/search", status=400)

        needs = FactNeeds("PAY-1", rights=(Right.COMMENT,), asker=world.sam.account_id)
        facts = await world.client.read_facts(needs, now=NOW)

        assert facts.rights[Right.COMMENT].value is True
        assert "permissions=COMMENT_ISSUE" in world.jira.requests[-1].query

    async def test_bot_that_may_not_ask_grants_nothing(self, world):
        world.jira.inject(method="GET", path=".*/user/permission/search", status=403)

        needs = FactNeeds("PAY-1", rights=(Right.COMMENT,), asker=world.sam.account_id)
        facts = await world.client.read_facts(needs, now=NOW)

        assert isinstance(facts.rights[Right.COMMENT], Unknown)


class TestMarks:
    async def ask(self, world) -> str:
        return world.jira.comment("PAY-1", author="Ana Ruiz", body="well?").id

    async def test_mark_that_was_not_stored_with_the_comment_is_stored_after_it(self, world):
        client = world.reconnect(Forgetful(world.transport))

        result = await client.perform(samples.comment(await self.ask(world)))

        assert isinstance(result, Done)
        assert await client.is_own_comment("PAY-1", result.external_id)
        assert [method for method, _ in world.written()] == ["POST", "PUT"]

    async def test_comment_without_its_mark_is_found_by_its_words(self, world):
        client = world.reconnect(Forgetful(world.transport))
        world.jira.inject(method="PUT", path=".*/properties/.*", status=403)
        action = samples.comment(await self.ask(world))
        sent = await client.perform(action)

        found = await client.look_up(action, PastEffect(NOW, 1))

        assert (found.state, found.external_id) == (LookUpState.FOUND, sent.external_id)

    async def test_comment_that_never_left_is_absent(self, world):
        action = samples.comment(await self.ask(world))

        found = await world.client.look_up(action, PastEffect(NOW, 1))

        assert found.state is LookUpState.ABSENT

    async def test_work_item_without_its_mark_is_never_made_again(self, world):
        client = world.reconnect(Forgetful(world.transport))
        action = samples.create(world.jira.project("PAY").id)
        await client.perform(action)
        world.clock.advance(600)

        found = await client.look_up(action, PastEffect(NOW, 1))

        assert found.state is LookUpState.UNSURE

    async def test_mark_of_a_deleted_comment_is_not_told(self, world):
        assert await world.client.is_own_comment("PAY-1", "99999") is False


class TestReading:
    async def test_sprint_is_read_from_the_words_of_java(self, world):
        ends_at = NOW + timedelta(days=3)
        sprint = world.jira.add_sprint("Plan, [part=1]", starts_at=NOW, ends_at=ends_at)
        world.jira.add_issue("PAY", "Planned", key="PAY-9", sprints=[sprint.id])

        facts = await world.client.read_facts(FactNeeds("PAY-9", sprint=True), now=NOW)

        found = facts.sprint.value
        assert (found.name, found.state, found.ends_on) == (
            "Plan, [part=1]",
            "active",
            ends_at.date(),
        )

    async def test_polling_sees_what_moved_between_two_pages(self, world):
        for number in range(60):
            world.clock.advance(2)
            key = world.jira.add_issue("PAY", f"Work {number}").key
            world.jira.comment(key, author="Ana Ruiz", body=f"word {number}")
        moved = _Moving(world)
        client = world.reconnect(moved)
        cursor = f'{{"since_ms":{_millis(NOW)},"origin_ms":{_millis(NOW)}}}'

        parser = JiraParser(NamedBot("chargehand", world.bot.account_id))
        told = {
            parser.parse(delivery).text
            async for page in client.poll(("PAY",), cursor, now=world.clock.now())
            for delivery in page.deliveries
        }

        assert moved.has_moved
        assert told >= {f"word {number}" for number in range(60)}

    async def test_many_changes_of_one_second_are_counted(self, world):
        for number in range(55):
            key = world.jira.add_issue("PAY", f"Work {number}").key
            world.jira.comment(key, author="Ana Ruiz", body=f"word {number}")
        cursor = f'{{"since_ms":{_millis(NOW)},"origin_ms":{_millis(NOW)}}}'

        found = [
            delivery
            async for page in world.client.poll(("PAY",), cursor, now=NOW)
            for delivery in page.deliveries
        ]

        assert len(found) == 55


class TestCheck:
    async def test_all_that_was_checked_works_but_conditions_are_not_told(self, world):
        checks = await world.client.check()

        by_state = {check.name: check.state for check in checks}
        # The fake's clock stands still, so the two never agree.
        by_state.pop("clock")
        assert by_state.pop("workflow conditions") is CheckState.WARNED
        assert set(by_state.values()) == {CheckState.PASSED}

    async def test_cloud_behind_the_address_is_told_with_what_to_change(self, world):
        cloud = httpx.MockTransport(
            lambda _request: httpx.Response(200, json={"deploymentType": "Cloud"})
        )

        site = (await world.reconnect(cloud).check())[0]

        assert site.state is CheckState.FAILED
        assert "is Jira Cloud, and the settings say Jira Data Center" in site.found
        assert "set email" in site.mend

    async def test_sign_in_of_cloud_on_data_center_says_which_jira_it_is(self, world):
        client = world.reconnect(
            deployment=Deployment.CLOUD, email="bot@acme.example", user_name=None
        )

        site = (await client.check())[0]

        # The path went with the setting, so it is the sentence on addresses that helps here.
        assert site.state is CheckState.FAILED
        assert 'deployment = "data_center"' in site.mend

    async def test_token_of_cloud_is_recognised(self, world):
        client = world.reconnect(api_token=ApiToken("ATATT3xFfGF0abc"))

        sign_in = (await client.check())[1]

        assert sign_in.state is CheckState.FAILED
        assert "API token of Jira Cloud" in sign_in.mend

    async def test_bot_that_goes_by_another_name_is_told(self, world):
        world.jira.rename(world.bot, "foreman")

        sign_in = (await world.client.check())[1]
        with pytest.raises(JiraConfigWrong, match="foreman"):
            await world.client.identify_bot()

        assert sign_in.state is CheckState.FAILED
        assert "foreman" in sign_in.found


class _Moving(httpx.AsyncBaseTransport):
    """Changes the first work item once the first page of the search was given out."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.has_moved = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._world.transport.handle_async_request(request)
        if request.url.path.endswith("/search") and not self.has_moved:
            self.has_moved = True
            self._world.clock.advance(1)
            self._world.jira.comment("PAY-2", author="Ana Ruiz", body="moved")
        return response


def _millis(moment) -> int:
    return int(moment.timestamp() * 1000)

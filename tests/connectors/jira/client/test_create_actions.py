"""A new work item is created once and found again by its mark."""

from datetime import timedelta

import pytest

from chargehand.domain.action import Done, Refused, Undecided
from chargehand.domain.fact import Fact
from chargehand.domain.work_item import Creation, FactNeeds, NewItemType, Right
from chargehand.plugins.connector import LookUpState, PastEffect
from chargehand.testing.jira import permissions as rights
from tests.connectors.jira.client import samples
from tests.connectors.jira.client.world import NOW, SITE

pytestmark = pytest.mark.anyio

PAST = PastEffect(intended_at=NOW, attempts=1)
POST = {"method": "POST", "path": "/rest/api/3/issue"}


def make(world, **params):
    return samples.create(world.jira.project("PAY").id, **params)


def created(world):
    return [one for one in world.jira.state.issues.values() if one.properties]


async def test_item_is_created_with_its_words_and_its_mark(world):
    result = await world.client.perform(make(world, description="Every **Monday**."))

    assert result == Done("PAY-2", f"{SITE}/browse/PAY-2")
    (issue,) = created(world)
    assert (issue.key, issue.issue_type, issue.summary) == ("PAY-2", "Bug", "Refunds fail")
    assert issue.properties == {"chargehand.action": {"action_id": samples.ACTION_ID}}
    assert "Monday" in str(issue.description)
    assert issue.creator == world.bot.account_id


async def test_key_that_means_another_project_now_is_refused(world):
    result = await world.client.perform(samples.create("99999"))

    assert isinstance(result, Refused)
    assert result.reason == "base_changed"
    assert world.written() == []


async def test_bot_without_the_right_is_refused_by_jira(world):
    may = [key for key in rights.MEMBER if key != rights.CREATE]
    world.jira.grant("PAY", "Chargehand", permissions=may)

    result = await world.client.perform(make(world))

    assert isinstance(result, Refused)
    assert result.reason == "request_refused"
    assert "cannot create issues" in result.detail


async def test_send_that_landed_unheard_is_found_among_others_of_the_bot(world):
    world.jira.inject(**POST, cut="after")
    for number in range(120):
        world.jira.add_issue("PAY", f"Item {number}", reporter="Chargehand")
    action = make(world)

    result = await world.client.perform(action)
    for number in range(120):
        world.jira.add_issue("PAY", f"Later item {number}", reporter="Chargehand")
    found = await world.client.look_up(action, PAST)

    assert isinstance(result, Undecided)
    (issue,) = created(world)
    assert (found.state, found.external_id) == (LookUpState.FOUND, issue.key)
    assert found.url == f"{SITE}/browse/{issue.key}"


async def test_send_that_never_landed_is_absent_once_the_index_must_know(world):
    world.jira.inject(**POST, cut="before")
    action = make(world)
    await world.client.perform(action)

    soon = await world.client.look_up(action, PAST)
    world.clock.advance(timedelta(minutes=4).total_seconds())
    later = await world.client.look_up(action, PAST)

    assert (soon.state, soon.reason) == (LookUpState.UNSURE, "search_index_behind")
    assert later.state is LookUpState.ABSENT


async def test_same_words_without_the_mark_are_somebody_elses(world):
    world.jira.add_issue("PAY", "Refunds fail", reporter="Chargehand", issue_type="Bug")
    world.clock.advance(timedelta(minutes=4).total_seconds())

    found = await world.client.look_up(make(world), PAST)

    assert found.state is LookUpState.ABSENT


async def test_what_can_be_created_is_read_with_the_fields_it_needs(world):
    world.jira.add_project("WEB", lead="Ana Ruiz", required_fields=("duedate",))
    world.jira.add_issue("WEB", "Empty cart")

    facts = await world.client.read_facts(FactNeeds("WEB-1", creates="story"), now=NOW)

    assert isinstance(facts.creation, Fact)
    assert facts.creation.value == Creation(
        world.jira.project("WEB").id,
        NewItemType("10001", "Story", ("Due date",)),
        ("Epic", "Story", "Task", "Bug"),
    )


@pytest.mark.parametrize(("who", "may"), [("ana", True), ("sam", False)])
async def test_right_to_create_is_asked_of_the_project(world, who, may):
    asker = getattr(world, who).account_id
    needs = FactNeeds("PAY-1", asker=asker, rights=(Right.CREATE, Right.COMMENT))

    facts = await world.client.read_facts(needs, now=NOW)

    assert facts.rights[Right.CREATE].value is may
    assert facts.rights[Right.COMMENT].value is True

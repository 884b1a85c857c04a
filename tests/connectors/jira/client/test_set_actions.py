import pytest

from chargehand.domain.action import ActionKind, Done, Refused, Undecided
from chargehand.domain.work_item import FactNeeds, FieldName
from chargehand.plugins.connector import LookUpState, PastEffect
from tests.connectors.jira.client import samples
from tests.connectors.jira.client.world import NOW, SITE

pytestmark = pytest.mark.anyio

PAST = PastEffect(intended_at=NOW, attempts=1)
PAGE = f"{SITE}/browse/PAY-1"
PATHS = {
    "transition": ("POST", "/rest/api/3/issue/PAY-1/transitions"),
    "assign": ("PUT", "/rest/api/3/issue/PAY-1/assignee"),
    "labels": ("PUT", "/rest/api/3/issue/PAY-1"),
    "link": ("POST", "/rest/api/3/issueLink"),
    "fields": ("PUT", "/rest/api/3/issue/PAY-1"),
}


def make(name, world):
    """One action of each kind that fits the world as it starts."""
    ana, bot = world.ana.account_id, world.bot.account_id
    return {
        "transition": samples.transition(),
        "assign": samples.assign(bot, "Chargehand", base=ana),
        "labels": samples.labels("urgent", "api", base=("api",)),
        "link": samples.link(),
        "fields": samples.fields(
            base={"priority": "Medium", "due": None}, priority="High", due="2026-12-01"
        ),
    }[name]


@pytest.fixture(autouse=True)
def other_item(world):
    """The other end of links."""
    world.jira.add_issue("PAY", "Ledger is down")


def change_everything(world):
    """Somebody else changes all that the actions are based on."""
    world.jira.transition("PAY-1", author="Ana Ruiz", to="In Progress")
    world.jira.transition("PAY-1", author="Ana Ruiz", to="In Review")
    world.jira.assign("PAY-1", author="Ana Ruiz", to=None)
    world.jira.edit("PAY-1", author="Ana Ruiz", fields={"labels": ["other"]})
    world.jira.edit("PAY-1", author="Ana Ruiz", fields={"priority": {"name": "Low"}})
    world.jira.add_link("PAY-2", "PAY-1", kind="Relates")


def state_of(world):
    issue = world.jira.state.issues["PAY-1"]
    links = [(one.kind, one.source, one.target) for one in world.jira.state.links]
    return issue.status, issue.assignee, issue.labels, issue.priority, issue.due_on, links


@pytest.mark.parametrize("name", list(PATHS))
async def test_state_is_set_with_one_write(world, name):
    before = state_of(world)

    result = await world.client.perform(make(name, world))

    assert result == Done("PAY-1", PAGE)
    assert world.written() == [PATHS[name]]
    assert state_of(world) != before


@pytest.mark.parametrize("name", list(PATHS))
async def test_second_send_finds_it_already_so(world, name):
    action = make(name, world)
    await world.client.perform(action)

    result = await world.client.perform(action)

    assert result == Done("PAY-1", PAGE, {"already": True})
    assert len(world.written()) == 1


@pytest.mark.parametrize("name", list(PATHS))
async def test_changed_base_is_refused(world, name):
    change_everything(world)
    before = state_of(world)

    result = await world.client.perform(make(name, world))

    assert isinstance(result, Refused)
    assert result.reason == "base_changed"
    assert world.written() == []
    assert state_of(world) == before


@pytest.mark.parametrize("name", list(PATHS))
async def test_send_that_landed_unheard_is_found(world, name):
    action = make(name, world)
    method, path = PATHS[name]
    world.jira.inject(method=method, path=path, cut="after")

    result = await world.client.perform(action)
    found = await world.client.look_up(action, PAST)

    assert isinstance(result, Undecided)
    assert (found.state, found.external_id, found.url) == (LookUpState.FOUND, "PAY-1", PAGE)


@pytest.mark.parametrize("name", list(PATHS))
async def test_send_that_never_landed_is_absent(world, name):
    action = make(name, world)
    method, path = PATHS[name]
    world.jira.inject(method=method, path=path, cut="before")

    result = await world.client.perform(action)
    found = await world.client.look_up(action, PAST)

    assert isinstance(result, Undecided)
    assert found.state is LookUpState.ABSENT


@pytest.mark.parametrize("name", [name for name in PATHS if name != "link"])
async def test_third_state_is_unsure(world, name):
    action = {
        **{kind: make(kind, world) for kind in PATHS},
        "labels": samples.labels("urgent", "now", base=("api",)),
    }[name]
    change_everything(world)
    world.jira.edit("PAY-1", author="Ana Ruiz", fields={"labels": ["now"]})

    found = await world.client.look_up(action, PAST)

    assert found.state is LookUpState.UNSURE
    assert found.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"move": "999"}, "transition_gone", id="no such transition"),
        pytest.param({"to_status": "Done"}, "transition_gone", id="it leads elsewhere now"),
        pytest.param(
            {"move": "51", "to_status": "Closed"}, "transition_needs_fields", id="asks for fields"
        ),
    ],
)
async def test_transition_that_does_not_fit_any_more_is_refused(world, change, reason):
    result = await world.client.perform(samples.transition(**change))

    assert isinstance(result, Refused)
    assert result.reason == reason
    assert world.written() == []


async def test_assignee_is_taken_away(world):
    result = await world.client.perform(samples.assign(None, "", base=world.ana.account_id))

    assert isinstance(result, Done)
    assert world.jira.state.issues["PAY-1"].assignee is None


async def test_only_missing_labels_are_added(world):
    await world.client.perform(make("labels", world))

    assert world.jira.writes()[0].body == '{"update":{"labels":[{"add":"urgent"}]}}'
    assert set(world.jira.state.issues["PAY-1"].labels) == {"api", "urgent"}


async def test_person_who_can_not_be_assigned_is_refused_by_jira(world):
    action = samples.assign(world.sam.account_id, "Sam Okoro", base=world.ana.account_id)

    result = await world.client.perform(action)

    assert isinstance(result, Refused)
    assert result.reason == "request_refused"


@pytest.mark.parametrize("name", list(PATHS))
async def test_work_item_that_is_gone_is_refused(world, name):
    action = make(name, world)
    del world.jira.state.issues["PAY-1"]

    result = await world.client.perform(action)

    assert isinstance(result, Refused)
    assert result.reason == "target_missing"


@pytest.mark.parametrize(
    ("direction", "relation", "expected"),
    [
        pytest.param("outward", "blocks", ("PAY-1", "PAY-2"), id="the target is where it begins"),
        pytest.param("inward", "is blocked by", ("PAY-2", "PAY-1"), id="the target is its end"),
    ],
)
async def test_link_reads_as_it_was_proposed(world, direction, relation, expected):
    params = {"to": "PAY-2", "link_type": "Blocks", "direction": direction, "relation": relation}
    action = samples.approved(ActionKind.JIRA_LINK_ISSUES, params, {"relations": []})

    await world.client.perform(action)

    (link,) = world.jira.state.links
    assert (link.source, link.target) == expected
    facts = await world.client.read_facts(FactNeeds("PAY-1"), now=NOW)
    assert [(one.relation, one.key) for one in facts.item.value.links] == [(relation, "PAY-2")]


async def test_link_to_an_item_that_is_gone_is_refused(world):
    result = await world.client.perform(samples.link("PAY-99"))

    assert isinstance(result, Refused)
    assert result.reason == "target_missing"
    assert world.written() == []


async def test_field_taken_off_the_list_after_the_proposal_is_refused(world):
    client = world.reconnect(editable_fields=frozenset({FieldName.DUE}))

    result = await client.perform(make("fields", world))

    assert isinstance(result, Refused)
    assert result.reason == "field_closed"
    assert world.written() == []


async def test_field_is_emptied(world):
    world.jira.edit("PAY-1", author="Ana Ruiz", fields={"duedate": "2026-12-01"})

    result = await world.client.perform(samples.fields(base={"due": "2026-12-01"}, due=None))

    assert isinstance(result, Done)
    assert world.jira.issue("PAY-1").due_on is None

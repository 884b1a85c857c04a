"""A pull request is known with its reviewers and checks; what can not be read is unknown."""

import pytest

from chargehand.domain.code import CheckState, PullRequestRef, PullRequestState, ReviewState
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.domain.ids import AccountId
from chargehand.testing.github import people
from chargehand.testing.jira.failures import Failure
from tests.connectors.github.client.world import World

pytestmark = pytest.mark.anyio
REF = PullRequestRef("acme/payments", 2)


async def test_a_pull_request_has_what_each_reviewer_said_last(world: World) -> None:
    site, payments = world.site, world.payments
    commit = world.pull.head_commit
    for author, state in (
        ("tom-berg", "CHANGES_REQUESTED"),
        ("tom-berg", "APPROVED"),
        ("tom-berg", "COMMENTED"),
        ("ana-ruiz", "COMMENTED"),
    ):
        people.review(site, payments, 2, author=author, state=state, body="")
    people.complete_check(site, payments, commit, name="tests", conclusion="failure")
    people.report_status(site, payments, commit, context="ci", state="success")

    known = await world.client.read_pull_request(REF, now=world.clock.now())

    assert isinstance(known, Fact)
    pull = known.value
    assert [(one.reviewer.account_id, one.state) for one in pull.reviews] == [
        ("tom-berg", ReviewState.APPROVED),
        ("ana-ruiz", ReviewState.COMMENTED),
    ]
    assert isinstance(pull.checks, Fact)
    assert [(one.name, one.state) for one in pull.checks.value] == [
        ("tests", CheckState.FAILED),
        ("ci", CheckState.PASSED),
    ]
    assert (pull.state, pull.is_private, pull.is_mergeable) == (PullRequestState.OPEN, True, True)
    assert pull.source_branch == "PAY-7-retry"


async def test_three_thousand_files_are_never_asked_for(world: World) -> None:
    big = people.open_pull(
        world.site,
        world.payments,
        author="drive-by",
        title="Everything",
        branch="all",
        fork="drive-by/payments",
        changed_files=3_000,
    )

    known = await world.client.read_pull_request(
        PullRequestRef("acme/payments", big.number), now=world.clock.now()
    )

    assert isinstance(known, Fact)
    assert not any("/files" in one["path"] for one in world.fake.desk.calls())
    assert len(world.fake.desk.calls()) == 5


async def test_the_list_begins_with_what_waits_longest(world: World) -> None:
    for number in range(3):
        world.clock.advance(60)
        people.open_pull(
            world.site, world.payments, author="tom-berg", title=f"P{number}", branch=f"b{number}"
        )
    people.close(world.site, world.payments, 4, closer="tom-berg")

    known = await world.client.read_open_pull_requests(
        "acme/payments", limit=2, now=world.clock.now()
    )

    assert isinstance(known, Fact)
    assert [str(one.ref) for one in known.value] == ["acme/payments#2", "acme/payments#3"]
    assert known.value[0].reviews[0].state is ReviewState.WAITING
    assert isinstance(known.value[0].checks, Unknown)


@pytest.mark.parametrize(
    ("repository", "login", "may"),
    [
        ("acme/payments", "tom-berg", True),
        ("acme/payments", "ana-ruiz", False),
        ("acme/sdk", "ana-ruiz", True),
    ],
)
async def test_who_may_read_is_githubs_to_say(
    world: World, repository: str, login: str, *, may: bool
) -> None:
    known = await world.client.may_read(repository, AccountId(login), now=world.clock.now())

    assert isinstance(known, Fact)
    assert known.value is may


async def test_what_is_not_there_is_unknown_with_its_reason(world: World) -> None:
    now = world.clock.now()
    gone = await world.client.read_pull_request(PullRequestRef("acme/payments", 99), now=now)
    nobody = await world.client.may_read("acme/payments", AccountId("no-one"), now=now)
    world.fake.desk.failures.add(Failure(path=".*", status=502, times=9))
    failing = await world.client.read_pull_request(REF, now=now)

    reasons = [one.reason for one in (gone, nobody, failing) if isinstance(one, Unknown)]
    assert reasons == [
        UnknownReason.NOT_FOUND,
        UnknownReason.NOT_FOUND,
        UnknownReason.UNREACHABLE,
    ]


async def test_a_renamed_repository_is_followed_on_its_own_host_alone(world: World) -> None:
    world.site.rename(world.payments, "acme/money")
    known = await world.client.read_pull_request(REF, now=world.clock.now())
    assert isinstance(known, Fact)
    assert (known.value.title, known.value.ref) == ("PAY-7 Retry declined cards", REF)

    world.site.base_url = "https://elsewhere.example.org"
    away = await world.client.read_pull_request(REF, now=world.clock.now())

    assert isinstance(away, Unknown)
    assert "another host" in away.detail

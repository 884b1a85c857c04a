"""What Bitbucket knows of pull requests, with what it does not tell said as unknown."""

import pytest

from chargehand.domain.code import CheckState, PullRequestRef, PullRequestState, ReviewState
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import CheckState as Outcome
from tests.connectors.bitbucket.client.world import NOW, World

pytestmark = pytest.mark.anyio
REPOSITORY = "acme/payments"
REF = PullRequestRef(REPOSITORY, 1)


@pytest.fixture
def opened(world: World) -> World:
    world.fake.host.open_pull_request(
        REPOSITORY, "mei", title="PAY-7 Retry", source="feature/PAY-7", reviewers=("tom", "ana")
    )
    return world


async def test_a_pull_request_has_its_reviewers_and_the_checks_of_its_commit(opened: World) -> None:
    host = opened.fake.host
    host.approve(REPOSITORY, 1, "tom")
    host.ask_for_changes(REPOSITORY, 1, "ana")
    head = host.repository(REPOSITORY).pull_requests[1].head
    host.report(REPOSITORY, head, key="unit", name="Unit tests")
    host.report(REPOSITORY, head, key="lint", state="FAILED")
    host.report(REPOSITORY, "f" * 40, key="old", state="FAILED")

    found = await opened.client.read_pull_request(REF, now=NOW)

    assert isinstance(found, Fact)
    assert found.source_url == "https://bitbucket.org/acme/payments/pull-requests/1"
    pull_request = found.value
    assert [(one.reviewer.name, one.state) for one in pull_request.reviews] == [
        ("Tom Berg", ReviewState.APPROVED),
        ("Ana Ruiz", ReviewState.CHANGES_REQUESTED),
    ]
    assert isinstance(pull_request.checks, Fact)
    assert [(one.name, one.state) for one in pull_request.checks.value] == [
        ("Unit tests", CheckState.PASSED),
        ("lint", CheckState.FAILED),
    ]
    assert pull_request.is_private
    assert head.startswith(pull_request.head_commit)


async def test_a_pull_request_without_its_branch_says_so(opened: World) -> None:
    opened.fake.host.push(REPOSITORY, "mei", "feature/PAY-7", delete=True)

    found = await opened.client.read_pull_request(REF, now=NOW)

    assert isinstance(found, Fact)
    assert found.value.head_commit == ""
    assert isinstance(found.value.checks, Unknown)
    assert "deleted" in found.value.checks.detail


async def test_checks_that_can_not_be_read_are_unknown(opened: World) -> None:
    opened.fail(".*/statuses", status=403)

    found = await opened.client.read_pull_request(REF, now=NOW)

    assert isinstance(found, Fact)
    assert isinstance(found.value.checks, Unknown)
    assert found.value.checks.reason is UnknownReason.NO_ACCESS


async def test_open_pull_requests_come_longest_untouched_first(opened: World) -> None:
    host = opened.fake.host
    for number in range(2, 13):
        opened.clock.advance(60)
        host.open_pull_request(REPOSITORY, "tom", title=f"No {number}", source=f"x/{number}")
    host.merge(REPOSITORY, 2, "tom")
    opened.clock.advance(60)
    host.update_pull_request(REPOSITORY, 1, "mei", title="PAY-7 Again")

    some = await opened.client.read_open_pull_requests(REPOSITORY, limit=4, now=NOW)
    whole = await opened.client.read_open_pull_requests(REPOSITORY, limit=100, now=NOW)

    assert isinstance(some, Fact)
    assert [one.ref.number for one in some.value] == [3, 4, 5, 6]
    assert isinstance(whole, Fact)
    assert len(whole.value) == 11
    assert whole.value[-1].title == "PAY-7 Again"
    assert [one.reviewer.name for one in whole.value[-1].reviews] == ["Tom Berg", "Ana Ruiz"]
    assert all(one.state is PullRequestState.OPEN for one in whole.value)


async def test_who_may_read_a_private_repository_is_asked(opened: World) -> None:
    host = opened.fake.host
    host.repository(REPOSITORY).readers.remove("ana")

    mei = await opened.client.may_read(REPOSITORY, AccountId("712020:mei"), now=NOW)
    ana = await opened.client.may_read(REPOSITORY, AccountId("712020:ana"), now=NOW)
    host.repository(REPOSITORY).is_private = False
    public = await opened.client.may_read(REPOSITORY, AccountId("712020:ana"), now=NOW)
    opened.fail(".*/permissions/.*", status=403)
    host.repository(REPOSITORY).is_private = True
    hidden = await opened.client.may_read(REPOSITORY, AccountId("712020:ana"), now=NOW)

    assert [one.value for one in (mei, ana, public) if isinstance(one, Fact)] == [True, False, True]
    assert isinstance(hidden, Unknown)
    assert hidden.reason is UnknownReason.NO_ACCESS


async def test_a_renamed_repository_is_named(opened: World) -> None:
    opened.fake.host.rename(REPOSITORY, "acme/billing")

    found = await opened.client.read_pull_request(REF, now=NOW)
    checks = {one.name: one for one in await opened.client.check()}

    assert isinstance(found, Unknown)
    assert "acme/billing" in found.detail
    assert checks["repository acme/payments"].state is Outcome.FAILED
    assert "is now acme/billing" in checks["repository acme/payments"].found


async def test_a_passing_failure_is_asked_again(opened: World) -> None:
    opened.fail(".*/pullrequests/1", status=429, retry_after=3, times=1)
    opened.fail(".*/statuses", status=503, times=2)

    found = await opened.client.read_pull_request(REF, now=NOW)

    assert isinstance(found, Fact)
    assert isinstance(found.value.checks, Fact)
    assert opened.waits[0] >= 3


async def test_a_check_says_who_the_bot_is_or_that_nobody_tells(opened: World) -> None:
    by_account = {one.name: one for one in await opened.client.check()}
    opened.with_access_token()
    by_access_token = {one.name: one for one in await opened.client.check()}

    assert "Chargehand Bot (712020:chargehand)" in by_account["sign-in"].found
    assert by_access_token["sign-in"].state is Outcome.PASSED
    assert by_access_token["bot account"].state is Outcome.WARNED
    assert "readable, private" in by_access_token["repository acme/payments"].found


async def test_a_wrong_token_fails_the_check(opened: World) -> None:
    opened.fail(".*", status=401, times=9)

    checks = {one.name: one for one in await opened.client.check()}

    assert checks["sign-in"].state is Outcome.FAILED
    assert checks["repository acme/payments"].state is Outcome.SKIPPED

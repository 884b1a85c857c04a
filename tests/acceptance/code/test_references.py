"""A work item knows its branches, commits, pull requests and pages, whatever order they come in."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chargehand.domain.code import CheckState, PullRequestRef, PullRequestState, ReviewState
from chargehand.domain.reference import SeenPullRequest
from tests.code_house import HOST, PAYMENTS, WIKI, CodeHouse, references

pytestmark = pytest.mark.anyio
OLD, NEW = PAYMENTS, "acme/billing"


def seen(code: CodeHouse, number: int = 12, repository: str = PAYMENTS) -> SeenPullRequest | None:
    """What is kept of a pull request."""
    ref = PullRequestRef(repository, number)
    return code.stores.database.read(lambda tx: tx.references.pull_request(HOST, ref))


async def page(code: CodeHouse, title: str, version: int) -> None:
    """The wiki tells of a page."""
    await code.happens(
        "page.created" if version == 1 else "page.updated",
        f"page:1:{version}",
        repository="ENG",
        connection_id=WIKI,
        place={"thread_id": "page/1"},
        data={"page_id": "1", "space": "ENG", "title": title, "version": version, "url": "x"},
    )


async def test_keys_in_branch_title_commit_and_page_refer(code: CodeHouse) -> None:
    await code.push("fix/pay-7_rounding", "PAY-7: round\n", "UTF-8 and CI-123", "HELP-1 too")
    await code.pull_request(12, title="Round (PAY-7)", source_branch="x", times=2)
    await page(code, "Design of PAY-7", 1)
    await code.push("PAY-7", "PAY-7", repository="acme/unbound")

    kinds = [one.split()[0] for one in references(code)]
    assert sorted(kinds) == ["branch", "commit", "page", "pull_request"]
    assert len(references(code, "HELP-1")) == 1
    assert references(code, "UTF-8") == references(code, "CI-123") == []
    await page(code, "Design of PAY-15", 2)
    await code.pull_request(12, "updated", title="Round")
    assert sorted(one.split()[0] for one in references(code)) == ["branch", "commit"]
    assert [one.split()[0] for one in references(code, "PAY-15")] == ["page"]


async def test_link_in_a_ticket_refers_until_it_is_gone(code: CodeHouse) -> None:
    posted = await code.say("see https://github.example/acme/payments/pull/12 (done)")
    await code.say("https://evil.example/acme/payments/pull/13", item="PAY-7")
    await code.say("https://github.example/acme/unbound/pull/14", item="PAY-7")
    await code.say("https://wiki.example/wiki/spaces/ENG/pages/98311/Design", item="PAY-7")
    await code.settle()

    assert references(code) == ["page ENG 98311", "pull_request acme/payments 12"]
    await code.edit(posted.id, "never mind")
    await code.settle()
    assert references(code) == ["page ENG 98311"]


async def test_older_news_never_takes_the_place_of_newer(code: CodeHouse) -> None:
    now = code.clock.now()
    await code.pull_request(12, "merged", title="PAY-7 new", at=now, state="merged")
    await code.pull_request(12, "updated", title="PAY-15 old", at=now - timedelta(hours=1))
    await code.pull_request(12, "updated", title="PAY-15 odd", at=now + timedelta(hours=1))

    kept = seen(code)
    assert kept is not None
    assert (kept.title, kept.state) == ("PAY-7 new", PullRequestState.MERGED)
    assert references(code, "PAY-15") == []


async def test_forced_push_and_deleted_branch_take_their_commits_back(code: CodeHouse) -> None:
    start = code.clock.now()
    await code.push("topic", "PAY-7: first", at=start)
    await code.push("topic", "PAY-7: again", at=start + timedelta(minutes=2), is_forced=True)
    await code.push("topic", "PAY-7: late", at=start + timedelta(minutes=1))
    assert len(references(code)) == 1

    await code.push("main", "PAY-7: again", at=start + timedelta(minutes=3))
    await code.push("topic", at=start + timedelta(minutes=4), is_deleted=True)
    found = code.stores.database.read(lambda tx: tx.references.of_item("PAY-7"))
    assert [one.branch for one in found] == ["main"]
    await code.push("PAY-7-b", at=start + timedelta(minutes=5))
    await code.push("PAY-7-b", at=start + timedelta(minutes=6), is_deleted=True)
    assert [one.split()[0] for one in references(code)] == ["commit"]


async def test_reviews_and_checks_are_those_of_the_newest_commit(code: CodeHouse) -> None:
    await code.pull_request(12, reviewers=[{"id": "ana", "name": "Ana", "state": "waiting"}, 3])
    await code.pull_request(12, "approved", by="ana")
    checked = {"repository": PAYMENTS, "commit": f"c{12:039}", "name": "build", "state": "failed"}
    await code.happens("check.completed", "check:1", data=checked)

    kept = seen(code)
    assert kept is not None
    assert [(one.name, one.state) for one in kept.reviewers] == [("Ana", ReviewState.APPROVED)]
    assert kept.checks == {"build": CheckState.FAILED}
    await code.pull_request(12, "updated", head_commit="d" * 40)
    kept = seen(code)
    assert kept is not None
    assert kept.checks == {}
    assert [one.state for one in kept.reviewers] == [ReviewState.APPROVED]


async def test_renamed_repository_keeps_its_past(code: CodeHouse) -> None:
    await code.pull_request(12, title="PAY-7")
    await code.push("PAY-7", "PAY-7: round")
    code.rebind(acme__billing="PAY")
    await code.pull_request(12, "updated", title="PAY-7", repository=NEW)

    assert {one.split()[1] for one in references(code)} == {NEW}
    assert seen(code, repository=OLD) is None
    assert seen(code, repository="Acme/Billing") is not None


@pytest.mark.every_variant
@pytest.mark.parametrize(
    "data",
    [
        {"number": None},
        {"number": True},
        {"number": 10**12},
        {"title": 7, "url": {}, "updated_at": "yesterday", "reviewers": "x", "state": "odd"},
        {"title": "PAY-7 \u202e" * 999, "source_branch": "y" * 5000, "head_commit": "z" * 900},
    ],
    ids=["none", "bool", "huge", "odd", "long"],
)
async def test_odd_payload_is_taken_as_far_as_it_goes(code: CodeHouse, data: Any) -> None:
    await code.pull_request(**{"number": 12, **data})
    await code.push("", commits="none", name=None, after=3)
    await code.push("b", commits=[1, {"id": 2}, {"id": "a", "message": None}])

    assert code.reasons == ["nothing_to_do"] * 3
    assert code.notices == []


async def test_names_are_found_and_erased_and_old_rows_go(code: CodeHouse) -> None:
    reviewers = [{"id": "mei", "name": "Mei Tanaka", "state": "approved"}]
    await code.pull_request(12, title="PAY-7 by Mei Tanaka", reviewers=reviewers)
    await code.push("PAY-7", "PAY-7: thanks, Mei Tanaka")
    tables = code.stores.database.read(lambda tx: tx.personal_data.tables())
    assert {"pull_requests", "code_references", "code_branches"} <= set(tables)
    for table in ("pull_requests", "code_references"):
        rows = code.stores.database.read(
            lambda tx, one=table: tx.personal_data.span(one, ["mei tanaka"], after=None).rows
        )
        assert rows
        assert any("Mei Tanaka" in text for row in rows for text in row.texts.values())
    kept = seen(code)
    assert kept is not None
    assert json.dumps([one.name for one in kept.reviewers]) == '["Mei Tanaka"]'

    code.clock.advance(366 * 86_400.0)
    run = code.pruning.begin()
    while run.step():
        pass
    assert references(code) == []
    assert seen(code) is None

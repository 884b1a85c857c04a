"""A ticket tells of its code, each fact with its source, and of nothing closed to its readers."""

from datetime import timedelta

import pytest

from chargehand.domain.code import PullRequestState
from chargehand.domain.fact import UnknownReason
from chargehand.domain.member import Role
from tests.chat_house import PAY_CHANNEL
from tests.code_house import CONSOLE, PAYMENTS, SITE, CodeHouse

pytestmark = pytest.mark.anyio


async def prepare(code: CodeHouse, **changes: object) -> None:
    """A pull request about PAY-7, told by the host and readable there."""
    request = code.host.open(12, "Round to cents", branch="PAY-7", **changes)
    await code.pull_request(12, source_branch="PAY-7", is_private=request.is_private)
    code.mode("auto", kind="jira.add_comment")


async def test_status_summary_and_blockers_tell_of_the_pull_request(code: CodeHouse) -> None:
    await prepare(code, reviews={"Ana": "waiting"}, checks={"build": "failed", "lint": "passed"})
    await code.push("PAY-7", "PAY-7: round half up")

    for line in ("@bot status", "@bot summary", "@bot blockers"):
        await code.ask(line)
    status, summary, blockers = (one.text for one in code.replies())
    for said in (status, summary, blockers):
        assert "waits for a review by Ana" in said
        assert "1 of 2 checks fails (build)" in said
        assert said.count(f"{SITE}/acme/payments/pull/12") == 2, "named, and given as source"
    assert "open since Monday 16 November 2026 (3 days ago)" in status
    assert "One commit" in status
    assert "round half up" in status
    assert "1 pull request of PAY-7 holds it up:" in blockers
    await code.chat("@bot status PAY-7")
    await code.comment("@bot blockers PAY-7")
    assert "waits for a review by Ana" in code.said()[-1]
    assert "waits for a review by Ana" in code.told_there()[-1]


@pytest.mark.parametrize(
    ("changes", "blocks"),
    [
        ({"reviews": {"Ana": "changes_requested"}}, "Ana asked for changes"),
        ({"checks": {"build": "failed"}, "reviews": {"Ana": "approved"}}, "checks fails"),
        ({}, "nobody is asked"),
        ({"reviews": {"Ana": "approved"}, "checks": {"build": "passed"}}, ""),
        ({"is_draft": True}, ""),
        ({"state": PullRequestState.MERGED}, ""),
    ],
    ids=["changes", "checks", "waits", "ready", "draft", "merged"],
)
async def test_open_request_that_is_held_up_is_a_blocker(
    code: CodeHouse, changes: dict[str, object], blocks: str
) -> None:
    await prepare(code, **changes)

    await code.ask("@bot blockers", item="PAY-7")

    (reply,) = code.replies()
    assert blocks in reply.text
    assert bool(blocks) == ("pull request of PAY-7" in reply.text)


async def test_what_can_not_be_read_is_said_to_be_unknown(code: CodeHouse) -> None:
    await prepare(code)
    code.host.away = UnknownReason.UNREACHABLE

    await code.ask("@bot status")

    (reply,) = code.replies()
    assert "In Progress" in reply.text
    assert "I do not know how it stands, because its host does not answer" in reply.text


async def test_private_repository_of_another_project_is_only_counted(code: CodeHouse) -> None:
    code.mode("auto", kind="jira.add_comment")
    code.host.open(5, "Plans nobody knows", repository=CONSOLE, branch="PAY-7")
    told = {"repository": CONSOLE, "source_branch": "PAY-7", "title": "Plans nobody knows"}
    await code.pull_request(5, **told)
    await code.push("PAY-7", "PAY-7: plans nobody knows", repository=CONSOLE)

    await code.ask("@bot status")
    await code.chat("@bot blockers PAY-7")

    for said in (code.replies()[-1].text, code.said()[-1]):
        assert "One pull request elsewhere names it" in said
        assert "Plans" not in said
        assert CONSOLE not in said
    assert any("pull_requests_elsewhere:1" in one.withheld for one in code.decisions)
    assert any("references_elsewhere:2" in one.withheld for one in code.decisions)


async def test_asker_whom_the_host_refuses_is_not_told(code: CodeHouse) -> None:
    await prepare(code)
    code.host.readers[PAYMENTS] = {"ana"}
    code.teammate("Mei Tanaka", Role.DEVELOPER, jira=True)
    code.teammate("Ana Ruiz", Role.DEVELOPER, jira=True)

    await code.ask("@bot status", author="Mei Tanaka")
    await code.wait(3600)
    await code.ask("@bot status", author="Ana Ruiz")

    refused, told = (one.text for one in code.replies())
    assert "Round to cents" not in refused
    assert "One pull request elsewhere" in refused
    assert "Round to cents" in told


async def test_private_code_is_never_told_where_everybody_reads(code: CodeHouse) -> None:
    code.tells_in_public = True
    code.start()
    await prepare(code)
    public = {"kind": "public"}

    await code.comment("@bot status PAY-7", place=public)
    assert "Round to cents" not in code.told_there()[-1]
    assert "One pull request elsewhere" in code.told_there()[-1]
    await prepare(code, is_private=False)
    await code.comment("@bot status PAY-7", place=public)
    assert "Round to cents" in code.told_there()[-1]


async def test_request_from_a_branch_with_the_key_in_a_commit_belongs_to_it(
    code: CodeHouse,
) -> None:
    await code.push("loose", "PAY-7: round")
    code.host.open(13, "From the branch", branch="loose")
    code.host.open(14, "From a fork", branch="loose")
    await code.pull_request(13, source_branch="loose")
    await code.pull_request(14, source_branch="loose", source_repository="mallory/payments")

    await code.chat("@bot status PAY-7", channel=PAY_CHANNEL)

    (said,) = code.said()
    assert "From the branch" in said
    assert "From a fork" not in said


async def test_many_requests_are_bounded_and_counted(code: CodeHouse) -> None:
    for number in range(20, 28):
        code.host.open(number, f"Part {number}", branch="PAY-7", days=number)
        at = code.clock.now() - timedelta(days=number)
        await code.pull_request(number, source_branch="PAY-7", at=at)
    code.host.reads.clear()

    await code.chat("@bot status PAY-7")

    assert len(code.host.reads) == 5
    assert "3 more pull requests" in code.said()[-1]

"""Somebody asks the bot on a pull request, an issue or a page: one ask, one answer, there."""

import pytest

from chargehand.domain.member import Role
from tests.code_house import BOT, CONSOLE, WIKI, CodeHouse

pytestmark = pytest.mark.anyio
PUBLIC = {"kind": "public"}


async def test_question_is_answered_where_it_was_asked(code: CodeHouse) -> None:
    await code.comment("@bot status PAY-7")
    await code.comment("@bot status", on="issue/7", title="Slow: see PAY-7")
    await code.comment(
        "@bot status PAY-7",
        on="page/98311",
        repository="ENG",
        comment_id="c-1",
        connection_id=WIKI,
    )

    targets = [target for target, _ in code.host.comments]
    assert targets == ["acme/payments#12", "acme/payments#7", "98311"]
    # GitHub's plain comments have no threads, and a wiki's have.
    assert [params["in_reply_to"] for _, params in code.host.comments] == [None, None, "c-1"]
    assert all("In Progress" in said for said in code.told_there())
    assert not any("controls" in params for _, params in code.host.comments)


async def test_inline_question_is_answered_in_its_conversation(code: CodeHouse) -> None:
    await code.comment("@bot status PAY-7", comment_id="review-2", root="review-1")

    assert [params["in_reply_to"] for _, params in code.host.comments] == ["review-1"]


async def test_item_is_named_else_in_the_branch_else_by_reference(code: CodeHouse) -> None:
    await code.comment("@bot status PAY-7", source_branch="PAY-15_rounding")
    await code.comment("@bot status", source_branch="fix/PAY-7_rounding", title="OTHER-1")
    await code.comment("@bot status", source_branch="plain", title="pay-7: round UTF-8")
    await code.pull_request(12, source_branch="mei/PAY-7")
    await code.comment("@bot status")
    await code.push("loose", "PAY-7: round")
    await code.pull_request(13, source_branch="loose")
    await code.comment("@bot status", on="pull/13")

    assert [one.ask.work_item for one in code.asks] == ["PAY-7"] * 5
    assert len(code.told_there()) == 5


async def test_ask_told_twice_edited_and_deleted_is_one_ask(code: CodeHouse) -> None:
    code.mode("approve", kind="github.add_comment")
    said = await code.comment("@bot status PAY-7")
    await code.comment("@bot blockers PAY-7", comment_id=said, how="updated")
    await code.comment("@bot blockers PAY-7", comment_id=said, how="updated")
    (asked,) = code.asks
    await code.comment("", comment_id=said, how="deleted")

    assert asked.ask.revision == 2
    assert {state for _, state in code.states} <= {"rejected", "expired"}
    await code.comment("@bot status PAY-7", comment_id="late", how="deleted")
    await code.comment("@bot status PAY-7", comment_id="late")
    assert len(code.asks) == 1
    assert code.told_there() == []


async def test_bots_own_comments_and_what_is_not_said_to_it_make_no_ask(code: CodeHouse) -> None:
    await code.comment("@bot status PAY-7", by=BOT)
    await code.comment("status PAY-7")
    await code.pull_request(12, text="@bot status PAY-7")
    await code.push("PAY-7", "@bot status PAY-7", text="@bot status PAY-7")

    assert code.asks == ()
    assert code.reasons == ["own_comment", "not_mentioned", "nothing_to_do", "nothing_to_do"]


async def test_unbound_repository_is_silent_and_the_operator_told_once(code: CodeHouse) -> None:
    for text in ("@bot status PAY-7", "@bot status PAY-7", "@bot help", "@bot whoami"):
        await code.comment(text, repository="acme/unbound")

    assert code.told_there() == []
    assert code.notices == ["channel_not_served"]
    assert set(code.reasons) == {"channel_not_bound"}


async def test_other_projects_item_is_answered_like_none(code: CodeHouse) -> None:
    await code.comment("@bot status PAY-7", repository=CONSOLE)
    await code.comment("@bot status HELP-4711", repository=CONSOLE)

    first, second = code.told_there()
    assert first.replace("PAY-7", "HELP-4711") == second


async def test_strangers_are_met_with_silence(code: CodeHouse) -> None:
    await code.comment("@bot status PAY-7", place={"is_outsider": True})
    await code.comment("@bot status PAY-7", place={**PUBLIC, "is_outsider": True})
    await code.comment("@bot status PAY-7", place=PUBLIC)
    await code.comment("@bot status PAY-7", place={"kind": "unknown"})

    assert code.told_there() == []
    assert set(code.reasons) == {"outside_audience"}
    assert code.notices == []


async def test_public_repository_is_told_nothing_of_work_items_unless_allowed(
    code: CodeHouse,
) -> None:
    code.teammate("Mei Tanaka", Role.DEVELOPER)

    await code.comment("@bot status PAY-7", place=PUBLIC)
    (said,) = code.told_there()
    assert "tell nothing of the team's work items" in said
    assert "In Progress" not in said
    assert code.reasons[-1] == "outside_audience"
    code.tells_in_public = True
    code.start()
    await code.comment("@bot status PAY-7", place=PUBLIC)

    assert "In Progress" in code.told_there()[-1]


async def test_change_waits_and_is_approved_by_a_line(code: CodeHouse) -> None:
    code.teammate("Mei Tanaka", Role.DEVELOPER, jira=True)
    code.teammate("Ana Ruiz", Role.APPROVER)
    code.mode("approve", kind="jira.add_labels")

    await code.comment('@bot label PAY-7 add "rounding"')
    (waiting,) = code.approvals
    assert f"`approve {waiting.short_id}`" in code.told_there()[-1]
    await code.comment(f"@bot approve {waiting.short_id}", by="mei")
    assert code.jira.issue("PAY-7").labels.count("rounding") == 0
    await code.comment(f"@bot approve {waiting.short_id}", by="ana")

    assert "rounding" in code.jira.issue("PAY-7").labels
    assert "Approved" in code.told_there()[-1]


async def test_change_by_somebody_the_tracker_does_not_know_is_refused(code: CodeHouse) -> None:
    await code.comment('@bot label PAY-7 add "rounding"')

    assert "whose account in the tracker" in code.told_there()[-1]
    assert code.jira.writes() == []

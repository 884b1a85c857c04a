"""Scenario 7: in simulate mode everything is recorded and nothing is written."""

import pytest

from chargehand.domain.action import Mode
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("question", "reason", "kinds"),
    [
        pytest.param("@bot status", "answered_from_facts", ["jira.add_comment"], id="reply"),
        pytest.param("@bot assign to me", "write_proposed", ["jira.assign_issue"], id="assign"),
        pytest.param(
            "@bot move to In Review", "write_proposed", ["jira.transition_issue"], id="transition"
        ),
        pytest.param("@bot label urgent", "write_proposed", ["jira.add_labels"], id="label"),
    ],
)
async def test_simulate_records_the_whole_plan_and_writes_nothing(
    house: House, question: str, reason: str, kinds: list[str]
) -> None:
    await house.ask(question)

    [decision] = house.decisions
    assert (decision.verdict.value, decision.reason.value) == ("respond", reason)
    assert list(decision.suggested_actions) == kinds
    assert decision.urgency.value in ("low", "medium", "high")
    assert decision.confidence > 0
    assert house.states == [(kind, "simulated") for kind in kinds]
    assert house.writes == []
    assert house.wire.writes == []


async def test_simulated_reply_reads_exactly_as_it_would_be_sent(house: House) -> None:
    await house.ask("@bot what's blocking this?")
    simulated = house.actions[0]
    house.mode("auto")

    await house.ask("@bot what's blocking this?", author="Ana Ruiz")

    sent = house.actions[0]
    assert simulated.params["markdown"] == sent.params["markdown"] == house.decisions[0].response
    assert (
        simulated.preview.replace("Mei Tanaka", "").split("\n")[3:]
        == (sent.preview.replace("Ana Ruiz", "").split("\n")[3:])
    )
    assert "PAY-12" in simulated.preview


async def test_customer_reply_internal_comment_and_reply_are_all_simulated(house: House) -> None:
    await house.ask("@bot status", item="HELP-1", author="Priya Shah")
    await house.ask("@bot status", item="HELP-1", author="Lena Novak", public=False)
    await house.ask("@bot status")

    assert {state for _, state in house.states} == {"simulated"}
    assert len(house.states) == 3
    assert house.approvals == ()


@pytest.mark.parametrize("later", ["auto", "approve"])
async def test_recorded_simulated_actions_are_never_sent_by_a_switch(
    house: House, later: str
) -> None:
    await house.ask("@bot status")
    await house.ask("@bot assign to me")

    house.mode(later)
    await house.settle()
    await house.wait(3600)

    assert {state for _, state in house.states} == {"simulated"}
    assert house.writes == []
    assert house.approvals == ()


@pytest.mark.parametrize(
    ("switch", "sent"),
    [
        pytest.param({}, {"PAY": "executed", "HELP": "executed"}, id="everything"),
        pytest.param(
            {"project": "PAY"}, {"PAY": "executed", "HELP": "simulated"}, id="one-project"
        ),
        pytest.param(
            {"kind": "jira.add_internal_comment"},
            {"PAY": "simulated", "HELP": "executed"},
            id="one-kind",
        ),
        pytest.param(
            {"project": "PAY", "kind": "jira.assign_issue"},
            {"PAY": "simulated", "HELP": "simulated"},
            id="another-kind-in-one-project",
        ),
    ],
)
async def test_going_live_is_a_matter_of_modes_alone(
    house: House, switch: dict[str, str], sent: dict[str, str]
) -> None:
    house.mode("auto", **switch)

    await house.ask("@bot status")
    await house.ask("@bot status", item="HELP-1", author="Lena Novak", public=False)

    assert {one.project: one.state.value for one in house.actions} == sent


async def test_simulate_for_a_project_outranks_auto_for_a_kind(house: House) -> None:
    house.mode("auto", kind="jira.add_comment")
    house.mode("simulate", project="PAY")

    await house.ask("@bot status")

    assert house.states == [("jira.add_comment", "simulated")]


async def test_every_switch_is_a_new_policy_version_with_its_record(house: House) -> None:
    house.mode("auto")
    house.mode("simulate", project="PAY")

    history = house.stores.database.read(lambda tx: tx.policies.history())
    records = house.stores.database.read(lambda tx: tx.audit.newest(limit=2))

    assert [one.version for one in history] == [1, 2, 3]
    assert history[0].document == {"default": Mode.SIMULATE.value, "rules": []}
    assert [one.tag for one in records] == ["person:mode:changed"] * 2
    assert records[0].by == "cli:tester"

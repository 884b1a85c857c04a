"""A question no rule understands: webhook in, model asked, comment out; on both databases."""

import pytest

from chargehand.domain.switches import ORGANIZATION
from chargehand.flags.registry import Flag
from chargehand.pipeline.flags import KnownScopes, set_flag
from chargehand.pipeline.showing import to_json
from chargehand.testing.models import CallTool, ModelContract, decide
from tests.acceptance.talking import QUESTION, OpenHouse, house_with_models, script

pytestmark = [pytest.mark.anyio, pytest.mark.contract]


async def test_answer_of_a_model_is_posted_with_its_sources(
    open_another: OpenHouse, model_contract: ModelContract
) -> None:
    said = decide(
        "PAY-7 waits for PAY-12, which is in review.\n- PAY-12 is with Tom.",
        urgency="medium",
        confidence=0.83,
    )
    model = script(CallTool("look_up_work_item", {"key": "PAY-12"}), said, contract=model_contract)
    async with house_with_models(open_another, model) as house:
        await house.ask(QUESTION)

        [reply] = house.replies()
        assert "PAY-7 waits for PAY-12, which is in review." in reply.text
        assert "Written by a model from these sources" in reply.text
        assert reply.mentions == ("Mei Tanaka",)
        decision = house.decisions[0]
        assert (decision.decided_by.value, decision.reason.value) == ("model", "model_answered")
        assert (decision.confidence, decision.urgency.value) == (0.83, "medium")
        assert decision.reasoning == "The status says so."
        assert {source.label for source in decision.sources} >= {"PAY-7", "PAY-12"}
        assert decision.model is not None
        assert (decision.model.provider, decision.model.prompt_version) == (
            "anthropic",
            "decision-3",
        )
        assert decision.cost_usd == house.cash.spent_usd > 0
        requests = house.stores.database.read(lambda tx: tx.model_requests.of_decision(decision.id))
        assert [one.body.encode() for one in requests] == [one.raw for one in model.received]
        assert decision.model.reservation_id == requests[-1].reservation_id
        assert house.notices == []


async def test_flag_switches_models_off_at_once(open_another: OpenHouse) -> None:
    model = script(otherwise=decide("It is nearly ready."))
    async with house_with_models(open_another, model) as house:
        now = house.clock.now()
        house.stores.database.write(
            lambda tx: set_flag(
                tx,
                Flag.MODEL_DECISIONS,
                ORGANIZATION,
                is_on=False,
                known=KnownScopes((), ()),
                by="cli:tester",
                now=now,
            )
        )
        await house.ask(QUESTION)

        assert model.received == []
        assert house.verdicts == [("respond", "not_understood")]
        assert house.decisions[0].decided_by.value == "rule"


async def test_change_a_model_suggests_waits_for_a_person_even_in_auto(
    open_another: OpenHouse,
) -> None:
    suggestion = {"kind": "transition", "work_item": "PAY-7", "to": "In Review"}
    model = script(decide("I propose that.", suggested_actions=[suggestion]))
    async with house_with_models(open_another, model) as house:
        await house.ask("@bot I guess this one could now go where things get looked at, thanks")

        assert ("jira.transition_issue", "waiting") in house.states
        assert [path for _, path in house.writes if "transitions" in path] == []
        [approval] = house.approvals
        house.approve(approval)
        await house.settle()

        issue = house.jira.issue("PAY-7")
        workflow = house.jira.project("PAY").workflow
        assert workflow.status(issue.status).name == "In Review"


async def test_decision_of_a_model_tells_by_which_and_why_over_rest_and_json(
    open_another: OpenHouse,
) -> None:
    async with house_with_models(open_another, script(decide("Nearly."))) as house:
        await house.ask(QUESTION)

        shown = to_json(house.decisions[0])
        assert isinstance(shown, dict)
        assert shown["reasoning"] == "The status says so."
        assert shown["decided_by"] == "model"
        assert shown["model"] == {
            "provider": "anthropic",
            "model": "claude-haiku-5-5",
            "prompt_version": "decision-3",
            "reservation_id": next(iter(house.cash.reservations)),
        }

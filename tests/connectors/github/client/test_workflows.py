"""A started workflow finds its own run, and never another one."""

from typing import Any

import pytest

from chargehand.connectors.github.preview import GitHubPreviewer
from chargehand.domain.action import ActionKind, ApprovedAction, Done, Refused, Undecided
from chargehand.plugins.connector import DoneAction, LookUpState, NoWayBack
from chargehand.testing.github import people
from chargehand.testing.jira.failures import Failure
from tests.connectors.github.client.world import ACTION_ID, World, approved, proposed

pytestmark = pytest.mark.anyio


def dispatch(workflow: str = "deploy.yml", **more: Any) -> ApprovedAction:
    params = {"workflow": workflow, "ref": "main", **more}
    return approved(ActionKind.GITHUB_DISPATCH_WORKFLOW, "acme/payments", params)


CORRELATED: dict[str, Any] = {
    "inputs": {"environment": "staging"},
    "correlation_input": "correlation_id",
}


async def test_github_tells_which_run_it_was(world: World) -> None:
    action = dispatch(**CORRELATED)

    result = await world.client.perform(action)

    (run,) = world.payments.runs
    assert isinstance(result, Done)
    assert (result.external_id, result.detail) == (str(run.id), {"run": "told"})
    assert run.title == f"Deploy to staging [{ACTION_ID}]"


async def test_an_older_github_is_asked_without_the_wish(world: World) -> None:
    world.site.state.knows_run_details = False
    people.start_run(
        world.site,
        world.payments,
        world.payments.workflows[0],
        actor="tom-berg",
        branch="main",
        inputs={"environment": "production", "correlation_id": "somebody's"},
    )

    result = await world.client.perform(dispatch(**CORRELATED))

    ours = world.payments.runs[-1]
    assert isinstance(result, Done)
    assert (result.external_id, result.detail) == (str(ours.id), {"run": "found"})
    assert [one["status"] for one in world.fake.writes()] == [422, 204]


async def test_a_run_nobody_can_tell_apart_stays_unknown(world: World) -> None:
    world.site.state.knows_run_details = False
    action = dispatch("nightly.yml")

    result = await world.client.perform(action)

    assert isinstance(result, Done)
    assert (result.external_id, result.detail) == ("", {"run": "unknown"})
    told = {"external_id": "", **result.detail}
    done = DoneAction(action.action_id, proposed(action), told)
    assert isinstance(GitHubPreviewer().inverse(done), NoWayBack)


async def test_a_dispatch_that_was_cut_off_finds_its_own_run_alone(world: World) -> None:
    failure = Failure(method="POST", path=".*/dispatches", cut="after", times=2)
    world.fake.desk.failures.add(failure)
    correlated, plain = dispatch(**CORRELATED), dispatch("nightly.yml")
    before = await world.look_up(correlated)

    first = await world.client.perform(correlated)
    second = await world.client.perform(plain)

    assert before.state is LookUpState.ABSENT
    assert isinstance(first, Undecided)
    assert isinstance(second, Undecided)
    found, unsure = await world.look_up(correlated), await world.look_up(plain)
    assert (found.state, found.external_id) == (
        LookUpState.FOUND,
        str(world.payments.runs[0].id),
    )
    # There is a run of that workflow, and nothing says whose it is.
    assert unsure.state is LookUpState.UNSURE


async def test_a_run_is_repeated_and_cancelled_as_it_stands(world: World) -> None:
    await world.client.perform(dispatch(**CORRELATED))
    run = world.payments.runs[0]
    on = ("acme/payments", {"run_id": run.id})
    rerun = approved(ActionKind.GITHUB_RERUN_WORKFLOW, *on, {"attempt": 1})
    cancel = approved(ActionKind.GITHUB_CANCEL_WORKFLOW, *on)

    going = await world.client.perform(rerun)
    cancelled = await world.client.perform(cancel)
    cancelled_before = await world.client.perform(cancel)
    repeated = await world.client.perform(rerun)
    repeated_before = await world.client.perform(rerun)

    assert isinstance(going, Refused)
    assert isinstance(cancelled, Done)
    assert isinstance(cancelled_before, Done)
    assert cancelled_before.detail == {"already": True}
    assert isinstance(repeated, Done)
    assert run.attempt == 2
    assert isinstance(repeated_before, Refused)
    assert (await world.look_up(rerun)).state is LookUpState.FOUND

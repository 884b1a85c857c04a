"""What was done can be undone, where Jira allows it: proposed, previewed, gated and audited."""

import json
from collections.abc import Callable

import pytest

from chargehand.domain.action import ActionState
from chargehand.domain.records import ActionRecord
from chargehand.pipeline.errors import AlreadyUndone, NotUndoable
from chargehand.testing.jira.records import Issue
from tests.acceptance.conftest import both_sites
from tests.house import House

pytestmark = pytest.mark.anyio


async def done(house: House, command: str, **how: str) -> ActionRecord:
    """The one action a command led to, executed."""
    house.mode("auto")
    await house.ask(command, **how)
    [action] = house.actions
    assert action.state is ActionState.EXECUTED
    return action


def undo_of(house: House, action: ActionRecord) -> ActionRecord:
    """The newest undo of an action as it stands now."""
    tries = house.stores.database.read(lambda tx: tx.undos.of_undone(action.id))
    return next(one for one in house.actions if one.id == tries[-1].undo_action_id)


def links(house: House) -> list[tuple[str, str, str]]:
    return [(one.kind, one.source, one.target) for one in house.jira.state.links]


CHANGES = [
    pytest.param("@bot assign this to Tom Berg", "jira.assign_issue", id="assign"),
    pytest.param("@bot unassign this", "jira.assign_issue", id="unassign"),
    pytest.param("@bot move to In Review", "jira.transition_issue", id="transition"),
    pytest.param("@bot label urgent refunds slow", "jira.remove_labels", id="label"),
    pytest.param("@bot link relates to PAY-12", "jira.unlink_issues", id="link"),
    pytest.param("@bot set priority Low", "jira.update_fields", id="field"),
    pytest.param("@bot set components Ledger, Gateway", "jira.update_fields", id="list"),
    pytest.param("@bot set due none", "jira.update_fields", id="emptied"),
]


def comparable(issue: Issue) -> tuple[object, ...]:
    return (
        issue.assignee,
        issue.status,
        sorted(issue.labels),
        issue.priority,
        issue.components,
        issue.due_on,
    )


@both_sites
@pytest.mark.parametrize(("command", "kind"), CHANGES)
async def test_change_is_undone_once_a_person_approves(
    house: House, command: str, kind: str
) -> None:
    before, linked = comparable(house.jira.issue("PAY-7")), links(house)
    action = await done(house, command)
    house.mode("approve")

    undo = house.undo(action.id)
    assert (undo.kind.value, undo.state) == (kind, ActionState.WAITING)
    assert undo.decision_id == action.decision_id
    assert comparable(house.jira.issue("PAY-7")) != before or links(house) != linked
    house.approve(house.approvals[0])
    await house.settle()

    assert undo_of(house, action).state is ActionState.EXECUTED
    assert comparable(house.jira.issue("PAY-7")) == before
    assert links(house) == linked


@both_sites
async def test_answer_is_deleted_and_given_in_full_when_asked_again(house: House) -> None:
    answer = await done(house, "@bot due")

    house.undo(answer.id)
    await house.settle()
    assert house.replies() == []
    await house.ask("@bot due")

    assert len(house.replies()) == 1
    assert undo_of(house, answer).kind.value == "jira.delete_comment"


@both_sites
async def test_internal_comment_is_deleted(house: House) -> None:
    answer = await done(house, "@bot status", item="HELP-1", author="Lena Novak", public=False)

    house.undo(answer.id)
    await house.settle()

    assert house.replies("HELP-1") == []


async def test_undo_is_audited_with_what_it_undoes_and_who_asked(house: House) -> None:
    action = await done(house, "@bot set priority Low")

    undo = house.undo(action.id)

    records = house.stores.database.read(lambda tx: tx.audit.about(undo.id))
    [record] = [one for one in records if one.tag == "person:undo:proposed"]
    body = json.loads(record.body)
    assert (record.subject_id, body["undoes"], record.by) == (undo.id, action.id, "cli:lead")
    assert house.verification.breaks == ()


@pytest.mark.parametrize("mode", ["simulate", "approve", "auto"])
async def test_undo_gets_the_mode_of_the_policy(house: House, mode: str) -> None:
    action = await done(house, "@bot set priority Low")
    house.mode(mode)

    undo = house.undo(action.id)
    await house.settle()

    assert undo.mode.value == mode
    is_undone = house.jira.issue("PAY-7").priority != "Low"
    assert is_undone is (mode == "auto")


async def test_second_undo_is_refused_and_a_rejected_one_may_be_repeated(house: House) -> None:
    action = await done(house, "@bot set priority Low")
    house.mode("approve")
    house.undo(action.id)
    with pytest.raises(AlreadyUndone):
        house.undo(action.id)
    house.reject(house.approvals[0])

    again = house.undo(action.id)
    [approval] = [one for one in house.approvals if one.state.value == "open"]
    house.approve(approval)
    await house.settle()

    assert undo_of(house, action).id == again.id
    assert house.jira.issue("PAY-7").priority != "Low"
    with pytest.raises(AlreadyUndone, match="which is executed"):
        house.undo(action.id)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        pytest.param('@bot create bug "Refunds"', "deletes no work items", id="new item"),
    ],
)
async def test_what_has_no_way_back_says_so_before_and_after(
    house: House, command: str, reason: str
) -> None:
    action = await done(house, command)

    assert f"can not be undone: chargehand {reason}" in action.preview
    with pytest.raises(NotUndoable, match=reason):
        house.undo(action.id)


async def test_what_changed_nothing_can_not_be_undone(house: House) -> None:
    house.mode("approve")
    await house.ask("@bot set priority Low")
    house.jira.edit("PAY-7", author="Mei Tanaka", fields={"priority": {"name": "Low"}})
    house.approve(house.approvals[0])
    await house.settle()

    with pytest.raises(NotUndoable, match="it changed nothing"):
        house.undo(house.actions[0].id)


async def test_what_was_not_done_can_not_be_undone(house: House) -> None:
    await house.ask("@bot set priority Low")

    with pytest.raises(NotUndoable, match="it is simulated"):
        house.undo(house.actions[0].id)


def edit_ours(house: House) -> None:
    [reply] = house.replies()
    house.jira.edit_comment(reply.id, body="Somebody worded it anew.", author="Mei Tanaka")


def write_below(house: House) -> None:
    house.write("Thanks, that settles it.", author="Ana Ruiz")


def unmark(house: House) -> None:
    [reply] = house.replies()
    comment = house.jira.state.find_comment(reply.id)
    assert comment is not None
    comment.properties.clear()


@both_sites
@pytest.mark.parametrize("meddle", [edit_ours, write_below, unmark])
async def test_comment_that_is_not_as_we_left_it_stays(
    house: House, meddle: Callable[[House], None]
) -> None:
    answer = await done(house, "@bot due")
    house.clock.advance(5)
    meddle(house)

    house.undo(answer.id)
    await house.settle()

    undo = undo_of(house, answer)
    assert (undo.state.value, undo.problem) == ("rejected", "base_changed")
    assert len(house.jira.state.comments_of("PAY-7")) > 0
    assert house.notices == []


async def test_value_changed_since_is_not_set_back(house: House) -> None:
    action = await done(house, "@bot set priority Low")
    house.jira.edit("PAY-7", author="Mei Tanaka", fields={"priority": {"name": "Highest"}})

    house.undo(action.id)
    await house.settle()

    assert undo_of(house, action).problem == "base_changed"
    assert house.jira.issue("PAY-7").priority == "Highest"


async def test_move_without_a_way_back_is_refused_by_the_workflow(house: House) -> None:
    house.jira.transition("PAY-7", author="Mei Tanaka", to="In Review")
    action = await done(house, "@bot move to Done")

    house.undo(action.id)
    await house.settle()

    undo = undo_of(house, action)
    assert (undo.state.value, undo.problem) == ("failed", "transition_gone")

"""What has to be true of every house when its test is over, whatever the test was about."""

from collections import Counter
from typing import TYPE_CHECKING

from chargehand.domain.action import ActionKind, ActionState, Mode
from chargehand.domain.records import ActionRecord, EffectState
from tests.wire import Write

if TYPE_CHECKING:
    from tests.house import House

MAY_HAVE_BEEN_SENT = frozenset(
    {ActionState.EXECUTING, ActionState.EXECUTED, ActionState.FAILED, ActionState.UNKNOWN}
)


def assert_accounted(house: "House") -> None:
    """The chain holds, every write was allowed when it left, and none had its effect twice."""
    assert house.verification.breaks == ()
    _assert_no_write_in_simulate(house)
    _assert_every_write_has_its_action(house)
    _assert_no_effect_twice(house)


def _assert_no_write_in_simulate(house: "House") -> None:
    assert [write for write in house.wire.writes if write.mode is Mode.SIMULATE] == []
    if house.modes_ever == {Mode.SIMULATE}:
        assert house.writes == []
    assert len(house.writes) <= len(house.wire.writes)


def _assert_every_write_has_its_action(house: "House") -> None:
    """The ledger knew of every write before it left, and no action left more often than that."""
    left: Counter[str] = Counter()
    for write in house.wire.writes:
        if write.kind is None:
            continue
        candidates = [one for one in house.actions if _may_have_caused(one, write)]
        assert candidates, f"no action explains {write}"
        left[candidates[0].id] += 1
    for action in house.actions:
        effect = house.effect(action)
        if action.state not in MAY_HAVE_BEEN_SENT:
            # An attempt that Jira clearly refused may lie before; its effect then never happened.
            assert effect is None or effect.state is EffectState.REFUSED, action
        if action.kind in (ActionKind.JIRA_ADD_COMMENT, ActionKind.JIRA_CREATE_ISSUE):
            assert left[action.id] <= (effect.attempts if effect is not None else 0), action


def _may_have_caused(action: ActionRecord, write: Write) -> bool:
    is_there = not write.target or action.target in write.target.split()
    is_same = action.kind is write.kind and is_there
    return is_same and write.action_id in ("", action.id)


def _assert_no_effect_twice(house: "House") -> None:
    said = [one for item in house.jira.state.threads for one in house.thread(item)]
    marks = Counter(one.action_id for one in said if one.action_id)
    assert [action_id for action_id, times in marks.items() if times > 1] == []
    created = Counter(
        mark["action_id"]
        for issue in house.jira.state.issues.values()
        if (mark := issue.properties.get("chargehand.action"))
    )
    assert [action_id for action_id, times in created.items() if times > 1] == []
    by_bot = [one for one in said if one.is_ours]
    sent = [one for one in house.actions if one.kind.value.endswith(("comment", "customer"))]
    assert len(by_bot) <= sum(one.state in MAY_HAVE_BEEN_SENT for one in sent)

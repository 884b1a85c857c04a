"""A cohort holds for its members and for nobody else: in the policy, and for flags."""

import pytest

from chargehand.domain.ids import MemberId
from chargehand.domain.member import Role
from chargehand.domain.switches import Scope, ScopeKind
from chargehand.flags.registry import Flag
from chargehand.pipeline.flags import KnownScopes, clear_flag, set_flag
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.policies import apply_policy
from chargehand.storage.transaction import Writing
from chargehand.testing.models import decide
from tests.acceptance.talking import QUESTION, OpenHouse, house_with_models, script
from tests.chat_house import add_to_team
from tests.house import SERVED, House

pytestmark = pytest.mark.anyio
IN, OUT = "Mei Tanaka", "Tom Berg"
PILOTS = Scope(ScopeKind.COHORT, "pilots")
KNOWN = KnownScopes(SERVED, {"jira"})
POLICY = """
format = 2
[cohorts]
pilots = ["{member}"]
[[rules]]
name = "pilots first"
when = {{ kind = ["jira.add_comment"], cohort = ["pilots"] }}
mode = "auto"
[[rules]]
name = "everybody"
when = {{ kind = ["jira.*"], project = ["PAY"] }}
mode = "{others}"
"""


def put_in_force(house: House, *, others: str = "approve") -> MemberId:
    """A policy with one member among the pilots, and one who is in the team and in no cohort."""
    inside = add_to_team(house, IN, {}, Role.DEVELOPER, Role.ADMIN, jira=True)
    add_to_team(house, OUT, {}, Role.DEVELOPER, Role.APPROVER, jira=True)
    house.clock.advance(1)
    now = house.clock.now()
    text = POLICY.format(member=inside, others=others).encode()

    def work(tx: Writing) -> None:
        version = policy_in_force(tx).version
        apply_policy(tx, text, based_on=version, served=SERVED, by="cli:op", now=now)

    house.stores.database.write(work)
    house.clock.advance(1)
    return inside


def switch(house: House, flag: Flag, *, is_on: bool) -> None:
    """Turn a flag off for the pilots, or leave it to everything else again."""
    now = house.clock.now()
    write = house.stores.database.write
    if is_on:
        write(lambda tx: clear_flag(tx, flag, PILOTS, by="cli:op", now=now))
    else:
        write(lambda tx: set_flag(tx, flag, PILOTS, is_on=False, known=KNOWN, by="cli:op", now=now))


async def test_condition_cohort_gives_its_members_another_mode(house: House) -> None:
    put_in_force(house)

    await house.ask("@bot when is it due?", author=IN)
    await house.ask("@bot when is it due?", author=OUT, item="PAY-12")
    await house.ask("@bot status", author="Ana Ruiz", item="PAY-12")

    assert [(one.target, one.state.value, one.mode.value) for one in reversed(house.actions)] == [
        ("PAY-7", "executed", "auto"),
        ("PAY-12", "waiting", "approve"),
        ("PAY-12", "waiting", "approve"),
    ]


@pytest.mark.parametrize(
    ("flag", "asks", "actions"),
    [
        pytest.param(Flag.AGENTS, {"PAY-7": "flag_off"}, {"PAY-12": "executed"}, id="deciding"),
        pytest.param(Flag.SENDING, {}, {"PAY-7": "approved", "PAY-12": "executed"}, id="sending"),
    ],
)
async def test_flag_of_a_cohort_holds_its_members_back_alone(
    house: House, flag: Flag, asks: dict[str, str], actions: dict[str, str]
) -> None:
    put_in_force(house, others="auto")
    switch(house, flag, is_on=False)

    await house.ask("@bot when is it due?", author=IN)
    await house.ask("@bot when is it due?", author=OUT, item="PAY-12")

    assert {one.ask.item: one.problem for one in house.asks if one.problem} == asks
    assert {one.target: one.state.value for one in house.actions} == actions
    switch(house, flag, is_on=True)
    await house.settle()
    assert {one.target: one.state.value for one in house.actions} == {
        "PAY-7": "executed",
        "PAY-12": "executed",
    }


async def test_models_are_not_asked_for_a_cohort_and_are_for_others(
    open_another: OpenHouse,
) -> None:
    model = script(otherwise=decide("It is nearly ready."))
    async with house_with_models(open_another, model, mode=None) as house:
        put_in_force(house, others="auto")
        switch(house, Flag.MODEL_DECISIONS, is_on=False)

        await house.ask(QUESTION, author=IN)
        asked_inside = len(model.received)
        await house.ask(QUESTION, author=OUT, item="PAY-12")

        assert (asked_inside, len(model.received)) == (0, 1)
        assert [one.decided_by.value for one in house.decisions] == ["model", "rule"]

"""Caps and quiet hours: what is over waits, is told once, and goes when there is room."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chargehand.bootstrap.configured import pipeline_rules
from chargehand.domain.member import Role
from chargehand.domain.policy import Cap, CapScope, Hours, PolicyQuestion, Ruling
from chargehand.kit.calendar import WorkingHours
from chargehand.pipeline.breaking_glass import break_glass
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.members import add_member
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.policies import apply_policy
from chargehand.pipeline.ruling import Rulings
from chargehand.policy.modes import ModePolicy
from chargehand.storage.transaction import Writing
from tests.house import SERVED, House

pytestmark = pytest.mark.anyio
HOUR_S = 3600
MADRID = WorkingHours(zone=ZoneInfo("Europe/Madrid"))
COUNTED_AGAIN = timedelta(minutes=15)
KIND = Cap(CapScope.KIND, most=1, window_s=HOUR_S)


@dataclass(frozen=True, slots=True)
class StrictPolicy(ModePolicy):
    """The policy in force with caps and hours beside its modes."""

    caps: tuple[Cap, ...] = ()
    hours: Hours = Hours.ALWAYS

    def rule_on(self, question: PolicyQuestion) -> Ruling:
        ruling = ModePolicy.rule_on(self, question)
        return replace(ruling, caps=self.caps, hours=self.hours)


def strict(*caps: Cap, hours: Hours = Hours.ALWAYS) -> Callable[[Writing], Rulings]:
    def rulings_of(tx: Writing) -> Rulings:
        plain = policy_in_force(tx)
        policy = StrictPolicy(plain.version, plain.default, plain.rules, caps, hours)
        return Rulings(tx, policy)

    return rulings_of


def sender(
    house: House, rulings_of: Callable[[Writing], Rulings], hours: WorkingHours = MADRID
) -> Executing:
    return Executing(
        house.stores.database,
        house.connections,
        rules=replace(pipeline_rules(house.settings), hours=hours),
        clock=house.clock,
        rulings_of=rulings_of,
    )


async def approved(house: House, *items: str) -> list[str]:
    """Answers that a person approved and nobody sent yet, oldest first."""
    house.mode("approve")
    for item in items:
        await house.ask("@bot what's blocking this?", item=item)
    for approval in house.approvals:
        house.approve(approval)
    return [action.id for action in reversed(house.actions)]


@pytest.mark.every_variant
@pytest.mark.parametrize(
    ("cap", "sent"),
    [
        pytest.param(KIND, 1, id="kind"),
        pytest.param(Cap(CapScope.KIND, most=2, window_s=HOUR_S), 2, id="room"),
        pytest.param(Cap(CapScope.TARGET, most=1, window_s=HOUR_S), 2, id="target"),
        pytest.param(Cap(CapScope.PERSON, most=1, window_s=HOUR_S), 1, id="person"),
        pytest.param(Cap(CapScope.KIND, most=0, window_s=HOUR_S), 0, id="nothing"),
    ],
)
async def test_what_is_over_a_cap_waits_and_is_told_once(house: House, cap: Cap, sent: int) -> None:
    ids = await approved(house, "PAY-7", "PAY-12")
    executing = sender(house, strict(cap))

    await executing.execute(ids)
    house.clock.advance(HOUR_S / 2)
    await executing.execute(ids)

    assert [one.state.value for one in house.actions].count("executed") == sent
    waiting = [one for one in house.actions if one.state.value == "approved"]
    assert {one.problem for one in waiting} <= {"cap_reached"}
    assert house.notices.count("cap_reached") == (1 if sent < 2 else 0)


async def test_room_comes_back_when_the_window_has_moved_on(house: House) -> None:
    first, second = await approved(house, "PAY-7", "PAY-12")
    executing = sender(house, strict(KIND))
    await executing.execute([first])
    house.clock.advance(HOUR_S - 60)

    await executing.execute([second])
    [waiting] = [one for one in house.actions if one.id == second]
    assert waiting.next_attempt_at == house.clock.now() + timedelta(seconds=60)
    house.clock.advance(60 + 1)
    await executing.execute([second])

    assert (len(house.replies("PAY-7")), len(house.replies("PAY-12"))) == (1, 1)


async def test_two_workers_at_once_keep_one_cap(house: House) -> None:
    first, second = await approved(house, "PAY-7", "PAY-12")
    workers = [sender(house, strict(KIND)), sender(house, strict(KIND))]

    await asyncio.gather(workers[0].execute([first]), workers[1].execute([second]))

    assert len(house.replies("PAY-7")) + len(house.replies("PAY-12")) == 1


async def test_clock_that_was_set_back_does_not_make_it_wait_for_longer(house: House) -> None:
    first, second = await approved(house, "PAY-7", "PAY-12")
    executing = sender(house, strict(KIND))
    house.clock.advance(10 * HOUR_S)
    await executing.execute([first])
    house.clock.advance(-10 * HOUR_S)

    await executing.execute([second])

    [waiting] = [one for one in house.actions if one.id == second]
    assert waiting.next_attempt_at == house.clock.now() + COUNTED_AGAIN


async def test_quiet_hours_hold_what_was_not_just_asked_for(house: House) -> None:
    [action_id] = await approved(house, "PAY-7")
    executing = sender(house, strict(hours=Hours.WORKING))
    # Thursday evening in Madrid; Friday morning is the next working moment.
    house.clock.advance(10 * HOUR_S)

    await executing.execute([action_id])

    [action] = house.actions
    assert (action.problem, action.state.value) == ("quiet_hours", "approved")
    assert action.next_attempt_at == house.clock.now() + timedelta(hours=1)
    assert house.replies() == []
    morning = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    house.clock.advance((morning - house.clock.now()).total_seconds() - 60)
    await executing.execute([action_id])
    [action] = house.actions
    assert action.next_attempt_at == morning
    house.clock.advance(60)
    await executing.execute([action_id])
    assert len(house.replies()) == 1


async def test_answer_to_a_question_just_asked_does_not_wait_for_the_morning(house: House) -> None:
    house.clock.advance(10 * HOUR_S)
    [action_id] = await approved(house, "PAY-7")

    await sender(house, strict(hours=Hours.WORKING)).execute([action_id])

    assert len(house.replies()) == 1


async def test_answer_that_was_decided_late_is_no_answer_just_asked_for(house: House) -> None:
    house.mode("approve")
    house.clock.advance(10 * HOUR_S)
    await house.say("@bot what's blocking this?")
    house.clock.advance(11 * 60)
    await house.settle()
    house.approve(house.approvals[0])

    await sender(house, strict(hours=Hours.WORKING)).execute([house.actions[0].id])

    assert [one.problem for one in house.actions] == ["quiet_hours"]
    assert house.replies() == []


def apply(house: House) -> None:
    now, text = house.clock.now(), b'format = 2\n\n[[rules]]\nname = "all"\nmode = "auto"\n'

    def work(tx: Writing) -> None:
        add_member(tx, "Ana", roles=((None, Role.ADMIN),), by="cli:op", now=now)
        version = policy_in_force(tx).version
        apply_policy(tx, text, based_on=version, served=SERVED, by="cli:op", now=now)

    house.stores.database.write(work)


def break_the_glass(house: House) -> None:
    now = house.clock.now()
    house.stores.database.write(lambda tx: break_glass(tx, by="cli:op", reason="fire", now=now))


@pytest.mark.every_variant
@pytest.mark.parametrize(
    "change",
    [lambda house: house.mode("auto"), apply, break_the_glass],
    ids=["mode", "policy", "glass"],
)
async def test_what_waits_is_looked_at_again_when_the_policy_changes(
    house: House, change: Callable[[House], None]
) -> None:
    [action_id] = await approved(house, "PAY-7")
    await sender(house, strict(replace(KIND, most=0))).execute([action_id])
    assert [one.problem for one in house.actions] == ["cap_reached"]

    change(house)
    # The worker itself, by the policy in force, which has no cap.
    await house.settle()

    assert len(house.replies()) == 1


async def test_calendar_without_a_working_day_holds_and_never_loops(house: House) -> None:
    [action_id] = await approved(house, "PAY-7")
    house.clock.advance(HOUR_S)
    never = WorkingHours(zone=ZoneInfo("UTC"), is_day_off=lambda _day: True)

    await sender(house, strict(hours=Hours.WORKING), never).execute([action_id])

    [action] = house.actions
    assert action.problem == "quiet_hours"
    assert action.next_attempt_at == house.clock.now() + timedelta(hours=1)
    assert not never.is_ever_worked(date(2026, 11, 19))


async def test_cap_of_a_policy_document_holds_the_next_answer_and_says_why(house: House) -> None:
    """Through the whole house: the document is applied, people ask, and time passes."""
    text = b"""format = 2

[[rules]]
name = "one answer an hour"
when = { kind = ["jira.add_comment"] }
mode = "auto"
caps = [{ scope = "kind", most = 1, per = "1h" }]
"""
    now = house.clock.now()

    def work(tx: Writing) -> None:
        add_member(tx, "Ana", roles=((None, Role.ADMIN),), by="cli:op", now=now)
        version = policy_in_force(tx).version
        apply_policy(tx, text, based_on=version, served=SERVED, by="cli:op", now=now)

    house.stores.database.write(work)

    await house.ask("@bot what's blocking this?", item="PAY-7")
    await house.ask("@bot what's blocking this?", item="PAY-12")

    assert (len(house.replies("PAY-7")), len(house.replies("PAY-12"))) == (1, 0)
    waiting, sent = house.actions
    assert (sent.state.value, waiting.state.value) == ("executed", "approved")
    assert waiting.problem == "cap_reached"
    [told] = [one for one in house.told if one.code == "cap_reached"]
    assert "allows 1 actions of the kind jira.add_comment in 3600 seconds" in told.text
    assert waiting.id in told.text
    await house.wait(HOUR_S / 2)
    assert house.replies("PAY-12") == []
    await house.wait(HOUR_S / 2 + 1)
    assert len(house.replies("PAY-12")) == 1

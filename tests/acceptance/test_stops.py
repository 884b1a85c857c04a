"""Stopped is stopped: nothing is decided or sent, whatever dies, until somebody resumes it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chargehand.domain.member import Role
from chargehand.domain.switches import ORGANIZATION, Scope, ScopeKind
from chargehand.flags.registry import Flag
from chargehand.pipeline.barriers import let_go
from chargehand.pipeline.flags import KnownScopes, clear_flag, end_expired_flags, set_flag
from chargehand.pipeline.local_stops import LocalStops
from chargehand.pipeline.stopping import resume, stop, under_way
from tests.acceptance.conftest import OpenHouse
from tests.chat_house import add_to_team
from tests.house import SERVED, House

pytestmark = pytest.mark.anyio
KNOWN = KnownScopes(SERVED, {"jira"})
PAY = Scope(ScopeKind.PROJECT, "PAY")
HOUR_S = 3600.0


def stop_scope(scope: Scope) -> Callable[[House], None]:
    def begin(house: House) -> None:
        now = house.clock.now()
        house.stores.database.write(lambda tx: stop(tx, scope, reason="", by="cli:op", now=now))

    return begin


def resume_scope(scope: Scope) -> Callable[[House], None]:
    def end(house: House) -> None:
        now = house.clock.now()
        house.stores.database.write(lambda tx: resume(tx, scope, by="cli:op", now=now))

    return end


def turn_off(flag: Flag, scope: Scope, lasts: timedelta | None = None) -> Callable[[House], None]:
    def begin(house: House) -> None:
        now = house.clock.now()
        house.stores.database.write(
            lambda tx: set_flag(
                tx,
                flag,
                scope,
                is_on=False,
                known=KNOWN,
                by="cli:op",
                now=now,
                expires_at=now + lasts if lasts is not None else None,
            )
        )

    return begin


def clear(flag: Flag, scope: Scope) -> Callable[[House], None]:
    def end(house: House) -> None:
        now = house.clock.now()
        house.stores.database.write(lambda tx: clear_flag(tx, flag, scope, by="cli:op", now=now))

    return end


def write_file(text: str) -> Callable[[House], None]:
    def begin(house: House) -> None:
        (house.settings.storage.data_dir / "STOP").write_text(text)

    return begin


def remove_file(house: House) -> None:
    (house.settings.storage.data_dir / "STOP").unlink()
    now = house.clock.now()
    # What the worker's loop does when it sees that the file is gone.
    house.stores.database.write(lambda tx: let_go(tx, now=now))


CONNECTOR, AGENT = Scope(ScopeKind.CONNECTOR, "jira"), Scope(ScopeKind.AGENT, "chargehand")
KIND = Scope(ScopeKind.KIND, "jira.add_comment")
HELD_BACK = [
    pytest.param(stop_scope(ORGANIZATION), resume_scope(ORGANIZATION), id="all"),
    pytest.param(stop_scope(PAY), resume_scope(PAY), id="project"),
    pytest.param(stop_scope(CONNECTOR), resume_scope(CONNECTOR), id="connector"),
    pytest.param(stop_scope(AGENT), resume_scope(AGENT), id="agent"),
    pytest.param(write_file("connector:jira"), remove_file, id="file"),
    pytest.param(write_file("stop now!!"), remove_file, id="junk-in-file"),
    pytest.param(turn_off(Flag.AGENTS, PAY), clear(Flag.AGENTS, PAY), id="flag"),
]


@pytest.mark.every_variant
@pytest.mark.parametrize(("begin", "end"), HELD_BACK)
async def test_nothing_is_decided_until_it_is_resumed(
    house: House, begin: Callable[[House], None], end: Callable[[House], None]
) -> None:
    house.mode("auto")
    begin(house)

    await house.ask("@bot what's blocking this?")
    await house.wait(HOUR_S + 1)

    assert (house.decisions, house.writes) == ((), [])
    [asked] = house.asks
    assert (asked.ask.state.value, asked.problem in ("stopped", "flag_off")) == ("open", True)
    end(house)
    await house.settle()
    assert len(house.replies()) == 1


@pytest.mark.every_variant
@pytest.mark.parametrize(
    ("begin", "end"),
    [
        *HELD_BACK[:6],
        pytest.param(turn_off(Flag.SENDING, KIND), clear(Flag.SENDING, KIND), id="flag"),
    ],
)
async def test_nothing_approved_is_sent_until_it_is_resumed(
    house: House, begin: Callable[[House], None], end: Callable[[House], None]
) -> None:
    house.mode("approve")
    await house.ask("@bot what's blocking this?")
    [approval] = house.approvals
    begin(house)
    house.approve(approval)

    await house.settle()
    house.start()
    await house.wait(HOUR_S + 1)

    assert house.writes == []
    assert house.actions[0].state.value == "approved"
    end(house)
    await house.settle()
    assert len(house.replies()) == 1
    assert house.actions[0].state.value == "executed"


async def test_other_projects_go_on(house: House) -> None:
    house.mode("auto")
    stop_scope(PAY)(house)

    await house.ask("@bot what's blocking this?", item="HELP-1", author="Lena Novak", public=False)

    assert len(house.replies("HELP-1")) == 1


async def test_question_that_waited_for_too_long_is_late(house: House) -> None:
    house.mode("auto")
    stop_scope(ORGANIZATION)(house)
    await house.ask("@bot what's blocking this?")
    await house.wait(3 * HOUR_S)

    resume_scope(ORGANIZATION)(house)
    await house.settle()

    [asked] = house.asks
    assert (asked.ask.state.value, asked.problem) == ("late", "stopped")
    assert house.writes == []
    assert "asks_late" in house.notices
    await house.release(asked)
    assert len(house.replies()) == 1


async def test_flag_that_expires_lets_everything_go(house: House) -> None:
    house.mode("auto")
    turn_off(Flag.SENDING, PAY, timedelta(minutes=5))(house)
    await house.ask("@bot what's blocking this?")
    assert house.actions[0].problem == "flag_off"

    house.clock.advance(5 * 60)
    now = house.clock.now()
    house.stores.database.write(lambda tx: end_expired_flags(tx, now=now))
    await house.settle()

    assert len(house.replies()) == 1
    assert house.stores.database.read(lambda tx: tx.flags.all()) == ()


async def test_what_had_left_is_told_and_still_looked_up(house: House) -> None:
    house.mode("auto")
    house.wire.deaths.append(("POST", "/rest/api/3/issue/PAY-7/comment", "after"))
    await house.say("@bot what's blocking this?")
    await house.settle_until_killed()

    stop_scope(ORGANIZATION)(house)
    seen = house.stores.database.read(lambda tx: under_way(tx, ORGANIZATION))
    await house.wait(120)

    assert [(one.kind.value, one.target) for one in seen] == [("jira.add_comment", "PAY-7")]
    assert house.actions[0].state.value == "executed"
    assert len(house.replies()) == 1
    assert house.stores.database.read(lambda tx: under_way(tx, ORGANIZATION)) == ()


async def test_file_is_told_to_the_operator_with_what_is_made_of_junk(house: House) -> None:
    write_file("project: \x00 what?")(house)
    looking = LocalStops(house.stores.database, clock=house.clock)

    await looking.look()
    await looking.look()

    [notice] = house.told
    assert (notice.code, notice.count) == ("stopped_here", 1)
    assert "everything is stopped" in notice.text


async def test_settings_stop_and_turn_off_for_as_long_as_they_say_so(
    open_another: OpenHouse,
) -> None:
    async with open_another(flags={"stop": "project:PAY", "sending": False}) as house:
        house.mode("auto")
        await house.ask("@bot what's blocking this?")
        await house.ask(
            "@bot what's blocking this?", item="HELP-1", author="Lena Novak", public=False
        )

        assert house.writes == []
        assert [(one.ask.project, one.problem) for one in house.asks] == [
            ("HELP", ""),
            ("PAY", "stopped"),
        ]
        assert [one.problem for one in house.actions] == ["flag_off"]


async def test_flag_of_a_cohort_counts_for_its_members_alone(house: House) -> None:
    house.mode("auto")
    house.clock.advance(1)
    turn_off(Flag.AGENTS, Scope(ScopeKind.COHORT, "canary"))(house)

    await house.ask("@bot what's blocking this?")

    assert len(house.replies()) == 1


async def test_command_whose_reply_waited_is_not_run_again(house: House) -> None:
    """A resume that ran must not lift the stop that somebody made after it."""
    house.mode("auto")
    add_to_team(house, "Mei Tanaka", {}, Role.OPERATOR, jira=True)
    stop_scope(PAY)(house)
    house.jira.inject(method="GET", path=r".*/issue/PAY-7/comment/\d+", status=500, times=9)
    await house.ask("@bot resume project PAY")
    assert house.stores.database.read(lambda tx: tx.stops.in_force()) == ()
    stop_scope(PAY)(house)

    for _ in range(10):
        await house.wait(600)

    assert [one.scope for one in house.stores.database.read(lambda tx: tx.stops.in_force())] == [
        PAY
    ]
    (reply,) = house.replies()
    assert "Resumed: project PAY" in reply.text
    assert len(house.decisions) == 1


async def test_word_about_a_stop_waits_while_sending_is_off(house: House) -> None:
    house.mode("auto")
    add_to_team(house, "Mei Tanaka", {}, Role.OPERATOR, jira=True)
    turn_off(Flag.SENDING, PAY)(house)

    await house.ask("@bot stop project PAY")

    assert [one.scope for one in house.stores.database.read(lambda tx: tx.stops.in_force())] == [
        PAY
    ]
    assert [one.problem for one in house.actions] == ["flag_off"]
    assert house.writes == []
    clear(Flag.SENDING, PAY)(house)
    await house.settle()
    assert len(house.replies()) == 1

"""Approvals that wait for long: who is told, when by their own working hours, and who may then."""

from datetime import timedelta

import pytest

from chargehand.bootstrap.configured import pipeline_rules, working_hours
from chargehand.domain.ids import MemberId
from chargehand.domain.member import Role
from chargehand.pipeline.absences import go_away
from chargehand.pipeline.approval_reminding import ApprovalReminding
from tests.chat_house import ChatHouse, waiting

pytestmark = pytest.mark.anyio
ASK = "@bot transition PAY-7 to In Review"
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@pytest.fixture
def team(chats: ChatHouse) -> ChatHouse:
    """Mei asks, Ana decides, Tom is the admin; it is Thursday at ten, the team works 9 to 17."""
    chats.mode("approve", kind="jira.transition_issue")
    chats.mode("auto", kind="slack.post_message")
    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    chats.member("Ana Ruiz", Role.APPROVER)
    return chats


async def remind(house: ChatHouse, *, after_s: float = 0.0) -> None:
    """Time passes, and two workers remind, of which the first was killed right after."""
    house.clock.advance(after_s)
    for _ in range(2):
        reminding = ApprovalReminding(
            house.stores.database,
            house.connections,
            rules=pipeline_rules(house.settings),
            hours=working_hours(house.settings),
            clock=house.clock,
        )
        await reminding.remind()
    await house.hear()


def id_of(house: ChatHouse, name: str) -> MemberId:
    return next(
        m.id for m in house.stores.database.read(lambda tx: tx.members.all()) if m.name == name
    )


async def test_who_may_decide_is_told_once_after_four_working_hours(team: ChatHouse) -> None:
    await team.chat(ASK)
    await remind(team, after_s=3 * HOUR_S)
    assert team.told_alone() == []

    await remind(team, after_s=1.1 * HOUR_S)
    await remind(team, after_s=HOUR_S)

    (told,) = team.told_alone()
    assert told.startswith(f"`{waiting(team).short_id}` waits for you since Thursday")
    assert "PAY-7" not in told
    tags = [one.tag for one in team.stores.database.read(lambda tx: tx.audit.newest(limit=50))]
    assert tags.count("worker:approval:reminded") == 1


async def test_hours_in_which_nobody_works_do_not_count(team: ChatHouse) -> None:
    team.clock.advance(6 * HOUR_S)
    await team.chat(ASK)

    await remind(team, after_s=17 * HOUR_S)
    assert team.told_alone() == []
    await remind(team, after_s=4 * HOUR_S)

    assert len(team.told_alone()) == 1


async def test_deputy_is_told_in_the_place_of_who_is_away(team: ChatHouse) -> None:
    team.member("Tom Berg", Role.DEVELOPER)
    ana, tom, now = id_of(team, "Ana Ruiz"), id_of(team, "Tom Berg"), team.clock.now()
    team.stores.database.write(
        lambda tx: go_away(
            tx,
            ana,
            starts_at=now,
            ends_at=now + timedelta(days=30),
            deputy_id=tom,
            by="cli:tester",
            now=now,
        )
    )
    await team.chat(ASK)

    await remind(team, after_s=4.5 * HOUR_S)

    (told,) = team.stores.database.read(lambda tx: tx.votes.reminded_of(waiting(team).id))
    assert told == (tom, "reminded")


async def test_what_nobody_decides_is_put_before_the_next_role_which_may_then(
    team: ChatHouse,
) -> None:
    await team.chat(ASK)
    await remind(team)

    await remind(team, after_s=DAY_S + HOUR_S)

    assert waiting(team).escalated_to == {Role.ADMIN}
    tags = [one.tag for one in team.stores.database.read(lambda tx: tx.audit.newest(limit=50))]
    assert tags.count("worker:approval:escalated") == 1


async def test_where_nobody_may_decide_the_operator_is_told_once(chats: ChatHouse) -> None:
    chats.mode("approve", kind="jira.transition_issue")
    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    await chats.chat(ASK)

    await remind(chats)
    await remind(chats, after_s=HOUR_S)

    assert chats.notices.count("approval_without_decider") == 1
    found = chats.stores.database.read(lambda tx: tx.approvals.due(now=chats.clock.now(), limit=9))
    assert found == ()

"""Approvals of a team in a chat: whose vote counts, what is said, and the look at the sending."""

import pytest

from chargehand.approvals.errors import MayNotDecide
from chargehand.domain.account import AccountRef
from chargehand.domain.ids import AccountId, MemberId, ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalState
from chargehand.pipeline.accounts import note_deactivated
from chargehand.pipeline.confirming import confirm_as_operator
from chargehand.pipeline.identifying import link_account
from chargehand.pipeline.keys import KeyLimits, create_key
from chargehand.pipeline.members import leave, set_roles
from chargehand.pipeline.sessions import set_password
from chargehand.storage.transaction import Writing
from tests.chat_house import SLACK, ChatHouse, waiting
from tests.house import CONNECTION

pytestmark = pytest.mark.anyio
ASK = "@bot transition PAY-7 to In Review"


@pytest.fixture
def team(chats: ChatHouse) -> ChatHouse:
    """Mei and Ben decide like Ana, and Mei asks."""
    chats.mode("approve", kind="jira.transition_issue")
    chats.member("Mei Tanaka", Role.DEVELOPER, Role.PROJECT_MANAGER, jira=True)
    chats.member("Ana Ruiz", Role.APPROVER)
    chats.member("Tom Berg", Role.DEVELOPER)
    return chats


def members(house: ChatHouse) -> dict[str, MemberId]:
    found = house.stores.database.read(lambda tx: tx.members.all())
    return {one.name: one.id for one in found}


def deactivate(house: ChatHouse, name: str) -> None:
    """Slack says that somebody's account there was deactivated."""
    account, now = AccountRef(SLACK, AccountId(house.slack_id(name))), house.clock.now()
    house.stores.database.write(lambda tx: note_deactivated(tx, account, now=now))


def take_two(house: ChatHouse) -> None:
    """Every transition takes two people from now on."""
    document: JSONObject = {
        "format": 2,
        "rules": [
            {
                "name": "two",
                "when": {"kind": ["jira.transition_issue"]},
                "mode": "approve",
                "approvers": {"quorum": 2},
            },
            {"name": "the rest", "mode": "auto"},
        ],
    }
    now = house.clock.now()

    def work(tx: Writing) -> None:
        current = tx.policies.current()
        assert current is not None
        tx.policies.add(current.version + 1, document, by="cli:tester", now=now)

    house.stores.database.write(work)


async def test_two_people_are_needed_and_the_message_says_who_is_missing(team: ChatHouse) -> None:
    take_two(team)
    await team.chat(ASK)
    (message,) = team.messages()

    await team.press("Approve", message["ts"], user="Ana Ruiz")
    await team.press("Approve", message["ts"], user="Ana Ruiz")

    assert "takes others" in team.whispered()[-1]["text"]
    (edited,) = [one for one in team.messages() if one["ts"] == message["ts"]]
    assert "1 of 2: Ana Ruiz approved." in edited["text"]
    assert "It takes 1 more" in edited["text"]
    assert team.labels(edited) == ["Approve", "Reject"]
    assert team.writes == []

    team.approve(waiting(team), by="cli:lead")
    await team.settle()
    assert team.jira.issue("PAY-7").status == team.jira.issue("PAY-12").status


async def test_who_asked_can_not_approve_it_and_is_told_who_could(team: ChatHouse) -> None:
    await team.chat(ASK)
    (message,) = team.messages()

    await team.press("Approve", message["ts"], user="Mei Tanaka")

    told = team.whispered()[-1]["text"]
    assert "you asked for it yourself" in told
    assert "Ask one of those who may: Ana Ruiz" in told
    assert waiting(team).state is ApprovalState.OPEN
    assert team.writes == []


async def test_who_asked_may_reject_it(team: ChatHouse) -> None:
    await team.chat(ASK)
    (message,) = team.messages()

    await team.press("Reject", message["ts"], user="Mei Tanaka")
    await team.submit(user="Mei Tanaka")

    assert [one.state for one in team.approvals] == [ApprovalState.REJECTED]


@pytest.mark.every_variant
@pytest.mark.parametrize("change", ["role", "left", "deactivated"])
async def test_vote_of_who_may_no_longer_decide_does_not_count_at_the_sending(
    team: ChatHouse, change: str
) -> None:
    await team.chat(ASK)
    (approval,) = team.approvals
    ana, now = members(team)["Ana Ruiz"], team.clock.now()
    team.approve(approval, by=f"member:{ana}")
    if change == "role":
        team.stores.database.write(lambda tx: set_roles(tx, ana, (), by="cli:tester", now=now))
    elif change == "deactivated":
        deactivate(team, "Ana Ruiz")
    else:
        team.stores.database.write(lambda tx: leave(tx, ana, by="cli:tester", now=now))

    await team.settle()

    assert team.writes == []
    assert [(one.state.value, one.problem) for one in team.actions if not one.finished_at] == [
        ("waiting", "votes_no_longer_count")
    ]
    fresh = waiting(team)
    assert fresh.id != approval.id
    (message,) = team.messages()
    assert team.labels(message) == ["Approve", "Reject"]
    team.approve(fresh, by="cli:lead")
    await team.settle()
    assert team.jira.issue("PAY-7").status == team.jira.issue("PAY-12").status


@pytest.mark.parametrize("way", ["another account", "password", "key"])
async def test_vote_counts_while_whoever_gave_it_can_still_say_so(
    team: ChatHouse, way: str
) -> None:
    await team.chat(ASK)
    (approval,) = team.approvals
    ana, now = members(team)["Ana Ruiz"], team.clock.now()
    team.approve(approval, by=f"member:{ana}")

    def give(tx: Writing) -> None:
        if way == "another account":
            jira = next(p for p in team.jira.state.people.values() if p.name == "Ana Ruiz")
            ref = AccountRef(CONNECTION, AccountId(jira.account_id))
            link_account(tx, ana, ref, connections={CONNECTION}, by="cli:tester", now=now)
            confirm_as_operator(tx, ana, CONNECTION, by="cli:tester", now=now)
        elif way == "password":
            set_password(tx, ana, "a digest", by="cli:tester", now=now)
        else:
            limits = KeyLimits(member_id=ana)
            create_key(tx, "ana's board", limits=limits, by="cli:tester", now=now)

    team.stores.database.write(give)
    deactivate(team, "Ana Ruiz")
    await team.settle()

    assert team.jira.issue("PAY-7").status == team.jira.issue("PAY-12").status


async def test_whoever_has_no_account_left_is_named_to_nobody(team: ChatHouse) -> None:
    await team.chat(ASK)
    (message,) = team.messages()
    deactivate(team, "Ana Ruiz")

    await team.press("Approve", message["ts"], user="Mei Tanaka")

    assert "No member may; ask whoever runs chargehand" in team.whispered()[-1]["text"]


async def test_deputy_of_somebody_without_an_account_decides_nothing(team: ChatHouse) -> None:
    await team.command("away until Monday deputy Tom Berg", user="Ana Ruiz")
    await team.chat(ASK)
    deactivate(team, "Ana Ruiz")

    with pytest.raises(MayNotDecide):
        team.approve(waiting(team), by=f"member:{members(team)['Tom Berg']}")


async def test_comment_is_shown_with_what_waits_and_decides_nothing(team: ChatHouse) -> None:
    await team.chat(ASK)
    (message,) = team.messages()
    name = waiting(team).short_id

    await team.command(f"comment {name} the bank *answers* on Friday", user="Tom Berg")

    assert "Noted with" in team.whispered()[-1]["text"]
    (edited,) = [one for one in team.messages() if one["ts"] == message["ts"]]
    assert "Tom Berg: the bank" in edited["text"]
    assert team.labels(edited) == ["Approve", "Reject"]
    assert waiting(team).state is ApprovalState.OPEN


async def test_deputy_decides_in_the_place_of_who_is_away_and_is_recorded_so(
    team: ChatHouse,
) -> None:
    await team.command("away until Monday deputy Tom Berg", user="Ana Ruiz")
    assert "Tom Berg may decide in your place" in team.whispered()[-1]["text"]
    await team.chat(ASK)
    await team.command("mine", user="Tom Berg")
    assert f"`{waiting(team).short_id}`" in team.whispered()[-1]["text"]

    await team.press("Approve", team.messages()[-1]["ts"], user="Tom Berg")

    assert team.jira.issue("PAY-7").status == team.jira.issue("PAY-12").status
    (vote,) = team.stores.database.read(lambda tx: tx.votes.of_approval(team.approvals[-1].id))
    assert vote.deputy_of == members(team)["Ana Ruiz"]


async def test_deputy_is_nobody_once_the_other_is_back(team: ChatHouse) -> None:
    await team.command("away until Monday deputy Tom Berg", user="Ana Ruiz")
    await team.command("back", user="Ana Ruiz")
    await team.chat(ASK)

    await team.press("Approve", team.messages()[-1]["ts"], user="Tom Berg")

    assert "it takes one of these roles" in team.whispered()[-1]["text"]
    assert team.writes == []


async def test_deputies_in_a_circle_are_refused(team: ChatHouse) -> None:
    await team.command("away until Monday deputy Tom Berg", user="Ana Ruiz")

    await team.command("away until Tuesday deputy Ana Ruiz", user="Tom Berg")

    assert "in a circle" in team.whispered()[-1]["text"]
    found = team.stores.database.read(lambda tx: tx.absences.ending_after(team.clock.now()))
    assert [one.member_id for one in found] == [members(team)["Ana Ruiz"]]


async def test_whoever_lost_their_right_may_vote_again_as_a_deputy(team: ChatHouse) -> None:
    take_two(team)
    who, now, write = members(team), team.clock.now(), team.stores.database.write
    ana, tom, pay = who["Ana Ruiz"], who["Tom Berg"], ProjectKey("PAY")
    held = ((pay, Role.APPROVER),)
    write(lambda tx: set_roles(tx, tom, held, by="cli:lead", now=now))
    await team.chat(ASK)
    approval = waiting(team)
    team.approve(approval, by=f"member:{tom}")
    write(lambda tx: set_roles(tx, tom, ((pay, Role.DEVELOPER),), by="cli:lead", now=now))
    await team.command("away until Monday deputy Tom Berg", user="Ana Ruiz")

    team.approve(approval, by=f"member:{tom}")
    (vote,) = team.stores.database.read(lambda tx: tx.votes.of_approval(approval.id))
    assert vote.deputy_of == ana
    team.approve(approval, by="cli:lead")
    await team.settle()

    assert team.jira.issue("PAY-7").status == team.jira.issue("PAY-12").status

"""Every action tells who it goes back to, where that was written, and whose words it was."""

from typing import Any

import pytest

from chargehand.domain.member import Role
from chargehand.domain.policy import Cause, Origin, Trust
from chargehand.pipeline.showing import to_json
from tests.chat_house import SLACK, ChatHouse, waiting
from tests.house import CONNECTION

pytestmark = pytest.mark.anyio


def newest(house: ChatHouse) -> Cause:
    return max(house.actions, key=lambda one: one.created_at).cause


async def test_asks_of_a_chat_tell_the_member_the_account_or_the_guest(chats: ChatHouse) -> None:
    await chats.chat("@bot status PAY-7")
    account = chats.slack_id("Mei Tanaka")
    assert newest(chats) == Cause(f"{SLACK}:{account}", origin=Origin.CHAT, trust=Trust.UNKNOWN)

    member = chats.member("Mei Tanaka", Role.DEVELOPER)
    await chats.chat("@bot status PAY-7")
    assert newest(chats) == Cause(f"member:{member}", origin=Origin.CHAT, trust=Trust.TEAM)

    chats.slack.workspace.add_person("Gus Guest", is_guest=True)
    chats.slack.workspace.channel("pay").members.append(chats.slack_id("Gus Guest"))
    await chats.chat("@bot help", user="Gus Guest")
    assert newest(chats).trust is Trust.OUTSIDER


async def test_asks_on_tickets_and_undos_tell_who_asked(chats: ChatHouse) -> None:
    chats.mode("approve")
    matched = chats.member("Mei Tanaka", Role.DEVELOPER, is_confirmed=False, jira=True)
    await chats.ask("@bot label urgent", author="Mei Tanaka")
    cause = newest(chats)
    assert matched not in cause.requester
    assert cause.requester.startswith(f"{CONNECTION}:")
    assert (cause.origin, cause.trust) == (Origin.TICKET, Trust.UNKNOWN)

    chats.approve(waiting(chats))
    await chats.settle()
    done = next(one for one in chats.actions if one.kind.value == "jira.add_labels")
    undo = chats.undo(done.id)
    assert undo.cause == Cause("cli:lead", origin=Origin.OPERATOR, trust=Trust.TEAM)
    shown: Any = to_json(undo)
    assert shown["cause"] == {
        "requester": "cli:lead",
        "agent": "chargehand",
        "origin": "operator",
        "trust": "team",
    }


async def test_older_actions_tell_no_cause(chats: ChatHouse) -> None:
    await chats.chat("@bot status PAY-7")
    chats.sql("UPDATE actions SET requested_by = NULL, agent = NULL, origin = NULL, trust = NULL")

    assert {one.cause for one in chats.actions} == {Cause()}

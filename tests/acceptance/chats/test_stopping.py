"""`stop` and `resume` said in Slack: by whom, privately, and told although nothing else is sent."""

import pytest

from chargehand.domain.member import Role
from tests.chat_house import ChatHouse

pytestmark = pytest.mark.anyio
QUESTION = "@bot what's blocking PAY-7?"


def stopped(chats: ChatHouse) -> list[str]:
    found = chats.stores.database.read(lambda tx: tx.stops.in_force())
    return [str(one.scope) for one in found]


async def test_operator_stops_and_resumes_and_is_told_so_alone(chats: ChatHouse) -> None:
    chats.mode("auto")
    chats.member("Ana Ruiz", Role.OPERATOR)

    await chats.chat("@bot stop project PAY", user="Ana Ruiz")
    await chats.chat(QUESTION)

    assert stopped(chats) == ["project:PAY"]
    (told,) = chats.whispered()
    assert told["user"] == chats.slack_id("Ana Ruiz")
    assert told["text"].startswith("Stopped: project PAY.")
    assert chats.messages() == []
    await chats.chat("@bot resume project PAY", user="Ana Ruiz")
    assert stopped(chats) == []
    assert chats.whispered()[-1]["text"].startswith("Resumed: project PAY.")
    assert len(chats.messages()) == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("stop all", "you have it not in all of them. Ask", id="elsewhere"),
        pytest.param("stop project", "all takes no name", id="no-name"),
        pytest.param("stop all now", "all takes no name", id="too-much"),
        pytest.param("resume project PAY", "Stopped now: nothing", id="not-stopped"),
    ],
)
async def test_line_that_stops_nothing_says_why(chats: ChatHouse, line: str, told: str) -> None:
    chats.mode("auto")
    chats.member("Ana Ruiz", Role.OPERATOR)

    await chats.chat(f"@bot {line}", user="Ana Ruiz")

    assert stopped(chats) == []
    assert told in chats.whispered()[-1]["text"]


async def test_who_is_no_operator_stops_nothing(chats: ChatHouse) -> None:
    chats.mode("auto")
    chats.member("Mei Tanaka", Role.APPROVER)

    await chats.chat("@bot stop project PAY", user="Mei Tanaka")

    assert stopped(chats) == []
    assert "admin, operator" in chats.whispered()[-1]["text"]

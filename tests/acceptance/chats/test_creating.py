"""A new work item asked for in a channel: proposed to whom Jira lets create it, and made once."""

import pytest

from chargehand.domain.member import Role
from tests.acceptance.chats.conftest import OpenChats
from tests.chat_house import PAY_CHANNEL, ChatHouse

pytestmark = pytest.mark.anyio
CREATE = '@bot create bug "Refunds <!channel> fail" description: "twice on Monday"'
ISSUES = "/rest/api/3/issue"


async def test_new_item_is_proposed_with_buttons_and_made_once(chats: ChatHouse) -> None:
    chats.mode("approve", kind="jira.create_issue")
    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    chats.member("Ana Ruiz", Role.APPROVER)
    await chats.chat(CREATE)

    (proposal,) = chats.messages()
    assert chats.labels(proposal) == ["Approve", "Reject"]
    assert "Refunds" in proposal["text"]
    assert "<!channel>" not in proposal["text"]
    assert chats.writes == []

    await chats.press("Approve", proposal["ts"])
    await chats.hear(times=2)

    assert [path for _, path in chats.writes] == [ISSUES]
    assert chats.labels(chats.messages()[0]) == []
    (made,) = [one for one in chats.jira.state.issues.values() if "Refunds" in one.summary]
    assert (made.project, made.issue_type) == ("PAY", "Bug")
    assert "twice on Monday" in str(made.description)
    assert "Mei Tanaka" in str(made.description)


async def test_only_who_jira_lets_create_is_proposed_anything(chats: ChatHouse) -> None:
    chats.mode("auto", kind="jira.create_issue")
    await chats.chat(CREATE)
    assert "whose account in the tracker I know for sure" in chats.said()[-1]

    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    mei = chats.jira.person("Mei Tanaka").account_id
    project = chats.jira.project("PAY")
    before = project.permissions[mei]
    project.permissions[mei] = frozenset(before) - {"CREATE_ISSUES"}
    await chats.chat(CREATE)
    assert 'You need the "Create issues" permission in PAY' in chats.said()[-1]

    project.permissions[mei] = before
    await chats.chat('@bot create unicorn "What is this"')
    await chats.chat('@bot create bug "Not ours" in CI')
    assert chats.writes == []


async def test_channel_of_several_projects_asks_which(open_chats: OpenChats) -> None:
    async with open_chats(channels={PAY_CHANNEL: ["PAY", "HELP"]}) as chats:
        chats.mode("auto", kind="slack.post_message")
        chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
        await chats.chat('@bot create task "Rotate the keys"')
        assert "In which project, HELP or PAY?" in chats.said()[-1]

        chats.mode("auto", kind="jira.create_issue")
        await chats.chat('@bot create task "Rotate the keys" in PAY')
        assert [path for _, path in chats.writes] == [ISSUES]
        await chats.chat('@bot create task "Rotate the keys" in OPS')
        assert "in HELP and PAY only, not in OPS" in chats.said()[-1]
        assert len(chats.writes) == 1

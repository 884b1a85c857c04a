"""People ask about pull requests themselves, from wherever they stand."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest

from chargehand.domain.fact import UnknownReason
from chargehand.domain.ids import ConnectionId
from chargehand.domain.member import Role
from chargehand.pipeline.connection import LiveConnection
from tests.chat_house import RANDOM_CHANNEL, slack_settings
from tests.code_house import CONSOLE, PAYMENTS, CodeHouse, ScriptedHost
from tests.house import Doubles, house_settings, open_house
from tests.wire import ContractCheck

pytestmark = pytest.mark.anyio


async def test_status_reviewers_and_queue_on_every_surface(code: CodeHouse) -> None:
    code.mode("auto", kind="jira.add_comment")
    code.host.open(12, reviews={"Ana": "waiting", "Tom": "approved"}, checks={"build": "passed"})
    code.host.open(13, "Older", days=9)
    code.host.open(14, "Draft", is_draft=True)

    for text in (
        "@bot status #12",
        "@bot who reviews acme/payments#12?",
        "@bot what's waiting for review?",
    ):
        await code.comment(text)
        await code.chat(text)
        await code.ask(text)
    for said in (code.told_there(), code.said(), [one.text for one in code.replies()]):
        status, reviewers, queue = said
        assert "waits for a review by Ana; approved by Tom; checks pass" in status
        assert "Tom: approved" in reviewers
        assert "Ana: said nothing yet" in reviewers
        assert queue.index("Older") < queue.index("Round to cents")
        assert "2 open pull requests wait for review in acme/payments" in queue
        assert "Draft" not in queue


async def test_pull_request_one_stands_on_is_meant(code: CodeHouse) -> None:
    code.host.open(12, "This one", reviews={"Ana": "changes_requested"})

    for text in ("@bot status PR", "@bot who reviews this?", "@bot who reviews"):
        await code.comment(text)

    status, *reviewers = code.told_there()
    assert "This one" in status
    assert all("Ana: asked for changes" in one for one in reviewers)
    await code.chat("@bot who reviews this?")
    assert "Which pull request" in code.said()[-1]


async def test_what_is_not_served_there_is_like_what_does_not_exist(code: CodeHouse) -> None:
    code.host.open(5, "Plans", repository=CONSOLE)

    for name in (f"{CONSOLE}#5", f"{PAYMENTS}#4711", "acme/unbound#5"):
        await code.chat(f"@bot status {name}")
        assert "Plans" not in code.said()[-1]
        assert "I can not find" in code.said()[-1]
    await code.chat(f"@bot review-queue {CONSOLE}")
    assert "I can not find such a repository" in code.said()[-1]


async def test_queue_is_not_told_where_no_project_is_served(code: CodeHouse) -> None:
    code.host.open(12, "Plans")
    code.host.reads.clear()

    for text in ("@bot review-queue", f"@bot review-queue {PAYMENTS}", "@bot status #12"):
        await code.chat(text, channel=RANDOM_CHANNEL)
        await code.comment(text, repository="acme/unbound")

    said = [*code.said(RANDOM_CHANNEL), *code.told_there()]
    said += [str(one["text"]) for one in code.whispered()]
    assert code.told_there() == code.said(RANDOM_CHANNEL) == []
    assert not any("Plans" in one for one in said)
    assert code.reasons.count("channel_not_bound") == 3
    assert code.host.reads == []


async def test_host_that_is_away_and_asker_it_refuses(code: CodeHouse) -> None:
    code.host.open(12)
    code.host.readers[PAYMENTS] = {"ana"}
    code.teammate("Mei Tanaka", Role.DEVELOPER)

    await code.comment("@bot status PR")
    assert "Round to cents" not in code.told_there()[-1]
    code.host.away = UnknownReason.RATE_LIMITED
    await code.comment("@bot review-queue", by="ana")
    assert "because its host asks me to wait" in code.told_there()[-1]


async def test_public_pull_request_is_told_on_itself(code: CodeHouse) -> None:
    code.host.open(12, "For everybody", is_private=False)

    await code.comment("@bot status PR", place={"kind": "public"})
    await code.comment("@bot status PR", place={"kind": "public", "is_outsider": True})

    (said,) = code.told_there()
    assert "For everybody" in said


class MirrorHouse(CodeHouse):
    """A second host has the same repositories."""

    mirror: ScriptedHost

    def furnish(self) -> None:
        super().furnish()
        self.mirror = ScriptedHost(self.clock)

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        name = ConnectionId("bitbucket")
        parts = {"parser": self.mirror, "previewer": self.mirror, "client": self.mirror}
        live = replace(self._live(name, self.bound), code=self.mirror, **parts)
        return {**super().connect_all(), name: live}


@pytest.fixture
async def mirrored(
    storage: dict[str, Any], contract_if_any: ContractCheck | None
) -> AsyncIterator[MirrorHouse]:
    settings = house_settings(storage["data_dir"], storage=storage, chats=[slack_settings()])
    doubles = Doubles(contract=contract_if_any)
    async with open_house(settings, doubles, kind=MirrorHouse) as opened:
        house = cast("MirrorHouse", opened)
        house.mode("auto", kind="slack.post_message")
        yield house


async def test_repository_that_two_hosts_have_is_told_apart(mirrored: MirrorHouse) -> None:
    mirrored.host.open(12, "Here")
    mirrored.mirror.open(12, "There")
    mirrored.mirror.open(13, "There alone")

    for text in (
        f"@bot status {PAYMENTS}#12",
        f"@bot status bitbucket:{PAYMENTS}#12",
        f"@bot status GitHub:{PAYMENTS}#12",
        f"@bot status {PAYMENTS}#13",
        f"@bot status elsewhere:{PAYMENTS}#13",
    ):
        await mirrored.chat(text)

    which, there, here, alone, nowhere = mirrored.said()
    assert f"bitbucket:{PAYMENTS} or github:{PAYMENTS}?" in which
    assert f"as in `bitbucket:{PAYMENTS}#12`" in which
    assert "There" in there
    assert "Here" in here
    assert "There alone" in alone
    assert "I can not find" in nowhere

"""Somebody asks the bot on a page of Confluence, and polling finds it: one ask, one answer."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest

from chargehand.bootstrap.confluence import live_confluence, open_client
from chargehand.config.confluence_settings import ConfluenceConnection
from chargehand.domain.ids import ConnectionId
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.polling import Polling
from chargehand.plugins.hub_signature import hub_signature
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.confluence import FakeConfluence, seed_demo
from chargehand.testing.confluence.fake import BOT_ACCOUNT, BOT_EMAIL, BOT_TOKEN
from chargehand.testing.confluence_data_center import FakeConfluenceDataCenter
from chargehand.testing.confluence_data_center import seed_demo as seed_data_center
from chargehand.testing.confluence_data_center.fake import BOT_KEY
from tests.acceptance.conftest import *  # noqa: F403 - fixtures are found by their names.
from tests.house import Doubles, House, house_settings, open_house
from tests.wire import ContractCheck

pytestmark = pytest.mark.anyio
WIKI = ConnectionId("confluence")
HOOK_SECRET = "the-signing-secret-of-confluence"
BOT = f'<ac:link><ri:user ri:account-id="{BOT_ACCOUNT}" /></ac:link>'


class WikiHouse(House):
    """A house with a Confluence beside its Jira."""

    wiki: FakeConfluence
    page_id: str
    bot_markup: str

    def furnish(self) -> None:
        if self.configured.deployment == "data_center":
            self.wiki = FakeConfluenceDataCenter(clock=self.clock)
            self.page_id = seed_data_center(self.wiki)
            self.bot_markup = f'<ac:link><ri:user ri:userkey="{BOT_KEY}" /></ac:link>'
            return
        self.wiki = FakeConfluence(clock=self.clock)
        self.page_id = seed_demo(self.wiki)
        self.bot_markup = BOT

    @property
    def configured(self) -> ConfluenceConnection:
        return next(
            one for one in self.settings.connections if isinstance(one, ConfluenceConnection)
        )

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        configured = self.configured
        live = live_confluence(configured, Surroundings(self.clock))
        client = open_client(
            configured,
            Surroundings(self.clock, self.wiki.transport(), limits=live.limits),
        )
        self.live = replace(live, client=client, accounts=live.accounts and client)
        return {**super().connect_all(), WIKI: self.live}

    async def comment(self, text: str, **how: Any) -> str:
        """Ana comments, mentioning the bot where the text says @bot; polling finds it."""
        self.clock.advance(1)
        storage = f"<p>{text.replace('@bot', self.bot_markup)}</p>"
        asked = self.wiki.site.comment(self.page_id, storage, by="Ana Ruiz", **how)
        await self.look()
        return asked.id

    async def look(self) -> None:
        self.clock.advance(1)
        await Polling(self.live, self.stores.database, self._store, clock=self.clock).poll()
        await self.settle()

    async def tell(self, **payload: Any) -> None:
        """What Confluence posts: it names a comment, and holds none of its words."""
        body = json.dumps(payload).encode()
        headers = {"x-hub-signature": hub_signature(HOOK_SECRET, body)}
        answer = await self.front.post("/webhooks/confluence", content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        await self.settle()

    def answers(self, comment_id: str) -> list[str]:
        return [one.last.storage for one in self.wiki.site.answers(comment_id)]


SIGN_INS = {
    "cloud": {"site": "http://127.0.0.1:9", "email": BOT_EMAIL},
    "data_center": {"site": "http://127.0.0.1:9/confluence", "deployment": "data_center"},
}
both_wikis = pytest.mark.parametrize("wiki_kind", list(SIGN_INS))


@pytest.fixture
def wiki_kind() -> str:
    return "cloud"


@pytest.fixture
async def house(
    storage: dict[str, Any], contract_if_any: ContractCheck | None, wiki_kind: str
) -> AsyncIterator[WikiHouse]:
    wiki = {
        "connector": "confluence",
        **SIGN_INS[wiki_kind],
        "api_token": BOT_TOKEN,
        "spaces": {"ENG": ["PAY"]},
        "intake": "both",
        "webhook_secrets": [HOOK_SECRET],
    }
    settings = house_settings(storage["data_dir"], storage=storage, chats=[wiki])
    async with open_house(settings, Doubles(contract=contract_if_any), kind=WikiHouse) as opened:
        found = cast("WikiHouse", opened)
        found.mode("auto", kind="confluence.add_comment")
        await found.look()
        yield found


@both_wikis
async def test_question_below_a_page_is_answered_once_below_it(house: WikiHouse) -> None:
    asked = await house.comment("@bot status PAY-7")
    beside = await house.comment("@bot status PAY-7", beside="Not begun.")
    await house.comment("status PAY-7, said to nobody")
    await house.look()

    (answer,) = house.answers(asked)
    (other,) = house.answers(beside)
    assert "In Progress" in answer
    assert "In Progress" in other
    assert 'href="' in answer
    assert [one.ask.work_item for one in house.asks] == ["PAY-7", "PAY-7"]


async def test_what_stands_in_code_is_read_by_nobody(house: WikiHouse) -> None:
    code = '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA['
    asked = await house.comment(
        f"@bot</p>{code}status PAY-7]]></ac:plain-text-body></ac:structured-macro><p>"
    )

    assert not any("In Progress" in answer for answer in house.answers(asked))


@both_wikis
async def test_webhook_without_words_has_the_comment_polled(house: WikiHouse) -> None:
    house.clock.advance(60)
    asked = house.wiki.site.comment(
        house.page_id, f"<p>{house.bot_markup} status PAY-7</p>", by="Ana Ruiz"
    )
    place = {"id": int(asked.id), "spaceKey": "ENG", "parent": {"id": house.page_id}}

    await house.tell(event="comment_created", timestamp=1, comment=place)

    assert house.answers(asked.id) == []
    assert house.dispatcher.take_wanted_polls() == {WIKI}
    assert house.dispatcher.take_wanted_polls() == frozenset()
    await house.look()
    (answer,) = house.answers(asked.id)
    assert "In Progress" in answer

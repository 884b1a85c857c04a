"""Confluence Data Center does and tells what Cloud does, in its own way."""

from typing import Any

import pytest

from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.errors import ConfluenceConfigWrong
from chargehand.connectors.confluence.parse import ConfluenceParser
from chargehand.connectors.confluence.sections import find_section
from chargehand.domain.action import Done, Refused, RetryAfter, Undecided
from chargehand.domain.event import Event, EventKind
from chargehand.domain.ids import ConnectionId
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import CheckState, LookUpState
from chargehand.testing.confluence_data_center.fake import BOT_KEY
from tests.connectors.confluence.data_center.conftest import SITE
from tests.connectors.confluence.world import PAST, World, action, undo_of

pytestmark = pytest.mark.anyio
CONTENT = "/confluence/rest/api/content"
ASKS = f'<p><ac:link><ri:user ri:userkey="{BOT_KEY}" /></ac:link> status</p>'


def comment_on(world: World, **params: Any) -> Any:
    return action("add_comment", world.page_id, {"markdown": "Not **begun**.", **params})


def update_of(world: World, heading: str, markdown: str) -> Any:
    section = find_section(world.storage(), heading)
    assert section is not None
    version = world.fake.site.contents[world.page_id].last.number
    base = {"version": version, "digest": section.digest, "storage": section.text}
    return action("update_page", world.page_id, {"heading": heading, "markdown": markdown}, base)


async def poll(world: World, cursor: str | None) -> tuple[list[Event], str]:
    events = []
    async for page in world.client.poll((), cursor, now=world.clock.now()):
        events += [ConfluenceParser().parse(one) for one in page.deliveries]
        cursor = page.cursor
    assert cursor is not None
    return events, cursor


async def test_the_bot_is_the_user_of_the_token(world: World) -> None:
    bot = await world.client.identify_bot()
    checks = await world.client.check()

    assert (bot.account_id, bot.name) == (BOT_KEY, "Chargehand")
    assert {one.state for one in checks} <= {CheckState.PASSED, CheckState.SKIPPED}
    assert await world.client.list_spaces() == (("ENG", "Engineering"),)
    assert {one["path"].split("/")[1] for one in world.fake.requests()} == {"confluence"}


async def test_a_wrong_token_says_what_to_make(world: World) -> None:
    client = world.connect(api_token=MaskedText("another-token"))

    failed, *_ = await client.check()

    assert failed.state is CheckState.FAILED
    assert "personal access token" in failed.mend
    outcome = await client.perform(comment_on(world))
    assert isinstance(outcome, RetryAfter)
    assert outcome.is_sign_in_refused


async def test_a_question_is_polled_and_answered_below_it_with_its_mark(world: World) -> None:
    _, cursor = await poll(world, None)
    world.clock.advance(60)
    asked = world.ask(ASKS)
    world.ask("<p>beside</p>", beside="Not begun.")

    events, cursor = await poll(world, cursor)
    mention = {"account_id": events[0].actor.account_id, "name": "Ana Ruiz"}
    done = await world.client.perform(comment_on(world, in_reply_to=asked, mention=mention))

    event = next(one for one in events if one.data.get("comment_id") == asked)
    assert (event.kind, event.mentions) == (EventKind.COMMENT_CREATED, (BOT_KEY,))
    assert event.actor.account_id == "8a81e4e6ana"
    assert isinstance(done, Done)
    (answer,) = world.fake.site.answers(asked)
    assert answer.id == done.external_id
    assert 'ri:userkey="8a81e4e6ana"' in answer.last.storage
    assert answer.properties == {"chargehand.action": {"action_id": "act_0001"}}
    assert done.url.startswith(f"{SITE}/pages/viewpage.action?pageId={world.page_id}")


async def test_a_cut_off_comment_is_found_and_undone_once(world: World) -> None:
    world.fail("POST", CONTENT, cut="after")
    sent = comment_on(world)

    assert isinstance(await world.client.perform(sent), Undecided)
    found = await world.client.look_up(sent, PAST)
    again = await world.client.perform(comment_on(world))

    assert found.state is LookUpState.FOUND
    assert isinstance(again, Done)
    undo = undo_of(sent, again)
    assert isinstance(await world.client.perform(undo), Done)  # type: ignore[arg-type]
    assert [one.id for one in world.fake.site.comments(world.page_id)] == [found.external_id]


async def test_a_page_is_made_changed_and_taken_back(world: World) -> None:
    made = await world.client.perform(
        action("create_page", "ENG", {"title": "Release 7", "markdown": "All *new*."})
    )
    taken = await world.client.perform(
        action("create_page", "ENG", {"title": "Release 7", "markdown": "x"}, {}, "act_0002")
    )
    changed = await world.client.perform(update_of(world, "People", "Mei"))

    assert isinstance(made, Done)
    assert isinstance(taken, Refused)
    assert isinstance(changed, Done)
    assert "<p>Mei</p>" in world.storage()
    assert "Not begun." in world.storage()
    page = world.fake.site.contents[world.page_id]
    assert (page.last.number, page.last.message) == (2, "chargehand act_0001")


async def test_a_page_that_is_saved_at_the_same_moment_is_read_again(world: World) -> None:
    world.fail("PUT", ".*", status=409)

    assert isinstance(await world.client.perform(update_of(world, "People", "Mei")), Done)
    world.fail("PUT", ".*", cut="after")
    landed = update_of(world, "Plan", "x")
    assert isinstance(await world.client.perform(landed), Undecided)
    assert (await world.client.look_up(landed, PAST)).state is LookUpState.FOUND


async def test_a_long_list_is_read_to_its_end_however_few_a_page_has(world: World) -> None:
    _, cursor = await poll(world, None)
    world.clock.advance(60)
    asked = [world.ask() for _ in range(120)]

    events, _ = await poll(world, cursor)

    told = {one.data["comment_id"] for one in events if "comment_id" in one.data}
    assert told == set(asked)
    assert sum(one.operation.startswith("search") for one in world.seen) == 4


@pytest.mark.parametrize("wrong", [{"email": "a@example.com"}, {"cloud_id": "x"}], ids=str)
def test_what_is_for_cloud_alone_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfluenceConfigWrong, match="personal access token"):
        ConfluenceConfig(
            ConnectionId("confluence"), SITE, MaskedText("x"), is_data_center=True, **wrong
        )

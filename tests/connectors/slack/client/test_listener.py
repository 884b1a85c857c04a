"""Socket Mode over a real socket: acknowledged once stored, opened again when it ends."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable

import pytest

from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import SlackConfigWrong
from chargehand.connectors.slack.listener import SlackListener
from chargehand.connectors.slack.transport import SlackTransport
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import SystemClock
from chargehand.kit.masked import MaskedText
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.slack import FakeSlack, seed_demo, serving
from chargehand.testing.slack.people import say, submit, type_command
from chargehand.testing.slack.records import View
from chargehand.testing.slack.workspace_ids import APP_TOKEN, BOT, BOT_TOKEN, TEAM

pytestmark = pytest.mark.anyio


class Ear:
    """A listener at work, and what it handed in."""

    def __init__(self, fake: FakeSlack, listener: SlackListener) -> None:
        self.fake = fake
        self.heard: list[VerifiedDelivery] = []
        self.may_store = asyncio.Event()
        self.may_store.set()
        self._listener = listener
        self.task = asyncio.create_task(listener.listen(self._store))

    async def _store(self, deliveries: tuple[VerifiedDelivery, ...]) -> None:
        await self.may_store.wait()
        self.heard.extend(deliveries)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_so():  # noqa: ASYNC110 - the other end of a socket sets no event here.
                # lint: allow test-sleep — waits for a socket, with a deadline.
                await asyncio.sleep(0.005)


def listener_of(fake: FakeSlack, token: str = APP_TOKEN) -> SlackListener:
    config = SlackConfig(
        connection_id=ConnectionId("slack"),
        bot_token=MaskedText(BOT_TOKEN),
        app_token=MaskedText(token),
        team_id=TEAM,
        api_url=fake.url,
    )
    clock = SystemClock()
    return SlackListener(config, SlackTransport(config, Surroundings(clock)), clock, _at_once)


async def _at_once(_wait_s: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    fake = FakeSlack()
    seed_demo(fake)
    fake.sender.is_socket_mode = True
    async with serving(fake):
        made = Ear(fake, listener_of(fake))
        yield made
        made.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, SlackConfigWrong):
            await made.task


async def test_form_with_nothing_but_blanks_stays_open_with_a_sentence(ear: Ear) -> None:
    await ear.until(lambda: len(ear.fake.sender.sockets) == 1)
    element = {"type": "plain_text_input", "action_id": "value"}
    block = {"type": "input", "block_id": "words", "element": element}
    raw = {"callback_id": "chargehand", "private_metadata": "{}", "blocks": [block]}
    ear.fake.workspace.views.append(View("V1", "", raw))

    blank = submit(ear.fake.workspace, "V1", user="Ana Ruiz", values={"words": " \n"})
    taken = submit(ear.fake.workspace, "V1", user="Ana Ruiz", values={"words": "Friday"})
    await ear.until(lambda: taken.state == "delivered")

    assert json.loads(blank.answer)["response_action"] == "errors"
    assert list(json.loads(blank.answer)["errors"]) == ["words"]
    assert taken.answer == ""
    assert len(ear.heard) == 1


async def test_what_is_said_is_acknowledged_only_once_it_is_stored(ear: Ear) -> None:
    await ear.until(lambda: len(ear.fake.sender.sockets) == 1)
    ear.may_store.clear()

    say(ear.fake.workspace, "pay", user="Mei Tanaka", text=f"<@{BOT}> help")
    command = type_command(ear.fake.workspace, "pay", user="Mei Tanaka", text="help")
    await ear.until(lambda: all(one.attempts for one in ear.fake.sender.sendings))
    states = [one.state for one in ear.fake.sender.sendings]
    ear.may_store.set()
    await ear.until(lambda: all(one.state == "delivered" for one in ear.fake.sender.sendings))

    assert states == ["pending"] * 3
    assert [one.source for one in ear.heard] == [DeliverySource.LISTENER] * 3
    assert [one.lane for one in ear.heard] == [Lane.INTERACTIVE] * 3
    keys = [one.delivery_key for one in ear.heard]
    assert keys[2] == command.payload["trigger_id"]
    assert all(key.startswith("Ev") for key in keys[:2])


async def test_a_socket_that_ends_is_opened_again_and_nothing_is_lost(ear: Ear) -> None:
    await ear.until(lambda: len(ear.fake.sender.sockets) == 1)
    ear.may_store.clear()
    say(ear.fake.workspace, "pay", user="Mei Tanaka", text="before")
    await ear.until(lambda: bool(ear.fake.sender.sendings[0].attempts))
    first = ear.fake.sender.sockets[0]
    await first.close()
    ear.may_store.set()

    await ear.until(lambda: bool(ear.fake.sender.sockets) and first not in ear.fake.sender.sockets)
    await ear.fake.sender.disconnect("refresh_requested")
    say(ear.fake.workspace, "pay", user="Mei Tanaka", text="after")
    await ear.until(lambda: all(one.state == "delivered" for one in ear.fake.sender.sendings))

    assert {one.delivery_key for one in ear.heard} == {
        str(one.payload["event_id"]) for one in ear.fake.sender.sendings
    }


async def test_going_on_is_useless_when_socket_mode_is_switched_off(ear: Ear) -> None:
    await ear.until(lambda: len(ear.fake.sender.sockets) == 1)

    await ear.fake.sender.disconnect("link_disabled")

    with pytest.raises(SlackConfigWrong, match="intake is socket"):
        await ear.task


@pytest.mark.parametrize(
    ("token", "is_on", "words"),
    [("xapp-other", True, "invalid_auth"), (APP_TOKEN, False, "socket_mode_not_enabled")],
)
async def test_a_sign_in_that_is_refused_ends_listening(
    token: str, *, is_on: bool, words: str
) -> None:
    fake = FakeSlack()
    fake.sender.is_socket_mode = is_on

    async with serving(fake):
        with pytest.raises(ChargehandError, match=words) as caught:
            await listener_of(fake, token).listen(_refuse)

    assert token not in str(caught.value)


async def _refuse(_deliveries: tuple[VerifiedDelivery, ...]) -> None:
    message = "nothing is stored here"
    raise AssertionError(message)

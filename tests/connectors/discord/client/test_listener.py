"""The gateway over a real socket: kept before it is answered, resumed without loss or repeat."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from chargehand.connectors.discord.acknowledge import CommandTable
from chargehand.connectors.discord.check import ConnectionCheck
from chargehand.connectors.discord.client import DiscordClient
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.errors import GatewayRefused
from chargehand.connectors.discord.listener import DiscordListener
from chargehand.connectors.discord.transport import DiscordTransport
from chargehand.connectors.discord.webhook import DiscordWebhook
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.errors import ChargehandError
from chargehand.domain.form import Form, FormField
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import SystemClock
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import CheckState, FindForm, IntakeSecrets, RawRequest
from chargehand.plugins.errors import CredentialsRefused
from chargehand.plugins.vendor_line import Surroundings
from chargehand.storage.errors import StoreUnavailable
from chargehand.testing.discord import FakeDiscord, seed_demo, serving
from chargehand.testing.discord.gateway import HEARTBEAT, IDENTIFY, PRIVILEGED, RESUME
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID, Interaction

pytestmark = pytest.mark.anyio


class Ear:
    """A listener at work, and what it handed in."""

    def __init__(self, fake: FakeDiscord, listener: DiscordListener) -> None:
        self.fake = fake
        self.heard: list[VerifiedDelivery] = []
        self.may_store = asyncio.Event()
        self.may_store.set()
        self.failures: list[Exception] = []
        self.task = asyncio.create_task(listener.listen(self._store))

    async def _store(self, deliveries: tuple[VerifiedDelivery, ...]) -> None:
        await self.may_store.wait()
        if self.failures:
            raise self.failures.pop()
        self.heard.extend(deliveries)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_so():  # noqa: ASYNC110 - the other end of a socket sets no event here.
                # lint: allow test-sleep — waits for a socket, with a deadline.
                await asyncio.sleep(0.005)

    async def begun(self, sessions: int = 1) -> None:
        await self.until(lambda: len(self.fake.gateway.sessions) == sessions)

    async def resumed(self, times: int = 1) -> None:
        def count() -> int:
            events = [one for s in self.fake.gateway.sessions for one in s.events]
            return sum(one["t"] == "RESUMED" for one in events)

        await self.until(lambda: count() == times and bool(self.fake.gateway.sockets))

    def click(self, line: str = "help") -> Interaction:
        """Somebody uses a command, which the gateway tells of."""
        made = self.fake.command(line, author="Mei Tanaka", channel="payments")
        self.fake.gateway.tell("INTERACTION_CREATE", made.payload)
        return made

    @property
    def keys(self) -> list[str]:
        return [one.delivery_key for one in self.heard]


def config_of(fake: FakeDiscord, **changes: Any) -> DiscordConfig:
    settings: dict[str, Any] = {
        "connection_id": ConnectionId("discord"),
        "bot_token": MaskedText(fake.state.bot_token),
        "application_id": APPLICATION_ID,
        "public_key": fake.state.key.public_key,
        "guild_id": GUILD_ID,
        "api_url": fake.api_url,
        "uses_gateway": True,
    }
    return DiscordConfig(**{**settings, **changes})


def listener_of(
    fake: FakeDiscord, forms: FindForm | None = None, **changes: Any
) -> DiscordListener:
    config, clock = config_of(fake, **changes), SystemClock()
    table = CommandTable(names=("help",), private=frozenset({"whoami"}))
    return DiscordListener(
        config,
        DiscordTransport(config, Surroundings(clock)),
        clock,
        commands=table,
        forms=forms,
        sleep=_at_once,
    )


async def _at_once(_wait_s: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@contextlib.asynccontextmanager
async def listening(*, resume_url: str = "", **changes: Any) -> AsyncIterator[Ear]:
    fake = FakeDiscord()
    fake.gateway.resume_url = resume_url
    seed_demo(fake)
    for number, name in enumerate(("help", "whoami")):
        fake.state.commands[str(number)] = {
            "id": str(number), "type": 1, "name": name, "description": name, "options": [],
        }  # fmt: skip
    async with serving(fake):
        ear = Ear(fake, listener_of(fake, **changes))
        try:
            yield ear
        finally:
            ear.task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ChargehandError):
                await ear.task


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with listening() as made:
        await made.begun()
        yield made


async def test_interaction_is_answered_only_once_it_is_kept(ear: Ear) -> None:
    ear.may_store.clear()
    made, private = ear.click(), ear.click("whoami")
    await asyncio.sleep(0)
    unanswered = [made.answer_type, private.answer_type]
    ear.may_store.set()
    await ear.until(lambda: private.answer_type is not None and made.answer_type is not None)

    assert unanswered == [None, None]
    assert made.answer == {"type": 5}
    assert private.answer == {"type": 5, "data": {"flags": 64}}
    assert [one.source for one in ear.heard] == [DeliverySource.LISTENER] * 2
    assert [one.lane for one in ear.heard] == [Lane.INTERACTIVE] * 2
    assert [one["op"] for one in ear.fake.gateway.received] == [IDENTIFY]
    assert ear.fake.gateway.sessions[0].intents == 0


async def test_delivery_is_the_one_the_endpoint_would_have_got(ear: Ear) -> None:
    made = ear.click()
    await ear.until(lambda: bool(ear.heard))
    headers, body = ear.fake.signed(made)
    request = RawRequest(ConnectionId("discord"), headers, body, None, SystemClock().now())

    posted = DiscordWebhook().verify(request, IntakeSecrets((ear.fake.state.key.public_key,)))

    assert (posted.delivery_key, posted.body) == (ear.keys[0], ear.heard[0].body)


async def test_what_is_typed_is_completed_and_not_kept(ear: Ear) -> None:
    ear.fake.state.commands["0"]["options"] = [{"name": "text", "type": 3, "description": "x"}]
    typed = ear.fake.complete("help he", author="Mei Tanaka", channel="payments")

    answered = await ear.fake.send(typed)

    assert answered.answer == {"type": 8, "data": {"choices": [{"name": "help", "value": "help"}]}}
    assert ear.heard == []


async def test_form_is_the_answer_where_one_is_opened_and_nothing_is_kept() -> None:
    async def find(delivery: VerifiedDelivery) -> Form | None:
        is_asked_for = b"whoami" in delivery.body
        field = FormField("words", "What is sent", "hello", is_long=True)
        return Form("Edit", "edit abc", (field,)) if is_asked_for else None

    async with listening(forms=find) as ear:
        await ear.begun()
        opens, promises = ear.click("whoami"), ear.click("help")
        await ear.until(lambda: promises.answer_type is not None)
        await ear.until(lambda: opens.answer_type is not None)

        assert opens.answer["type"] == 9
        assert opens.answer["data"]["custom_id"] == "edit abc"
        assert ear.keys == [promises.id]


async def test_session_is_resumed_without_loss_and_without_repeat(ear: Ear) -> None:
    """The wire is cut, Discord asks for another one, and clicks go on meanwhile."""
    gateway = ear.fake.gateway
    made = [ear.click()]
    await ear.until(lambda: len(ear.heard) == 1)

    gateway.drop()
    made.append(ear.click())
    await ear.resumed()
    made.append(ear.click())
    gateway.reconnect()
    made.append(ear.click())
    await ear.resumed(2)
    gateway.invalidate(is_resumable=True)
    made.append(ear.click())
    await ear.resumed(3)
    await ear.until(lambda: all(one.answer_type is not None for one in made))

    assert ear.keys == [one.id for one in made]
    assert gateway.count(IDENTIFY) == 1
    assert gateway.count(RESUME) == 3


async def test_what_could_not_be_kept_is_told_again(ear: Ear) -> None:
    ear.failures.append(StoreUnavailable(detail="it is away"))

    first, second = ear.click(), ear.click()
    await ear.until(lambda: second.answer_type is not None)

    assert ear.keys == [first.id, second.id]
    assert ear.fake.gateway.count(RESUME) == 1


async def test_network_that_is_away_for_a_while_costs_nothing() -> None:
    """The address of the session leads nowhere, and the gateway's own is asked for again."""
    async with listening(resume_url="ws://127.0.0.1:1") as ear:
        await ear.begun()
        gateway = ear.fake.gateway
        gateway.drop()
        made = ear.click()
        await ear.resumed()
        await ear.until(lambda: made.answer_type is not None)

        assert ear.keys == [made.id]
        assert gateway.count(IDENTIFY) == 1


async def test_session_that_is_over_begins_anew(ear: Ear) -> None:
    ear.fake.gateway.invalidate(is_resumable=False)
    await ear.begun(2)
    ear.fake.gateway.sessions[1].is_over = True
    ear.fake.gateway.drop(4009)
    await ear.begun(3)

    made = ear.click()
    await ear.until(lambda: made.answer_type is not None)

    assert ear.keys == [made.id]


async def test_heart_beats_and_answers_when_it_is_asked_to() -> None:
    async with listening() as ear:
        ear.fake.gateway.beat_ms = 40
        await ear.begun()
        ear.fake.gateway.drop()
        await ear.resumed()

        await ear.until(lambda: ear.fake.gateway.count(HEARTBEAT) >= 3)
        beats = [one["d"] for one in ear.fake.gateway.received if one["op"] == HEARTBEAT]

        assert set(beats) <= {None, 1, 2}
        assert beats[-1] == 2

    async with listening() as ear:
        await ear.begun()
        ear.fake.gateway.ask_for_beat()
        await ear.until(lambda: ear.fake.gateway.count(HEARTBEAT) == 1)


async def test_connection_that_stands_and_says_nothing_is_left() -> None:
    async with listening() as ear:
        ear.fake.gateway.beat_ms = 60
        await ear.begun()
        ear.fake.gateway.deafen()
        made = ear.click()
        await ear.resumed()
        await ear.until(lambda: made.answer_type is not None)

        assert ear.keys == [made.id]
        assert ear.fake.gateway.count(IDENTIFY) == 1


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_end_that_says_do_not_come_back_is_obeyed(code: int) -> None:
    async with listening() as ear:
        await ear.begun()
        ear.fake.gateway.drop(code)

        with pytest.raises(GatewayRefused, match=f"close code {code}"):
            await ear.task

        assert ear.fake.gateway.count(IDENTIFY) + ear.fake.gateway.count(RESUME) == 1


async def test_token_that_is_refused_is_not_tried_at_the_gateway() -> None:
    async with listening(bot_token=MaskedText("another-token")) as ear:
        with pytest.raises(CredentialsRefused) as caught:
            await ear.task

        assert ear.fake.gateway.received == []
        assert "another-token" not in str(caught.value)


async def test_first_answer_is_given_again_when_it_did_not_arrive(ear: Ear) -> None:
    ear.fake.inject(path=".*/callback", status=502)
    ear.fake.inject(path=".*/callback", cut="after")

    made = ear.click()
    await ear.until(lambda: made.answer_type is not None)
    asked = [one for one in ear.fake.writes() if one.path.endswith("/callback")]

    assert len(asked) >= 2
    assert ear.keys == [made.id]


async def test_messages_are_heard_only_if_they_are_for_the_bot() -> None:
    async with listening(hears_mentions=True) as ear:
        await ear.begun()
        assert ear.fake.gateway.sessions[0].intents & PRIVILEGED == 0
        ear.fake.say("nothing for you", author="Mei Tanaka", channel="payments")
        said = ear.fake.say(f"<@{APPLICATION_ID}> help", author="Mei Tanaka", channel="payments")
        await ear.until(lambda: bool(ear.heard))

        assert ear.keys == [said.id]
        assert ear.heard[0].body.startswith(b'{"t":"MESSAGE_CREATE"')


async def test_what_was_for_the_bot_is_heard_when_it_is_edited_and_deleted() -> None:
    async with listening(hears_mentions=True) as ear:
        await ear.begun()
        fake = ear.fake
        others = fake.say("nothing for you", author="Mei Tanaka", channel="payments")
        fake.edit(others.id, "still nothing")
        fake.take_back(others.id)
        said = fake.say(f"<@{APPLICATION_ID}> help", author="Mei Tanaka", channel="payments")
        late = fake.say("help", author="Mei Tanaka", channel="payments")
        fake.edit(said.id, "never mind")
        fake.edit(late.id, f"<@{APPLICATION_ID}> help")
        fake.take_back(said.id)
        await ear.until(lambda: len(ear.heard) >= 4)

    told = [json.loads(one.body) for one in ear.heard]
    assert [(one["t"].removeprefix("MESSAGE_"), one["d"]["id"]) for one in told] == [
        ("CREATE", said.id),
        ("UPDATE", said.id),
        ("UPDATE", late.id),
        ("DELETE", said.id),
    ]
    assert len(set(ear.keys)) == 4


async def test_doctor_says_whether_the_gateway_tells_anything(ear: Ear) -> None:
    config = config_of(ear.fake)
    client = DiscordClient(config, Surroundings(SystemClock()))
    check = ConnectionCheck(config, client.transport, (), client.identify_bot)

    open_ = {one.name: one for one in await check.run()}["gateway"]
    ear.fake.gateway.sessions_left = 0
    used_up = {one.name: one for one in await check.run()}["gateway"]
    ear.fake.state.endpoint_url = "https://elsewhere.example"
    elsewhere = {one.name: one for one in await check.run()}["gateway"]
    await client.aclose()

    states = Counter(one.state for one in (open_, used_up, elsewhere))
    assert states == {CheckState.PASSED: 1, CheckState.WARNED: 1, CheckState.FAILED: 1}
    assert "999 of 1000" in open_.found
    assert "Interactions Endpoint URL" in elsewhere.mend

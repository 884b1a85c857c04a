"""The fake's front for Python: people who use the app, its ASGI application, its clients."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from time import monotonic
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from chargehand.kit.clock import Clock, SystemClock
from chargehand.kit.ed25519 import SigningKey
from chargehand.testing.clock import OffsetClock
from chargehand.testing.discord import people, shapes
from chargehand.testing.discord.app import ROOT, build_app
from chargehand.testing.discord.control import control_routes
from chargehand.testing.discord.forms import filled_in, form_of
from chargehand.testing.discord.gateway import PATH as GATEWAY_PATH
from chargehand.testing.discord.gateway import Gateway
from chargehand.testing.discord.limits import Limits
from chargehand.testing.discord.refusals import DiscordControlRefused, DiscordRefused
from chargehand.testing.discord.rest_app import take_answer
from chargehand.testing.discord.rest_messages import apply_edit, pinged_by, store_message
from chargehand.testing.discord.server_parts import Parts
from chargehand.testing.discord.state import (
    APPLICATION_ID,
    GUILD_ID,
    OWNER_ID,
    Channel,
    Interaction,
    Message,
    Person,
    State,
)
from chargehand.testing.jira.failures import Failure, FailureQueue
from chargehand.testing.jira.received import ReceivedRequest, RequestLog
from chargehand.testing.jira.refusals import ConnectionCut
from chargehand.testing.jira.server import serving as serve

# Discord waits this long for the first answer, and then tells the person that it failed.
_PATIENCE_S: Final = 3.0
_DIRECT: Final = 1
_SAID, _DIRECT_SAID = 1 << 9, 1 << 12
_LOOK_EVERY_S: Final = 0.01
SOCKETS: Final = "websockets-sansio"
_SUCCESS: Final = 200


class FakeDiscord:
    """A stateful Discord server; see the package's docstring."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        site_url: str = "http://127.0.0.1:8090",
        endpoint_url: str | None = None,
        key: SigningKey | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        endpoint_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.fake_clock = OffsetClock(clock or SystemClock())
        self.state = State(self.fake_clock, key or SigningKey(), endpoint_url=endpoint_url)
        limits = Limits(self.fake_clock)
        self.gateway = Gateway(self.state)
        self.parts = Parts(
            self.state, limits, FailureQueue(), RequestLog(None), sleep, self.gateway
        )
        self.site_url = site_url
        self._endpoint_transport = endpoint_transport
        bot = Person(APPLICATION_ID, "chargehand", "chargehand", is_bot=True)
        self.state.people[bot.id] = bot
        self.state.people[OWNER_ID] = Person(OWNER_ID, "owner", "Owner")

    @property
    def site_url(self) -> str:
        """Where it is served."""
        return self._site_url

    @site_url.setter
    def site_url(self, url: str) -> None:
        self._site_url = url
        self.gateway.url = f"{url.replace('http', 'ws', 1)}{GATEWAY_PATH}"

    @property
    def api_url(self) -> str:
        """The address a client is given."""
        return f"{self.site_url}{ROOT}"

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application, the same each time."""
        return build_app(self.parts, control_routes(self))

    def transport(self) -> httpx.AsyncBaseTransport:
        """An httpx transport into the fake; cut connections look as they do on a wire."""
        return _InProcess(self.app)

    async def aclose(self) -> None:
        """Stop what the gateway still tells."""
        await self.gateway.aclose()

    # Set-up

    def add_person(self, name: str, **how: Any) -> Person:
        """A new member."""
        username = name.lower().replace(" ", ".")
        person = Person(self.state.new_id(), username, name, **how)
        self.state.people[person.id] = person
        return person

    def add_channel(self, name: str, *, type: int = 0, **how: Any) -> Channel:  # noqa: A002 - Discord's word.
        """A new channel, thread (10 to 12 with `parent_id`) or conversation (1)."""
        channel = Channel(self.state.new_id(), type, name, **how)
        self.state.channels[channel.id] = channel
        return channel

    def inject(self, **failure: Any) -> None:
        """Order a failure, see `testing.jira.failures.Failure`.

        Raises: FailureUnusable.
        """
        self.parts.failures.add(Failure(**failure))

    # People at work

    def say(
        self, content: str, *, author: str, channel: str, reply_to: str | None = None
    ) -> Message:
        """A person writes."""
        body: dict[str, Any] = {"content": content}
        if reply_to is not None:
            body["message_reference"] = {"message_id": reply_to}
        who, where = self.person(author), self.channel(channel)
        message = store_message(self.state, where.id, body, author_id=who.id)
        self._tell_of("MESSAGE_CREATE", message)
        return message

    def edit(self, message_id: str, content: str) -> None:
        """Whoever wrote a message edits it."""
        message = self.state.messages[message_id]
        apply_edit(self.state, message, {"content": content})
        message.pinged = pinged_by(content, None)
        self._tell_of("MESSAGE_UPDATE", message)

    def take_back(self, message_id: str) -> None:
        """Whoever wrote a message deletes it."""
        message = self.state.messages.pop(message_id)
        told = {"id": message_id, "channel_id": message.channel_id, "guild_id": GUILD_ID}
        is_direct = self.state.channels[message.channel_id].type == _DIRECT
        if is_direct:
            del told["guild_id"]
        self.gateway.tell("MESSAGE_DELETE", told, intents=_DIRECT_SAID if is_direct else _SAID)

    def react(self, message_id: str, emoji: str, *, author: str) -> None:
        """A person reacts to a message."""
        who = self.state.messages[message_id].reactions.setdefault(emoji, [])
        who.append(self.person(author).id)

    def _tell_of(self, event: str, message: Message) -> None:
        told = shapes.message(self.state, message)
        is_direct = self.state.channels[message.channel_id].type == _DIRECT
        if not is_direct:
            member = shapes.member(self.person(message.author_id))
            told |= {"guild_id": GUILD_ID, "member": member}
        if not (is_direct or APPLICATION_ID in [one["id"] for one in told["mentions"]]):
            # The words of others are shown only to whom Discord allowed it.
            told |= {"content": ""}
        self.gateway.tell(event, told, intents=_DIRECT_SAID if is_direct else _SAID)

    def command(self, line: str, *, author: str, channel: str) -> Interaction:
        """A person types a registered command."""
        data = people.command_data(self.state, line)
        return self._interact(people.COMMAND, author, channel, data)

    def press(self, message_id: str, command: str, *, author: str) -> Interaction:
        """A person presses the button of a message that has this command."""
        message = self.state.messages.get(message_id)
        held = [b for row in (message.components if message else []) for b in row["components"]]
        if message is None or command not in [one["custom_id"] for one in held]:
            there = ", ".join(one["custom_id"] for one in held) or "none"
            raise DiscordControlRefused(detail=f"No such button; the message has: {there}.")
        data = {"component_type": 2, "custom_id": command, "id": 2}
        return self._interact(
            people.COMPONENT, author, message.channel_id, data, message_id=message_id
        )

    def submit(
        self,
        command: str,
        values: dict[str, str],
        *,
        author: str,
        channel: str,
        message_id: str | None = None,
    ) -> Interaction:
        """A person sends a form off."""
        rows = [
            {"type": 1, "components": [{"type": 4, "custom_id": name, "value": value}]}
            for name, value in values.items()
        ]
        data = {"custom_id": command, "components": rows}
        return self._interact(people.FORM, author, channel, data, message_id=message_id)

    def fill_in(self, opened: Interaction, **values: str) -> Interaction:
        """Who opened a form sends it off; a field that is not named keeps what stood in it."""
        payload = opened.payload
        who = payload.get("member", payload).get("user", {})
        return self._interact(
            people.FORM,
            who["id"],
            payload["channel_id"],
            filled_in(form_of(opened), values),
            message_id=(payload.get("message") or {}).get("id"),
        )

    def complete(self, line: str, *, author: str, channel: str) -> Interaction:
        """A person is typing the last option of a command."""
        data = people.command_data(self.state, line)
        for option in data.get("options", [])[-1:]:
            option["focused"] = True
        return self._interact(people.AUTOCOMPLETE, author, channel, data)

    def ping(self) -> Interaction:
        """Discord itself tries the endpoint, as when it is saved."""
        made = Interaction(self.state.new_id(), "cGluZw", people.PING, {}, self.state.clock.now())
        made.payload.update(
            version=1, type=people.PING, id=made.id, token=made.token,
            application_id=APPLICATION_ID, entitlements=[],
        )  # fmt: skip
        return made

    def signed(self, interaction: Interaction) -> tuple[dict[str, str], bytes]:
        """An interaction as it is posted: headers and body."""
        return people.signed(self.state, interaction)

    def take_answer(self, interaction: Interaction, status: int, content: Any) -> None:
        """Do what an answer says; what is none tells the person that the app did not respond."""
        interaction.status = status
        is_answer = status == _SUCCESS and isinstance(content, dict) and "type" in content
        interaction.state = "answered" if is_answer else "failed"
        if not is_answer:
            return
        try:
            take_answer(self.state, interaction, content)
        except DiscordRefused:
            interaction.state = "failed"

    async def send(self, interaction: Interaction) -> Interaction:
        """Post an interaction to the endpoint, and take the answer; without one, the gateway's."""
        if self.state.endpoint_url is None and self.gateway.has_session:
            return await self._tell(interaction)
        if self.state.endpoint_url is None:
            raise DiscordControlRefused(detail="No endpoint is set; PUT /__fake__/endpoint.")
        headers, body = self.signed(interaction)
        async with httpx.AsyncClient(
            transport=self._endpoint_transport, timeout=_PATIENCE_S, trust_env=False
        ) as client:
            try:
                response = await client.post(self.state.endpoint_url, headers=headers, content=body)
            except httpx.TransportError:
                interaction.state = "failed"
                return interaction
        try:
            content = response.json()
        except ValueError:
            content = None
        self.take_answer(interaction, response.status_code, content)
        return interaction

    async def _tell(self, interaction: Interaction) -> Interaction:
        """Tell of an interaction by the gateway, and wait as long for the answer as Discord."""
        self.gateway.tell("INTERACTION_CREATE", interaction.payload)
        until_s = monotonic() + _PATIENCE_S
        # The answer comes by another request, whose handler knows nothing of who waits here.
        while interaction.answer_type is None and monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY_S)
        interaction.state = "failed" if interaction.answer_type is None else "answered"
        return interaction

    # What there is

    @property
    def requests(self) -> Sequence[ReceivedRequest]:
        """Every request to the REST API, oldest first."""
        return self.parts.log.entries

    def writes(self) -> list[ReceivedRequest]:
        """The requests that asked for a change."""
        return [one for one in self.requests if one.method != "GET"]

    def texts(self, channel: str) -> list[str]:
        """What everybody reads in a channel, oldest first."""
        return [one.content for one in self.state.in_channel(self.channel(channel).id)]

    def person(self, named: str) -> Person:
        """A person by id or name.

        Raises: DiscordControlRefused.
        """
        found = self.state.person(named)
        if found is None:
            names = ", ".join(one.name for one in self.state.people.values())
            raise DiscordControlRefused(detail=f"Nobody is called {named}; there are: {names}.")
        return found

    def channel(self, named: str) -> Channel:
        """A channel by id or name.

        Raises: DiscordControlRefused.
        """
        found = self.state.channel(named)
        if found is None:
            names = ", ".join(one.name or one.id for one in self.state.channels.values())
            raise DiscordControlRefused(detail=f"No channel is called {named}; there are: {names}.")
        return found

    def _interact(
        self,
        kind: int,
        author: str,
        channel: str,
        data: dict[str, Any],
        *,
        message_id: str | None = None,
    ) -> Interaction:
        return people.new_interaction(
            self.state,
            kind,
            person=self.person(author),
            channel=self.channel(channel),
            data=data,
            message_id=message_id,
        )


def seed_demo(fake: FakeDiscord) -> None:
    """Three people, two channels and a thread."""
    for name in ("Mei Tanaka", "Tom Berg", "Ana Ruiz"):
        fake.add_person(name)
    payments = fake.add_channel("payments")
    fake.add_channel("random")
    fake.add_channel("refunds", type=11, parent_id=payments.id)


def serving(fake: FakeDiscord, port: int = 0) -> AbstractAsyncContextManager[str]:
    """Serve the fake in this event loop; yields its address, which becomes its site URL."""
    return serve(fake, port, ws=SOCKETS)


class _InProcess(httpx.AsyncBaseTransport):
    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except ConnectionCut as cut:
            text = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(text, request=request) from cut

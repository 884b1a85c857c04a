"""A house beside a fake Jira and a fake Slack: people write, press buttons, use commands."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from chargehand.bootstrap.configured import pipeline_rules, working_hours
from chargehand.bootstrap.slack import live_slack, open_client
from chargehand.config.slack_settings import SlackConnection
from chargehand.domain.account import AccountRef
from chargehand.domain.ids import AccountId, ConnectionId, MemberId, ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalRecord, ApprovalState
from chargehand.kit.clock import EPOCH
from chargehand.pipeline.confirming import confirm_as_operator
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.identifying import link_account
from chargehand.pipeline.members import add_member
from chargehand.pipeline.subscribers import Subscribers
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.slack import FakeSlack, seed_demo
from chargehand.testing.slack import people as slack_people
from chargehand.testing.slack.sending import Sending, signed_headers
from chargehand.testing.slack.workspace_ids import BOT_TOKEN, SIGNING_SECRET, TEAM
from tests.house import CONNECTION, SECRET, House

SLACK = ConnectionId("slack")
PAY_CHANNEL, RANDOM_CHANNEL = "C0PAY0001", "C0RANDOM1"
BOT = "<@U0CHARGEHAND>"


def slack_settings(**changes: Any) -> dict[str, Any]:
    """The Slack connection of a house; #pay serves PAY, #random nothing."""
    return {
        "connector": "slack",
        "bot_token": BOT_TOKEN,
        "team_id": TEAM,
        "webhook_secrets": [SIGNING_SECRET],
        "channels": {PAY_CHANNEL: ["PAY"]},
        "api_url": "http://127.0.0.1:8090/api",
        **changes,
    }


class ChatHouse(House):
    """A house with a Slack workspace."""

    slack: FakeSlack

    def furnish(self) -> None:
        """Open the workspace before the worker starts."""
        self.slack = FakeSlack(clock=self.clock)
        seed_demo(self.slack)
        self._sent = 0
        self.answered = ""

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        """Jira as everywhere, and Slack without a socket."""
        configured = next(
            one for one in self.settings.connections if isinstance(one, SlackConnection)
        )
        live = live_slack(configured, Surroundings(self.clock))
        client = open_client(
            configured,
            Surroundings(self.clock, self.slack.transport(), limits=live.limits),
        )
        live = replace(live, client=client, accounts=client, places=client, threads=client)
        return {**super().connect_all(), SLACK: live}

    # People at work in Slack

    async def chat(
        self, text: str, *, user: str = "Mei Tanaka", channel: str = PAY_CHANNEL, **how: Any
    ) -> str:
        """Somebody writes, mentioning the bot where the text says @bot, and is answered."""
        self.clock.advance(1)
        text = text.replace("@bot", BOT)
        message = slack_people.say(self.slack.workspace, channel, user=user, text=text, **how)
        await self.hear()
        return message.ts

    async def command(
        self, text: str, *, user: str = "Mei Tanaka", channel: str = PAY_CHANNEL
    ) -> None:
        """Somebody uses the slash command."""
        self.clock.advance(1)
        slack_people.type_command(self.slack.workspace, channel, user=user, text=text)
        await self.hear()

    async def press(
        self, label: str, ts: str, *, user: str = "Ana Ruiz", channel: str = PAY_CHANNEL
    ) -> None:
        """Somebody presses a button."""
        self.clock.advance(1)
        slack_people.press(self.slack.workspace, channel, ts, user=user, label=label)
        await self.hear()

    async def submit(
        self, words: str | None = None, *, user: str = "Ana Ruiz", field: str = "words"
    ) -> str:
        """Somebody hands in the form that was opened last; what Slack was answered."""
        self.clock.advance(1)
        (*_, view) = self.slack.workspace.views
        values = {} if words is None else {field: words}
        slack_people.submit(self.slack.workspace, view.id, user=user, values=values)
        await self.hear()
        return self.answered

    async def hear(self, *, times: int = 1) -> None:
        """Let everything Slack tells arrive, and the worker do what follows from it."""
        while self._sent < len(self.slack.sender.sendings):
            sending = self.slack.sender.sendings[self._sent]
            self._sent += 1
            for _ in range(times):
                response = await self.tell(sending)
                assert response.is_success, response.text
                self.answered = response.text
        await self.settle()
        if self._sent < len(self.slack.sender.sendings):
            # Slack tells of the bot's own messages, too.
            await self.hear()

    async def tell(
        self, sending: Sending, *, age: timedelta = timedelta(), **headers: str
    ) -> httpx.Response:
        """One signed post of Slack."""
        sent_at_s = int((self.clock.now() - age - EPOCH).total_seconds())
        signed = signed_headers(SIGNING_SECRET, sending.body, sent_at_s=sent_at_s)
        return await self.front.post(
            "/webhooks/slack",
            headers={**signed, "Content-Type": sending.content_type, **headers},
            content=sending.body,
        )

    # People who work on tickets, and those who hear of it

    async def changed(self, key: str = "PAY-7") -> None:
        """Jira tells of the newest change of a work item."""
        self.clock.advance(1)
        headers, body = self.jira.change_request(key, secret=SECRET)
        response = await self.post(headers, body)
        assert response.is_success, response.text
        await self.settle()

    async def tell_subscribers(self, *, after_s: float = 0.0) -> None:
        """Time passes, and what is due is told by two workers at once, of which one dies then."""
        self.clock.advance(after_s)
        telling = Subscribers(
            self.stores.database,
            self.connections,
            rules=pipeline_rules(self.settings),
            hours=working_hours(self.settings),
            clock=self.clock,
        )
        await asyncio.gather(telling.tell(), telling.tell())
        self.start()
        await self.hear()

    def told_alone(self) -> list[str]:
        """The bot's direct messages, oldest first."""
        places = [one for one in self.slack.workspace.channels if one.startswith("D")]
        return [said for place in places for said in self.said(place)]

    # What Slack holds

    def said(self, channel: str = PAY_CHANNEL) -> list[str]:
        """The bot's messages in a channel, oldest first."""
        return [message["text"] for message in self.messages(channel)]

    def messages(self, channel: str = PAY_CHANNEL) -> list[Mapping[str, Any]]:
        """The bot's messages in a channel as Slack keeps them, oldest first."""
        place = self.slack.workspace
        return [one.raw for one in place.channel(channel).messages if one.raw.get("bot_id")]

    def whispered(self) -> list[Mapping[str, Any]]:
        """What single people were shown, oldest first."""
        return list(self.slack.workspace.ephemeral)

    def slack_id(self, name: str) -> str:
        """The account of somebody in Slack."""
        return self.slack.workspace.person(name).id

    @property
    def forms(self) -> list[str]:
        """What stood in each form when it opened, oldest first."""
        elements = [view.raw["blocks"][0]["element"] for view in self.slack.workspace.views]
        return [one.get("initial_value", "") for one in elements]

    def labels(self, message: Mapping[str, Any]) -> list[str]:
        """The buttons under a message."""
        elements = (e for block in message.get("blocks", ()) for e in block.get("elements", ()))
        return [one["text"]["text"] for one in elements if one.get("type") == "button"]

    # Who is who

    def member(
        self, name: str, *roles: Role, is_confirmed: bool = True, jira: bool = False
    ) -> MemberId:
        """Somebody in Slack as a member of the team, with roles in PAY."""
        accounts = {SLACK: self.slack_id(name)}
        return add_to_team(self, name, accounts, *roles, is_confirmed=is_confirmed, jira=jira)

    async def aclose(self) -> None:
        await super().aclose()
        await self.slack.aclose()
        await asyncio.sleep(0)


def waiting(house: House) -> ApprovalRecord:
    """The one approval that is open."""
    (found,) = [one for one in house.approvals if one.state is ApprovalState.OPEN]
    return found


def restrict(house: House, key: str = "PAY-7") -> None:
    """Let only some people see a work item."""
    level = house.jira.issue("PAY-15").security
    house.jira.state.issues[key] = replace(house.jira.issue(key), security=level)


def add_to_team(
    house: House,
    name: str,
    accounts: Mapping[ConnectionId, str],
    *roles: Role,
    is_confirmed: bool = True,
    jira: bool = False,
) -> MemberId:
    """Somebody with accounts as a member of the team, with roles in PAY; in Jira too if wanted."""
    now = house.clock.now()
    held = tuple((ProjectKey("PAY"), role) for role in roles)
    refs = [AccountRef(connection, AccountId(account)) for connection, account in accounts.items()]
    if jira:
        person = next(p for p in house.jira.state.people.values() if p.name == name)
        refs.append(AccountRef(CONNECTION, AccountId(person.account_id)))

    def work(tx: Any) -> MemberId:
        member = add_member(tx, name, roles=held, by="cli:tester", now=now)
        for ref in refs:
            link_account(
                tx,
                member.id,
                ref,
                connections={one.connection_id for one in refs},
                by="cli:tester",
                now=now,
            )
            if is_confirmed:
                confirm_as_operator(tx, member.id, ref.connection_id, by="cli:tester", now=now)
        return member.id

    return house.stores.database.write(work)

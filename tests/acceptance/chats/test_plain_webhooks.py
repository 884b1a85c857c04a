"""What a plain webhook tells is listed, found, subscribed to and announced, and is never an ask."""

import json
from typing import Any

import httpx
import pytest

from chargehand.bootstrap.webhook import live_webhook
from chargehand.config.webhook_settings import WebhookConnection
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.member import Role
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.looking import list_events
from tests.chat_house import PAY_CHANNEL, ChatHouse, slack_settings
from tests.connectors.webhook.senders import SENDERS
from tests.house import Doubles, house_settings, open_house

pytestmark = pytest.mark.anyio
SENDER = SENDERS["pagerduty"]


class ToldHouse(ChatHouse):
    """A house beside which PagerDuty stands."""

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        plain = [one for one in self.settings.connections if isinstance(one, WebhookConnection)]
        live = {ConnectionId(one.id): live_webhook(one) for one in plain}
        return {**super().connect_all(), **live}

    async def incident(self, title: str, *, number: int = 1, times: int = 1) -> httpx.Response:
        """PagerDuty tells of an incident, perhaps more than once."""
        event = {**SENDER.payload["event"], "id": f"01CH{number}"}
        event["data"] = {**event["data"], "title": title}
        event["occurred_at"] = self.clock.now().isoformat()
        body = json.dumps({"event": event}).encode()
        for _ in range(times):
            headers = SENDER.headers(0, body)
            path = "/webhooks/webhook/pagerduty"
            response = await self.front.post(path, headers=headers, content=body)
        await self.hear()
        return response


async def test_an_incident_is_listed_found_subscribed_to_and_announced(
    storage: dict[str, Any],
) -> None:
    rule = {**SENDER.settings["events"][0], "announce": True}
    plain = SENDER.entry(events=[rule], announce_in=f"slack/{PAY_CHANNEL}")
    chats = [slack_settings(), plain]
    settings = house_settings(storage["data_dir"], storage=storage, chats=chats)
    async with open_house(settings, Doubles(), kind=ToldHouse) as house:
        assert isinstance(house, ToldHouse)
        house.mode("auto", kind="slack.post_message")
        house.mode("auto", kind="slack.send_direct_message")
        house.member("Mei Tanaka", Role.DEVELOPER, jira=True)
        await house.chat("@bot subscribe webhooks")
        await house.chat("@bot subscribe PAY-7")
        before = len(house.said())

        answered = await house.incident("PAY-7 <!channel> terminal down @bot status", times=2)
        await house.incident("PAY-7 <!channel> terminal down @bot status")

        # Told three times, it is one event, one message in the channel, and no ask.
        assert answered.status_code == 200
        (told,) = house.said()[before:]
        assert told.startswith("`pagerduty`: ")
        assert "terminal down" in told
        assert "<!channel>" not in told
        assert [one.ask.text for one in house.asks if "terminal" in one.ask.text] == []
        found = house.stores.database.read(
            lambda tx: list_events(
                tx, cursor=None, limit=5, project=ProjectKey("PAY"), text="terminal"
            )
        )
        # Slack tells of the bot's own message as well.
        (event,) = [one for one in found.items if one.connector == "webhook"]
        assert event.work_item == "PAY-7"
        assert ("respond", "event_announced") in house.verdicts

        await house.tell_subscribers(after_s=130)
        (private,) = house.told_alone()
        assert private.count("terminal down") == 2
        assert "<!channel>" not in private

        # What is older than an ask may be is history, and a forged one is nothing at all.
        house.clock.advance(60)
        old = {**SENDER.payload["event"], "id": "old", "occurred_at": "2026-11-18T10:00:00Z"}
        body = json.dumps({"event": old}).encode()
        path = "/webhooks/webhook/pagerduty"
        await house.front.post(path, headers=SENDER.headers(0, body), content=body)
        forged = await house.front.post(path, headers=SENDER.headers(0, body), content=body + b" ")
        await house.hear()
        assert forged.status_code == 401
        assert len(house.said()) == before + 1
        assert len([one for one in house.events if one.connector == "webhook"]) == 2

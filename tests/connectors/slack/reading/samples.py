"""Bodies in Slack's shapes, written by us, for the tests of the reading half."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from chargehand.connectors.slack.parse import SlackParser
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.event import Event
from chargehand.domain.ids import ConnectionId

CONNECTION = ConnectionId("slack-main")
RECEIVED_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEAM, OTHER_TEAM, ORGANIZATION = "T0ACME", "T0OTHER", "E0ACME"
BOT, ASKER, CHANNEL = "U0BOT", "U0ASKER", "C0PAY"
TS, ROOT = "1795780800.000100", "1795780000.000200"
EDITED = "1795780860.000000"


def envelope(event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "type": "event_callback",
        "token": "verification",
        "team_id": TEAM,
        "api_app_id": "A0",
        "event": event,
        "event_id": "Ev0ONE",
        "event_time": 1795780800,
        "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        "is_ext_shared_channel": False,
        **changes,
    }


def message(text: str = f"<@{BOT}> status PAY-7", **changes: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "user": ASKER,
        "text": text,
        "ts": TS,
        "team": TEAM,
        "channel": CHANNEL,
        "channel_type": "channel",
        "event_ts": TS,
        **changes,
    }


def changed(text: str, *, before: str, **changes: Any) -> dict[str, Any]:
    now = message(text, edited={"user": ASKER, "ts": EDITED})
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": CHANNEL,
        "channel_type": "channel",
        "ts": "1795780860.000900",
        "event_ts": "1795780860.000900",
        "message": {**now, **changes},
        "previous_message": message(before),
    }


def reaction(**changes: Any) -> dict[str, Any]:
    return {
        "type": "reaction_added",
        "user": ASKER,
        "reaction": "x",
        "item": {"type": "message", "channel": CHANNEL, "ts": TS},
        "item_user": BOT,
        "event_ts": EDITED,
        **changes,
    }


def slash(**changes: str) -> bytes:
    fields = {
        "token": "verification",
        "team_id": TEAM,
        "channel_id": CHANNEL,
        "channel_name": "pay",
        "user_id": ASKER,
        "user_name": "mei",
        "command": "/chargehand",
        "text": "status PAY-7",
        "response_url": "https://hooks.slack.com/commands/T0/1/secret",
        "trigger_id": "11.22.aa",
        **changes,
    }
    return urlencode(fields).encode()


def interaction(**payload: Any) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def pressed(**changes: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": ASKER, "username": "mei", "team_id": TEAM},
        "team": {"id": TEAM, "domain": "acme"},
        "container": {
            "type": "message",
            "message_ts": TS,
            "channel_id": CHANNEL,
            "thread_ts": ROOT,
            "is_ephemeral": False,
        },
        "channel": {"id": CHANNEL, "name": "privategroup"},
        "trigger_id": "33.44.bb",
        "response_url": "https://hooks.slack.com/actions/T0/2/secret",
        "actions": [
            {
                "type": "button",
                "action_id": "control-0",
                "value": "approve apv_1 0123456789abcdef",
                "action_ts": EDITED,
            }
        ],
        **changes,
    }


def submitted(**hidden: str) -> dict[str, Any]:
    return {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": ASKER, "name": "mei", "team_id": TEAM},
        "trigger_id": "55.66.cc",
        "view": {
            "id": "V0",
            "callback_id": "edit",
            "private_metadata": json.dumps(hidden),
            "app_installed_team_id": TEAM,
            "state": {"values": {"text": {"value": {"type": "plain_text_input", "value": "Hi"}}}},
        },
    }


def parse_bytes(body: bytes, *, team: str | None = TEAM) -> Event:
    delivery = VerifiedDelivery(
        connection_id=CONNECTION,
        connector="slack",
        delivery_key="d-1",
        source=DeliverySource.WEBHOOK,
        lane=Lane.BULK,
        received_at=RECEIVED_AT,
        body=body,
        headers={},
    )
    return SlackParser(team).parse(delivery)


def parse(payload: Any, *, team: str | None = TEAM) -> Event:
    return parse_bytes(json.dumps(payload).encode(), team=team)

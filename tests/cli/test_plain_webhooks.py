"""A sender of plain webhooks is connected, tried and looked at by commands alone."""

import json
from pathlib import Path

import pytest

from chargehand.testing.clock import FakeClock
from tests.cli.connecting import Connecting
from tests.connectors.webhook.senders import SENDERS
from tests.house import START

pytestmark = pytest.mark.anyio
RULES = """
[[connections.events]]
kind = "work_item.created"
when = [{ at = "$.event.event_type", equals = "incident.triggered" }]
work_item = "{$.event.data.title}"
text = "{header.x-source} {$.event.data.title}"
"""


@pytest.fixture
def person(config: Path) -> Connecting:
    return Connecting(config, FakeClock(START))


async def test_a_sender_is_connected_and_its_payload_tried(
    person: Connecting, tmp_path: Path
) -> None:
    person.publish()
    ended = await person.done(
        *("connect", "webhook", "alerts", "--project", "pay", "--proof", "hmac"),
        *("--header", "X-PagerDuty-Signature", "--prefix", "v1="),
    )

    connected = person.connected("alerts")
    (secret,) = connected.webhook_secrets
    assert secret.get_secret_value() in ended.out
    assert "https://bot.example/x/webhooks/webhook/alerts" in ended.out
    assert secret.get_secret_value() not in person.config.read_text(encoding="utf-8")
    assert connected.proof_prefix == "v1="
    person.write(RULES)
    payload = tmp_path / "payload.json"
    payload.write_bytes(SENDERS["pagerduty"].body)
    parse = ("events", "parse", "--connector", "webhook", "--connection", "alerts")
    parsed = await person.done(*parse, "--header", "X-Source: pager", str(payload))

    event = json.loads(parsed.out)
    assert (event["kind"], event["work_item"]) == ("work_item.created", "PAY-7")
    assert event["text"].startswith("pager PAY-7")
    listed = (await person.done("connections", "list", "--json")).json["connections"]
    assert [one["connector"] for one in listed] == ["jira", "webhook"]
    wrong = await person.run(*parse, "--header", "nonsense", str(payload))
    assert wrong.code != 0
    assert "not like x-event:created" in wrong.err
    missing = await person.run(*parse[:-1], "other", str(payload))
    assert "configured: alerts" in missing.err


async def test_a_wrong_answer_saves_nothing(person: Connecting) -> None:
    for arguments, told in (
        (("--project", "NOPE"), "must be projects some tracker serves"),
        (("--project", "PAY", "--proof", "hmac"), "proof_header is missing"),
        (("--project", "PAY", "--delivery-key", "id"), "delivery_key"),
        (("--project", "PAY", "--secret", "short-but-long-enough"), "whsec_"),
    ):
        ended = await person.run("connect", "webhook", "alerts", *arguments)
        assert ended.code != 0
        assert told in ended.err
    assert person.files() == person.before

"""Code hosts, wikis and plain senders at the door: what is proved is kept once, the rest is not."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from chargehand.bootstrap.configured import connections_by_settings
from chargehand.bootstrap.connections import live_connections
from chargehand.bootstrap.receiving import receiving_connections
from chargehand.config.settings import Settings
from chargehand.connectors.github.webhook import sign
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ConnectionId
from chargehand.pipeline.missed_webhooks import has_both_ways
from chargehand.plugins.connector import EventParser, IntakeSecrets
from chargehand.plugins.hub_signature import hub_signature
from chargehand.testing.clock import FakeClock
from tests.web.fronts import MEBIBYTE, NOW, Front, serving

pytestmark = pytest.mark.anyio
OLD, NEW = "the-old-signing-secret-of-all", "the-new-signing-secret-of-all"
MENTION = {"comment": {"id": 1, "body": "hello"}}


@dataclass(frozen=True)
class Sender:
    """A sender: how it is connected, and what it posts beside a body."""

    entry: Mapping[str, Any]
    header: str
    sign: Callable[[str, bytes], str]
    named: Mapping[str, str]

    @property
    def path(self) -> str:
        return f"/webhooks/{self.entry['connector']}/{self.entry['connector']}"

    def headers(self, body: bytes, *, secret: str = NEW) -> dict[str, str]:
        return {self.header: self.sign(secret, body), **self.named}


SENDERS = {
    "github": Sender(
        {
            "connector": "github",
            "token": "x",
            "intake": "both",
            "repositories": {"acme/payments": ["PAY"]},
        },
        "x-hub-signature-256",
        sign,
        {"x-github-event": "issue_comment"},
    ),
    "bitbucket": Sender(
        {
            "connector": "bitbucket",
            "api_token": "x",
            "email": "bot@example.com",
            "intake": "both",
            "repositories": {"acme/payments": ["PAY"]},
        },
        "x-hub-signature",
        hub_signature,
        {"x-event-key": "pullrequest:comment_created"},
    ),
    "confluence": Sender(
        {
            "connector": "confluence",
            "site": "http://127.0.0.1:9",
            "api_token": "x",
            "email": "bot@example.com",
            "intake": "both",
            "spaces": {"ENG": ["PAY"]},
        },
        "x-hub-signature",
        hub_signature,
        {},
    ),
    "webhook": Sender(
        {
            "connector": "webhook",
            "projects": ["PAY"],
            "proof": "hmac",
            "proof_header": "X-Signature",
            "proof_prefix": "sha256=",
            "events": [
                {
                    "kind": "release.published",
                    "when": [{"at": "$.action", "equals": "created"}],
                    "text": "{$.comment.body}",
                }
            ],
        },
        "x-signature",
        sign,
        {},
    ),
}
JIRA = {"site": "http://127.0.0.1:9", "email": "b@example.com", "api_token": "x"}


@dataclass
class Door:
    """The front with every sender connected, and what reads what they post."""

    front: Front
    client: httpx.AsyncClient
    parsers: Mapping[str, EventParser]

    def know(self, *secrets: str) -> None:
        for name, found in self.front.connections.items():
            changed = replace(found, secrets=IntakeSecrets(signing=secrets))
            self.front.connections[name] = changed

    async def post(self, sender: Sender, body: bytes, **headers: str) -> httpx.Response:
        shown = headers or sender.headers(body)
        return await self.client.post(sender.path, content=body, headers=shown)


@pytest.fixture(scope="module")
def configured() -> Settings:
    known = [{**JIRA, "projects": ["PAY"]}]
    known += [{**one.entry, "webhook_secrets": [NEW]} for one in SENDERS.values()]
    return Settings.model_validate({"connections": known})


@pytest.fixture(scope="module")
def parsers(configured: Settings) -> dict[str, EventParser]:
    live = live_connections(configured, clock=FakeClock(NOW))
    return {name: one.parser for name, one in live.items()}


@pytest.fixture
async def door(
    tmp_path: Path, configured: Settings, parsers: dict[str, EventParser]
) -> AsyncIterator[Door]:
    front = Front(tmp_path, connections=dict(receiving_connections(configured)), failures=1000)
    async with serving(front) as client:
        yield Door(front, client, parsers)
    front.close()


EVERY = pytest.mark.parametrize("sender", list(SENDERS.values()), ids=list(SENDERS))


@EVERY
async def test_who_can_not_prove_itself_leaves_nothing(door: Door, sender: Sender) -> None:
    body = json.dumps(MENTION).encode()
    wrong = {
        "missing": {"x-other": "1"},
        "another secret": sender.headers(body, secret="a-secret-nobody-here-knows"),
        "another body": sender.headers(body + b" "),
        "cut off": {**sender.named, sender.header: sender.sign(NEW, body)[:-3]},
        "another method": {**sender.named, sender.header: "sha1=" + "0" * 40},
        "no text": {**sender.named, sender.header: "sha256=" + "\u00fc" * 64},
        "empty": {**sender.named, sender.header: ""},
        "old secret, once it is dropped": sender.headers(body, secret=OLD),
    }

    answers = {
        name: await door.client.post(
            sender.path,
            content=body,
            headers=[(key.encode(), value.encode()) for key, value in headers.items()],
        )
        for name, headers in wrong.items()
    }

    told = {name: (one.status_code, one.json()["code"]) for name, one in answers.items()}
    assert {status for status, _ in told.values()} <= {400, 401}, told
    assert told["missing"][1] == "signature_missing"
    assert told["another secret"][1] == "signature_wrong"
    assert told["old secret, once it is dropped"][1] == "signature_wrong"
    assert {code for _, code in told.values()} <= {
        "signature_missing",
        "signature_malformed",
        "signature_wrong",
    }
    assert not any(NEW in one.text or OLD in one.text for one in answers.values())
    assert door.front.bodies_stored() == []


@EVERY
async def test_the_old_secret_is_good_while_it_is_replaced(door: Door, sender: Sender) -> None:
    door.know(NEW, OLD)
    first, second = b'{"comment": {"id": 1}}', b'{"comment": {"id": 2}}'

    by_old = await door.post(sender, first, **sender.headers(first, secret=OLD))
    by_new = await door.post(sender, second, **sender.headers(second, secret=NEW))

    assert (by_old.status_code, by_new.status_code) == (202, 202)


@EVERY
async def test_a_hundred_copies_at_once_are_kept_once_and_20_mb_never(
    door: Door, sender: Sender
) -> None:
    body, huge = json.dumps(MENTION).encode(), b"x" * (20 * MEBIBYTE)

    answers = await asyncio.gather(*(door.post(sender, body) for _ in range(100)))
    refused = await door.post(sender, huge)

    assert sorted(one.status_code for one in answers) == [200] * 99 + [202]
    assert len({one.json()["delivery"] for one in answers}) == 1
    assert refused.status_code == 413
    assert door.front.bodies_stored() == [body]


ODD: dict[str, bytes] = {
    "truncated": b'{"action": "created", "comment": {"id": 1, "bo',
    "array": b"[1, 2, 3]",
    "empty": b"",
    "number": b"7",
    "not text": b"\xff\xfe\x00",
    "wrong types": json.dumps(
        {
            "action": 7,
            "event": [],
            "comment": "x",
            "issue": [1],
            "pullrequest": True,
            "repository": 3,
            "actor": [],
            "sender": {"login": {}},
            "content": None,
            "timestamp": "soon",
        }
    ).encode(),
    "deep": b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
}


@EVERY
async def test_what_is_proved_and_senseless_is_one_event_of_no_use(
    door: Door, sender: Sender
) -> None:
    answers = {name: await door.post(sender, body) for name, body in ODD.items()}
    claimed = door.front.reader.claim(100)
    events = {
        one.delivery.body: door.parsers[one.delivery.connection_id].parse(one.delivery)
        for one in claimed
    }

    assert {name: one.status_code for name, one in answers.items()} == dict.fromkeys(ODD, 202)
    kinds = {name: events[body].kind for name, body in ODD.items()}
    assert kinds == dict.fromkeys(ODD, EventKind.UNSUPPORTED)
    assert len({one.event_key for one in events.values()}) == len(ODD)


def test_what_comes_both_ways_is_compared(configured: Settings) -> None:
    """So `connections show` says of each what polling found and no webhook brought."""
    known = {one.id: set(one.sources) for one in connections_by_settings(configured)}

    for name in ("github", "bitbucket", "confluence"):
        assert has_both_ways(known[ConnectionId(name)]), name


async def test_a_connection_nobody_configured_takes_nothing(door: Door) -> None:
    body = json.dumps(MENTION).encode()
    unknown = ConnectionId("github-2")
    sent = SENDERS["github"].headers(body)

    answer = await door.client.post(f"/webhooks/github/{unknown}", content=body, headers=sent)

    assert answer.status_code == 404
    assert door.front.bodies_stored() == []

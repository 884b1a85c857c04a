"""What code hosts, a wiki and a plain sender post, in the shapes and with the proofs of fakes.

Each line is a request of its own, signed now, as `prepared.py` keeps it.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from payloads import signed
from prepared import request_line

from chargehand.kit.clock import SystemClock
from chargehand.kit.signing import hmac_sha256_hex, standard_webhook_signature, webhook_key
from chargehand.testing.bitbucket import FakeBitbucket
from chargehand.testing.bitbucket import seed_demo as seed_bitbucket
from chargehand.testing.bitbucket.fake import REPOSITORY
from chargehand.testing.bitbucket.records import Webhook
from chargehand.testing.confluence import FakeConfluence
from chargehand.testing.confluence import seed_demo as seed_confluence
from chargehand.testing.confluence.shapes import content_v1
from chargehand.testing.github import FakeGitHub, Target, people
from chargehand.testing.github import seed_demo as seed_github
from chargehand.testing.github.sending import EventSender, Sending

SECRET: Final = "fake-webhook-secret-of-the-code-hosts"
STANDARD_SECRET: Final = "whsec_" + base64.b64encode(b"b" * 32).decode()
Lines = Callable[[int], Iterator[str]]
_WORDS: Final = "The export of settled payments waits for the ledger. "
_PARAGRAPH: Final = _WORDS * 8
_JSON: Final = {"Content-Type": "application/json"}
# One push, review or page to so many comments.
_COMMENTS: Final = 4
_BETWEEN_REPETITIONS, _REPEATED_AFTER = 19, 11


class _Kept(EventSender):
    """Keeps what it would post."""

    def _spawn(self, sending: Sending) -> None:
        _ = sending


def github_lines(count: int) -> Iterator[str]:
    """Comments on a pull request of GitHub, pushes and reviews among them."""
    fake = FakeGitHub()
    seed_github(fake)
    site, where = fake.site, fake.site.repository("acme/payments")
    site.sender = kept = _Kept([Target("http://bench", SECRET)])
    for number in range(count):
        if number % _COMMENTS:
            text = f"{number} {_PARAGRAPH}"
            people.comment_on(site, where, 2, author="Mei-Tanaka", body=text)
        elif number % (2 * _COMMENTS):
            people.complete_check(site, where, f"{number:040x}", name="build", conclusion="success")
        else:
            people.push(site, where, f"PAY-7-{number}", author="tom-berg")
        for sending in kept.sendings:
            headers = {
                **_JSON,
                "User-Agent": "GitHub-Hookshot/bench",
                "X-GitHub-Delivery": sending.id,
                "X-GitHub-Event": sending.event,
                "X-Hub-Signature-256": _hub(sending.body),
            }
            yield request_line("/webhooks/github", headers, sending.body)
        kept.sendings.clear()


def bitbucket_lines(count: int) -> Iterator[str]:
    """Comments on a pull request of Bitbucket, approvals and pushes among them."""
    fake = FakeBitbucket(webhooks=[Webhook("{1}", "http://bench", SECRET, [])])
    seed_bitbucket(fake)
    host, sender = fake.host, fake.sender
    host.open_pull_request(REPOSITORY, "mei", title="PAY-7 Round", source="PAY-7-round")
    for number in range(count):
        before = len(sender.sendings)
        if number % _COMMENTS:
            host.comment(REPOSITORY, 1, "mei", text=f"{number} {_PARAGRAPH}")
        elif number % (2 * _COMMENTS):
            host.push(REPOSITORY, "tom", "main", message=f"PAY-{number} Work")
        else:
            host.approve(REPOSITORY, 1, "tom")
        for sending in sender.sendings[before:]:
            headers = {"User-Agent": "Bitbucket-Webhooks/2.0", **sender.headers_of(sending)}
            yield request_line("/webhooks/bitbucket", headers, sending.body)


def confluence_lines(count: int) -> Iterator[str]:
    """Comments below a page of Confluence, with their words."""
    fake = FakeConfluence()
    page_id = seed_confluence(fake)
    for number in range(count):
        storage = f"<p>{number} {_PARAGRAPH}</p>"
        comment = fake.site.comment(page_id, storage, by="Ana Ruiz")
        content = content_v1(fake.site, comment, fake.site_url)
        body = msgspec.json.encode({"event": "comment_created", "content": content})
        headers = {**_JSON, "X-Hub-Signature": _hub(body)}
        yield request_line("/webhooks/confluence", headers, body)


def plain_lines(count: int) -> Iterator[str]:
    """Incidents of a sender that keeps to Standard Webhooks."""
    run, key = time.time_ns(), webhook_key(STANDARD_SECRET)
    for number in range(count):
        sent_at_s = int(time.time())
        identifier = f"msg_{run}_{number}"
        body = json.dumps(_incident(number)).encode()
        proof = standard_webhook_signature(key, identifier, sent_at_s, body)
        headers = {
            **_JSON,
            "webhook-id": identifier,
            "webhook-timestamp": str(sent_at_s),
            "webhook-signature": proof,
        }
        yield request_line("/webhooks/webhook", headers, body)


def jira_lines(secret: str, count: int) -> Iterator[str]:
    """Comments and changes of Jira's work items."""
    run = time.time_ns()
    for number, (signature, body) in enumerate(signed(secret, count)):
        headers = {
            "User-Agent": "Atlassian HttpClient",
            "Content-Type": "application/json; charset=UTF-8",
            "X-Atlassian-Webhook-Flow": "Primary",
            "X-Hub-Signature": f"sha256={signature}",
            "X-Atlassian-Webhook-Identifier": f"{run}-{number}",
        }
        yield request_line("/webhooks/jira/site", headers, body.encode())


def with_repetitions(lines: Sequence[str]) -> Iterator[str]:
    """The same, with one of each nineteen again ten later, which is one in twenty of all."""
    for number, line in enumerate(lines, start=1):
        yield line
        if number % _BETWEEN_REPETITIONS == 0:
            yield lines[number - _REPEATED_AFTER]


def _hub(body: bytes) -> str:
    return f"sha256={hmac_sha256_hex(SECRET.encode(), body)}"


def _incident(number: int) -> dict[str, Any]:
    return {
        "type": "incident.triggered",
        "timestamp": SystemClock().now().isoformat(),
        "data": {
            "id": f"PGR{number}",
            "number": number,
            "status": "triggered",
            "title": f"PAY-{number % 900}: card terminal unreachable",
            "description": _PARAGRAPH * 4,
            "service": {"id": "PF9KMXH", "summary": "Payments"},
            "urgency": "high",
        },
    }

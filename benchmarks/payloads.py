"""Webhook bodies in Jira's shape, 4 to 5 KB each, signed."""

import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from pathlib import Path

_WORDS = [
    *("release", "blocked", "review", "sprint", "customer", "export", "invoice", "login"),
    *("deploy", "pipeline", "staging", "error", "timeout", "retry", "queue", "cache", "index"),
    *("migration", "schema", "report", "ticket", "owner", "estimate", "scope"),
]


def write_signed_bodies(path: Path, secret: str, *, count: int, seed: int = 7) -> None:
    """One line for each body: signature, space, body."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(f"{signature} {body}\n" for signature, body in signed(secret, count, seed))


def signed(secret: str, count: int, seed: int = 7) -> Iterator[tuple[str, str]]:
    """Signature and body of so many webhooks."""
    generator = random.Random(seed)
    for number in range(count):
        body = json.dumps(_comment_created(generator, number), separators=(",", ":"))
        yield hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest(), body


def _comment_created(generator: random.Random, number: int) -> dict[str, object]:
    site = "https://example.atlassian.net"
    stamp = 1_790_000_000_000 + number
    return {
        "timestamp": stamp,
        "webhookEvent": "comment_created" if number % 4 == 0 else "jira:issue_updated",
        "issue_event_type_name": "issue_generic",
        "comment": {
            "self": f"{site}/rest/api/2/issue/{number}/comment/{number}",
            "id": str(100_000 + number),
            "author": _person(generator),
            "body": _sentence(generator, 60),
            "updateAuthor": _person(generator),
            "created": "2026-11-20T10:00:00.000+0000",
            "updated": "2026-11-20T10:00:00.000+0000",
            "jsdPublic": True,
        },
        "issue": {
            "id": str(10_000 + number % 900),
            "self": f"{site}/rest/api/2/issue/{10_000 + number % 900}",
            "key": f"PAY-{number % 900}",
            "fields": {
                "summary": _sentence(generator, 9),
                "description": _sentence(generator, 200 + generator.randrange(60)),
                "issuetype": {"id": "10001", "name": "Story", "subtask": False},
                "project": {"id": "10000", "key": "PAY", "name": "Payments"},
                "assignee": _person(generator),
                "reporter": _person(generator),
                "priority": {"id": "3", "name": "Medium"},
                "status": {"id": "3", "name": "In Progress", "statusCategory": {"id": 4}},
                "labels": generator.sample(_WORDS, 3),
            },
        },
    }


def _person(generator: random.Random) -> dict[str, object]:
    account = f"5b10{generator.getrandbits(64):016x}"
    return {
        "self": f"https://example.atlassian.net/rest/api/2/user?accountId={account}",
        "accountId": account,
        "displayName": f"Person {generator.randrange(60)}",
        "active": True,
        "timeZone": "Europe/Madrid",
        "accountType": "atlassian",
    }


def _sentence(generator: random.Random, words: int) -> str:
    return " ".join(generator.choices(_WORDS, k=words))

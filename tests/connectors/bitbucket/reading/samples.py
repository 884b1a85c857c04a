"""Payloads in Bitbucket's shapes, and the door they come in by."""

import json
from datetime import UTC, datetime
from typing import Any

from chargehand.connectors.bitbucket.parse import BitbucketParser
from chargehand.connectors.bitbucket.webhook import BitbucketWebhook
from chargehand.domain.event import Event
from chargehand.domain.ids import ConnectionId
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.hub_signature import hub_signature
from tests.conftest import contracts_folder

WEBHOOKS = contracts_folder() / "bitbucket" / "webhooks"
RECEIVED_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SECRET = "the-signing-secret"
PARSER = BitbucketParser()


def parse_bytes(body: bytes, name: str = "", parser: BitbucketParser = PARSER) -> Event:
    headers = {"x-hub-signature": hub_signature(SECRET, body)}
    request = RawRequest(
        connection_id=ConnectionId("bitbucket"),
        headers={**headers, **({"x-event-key": name} if name else {})},
        body=body,
        path_token=None,
        received_at=RECEIVED_AT,
    )
    return parser.parse(BitbucketWebhook().verify(request, IntakeSecrets(signing=(SECRET,))))


def parse(payload: Any, name: str = "", parser: BitbucketParser = PARSER) -> Event:
    return parse_bytes(json.dumps(payload).encode(), name, parser)


PERSON = {
    "type": "user",
    "display_name": "Mei Tanaka",
    "uuid": "{145a94da-035e-42d6-bf85-296cea8005ba}",
    "account_id": "712020:mei",
}
REPOSITORY = {"full_name": "acme/payments", "is_private": True, "name": "payments"}
PULL_REQUEST = {
    "id": 12,
    "title": "PAY-7 Retry declined cards",
    "state": "OPEN",
    "draft": False,
    "author": PERSON,
    "description": "@{712020:bot} status PAY-7",
    "source": {
        "repository": {"full_name": "mei/payments"},
        "branch": {"name": "feature/PAY-7"},
        "commit": {"hash": "507a576e59b3"},
    },
    "destination": {"branch": {"name": "main"}, "commit": {"hash": "407a576e59b3"}},
    "created_on": "2026-11-20T09:00:00.000000+00:00",
    "updated_on": "2026-11-20T09:10:00.123456+00:00",
    "links": {"html": {"href": "https://bitbucket.org/acme/payments/pull-requests/12"}},
}


def comment(raw: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 991,
        "content": {"raw": raw},
        "user": PERSON,
        "created_on": "2026-11-20T09:20:00.000000+00:00",
        "updated_on": "2026-11-20T09:20:00.010000+00:00",
        **more,
    }


def commented(raw: str, **more: Any) -> dict[str, Any]:
    return {
        "repository": REPOSITORY,
        "actor": PERSON,
        "pullrequest": PULL_REQUEST,
        "comment": comment(raw, **more),
    }


USER = {"name": "mei", "slug": "mei", "displayName": "Mei Tanaka", "type": "NORMAL", "id": 3}
REPO = {"slug": "payments", "project": {"key": "PAY"}, "public": False}
PULL = {
    "id": 12,
    "title": "PAY-7 Retry",
    "state": "OPEN",
    "description": "As @bot knows",
    "createdDate": 1795165200000,
    "updatedDate": 1795165800000,
    "author": {"user": USER},
    "fromRef": {
        "id": "refs/heads/feature/PAY-7",
        "displayId": "feature/PAY-7",
        "latestCommit": "507a576e59b3507a576e59b3507a576e59b35070",
        "repository": REPO,
    },
    "toRef": {"id": "refs/heads/main", "displayId": "main", "repository": REPO},
    "reviewers": [{"user": USER, "status": "NEEDS_WORK"}],
    "links": {
        "self": [{"href": "https://git.acme.org/projects/PAY/repos/payments/pull-requests/12"}]
    },
}


def on_data_center(name: str, **more: Any) -> dict[str, Any]:
    return {
        "eventKey": name,
        "date": "2026-11-20T20:30:00+1100",
        "actor": USER,
        "pullRequest": PULL,
        **more,
    }


DATA_CENTER_COMMENT = {
    "id": 62,
    "version": 0,
    "text": '@bot status PAY-7 and @"tom berg"',
    "author": USER,
    "createdDate": 1795166900000,
    "updatedDate": 1795166900000,
    "anchor": {"path": "src/pay.py", "line": 3},
}
DATA_CENTER_PUSH = {
    "eventKey": "repo:refs_changed",
    "date": "2026-11-20T09:30:00+0000",
    "actor": USER,
    "repository": REPO,
    "changes": [
        {
            "ref": {"id": "refs/heads/main", "displayId": "main", "type": "BRANCH"},
            "fromHash": "0" * 40,
            "toHash": "178864a7d521b6f5e720b386b2c2b0ef8563e0dc",
            "type": "ADD",
        }
    ],
}

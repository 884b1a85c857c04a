"""GitHub at the door: its own proof, on every path it may be told of."""

import json
from pathlib import Path

import pytest

from chargehand.bootstrap.receiving import previewers, receiving_connections
from chargehand.config.settings import Settings
from chargehand.connectors.github.preview import GitHubPreviewer
from chargehand.connectors.github.webhook import sign
from chargehand.domain.ids import ConnectionId
from tests.web.fronts import Front, serving

pytestmark = pytest.mark.anyio
SECRET = "the-signing-secret-of-github"
BODY = json.dumps({"zen": "Keep it simple.", "hook_id": 9}).encode()
HEADERS = {
    "x-github-event": "ping",
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "x-hub-signature-256": sign(SECRET, BODY),
    "content-type": "application/json",
}


def settings_of(folder: Path) -> Settings:
    jira = {
        "site": "http://127.0.0.1:8089",
        "email": "chargehand@example.com",
        "api_token": "x",
        "projects": ["PAY"],
    }
    github = {
        "connector": "github",
        "token": "github_pat_x",
        "webhook_secrets": [SECRET],
        "repositories": {"acme/payments": ["PAY"]},
    }
    return Settings.model_validate({"storage": {"data_dir": folder}, "connections": [jira, github]})


@pytest.mark.parametrize("path", ["/webhooks/github/github", "/webhooks/github", "/github/webhook"])
async def test_a_signed_webhook_is_stored_once_on_each_path(tmp_path: Path, path: str) -> None:
    front = Front(tmp_path, connections=dict(receiving_connections(settings_of(tmp_path))))

    async with serving(front) as client:
        first = await client.post(path, headers=HEADERS, content=BODY)
        again = await client.post(path, headers=HEADERS, content=BODY)
        wrong = await client.post(path, headers=HEADERS, content=BODY + b" ")

    assert [one.status_code for one in (first, again, wrong)] == [202, 200, 401]
    assert again.json()["delivery"] == first.json()["delivery"]


def test_its_actions_are_worded_by_its_own_previewer(tmp_path: Path) -> None:
    found = previewers(settings_of(tmp_path))

    assert isinstance(found[ConnectionId("github")], GitHubPreviewer)

"""What a GitHub connection can be set to, and what is refused with a reason."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from chargehand.config.github_settings import GitHubConnection
from chargehand.config.settings import Settings

APP = {"app_id": "1", "installation_id": "2", "private_key": "pem"}
JIRA = {
    "site": "https://acme.atlassian.net",
    "email": "bot@example.com",
    "api_token": "x",
    "projects": ["PAY"],
}


@pytest.mark.parametrize(
    ("given", "every"),
    [
        ({"intake": "webhook"}, None),
        ({"intake": "poll"}, timedelta(seconds=60)),
        ({"intake": "both"}, timedelta(minutes=5)),
        ({"intake": "both", "poll_interval": "PT15M"}, timedelta(minutes=15)),
    ],
)
def test_polling_is_quick_alone_and_slow_beside_webhooks(
    given: dict[str, Any], every: timedelta | None
) -> None:
    assert GitHubConnection(token="x", **given).polled_every == every


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "token is missing"),
        ({"token": "x", "app_id": "1"}, "exclude each other"),
        ({"app_id": "1", "private_key": "x"}, "installation_id is missing"),
        ({"token": "x", "repositories": {"acme": ["PAY"]}}, "repositories"),
        ({"token": "x", "repositories": {"acme/payments": []}}, "names no project"),
        ({"token": "x", "api_url": "ftp://x"}, "api_url"),
        ({"token": "x", "login": "two words"}, "login"),
    ],
)
def test_what_can_not_be_used_is_named(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        GitHubConnection.model_validate(given)


def test_two_sign_ins_at_one_github_are_two_sites() -> None:
    token, app = GitHubConnection(token="x", login="bot"), GitHubConnection.model_validate(APP)

    assert token.site == "https://api.github.com bot"
    assert app.site == "https://api.github.com 2"
    assert GitHubConnection(token="x", api_url="http://127.0.0.1:9").is_real is False


def test_a_repository_serves_projects_some_tracker_has() -> None:
    github = {"connector": "github", "token": "x", "repositories": {"acme/payments": ["OPS"]}}

    with pytest.raises(
        ValidationError, match=r"repositories\.acme/payments: no tracker serves OPS"
    ):
        Settings.model_validate({"connections": [JIRA, github]})

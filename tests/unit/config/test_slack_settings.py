"""A Slack connection in the settings: secrets from the environment, how it listens, how often."""

from datetime import timedelta
from pathlib import Path

import pytest

from chargehand.bootstrap.connections import live_connection
from chargehand.bootstrap.receiving import previewer_of, receiver_of
from chargehand.config.errors import ConfigInvalid
from chargehand.config.load import load_settings
from chargehand.config.settings import Settings
from chargehand.config.slack_settings import SlackConnection
from chargehand.connectors.slack.webhook import SlackWebhook
from chargehand.domain.action import ActionKind
from chargehand.kit.clock import SystemClock
from chargehand.plugins.vendor_line import Surroundings

ENVIRONMENT = {
    "ATLASSIAN_DOMAIN": "acme.atlassian.net",
    "ATLASSIAN_EMAIL": "bot@acme.example",
    "ATLASSIAN_API_TOKEN": "a-token",
    "ATLASSIAN_PROJECT_KEY": "PAY",
    "SLACK_BOT_TOKEN": "xoxb-hush",
    "SLACK_SIGNING_SECRET": "new-hush,old-hush",
    "SLACK_TEAM_ID": "T0ACME00",
}
SLACK = '[[connections]]\nid = "jira"\n[[connections]]\nconnector = "slack"\n'


def load(folder: Path, more: str, **environ: str) -> Settings:
    config = folder / "chargehand.toml"
    config.write_text(SLACK + more)
    return load_settings(config, {**ENVIRONMENT, **environ})


def slack_of(settings: Settings) -> SlackConnection:
    (found,) = (one for one in settings.connections if isinstance(one, SlackConnection))
    return found


@pytest.mark.parametrize(
    ("more", "every_s", "takes_webhooks", "listens"),
    [
        ("", None, True, False),
        ('intake = "both"', 60, True, False),
        ('intake = "poll"', 15, False, False),
        ('intake = "poll"\npoll_interval = "PT40S"', 40, False, False),
        ('intake = "socket"\napp_token = "xapp-1"', None, False, True),
    ],
    ids=["webhook", "both", "poll-alone", "as-set", "socket"],
)
def test_how_it_listens(
    tmp_path: Path, more: str, every_s: int | None, *, takes_webhooks: bool, listens: bool
) -> None:
    configured = slack_of(load(tmp_path, more))
    live = live_connection(configured, Surroundings(SystemClock()))

    expected = timedelta(seconds=every_s) if every_s is not None else None
    assert configured.polled_every == live.poll_interval == expected
    assert configured.takes_webhooks is takes_webhooks
    assert (live.listener is not None) is listens


def test_channels_are_bound_and_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, 'channels = { C0PAY0001 = ["PAY"] }')
    configured = slack_of(settings)

    live = live_connection(configured, Surroundings(SystemClock()))

    assert live.channels == {"C0PAY0001": frozenset({"PAY"})}
    assert live.facts is None
    assert len(configured.webhook_secrets) == 2
    assert "hush" not in repr(settings)
    assert isinstance(receiver_of(configured), SlackWebhook)
    kinds = receiver_of(configured).manifest.action_kinds
    assert set(kinds) == {one for one in ActionKind if one.value.startswith("slack.")}
    assert previewer_of(configured) is not None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('intake = "socket"', "app_token is missing"),
        ('api_url = "http://slack.example/api"', "https"),
        ('channels = { C0PAY0001 = ["OPS"] }', "no tracker serves OPS"),
    ],
)
def test_what_can_not_work_is_refused(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words):
        load(tmp_path, more)

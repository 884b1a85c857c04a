"""The settings of a Discord connection: how interactions reach us, and what else is heard."""

import pytest
from pydantic import ValidationError

from chargehand.config.discord_settings import DiscordConnection

SERVER = {
    "bot_token": "a-token",
    "application_id": "1100000000000000001",
    "public_key": "0" * 64,
    "guild_id": "1100000000000000002",
}


def test_gateway_takes_no_webhooks_and_polls_nothing() -> None:
    configured = DiscordConnection(**SERVER, intake="gateway", mentions=True)  # type: ignore[arg-type]

    assert not configured.takes_webhooks
    assert configured.polled_every is None
    assert DiscordConnection(**SERVER).takes_webhooks  # type: ignore[arg-type]


def test_mentions_are_heard_by_the_gateway_alone() -> None:
    with pytest.raises(ValidationError, match='only intake = "gateway" hears messages'):
        DiscordConnection(**SERVER, mentions=True)  # type: ignore[arg-type]

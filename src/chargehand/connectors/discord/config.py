"""What one Discord connection needs to know; checked on construction."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chargehand.connectors.discord.errors import DiscordConfigWrong
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.kit.masked import MaskedText

API: Final = "https://discord.com/api/v10"
_SITE: Final = "https://discord.com"
_ID: Final = re.compile(r"[0-9]{15,21}")
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_MAX_TIMEOUT_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class DiscordConfig:
    """One connection to one server.

    Shape: `api_url` has no slash at its end; `channels` are the bound ones, by id; `ca_file` names
    further authorities to trust; with `uses_gateway` Discord speaks on a connection of ours, and
    with `hears_mentions` of messages, too.
    Units: `request_timeout_s` covers one write, or one read with all its retries.
    Raises: DiscordConfigWrong, naming the field.
    """

    connection_id: ConnectionId
    bot_token: MaskedText
    application_id: str
    public_key: str
    guild_id: str
    channels: Mapping[str, frozenset[ProjectKey]] = field(default_factory=dict)
    request_timeout_s: float = 20.0
    api_url: str = API
    ca_file: Path | None = None
    uses_gateway: bool = False
    hears_mentions: bool = False

    def __post_init__(self) -> None:
        # A line break in a token would make the HTTP library quote it in its error.
        if not _PRINTABLE.fullmatch(self.bot_token.reveal()):
            raise DiscordConfigWrong(
                field="bot_token", problem="must be printable ASCII without blanks, and not empty"
            )
        for name in ("application_id", "guild_id"):
            if not _ID.fullmatch(getattr(self, name)):
                raise DiscordConfigWrong(field=name, problem="must be 15 to 21 digits")
        if not _KEY.fullmatch(self.public_key):
            raise DiscordConfigWrong(
                field="public_key", problem="must be 64 hexadecimal digits in lower case"
            )
        if not 0 < self.request_timeout_s <= _MAX_TIMEOUT_S:
            raise DiscordConfigWrong(
                field="request_timeout_s",
                problem=f"must be more than 0 and at most {_MAX_TIMEOUT_S:g} seconds",
            )

    def authorization(self) -> str:
        """The value of the Authorization header: secret, for the transport alone."""
        return f"Bot {self.bot_token.reveal()}"

    def channel_url(self, channel_id: str) -> str:
        """Where a person opens a channel."""
        return f"{_SITE}/channels/{self.guild_id}/{channel_id}"

    def message_url(self, channel_id: str, message_id: str) -> str:
        """Where a person opens a message."""
        return f"{self.channel_url(channel_id)}/{message_id}"

    def posted(self, target: str, channel_id: str, message_id: str) -> tuple[str, str]:
        """The external id and the address of a message that an action posted to its target.

        Shape: the message's id alone where it stands in the target, else with its channel.
        """
        return _external_id(target, channel_id, message_id), self.message_url(
            channel_id, message_id
        )


def posted_directly(target: str, channel_id: str, message_id: str) -> tuple[str, str]:
    """The external id and the address of a direct message; the target is a person."""
    url = f"{_SITE}/channels/@me/{channel_id}/{message_id}"
    return _external_id(target, channel_id, message_id), url


def _external_id(target: str, channel_id: str, message_id: str) -> str:
    return message_id if channel_id == target else f"{channel_id}/{message_id}"

"""What one Slack connection needs to know; checked on construction."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand.connectors.slack.errors import SlackConfigWrong
from chargehand.domain.ids import ConnectionId
from chargehand.kit.masked import MaskedText

API_URL: Final = "https://slack.com/api"
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_OF_BOT: Final = "xoxb-"
_OF_APP: Final = "xapp-"


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """One connection to one workspace.

    Shape: `channels` are those that are bound to projects; `app_token` is needed for Socket Mode
    alone; `ca_file` names further authorities to trust.
    Units: `request_timeout_s` covers one write, or one read with all its retries.
    Raises: SlackConfigWrong, naming the field.
    """

    connection_id: ConnectionId
    bot_token: MaskedText
    team_id: str
    app_token: MaskedText | None = None
    channels: tuple[str, ...] = ()
    api_url: str = API_URL
    request_timeout_s: float = 20.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        _check_token(self.bot_token, "bot_token", _OF_BOT)
        if self.app_token is not None:
            _check_token(self.app_token, "app_token", _OF_APP)

    def message_url(self, channel: str, stamp: str) -> str:
        """Where a person opens a message, whichever app they have."""
        return f"https://slack.com/archives/{channel}/p{stamp.replace('.', '')}"


def _check_token(token: MaskedText, field: str, prefix: str) -> None:
    # A line break in a Bearer token would make the HTTP library quote it in its error.
    text = token.reveal()
    if not _PRINTABLE.fullmatch(text) or not text.startswith(prefix):
        problem = f"must be a token that begins with {prefix}, without blanks"
        raise SlackConfigWrong(field=field, problem=problem)

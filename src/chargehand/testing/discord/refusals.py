"""How the fake says no, in Discord's words and codes.

Rejected
├── DiscordRefused          an answer of 400 to 499 with a code and a message
└── DiscordControlRefused   a control call that can not be understood
"""

from typing import Any

from chargehand.domain.errors import Rejected


class DiscordRefused(Rejected):
    """A refusal with Discord's status, code and text."""

    code = "fake_discord_refused"
    template = "Discord answers {status}: {number} {message}"

    def __init__(
        self, status: int, number: int, message: str, errors: dict[str, Any] | None = None
    ) -> None:
        self.status = status
        self.body: dict[str, Any] = {"code": number, "message": message}
        if errors:
            self.body["errors"] = errors
        super().__init__(status=status, number=number, message=message)

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the parts the constructor takes."""
        parts = (self.status, self.body["code"], self.body["message"], self.body.get("errors"))
        return (DiscordRefused, parts)


class DiscordControlRefused(Rejected):
    """A control call that can not be understood."""

    code = "fake_discord_control_refused"
    template = "{detail}"


def unauthorized() -> DiscordRefused:
    """No sign-in, or a wrong one."""
    return DiscordRefused(401, 0, "401: Unauthorized")


def unknown(what: str, number: int) -> DiscordRefused:
    """Something that does not exist, or is hidden."""
    return DiscordRefused(404, number, f"Unknown {what}")


def invalid_form(**fields: str) -> DiscordRefused:
    """A body with fields that can not be used."""
    errors = {
        name: {"_errors": [{"code": "BASE_TYPE_BAD_VALUE", "message": text}]}
        for name, text in fields.items()
    }
    return DiscordRefused(400, 50035, "Invalid Form Body", errors)


MISSING_ACCESS = DiscordRefused(403, 50001, "Missing Access")
EMPTY_MESSAGE = DiscordRefused(400, 50006, "Cannot send an empty message")
NOT_OURS = DiscordRefused(403, 50005, "Cannot edit a message authored by another user")
MISSING_PERMISSIONS = DiscordRefused(403, 50013, "Missing Permissions")
DIRECT_CLOSED = DiscordRefused(403, 50007, "Cannot send messages to this user")
ARCHIVED = DiscordRefused(400, 50083, "Thread is archived")
TOKEN_EXPIRED = DiscordRefused(401, 50027, "Invalid Webhook Token")
ACKNOWLEDGED = DiscordRefused(400, 40060, "Interaction has already been acknowledged.")

"""What people do with the app, as Discord tells of it: payloads, signed."""

from typing import Any, Final

import msgspec

from chargehand.testing.discord import shapes
from chargehand.testing.discord.refusals import DiscordControlRefused
from chargehand.testing.discord.state import (
    APPLICATION_ID,
    GUILD_ID,
    Channel,
    Interaction,
    Person,
    State,
)

PING, COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 1, 2, 3, 4, 5
_DIRECT: Final = 1
_STRING: Final = 3


def new_interaction(
    state: State,
    kind: int,
    *,
    person: Person,
    channel: Channel,
    data: dict[str, Any],
    message_id: str | None = None,
) -> Interaction:
    """Keep an interaction and write what Discord tells of it."""
    interaction_id = state.new_id()
    token = f"aW50ZXJhY3Rpb24.{interaction_id}.fake"
    is_direct = channel.type == _DIRECT
    payload: dict[str, Any] = {
        "version": 1,
        "type": kind,
        "id": interaction_id,
        "token": token,
        "application_id": APPLICATION_ID,
        "channel_id": channel.id,
        "channel": shapes.channel(state, channel),
        "locale": "en-US",
        "app_permissions": "2147483647",
        "entitlements": [],
        "authorizing_integration_owners": {"0": "0" if is_direct else GUILD_ID},
        "context": 1 if is_direct else 0,
        "data": data,
    }
    if is_direct:
        payload["user"] = shapes.user(person)
    else:
        permissions = {"permissions": "2147483647"}
        payload["member"] = {**shapes.member(person), **permissions}
        payload["guild_id"], payload["guild_locale"] = GUILD_ID, "en-US"
    if message_id is not None:
        payload["message"] = shapes.message(state, state.messages[message_id])
    made = Interaction(interaction_id, token, kind, payload, state.clock.now())
    state.interactions[token] = made
    return made


def command_data(state: State, line: str) -> dict[str, Any]:
    """What a typed command line fills in: the first word is the command, the rest its options.

    Raises: DiscordControlRefused for a command nobody registered.
    """
    name, _, rest = line.strip().partition(" ")
    known = next((one for one in state.commands.values() if one["name"] == name), None)
    if known is None:
        names = ", ".join(sorted(one["name"] for one in state.commands.values())) or "none"
        raise DiscordControlRefused(detail=f"No command /{name} is registered; known: {names}.")
    options = known.get("options", [])
    # The last option takes what is left, as a person types it.
    words = rest.split(" ", max(0, len(options) - 1)) if rest else []
    filled = [
        {"name": option["name"], "type": option["type"], "value": _value(option, word)}
        for option, word in zip(options, words, strict=False)
    ]
    return {
        "id": known["id"],
        "name": name,
        "type": known["type"],
        "guild_id": GUILD_ID,
        **({"options": filled} if filled else {}),
    }


def signed(state: State, interaction: Interaction) -> tuple[dict[str, str], bytes]:
    """The headers and the body of an interaction, as Discord posts it."""
    body = msgspec.json.encode(interaction.payload)
    timestamp = str(int(state.clock.now().timestamp()))
    headers = {
        "content-type": "application/json",
        "user-agent": "Discord-Interactions/1.0 (+https://discord.com)",
        "x-signature-ed25519": state.key.sign(timestamp.encode() + body),
        "x-signature-timestamp": timestamp,
    }
    return headers, body


def _value(option: dict[str, Any], word: str) -> Any:
    if option["type"] == _STRING:
        return word
    return int(word) if word.isdecimal() else word.strip("<@!>")

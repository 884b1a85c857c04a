"""The application: who it is, its commands, and its answers to interactions."""

import re
from datetime import timedelta
from typing import Any, Final

from chargehand.testing.discord import shapes
from chargehand.testing.discord.calls import Answer, Call, Endpoint
from chargehand.testing.discord.forms import FORM_ANSWER, check_form
from chargehand.testing.discord.refusals import (
    ACKNOWLEDGED,
    EMPTY_MESSAGE,
    MISSING_ACCESS,
    TOKEN_EXPIRED,
    invalid_form,
    unknown,
)
from chargehand.testing.discord.rest_messages import apply_edit, check_content, store_message
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID, Interaction, Message, State

_GOOD_FOR: Final = timedelta(minutes=15)
_NAME: Final = re.compile(r"[-_'\w]{1,32}")
_MOST_COMMANDS: Final = 100
_CHAT_INPUT: Final = 1
_DEFERRED_UPDATE: Final = 6
_PRIVATE, _WAITING = 64, 128


def get_bot(call: Call) -> Answer:
    """Tell who the bot is."""
    return Answer(200, shapes.own_account(call.state))


def list_guilds(call: Call) -> Answer:
    """Show the servers the bot is on."""
    del call
    return Answer(200, [shapes.own_guild()])


def get_application(call: Call) -> Answer:
    """Show the application."""
    return Answer(200, shapes.application(call.state))


def get_guild(call: Call) -> Answer:
    """Show the server."""
    _own_guild(call)
    return Answer(200, shapes.guild())


def get_member(call: Call) -> Answer:
    """Show a member of the server."""
    _own_guild(call)
    person = call.state.people.get(call.path["user"])
    if person is None or not person.is_member:
        raise unknown("Member", 10007)
    return Answer(200, shapes.member(person))


def get_gateway(call: Call) -> Answer:
    """Tell where the gateway is, and how many sessions may still begin."""
    limit = {
        "total": 1000,
        "remaining": max(0, call.gateway.sessions_left),
        "reset_after": 14_400_000,
        "max_concurrency": 1,
    }
    return Answer(200, {"url": call.gateway.url, "shards": 1, "session_start_limit": limit})


def list_commands(call: Call) -> Answer:
    """Show the registered commands."""
    _own_app(call)
    return Answer(200, [shapes.command(one) for one in call.state.commands.values()])


def create_command(call: Call) -> Answer:
    """Register a command; one of the same name and type is written over."""
    _own_app(call)
    state, body = call.state, {"type": _CHAT_INPUT, "description": "", **call.body()}
    _check_command(body)
    same = (
        one
        for one in state.commands.values()
        if (one["name"], one["type"]) == (body["name"], body["type"])
    )
    known = next(same, None)
    if known is None and len(state.commands) >= _MOST_COMMANDS:
        raise invalid_form(name="Maximum number of application commands reached (100).")
    stored = {**body, "id": known["id"] if known else state.new_id()}
    state.commands[stored["id"]] = stored
    return Answer(200 if known else 201, shapes.command(stored))


def edit_command(call: Call) -> Answer:
    """Change a registered command."""
    stored = _known_command(call)
    changed = {**stored, **call.body()}
    _check_command(changed)
    call.state.commands[stored["id"]] = changed
    return Answer(200, shapes.command(changed))


def delete_command(call: Call) -> Answer:
    """Take a registered command away."""
    del call.state.commands[_known_command(call)["id"]]
    return Answer(204)


def answer_callback(call: Call) -> Answer:
    """Answer an interaction by a request of our own instead of in the response to it."""
    interaction = call.state.interactions.get(call.path["token"])
    if interaction is None or interaction.id != call.path["interaction"]:
        raise unknown("interaction", 10062)
    if interaction.answer_type is not None:
        raise ACKNOWLEDGED
    take_answer(call.state, interaction, call.body())
    return Answer(204)


def get_reply(call: Call) -> Answer:
    """Show the reply an interaction was promised."""
    return Answer(200, shapes.message(call.state, _reply(call)))


def edit_reply(call: Call) -> Answer:
    """Fill in the reply an interaction was promised."""
    message, body = _reply(call), call.body()
    check_content(body)
    apply_edit(call.state, message, body)
    message.flags &= ~_WAITING
    return Answer(200, shapes.message(call.state, message))


def delete_reply(call: Call) -> Answer:
    """Take the promised reply away."""
    del call.state.messages[_reply(call).id]
    return Answer(204)


def follow_up(call: Call) -> Answer:
    """Post a further message in answer to an interaction."""
    interaction, body = _known_interaction(call), call.body()
    check_content(body)
    if not (body.get("content") or "").strip():
        raise EMPTY_MESSAGE
    channel_id, flags = interaction.payload["channel_id"], (body.get("flags") or 0) & _PRIVATE
    message = store_message(call.state, channel_id, body, author_id=APPLICATION_ID, flags=flags)
    return Answer(200, shapes.message(call.state, message))


def take_answer(state: State, interaction: Interaction, answer: dict[str, Any]) -> None:
    """Do what an answer to an interaction says: promise a reply, keep the message, open a form.

    Raises: DiscordRefused for a form that Discord would not open.
    """
    kind = answer.get("type")
    if kind == FORM_ANSWER:
        check_form(interaction, answer)
    interaction.answer_type, interaction.answer = kind, answer
    if kind == _DEFERRED_UPDATE:
        interaction.reply_id = interaction.payload["message"]["id"]
    elif kind in (4, 5):
        data = answer.get("data") or {}
        flags = (data.get("flags") or 0) & _PRIVATE | (_WAITING if kind == 5 else 0)  # noqa: PLR2004
        channel_id = interaction.payload["channel_id"]
        reply = store_message(state, channel_id, data, author_id=APPLICATION_ID, flags=flags)
        interaction.reply_id = reply.id


def _reply(call: Call) -> Message:
    interaction = _known_interaction(call)
    message = call.state.messages.get(interaction.reply_id or "")
    if message is None:
        raise unknown("Message", 10008)
    return message


def _known_interaction(call: Call) -> Interaction:
    found = call.state.interactions.get(call.path["token"])
    if found is None or call.path["application"] != APPLICATION_ID:
        raise unknown("Webhook", 10015)
    if call.state.clock.now() - found.made_at > _GOOD_FOR:
        raise TOKEN_EXPIRED
    if found.answer_type is None:
        # A webhook comes to be only when the interaction is acknowledged.
        raise unknown("Webhook", 10015)
    return found


def _known_command(call: Call) -> dict[str, Any]:
    _own_app(call)
    stored = call.state.commands.get(call.path["command"])
    if stored is None:
        raise unknown("application command", 10063)
    return stored


def _check_command(body: dict[str, Any]) -> None:
    names = [body["name"], *(option["name"] for option in body.get("options", []))]
    if any(not _NAME.fullmatch(name) or name != name.lower() for name in names):
        raise invalid_form(name="Command name is invalid")
    texts = [body, *body.get("options", [])]
    if any(not 1 <= len(one["description"]) <= 100 for one in texts):  # noqa: PLR2004
        raise invalid_form(description="Must be between 1 and 100 in length.")


def _own_guild(call: Call) -> None:
    if call.path["guild"] != GUILD_ID:
        raise MISSING_ACCESS


def _own_app(call: Call) -> None:
    if call.path["application"] != APPLICATION_ID:
        raise unknown("Application", 10002)
    _own_guild(call)


_COMMANDS: Final = "/applications/{application}/guilds/{guild}/commands"
_WEBHOOK: Final = "/webhooks/{application}/{token}"
_REPLY: Final = f"{_WEBHOOK}/messages/@original"
ENDPOINTS: Final = (
    Endpoint("GET", "/users/@me", get_bot),
    Endpoint("GET", "/users/@me/guilds", list_guilds),
    Endpoint("GET", "/applications/@me", get_application),
    Endpoint("GET", "/guilds/{guild}", get_guild),
    Endpoint("GET", "/guilds/{guild}/members/{user}", get_member),
    Endpoint("GET", "/gateway/bot", get_gateway),
    Endpoint("GET", _COMMANDS, list_commands),
    Endpoint("POST", _COMMANDS, create_command),
    Endpoint("PATCH", f"{_COMMANDS}/{{command}}", edit_command),
    Endpoint("DELETE", f"{_COMMANDS}/{{command}}", delete_command),
    Endpoint("POST", "/interactions/{interaction}/{token}/callback", answer_callback, is_open=True),
    Endpoint("GET", _REPLY, get_reply, is_open=True),
    Endpoint("PATCH", _REPLY, edit_reply, is_open=True),
    Endpoint("DELETE", _REPLY, delete_reply, is_open=True),
    Endpoint("POST", _WEBHOOK, follow_up, is_open=True),
)

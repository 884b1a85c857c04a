"""Writes what the fake holds in the shapes of Discord's API."""

from datetime import datetime
from typing import Any

from chargehand.testing.discord.refusals import unknown
from chargehand.testing.discord.state import (
    APPLICATION_ID,
    GUILD_ID,
    OWNER_ID,
    Channel,
    Message,
    Person,
    State,
)

_DIRECT = 1
_THREADS = (10, 11, 12)


def moment(at: datetime | None) -> str | None:
    """A time as Discord writes it."""
    return None if at is None else at.isoformat(timespec="microseconds")


def user(person: Person) -> dict[str, Any]:
    """A user object."""
    written: dict[str, Any] = {
        "id": person.id,
        "username": person.username,
        "global_name": person.name,
        "avatar": None,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }
    return written | ({"bot": True} if person.is_bot else {})


def account(state: State, account_id: str) -> dict[str, Any]:
    """The user object of an id."""
    return user(state.people[account_id])


def own_account(state: State) -> dict[str, Any]:
    """What the bot is told of itself."""
    return {**account(state, APPLICATION_ID), "mfa_enabled": False, "locale": "en-US"}


def member(person: Person) -> dict[str, Any]:
    """A member object."""
    return {
        "user": user(person),
        "nick": None,
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": "2025-01-02T03:04:05.000000+00:00",
        "pending": False,
        "premium_since": None,
        "roles": [],
        "mute": False,
        "deaf": False,
    }


def channel(state: State, one: Channel) -> dict[str, Any]:
    """A channel object, whichever kind it is."""
    if one.type == _DIRECT:
        people = [account(state, one.recipient_id)] if one.recipient_id else []
        return {
            "id": one.id,
            "type": _DIRECT,
            "flags": 0,
            "last_message_id": None,
            "recipients": people,
        }
    written = {
        "id": one.id,
        "type": one.type,
        "flags": 0,
        "guild_id": GUILD_ID,
        "name": one.name,
    }
    if one.type not in _THREADS:
        return {**written, "position": 0}
    count = len(state.in_channel(one.id))
    return {
        **written,
        "parent_id": one.parent_id,
        "owner_id": OWNER_ID,
        "message_count": count,
        "member_count": 2,
        "total_message_sent": count,
        "thread_metadata": {
            "archived": one.is_archived,
            "archive_timestamp": moment(state.clock.now()),
            "auto_archive_duration": 1440,
            "locked": one.is_locked,
        },
    }


def message(state: State, one: Message, *, with_nonce: bool = False) -> dict[str, Any]:
    """A message object; its nonce is told only to whoever sends it."""
    written: dict[str, Any] = {
        "id": one.id,
        "channel_id": one.channel_id,
        "type": 0 if one.reply_to is None else 19,
        "content": one.content,
        "author": account(state, one.author_id),
        "timestamp": moment(one.made_at),
        "edited_timestamp": moment(one.edited_at),
        "mentions": [account(state, who) for who in one.pinged if who in state.people],
        "mention_roles": [],
        "mention_everyone": "everyone" in one.pinged or "here" in one.pinged,
        "attachments": [],
        "embeds": [],
        "components": _components(one.components),
        "flags": one.flags,
        "pinned": False,
        "tts": False,
    }
    if one.reactions:
        written["reactions"] = [_reaction(name, who) for name, who in one.reactions.items()]
    if one.reply_to is not None:
        reference = {"type": 0, "message_id": one.reply_to, "channel_id": one.channel_id}
        written["message_reference"] = reference
    if with_nonce and one.nonce is not None:
        written["nonce"] = one.nonce
    return written


def application(state: State) -> dict[str, Any]:
    """The application, as its own bot sees it."""
    return {
        "id": APPLICATION_ID,
        "name": "chargehand",
        "icon": None,
        "description": "",
        "type": None,
        "bot": account(state, APPLICATION_ID),
        "verify_key": state.key.public_key,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": state.endpoint_url,
        "role_connections_verification_url": None,
        "owner": account(state, OWNER_ID),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


def own_guild() -> dict[str, Any]:
    """The server, as it stands in the list of those the bot is on."""
    whole = guild()
    kept = {name: whole[name] for name in ("id", "name", "icon", "banner", "features")}
    return {**kept, "owner": False, "permissions": "274877975616"}


def guild() -> dict[str, Any]:
    """The server."""
    nothing = dict.fromkeys(
        (
            "icon", "description", "home_header", "splash", "discovery_splash", "banner",
            "application_id", "afk_channel_id", "system_channel_id", "widget_channel_id",
            "max_presences", "vanity_url_code", "rules_channel_id", "safety_alerts_channel_id",
            "public_updates_channel_id", "incidents_data",
        )
    )  # fmt: skip
    none_yet: dict[str, Any] = {"features": [], "roles": [], "emojis": [], "stickers": []}
    zero = dict.fromkeys(
        (
            "system_channel_flags", "verification_level", "default_message_notifications",
            "mfa_level", "explicit_content_filter", "premium_tier", "premium_subscription_count",
            "nsfw_level",
        ),
        0,
    )  # fmt: skip
    return {
        **nothing,
        **none_yet,
        **zero,
        "id": GUILD_ID,
        "name": "Example Team",
        "owner_id": OWNER_ID,
        "region": "deprecated",
        "afk_timeout": 300,
        "widget_enabled": False,
        "max_members": 1000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": False,
        "nsfw": False,
    }


def command(written: dict[str, Any]) -> dict[str, Any]:
    """A registered command; Discord leaves out what has its default."""
    options = [
        {name: value for name, value in one.items() if value is not False}
        for one in written.get("options", [])
    ]
    return {
        "id": written["id"],
        "application_id": APPLICATION_ID,
        "version": written["id"],
        "default_member_permissions": None,
        "type": written["type"],
        "name": written["name"],
        "description": written["description"],
        "guild_id": GUILD_ID,
        **({"options": options} if options else {}),
    }


def emoji(name: str) -> dict[str, Any]:
    """An emoji object of `❌`, or of `name:id`."""
    text, _, identifier = name.partition(":")
    return {"id": identifier or None, "name": text}


def known_channel(state: State, channel_id: str) -> Channel:
    """A channel the bot may know of.

    Raises: DiscordRefused.
    """
    found = state.channels.get(channel_id)
    if found is None:
        raise unknown("Channel", 10003)
    return found


def _reaction(name: str, who: list[str]) -> dict[str, Any]:
    return {
        "emoji": emoji(name),
        "count": len(who),
        "count_details": {"burst": 0, "normal": len(who)},
        "burst_colors": [],
        "me_burst": False,
        "me": APPLICATION_ID in who,
    }


def _components(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The buttons with the numbers Discord gives them."""
    number, written = 0, []
    for row in rows:
        number += 1
        row_id, buttons = number, []
        for button in row["components"]:
            number += 1
            buttons.append({**button, "id": number})
        written.append({"type": 1, "id": row_id, "components": buttons})
    return written

"""How Slack writes messages, channels and people in its answers."""

from typing import Any

from chargehand.testing.slack.records import Channel, Person
from chargehand.testing.slack.workspace_ids import BOT, TEAM

_MADE_AT_S = 1_600_000_000


def message_shape(raw: dict[str, Any], *, has_metadata: bool = False) -> dict[str, Any]:
    """A message; what an app hid in it is told only when it is asked for."""
    return {key: value for key, value in raw.items() if key != "metadata" or has_metadata}


def channel_shape(channel: Channel) -> dict[str, Any]:
    """A channel as the bot sees it."""
    if channel.kind == "direct":
        other = next((one for one in channel.members if one != BOT), "")
        return {
            "id": channel.id,
            "created": _MADE_AT_S,
            "is_archived": channel.is_archived,
            "is_im": True,
            "is_org_shared": False,
            "user": other,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": False,
        "is_mpim": channel.kind == "group",
        "is_private": channel.kind != "public",
        "created": _MADE_AT_S,
        "creator": "U0SOMEBODY",
        "is_archived": channel.is_archived,
        "is_general": False,
        "unlinked": 0,
        "is_shared": channel.is_shared,
        "is_ext_shared": channel.is_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_member": BOT in channel.members,
        "pending_shared": [],
        "previous_names": [],
        "shared_team_ids": [TEAM],
        "context_team_id": TEAM,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def user_shape(person: Person) -> dict[str, Any]:
    """A person as users.info tells."""
    profile: dict[str, Any] = {
        "title": "",
        "real_name": person.name,
        "real_name_normalized": person.name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "avatar_hash": "0000",
        "status_text": "",
        "status_emoji": "",
        "team": person.team,
    }
    if person.email:
        profile["email"] = person.email
    return {
        "id": person.id,
        "team_id": person.team,
        "name": person.name.lower().replace(" ", "."),
        "deleted": person.is_deleted,
        "real_name": person.name,
        "tz": person.tz,
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": _MADE_AT_S,
    }

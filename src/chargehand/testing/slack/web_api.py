"""The methods of the Web API that the fake knows, with Slack's own refusals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from chargehand.testing.slack.forms import problems_of
from chargehand.testing.slack.records import Channel, Message, Person, View
from chargehand.testing.slack.refusals import SlackRefused
from chargehand.testing.slack.shapes import channel_shape, message_shape, user_shape
from chargehand.testing.slack.workspace import Workspace
from chargehand.testing.slack.workspace_ids import APP, BOT, BOT_ID, TEAM

Arguments: TypeAlias = Mapping[str, Any]
Method: TypeAlias = Callable[[Workspace, Arguments], dict[str, Any]]
_MOST_TEXT: Final = 40_000
_MOST_SECTION: Final = 3_000
_MOST_BLOCKS: Final = 50
_MOST_LABEL: Final = 75
_MOST_VALUE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method, and the scopes one of which it needs."""

    method: Method
    scopes: tuple[str, ...] = ()


def _auth_test(place: Workspace, _arguments: Arguments) -> dict[str, Any]:
    return {
        "url": "https://acme.slack.com/",
        "team": "Acme",
        "user": place.people[BOT].name,
        "team_id": TEAM,
        "user_id": BOT,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def _post(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = _writable(place, arguments)
    _check_content(arguments)
    message = place.write(channel, place.people[BOT], **_content(place, channel, arguments))
    return {"channel": channel.id, "ts": message.ts, "message": message_shape(message.raw)}


def _post_ephemeral(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = _writable(place, arguments)
    user = _person(place, arguments.get("user"))
    if user.id not in channel.members:
        raise SlackRefused("user_not_in_channel")
    _check_content(arguments)
    stamp = place.next_stamp()
    place.ephemeral.append({**arguments, "ts": stamp})
    return {"message_ts": stamp}


def _update(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = place.visible(arguments.get("channel"))
    message = _message(place, channel, arguments.get("ts"))
    if message.raw.get("user") != BOT:
        raise SlackRefused("cant_update_message")
    _check_content(arguments)
    kept = ("text", "blocks", "metadata")
    content = {name: arguments[name] for name in kept if name in arguments}
    place.edit(channel, message, place.people[BOT], **content)
    shown = {k: v for k, v in message_shape(message.raw).items() if k != "ts"}
    return {"channel": channel.id, "ts": message.ts, "text": message.raw["text"], "message": shown}


def _delete(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = place.visible(arguments.get("channel"))
    message = _message(place, channel, arguments.get("ts"))
    if message.raw.get("user") != BOT:
        raise SlackRefused("cant_delete_message")
    place.remove(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def _history(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = _readable(place, arguments)
    shown = [one for one in channel.messages if not one.is_answer]
    # Slack tells the newest first.
    return {"pin_count": 0, **_page(arguments, list(reversed(_within(arguments, shown))))}


def _replies(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = _readable(place, arguments)
    wanted = str(arguments.get("ts", ""))
    found = place.find(channel, wanted)
    if found is None:
        raise SlackRefused("thread_not_found")
    if found.is_answer:
        return _page(arguments, [found])
    first, *answers = place.thread(channel, wanted)
    # The first message of a thread is always told.
    return _page(arguments, [first, *_within(arguments, answers)])


def _info(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    channel = place.visible(arguments.get("channel"))
    return {"channel": channel_shape(channel)}


def _list(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    kinds = {"public_channel": "public", "private_channel": "private", "im": "direct"}
    wanted = {
        kinds.get(one, "group") for one in str(arguments.get("types", "public_channel")).split(",")
    }
    shown = [
        channel_shape(one)
        for one in place.channels.values()
        if one.kind in wanted and (one.kind == "public" or BOT in one.members)
    ]
    return {"channels": shown, "response_metadata": {"next_cursor": ""}}


def _open(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    person = _person(place, arguments.get("users"))
    if person.is_bot:
        raise SlackRefused("cannot_dm_bot")
    if person.is_deleted:
        raise SlackRefused("user_disabled")
    if arguments.get("prevent_creation"):
        known = (c for c in place.channels.values() if c.kind == "direct")
        if not any(person.id in one.members for one in known):
            raise SlackRefused("channel_not_found")
    return {"channel": channel_shape(place.direct(person))}


def _react(*, is_adding: bool) -> Method:
    def method(place: Workspace, arguments: Arguments) -> dict[str, Any]:
        channel = place.visible(arguments.get("channel"))
        message = _message(place, channel, arguments.get("timestamp"))
        if channel.is_archived:
            raise SlackRefused("is_archived")
        name = str(arguments.get("name", ""))
        place.react(channel, message, place.people[BOT], name=name, is_adding=is_adding)
        return {}

    return method


def _user_info(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    return {"user": user_shape(_person(place, arguments.get("user")))}


def _user_by_email(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    wanted = str(arguments.get("email", "")).casefold()
    for person in place.people.values():
        if person.email and person.email.casefold() == wanted:
            return {"user": user_shape(person)}
    raise SlackRefused("users_not_found")


def _views_open(place: Workspace, arguments: Arguments) -> dict[str, Any]:
    view = arguments.get("view")
    if not isinstance(view, dict) or problems_of(view):
        raise SlackRefused("invalid_arguments")
    place.spend_trigger(str(arguments.get("trigger_id", "")))
    view_id = place.next_id("V")
    raw = {
        **view,
        "id": view_id,
        "team_id": TEAM,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": BOT_ID,
        "root_view_id": view_id,
        "hash": f"{int(place.now_s())}.hash",
        "state": {"values": {}},
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "previous_view_id": None,
    }
    place.views.append(View(view_id, "", raw))
    return {"view": raw}


def _writable(place: Workspace, arguments: Arguments) -> Channel:
    wanted = str(arguments.get("channel", ""))
    if wanted in place.people:
        # A person's id stands for the talk with them.
        return place.direct(place.people[wanted])
    channel = place.visible(wanted)
    if channel.is_archived:
        raise SlackRefused("is_archived")
    if BOT not in channel.members:
        raise SlackRefused("not_in_channel")
    if any(place.people[one].is_deleted for one in channel.members if channel.kind == "direct"):
        raise SlackRefused("user_disabled")
    return channel


def _readable(place: Workspace, arguments: Arguments) -> Channel:
    channel = place.visible(arguments.get("channel"))
    if BOT not in channel.members:
        raise SlackRefused("not_in_channel")
    return channel


def _person(place: Workspace, wanted: object) -> Person:
    person = place.people.get(str(wanted))
    if person is None:
        raise SlackRefused("user_not_found")
    return person


def _message(place: Workspace, channel: Channel, ts: object) -> Message:
    message = place.find(channel, str(ts))
    if message is None:
        raise SlackRefused("message_not_found")
    return message


def _content(place: Workspace, channel: Channel, arguments: Arguments) -> dict[str, Any]:
    content = {
        "text": str(arguments.get("text", "")),
        "bot_id": BOT_ID,
        "app_id": APP,
        **{name: arguments[name] for name in ("blocks", "metadata") if arguments.get(name)},
    }
    thread = arguments.get("thread_ts")
    if thread:
        if place.find(channel, str(thread)) is None:
            raise SlackRefused("thread_not_found")
        content["thread_ts"] = str(thread)
    return content


def _check_content(arguments: Arguments) -> None:
    text, blocks = str(arguments.get("text", "")), arguments.get("blocks") or []
    if not text and not blocks:
        raise SlackRefused("no_text")
    if len(text) > _MOST_TEXT:
        raise SlackRefused("msg_too_long")
    if len(blocks) > _MOST_BLOCKS:
        raise SlackRefused("invalid_blocks")
    for block in blocks:
        if len(str(block.get("text", {}).get("text", ""))) > _MOST_SECTION:
            raise SlackRefused("invalid_blocks")
        for element in block.get("elements", []):
            label = str(element.get("text", {}).get("text", ""))
            if len(label) > _MOST_LABEL or len(str(element.get("value", ""))) > _MOST_VALUE:
                raise SlackRefused("invalid_blocks")


def _within(arguments: Arguments, messages: list[Message]) -> list[Message]:
    oldest = float(arguments.get("oldest") or 0)
    latest = float(arguments.get("latest") or "inf")
    if str(arguments.get("inclusive", "")).lower() in {"true", "1"}:
        return [one for one in messages if oldest <= float(one.ts) <= latest]
    return [one for one in messages if oldest < float(one.ts) < latest]


def _page(arguments: Arguments, messages: list[Message]) -> dict[str, Any]:
    start = int(str(arguments.get("cursor") or "page:0").partition(":")[2])
    end = start + int(arguments.get("limit") or 100)
    has_metadata = str(arguments.get("include_all_metadata", "")).lower() in {"true", "1"}
    has_more = end < len(messages)
    return {
        "messages": [
            message_shape(one.raw, has_metadata=has_metadata) for one in messages[start:end]
        ],
        "has_more": has_more,
        "response_metadata": {"next_cursor": f"page:{end}" if has_more else ""},
    }


_HISTORY: Final = ("channels:history", "groups:history", "im:history", "mpim:history")
_READ: Final = ("channels:read", "groups:read", "im:read", "mpim:read")
METHODS: Final[Mapping[str, Endpoint]] = {
    "auth.test": Endpoint(_auth_test),
    "chat.delete": Endpoint(_delete, ("chat:write",)),
    "chat.postEphemeral": Endpoint(_post_ephemeral, ("chat:write",)),
    "chat.postMessage": Endpoint(_post, ("chat:write",)),
    "chat.update": Endpoint(_update, ("chat:write",)),
    "conversations.history": Endpoint(_history, _HISTORY),
    "conversations.info": Endpoint(_info, _READ),
    "conversations.list": Endpoint(_list, _READ),
    "conversations.open": Endpoint(_open, ("im:write",)),
    "conversations.replies": Endpoint(_replies, _HISTORY),
    "reactions.add": Endpoint(_react(is_adding=True), ("reactions:write",)),
    "reactions.remove": Endpoint(_react(is_adding=False), ("reactions:write",)),
    "users.info": Endpoint(_user_info, ("users:read",)),
    "users.lookupByEmail": Endpoint(_user_by_email, ("users:read.email",)),
    "views.open": Endpoint(_views_open),
}

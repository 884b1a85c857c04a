"""One workspace: its people, channels and messages, and what happens in it."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chargehand.kit.clock import EPOCH, Clock
from chargehand.testing.slack.records import Channel, ChannelKind, Message, Person, View
from chargehand.testing.slack.refusals import ControlRefused, SlackRefused
from chargehand.testing.slack.sending import EventSender
from chargehand.testing.slack.workspace_ids import APP, BOT, TEAM

_KINDS: Final[Mapping[ChannelKind, str]] = {
    "public": "channel",
    "private": "group",
    "direct": "im",
    "group": "mpim",
}
_UNNAMED: Final[Mapping[ChannelKind, str]] = {
    "private": "privategroup",
    "direct": "directmessage",
}
# A trigger opens a form within three seconds, once.
TRIGGER_S: Final = 3.0


class Workspace:
    """The state of the fake; every change by a person or by the app tells of an event."""

    def __init__(self, *, clock: Clock, sender: EventSender) -> None:
        self.clock = clock
        self.sender = sender
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.views: list[View] = []
        self.ephemeral: list[dict[str, Any]] = []
        self.triggers: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._last_micros = 0
        self.add_person("chargehand", person_id=BOT, is_bot=True)

    def now_s(self) -> float:
        """The present in seconds since 1970."""
        return (self.clock.now() - EPOCH).total_seconds()

    def next_stamp(self) -> str:
        """A stamp no message has yet; later ones are larger also while the clock stands still."""
        micros = max(int(self.now_s() * 1_000_000), self._last_micros + 100)
        self._last_micros = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def next_id(self, prefix: str) -> str:
        """An id that was never given before."""
        return f"{prefix}0{next(self._numbers):07d}"

    def add_person(
        self,
        name: str,
        *,
        person_id: str | None = None,
        email: str = "",
        team: str = TEAM,
        is_guest: bool = False,
        is_bot: bool = False,
    ) -> Person:
        """A new account."""
        person = Person(
            id=person_id or self.next_id("U"),
            name=name,
            team=team,
            email=email,
            is_guest=is_guest,
            is_bot=is_bot,
        )
        self.people[person.id] = person
        return person

    def add_channel(
        self,
        name: str,
        *,
        channel_id: str | None = None,
        kind: ChannelKind = "public",
        members: tuple[str, ...] = (),
        is_shared: bool = False,
    ) -> Channel:
        """A new channel; the bot is a member only when it is named."""
        prefix = "D" if kind == "direct" else "C"
        channel = Channel(
            id=channel_id or self.next_id(prefix),
            name=name,
            kind=kind,
            members=[self.person(one).id for one in members],
            is_shared=is_shared,
        )
        self.channels[channel.id] = channel
        return channel

    def person(self, wanted: str) -> Person:
        """A person by id or name.

        Raises: ControlRefused.
        """
        for person in self.people.values():
            if wanted in (person.id, person.name):
                return person
        message = f"user: nobody is called {wanted!r}"
        raise ControlRefused(message)

    def channel(self, wanted: str) -> Channel:
        """A channel by id or name.

        Raises: ControlRefused.
        """
        for channel in self.channels.values():
            if wanted in (channel.id, channel.name):
                return channel
        message = f"channel: there is none called {wanted!r}"
        raise ControlRefused(message)

    def visible(self, channel_id: object) -> Channel:
        """A channel as the bot sees it.

        Raises: SlackRefused.
        """
        channel = self.channels.get(str(channel_id))
        if channel is None or (channel.kind != "public" and BOT not in channel.members):
            raise SlackRefused("channel_not_found")
        return channel

    def direct(self, person: Person) -> Channel:
        """The talk between the bot and a person, begun when there was none."""
        for channel in self.channels.values():
            if channel.kind == "direct" and person.id in channel.members:
                return channel
        return self.add_channel("", kind="direct", members=(BOT, person.id))

    def find(self, channel: Channel, ts: str) -> Message | None:
        """A message of a channel."""
        return next((one for one in channel.messages if one.ts == ts), None)

    def thread(self, channel: Channel, root: str) -> Iterator[Message]:
        """The first message of a thread and its answers."""
        return (one for one in channel.messages if root in (one.ts, one.thread_ts))

    def write(self, channel: Channel, person: Person, **content: Any) -> Message:
        """A message of somebody, told to the app; `content` is text, blocks, thread and so on."""
        raw: dict[str, Any] = {
            "type": "message",
            "user": person.id,
            "text": "",
            "ts": self.next_stamp(),
            "team": person.team,
            **content,
        }
        if person.is_guest or person.team != TEAM:
            raw["user_team"] = raw["source_team"] = person.team
            raw["user_profile"] = {
                "display_name": person.name,
                "real_name": person.name,
                "team": person.team,
                "is_restricted": person.is_guest,
                "is_ultra_restricted": False,
            }
        message = Message(raw)
        channel.messages.append(message)
        self._count_answer(channel, message)
        self.tell(channel, raw)
        if not person.is_bot and f"<@{BOT}" in str(raw["text"]):
            self.tell(channel, {**raw, "type": "app_mention"}, has_type=False)
        return message

    def edit(self, channel: Channel, message: Message, person: Person, **content: Any) -> None:
        """Other words for a message."""
        before = dict(message.raw)
        stamp = self.next_stamp()
        message.raw.update(content)
        message.raw["edited"] = {"user": person.id, "ts": stamp}
        self.tell(
            channel,
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "ts": stamp,
                "message": dict(message.raw),
                "previous_message": before,
            },
        )

    def remove(self, channel: Channel, message: Message) -> None:
        """A message goes."""
        channel.messages.remove(message)
        stamp = self.next_stamp()
        self.tell(
            channel,
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "ts": stamp,
                "deleted_ts": message.ts,
                "previous_message": dict(message.raw),
            },
        )

    def react(
        self, channel: Channel, message: Message, person: Person, *, name: str, is_adding: bool
    ) -> None:
        """A reaction comes or goes.

        Raises: SlackRefused.
        """
        reactions: list[dict[str, Any]] = message.raw.setdefault("reactions", [])
        entry = next((one for one in reactions if one["name"] == name), None)
        has_reacted = entry is not None and person.id in entry["users"]
        if has_reacted is is_adding:
            raise SlackRefused("already_reacted" if is_adding else "no_reaction")
        if entry is None:
            entry = {"name": name, "users": [], "count": 0}
            reactions.append(entry)
        users = entry["users"]
        users.append(person.id) if is_adding else users.remove(person.id)
        entry["count"] = len(users)
        if not users:
            reactions.remove(entry)
        event = {
            "type": "reaction_added" if is_adding else "reaction_removed",
            "user": person.id,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
            "item_user": message.raw.get("user", ""),
            "event_ts": self.next_stamp(),
        }
        self.tell_raw(event, team=person.team, is_shared=channel.is_shared)

    def new_trigger(self) -> str:
        """A trigger that opens a form for a moment."""
        trigger = f"{next(self._numbers)}.{int(self.now_s())}.{'0a1b2c3d' * 4}"
        self.triggers[trigger] = self.now_s()
        return trigger

    def spend_trigger(self, trigger: str) -> None:
        """A trigger opens its one form.

        Raises: SlackRefused when it is too old, spent or unknown.
        """
        made_s = self.triggers.pop(trigger, None)
        if made_s is None:
            raise SlackRefused("exchanged_trigger_id")
        if self.now_s() - made_s > TRIGGER_S:
            raise SlackRefused("expired_trigger_id")

    def name_for_interaction(self, channel: Channel) -> str:
        """What interactions call a channel: only a public one by its name."""
        return _UNNAMED.get(channel.kind, channel.name)

    def tell(self, channel: Channel, event: Mapping[str, Any], *, has_type: bool = True) -> None:
        """Send an event of a channel the bot is in."""
        if BOT not in channel.members:
            return
        more = {"channel_type": _KINDS[channel.kind]} if has_type else {}
        team = str(event.get("team", TEAM))
        full = {**event, "channel": channel.id, "event_ts": event["ts"], **more}
        self.tell_raw(full, team=team, is_shared=channel.is_shared)

    def tell_raw(self, event: Mapping[str, Any], *, team: str = TEAM, is_shared: bool) -> None:
        """Send an event in its envelope."""
        self.sender.send_event(
            {
                "token": "verification-token",
                "team_id": team,
                "context_team_id": TEAM,
                "context_enterprise_id": None,
                "api_app_id": APP,
                "event": dict(event),
                "type": "event_callback",
                "event_id": self.next_id("Ev"),
                "event_time": int(self.now_s()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": TEAM,
                        "user_id": BOT,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": is_shared,
                "event_context": f"1-message-{TEAM}",
            }
        )

    def _count_answer(self, channel: Channel, message: Message) -> None:
        root = self.find(channel, message.thread_ts) if message.is_answer else None
        if root is None:
            return
        users: list[str] = root.raw.setdefault("reply_users", [])
        if message.raw["user"] not in users:
            users.append(message.raw["user"])
        root.raw["thread_ts"] = root.ts
        root.raw["reply_count"] = root.raw.get("reply_count", 0) + 1
        root.raw["reply_users_count"] = len(users)
        root.raw["latest_reply"] = message.ts

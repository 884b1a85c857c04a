"""Says what a Confluence delivery means: exactly one event, whatever the bytes.

Confluence's own webhooks name a page or a comment and hold none of its words; those become
`unsupported`, but for deletions, and polling brings the words. What polling finds, and what a rule
of automation can post in the same form, is `{"event", "timestamp", "content"}`, the content as the
REST API of the first version tells it, with `body.storage`, `version`, `history`, `space`, and for
a comment its `container`, `ancestors` and `extensions`.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from chargehand.connectors.confluence.seen import as_fields, id_in, millis_of, storage_in, time_in
from chargehand.connectors.confluence.storage_text import read_storage
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import Actor, ActorKind, Event, EventKind, Place, PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONValue
from chargehand.domain.text import mentioned_accounts, plain_text
from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields, decode_json, fields_in, list_in, text_in

PAGE_TEXT_CHARS: Final = 20_000
NO_WORDS: Final = "no_words"
UNREADABLE: Final = "unreadable"
UNKNOWN: Final = "unknown"
_NOBODY: Final = Actor(account_id=None, name="", kind=ActorKind.ANONYMOUS)
_ID: Final = re.compile(r"[0-9]{1,20}")
_SPACE: Final = re.compile(r"~?[A-Za-z0-9_.@:-]{1,255}")
_KINDS: Final = {
    "comment_created": EventKind.COMMENT_CREATED,
    "comment_updated": EventKind.COMMENT_UPDATED,
    "comment_removed": EventKind.COMMENT_DELETED,
    "comment_deleted": EventKind.COMMENT_DELETED,
    "comment_trashed": EventKind.COMMENT_DELETED,
    "page_created": EventKind.PAGE_CREATED,
    "page_updated": EventKind.PAGE_UPDATED,
}
_COMMENTS: Final = frozenset(
    {EventKind.COMMENT_CREATED, EventKind.COMMENT_UPDATED, EventKind.COMMENT_DELETED}
)


class ConfluenceParser:
    """Reads what polling writes and what Confluence posts; total, as every parser is."""

    def parse(self, delivery: VerifiedDelivery) -> Event:
        """Exactly one event; what is not understood is `unsupported`."""
        try:
            body = decode_json(delivery.body)
        except (ValueError, UnicodeError):
            body = None
        payload = as_fields(body)
        if not payload:
            return _unsupported(delivery, UNREADABLE, "")
        name = text_in(payload, "event") or text_in(payload, "webhookEvent")
        kind = _KINDS.get(name)
        content = fields_in(payload, "content")
        if kind is EventKind.COMMENT_DELETED:
            return _deletion(delivery, payload, content, name)
        if kind is None or not content:
            named = any(fields_in(payload, one) for one in ("comment", "page"))
            return _unsupported(delivery, NO_WORDS if named else UNKNOWN, name)
        return _of_content(delivery, content, kind, name)


def named(body: bytes, event: str) -> bytes:
    """A payload with the name of its event in it, where it has none; anything else as it is."""
    try:
        payload = decode_json(body)
    except (ValueError, UnicodeError):
        return body
    if not isinstance(payload, dict) or "event" in payload:
        return body
    return msgspec.json.encode({**payload, "event": event})


@dataclass(frozen=True, slots=True)
class _Where:
    space: str
    page_id: str
    title: str


def _of_content(delivery: VerifiedDelivery, content: Fields, kind: EventKind, name: str) -> Event:
    is_comment = kind in _COMMENTS
    content_id = id_in(content, "id")
    page = fields_in(content, "container") if is_comment else content
    where = _Where(
        text_in(fields_in(content, "space"), "key"), id_in(page, "id"), text_in(page, "title")
    )
    is_whole = _ID.fullmatch(content_id) and _ID.fullmatch(where.page_id)
    if not is_whole or not _SPACE.fullmatch(where.space):
        return _unsupported(delivery, UNREADABLE, name)
    if is_comment:
        return _comment(delivery, content, kind, where)
    return _page(delivery, content, kind, where)


def _comment(delivery: VerifiedDelivery, content: Fields, kind: EventKind, where: _Where) -> Event:
    comment_id = id_in(content, "id")
    is_new = kind is EventKind.COMMENT_CREATED
    at = _created_at(content) if is_new else _changed_at(content)
    ending = "created" if is_new else f"updated:{millis_of(at)}"
    actor = _actor(fields_in(fields_in(content, "history"), "createdBy"))
    if not is_new:
        actor = _actor(fields_in(fields_in(content, "version"), "by")) or actor
    event = Event(
        kind=kind,
        event_key=f"{delivery.connection_id}:message:{where.space}:{comment_id}:{ending}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=at if at != EPOCH else delivery.received_at,
        actor=actor or _NOBODY,
        data=_comment_data(content, where),
        place=_place(content, where),
    )
    return _with_words(event, storage_in(content))


def _page(delivery: VerifiedDelivery, content: Fields, kind: EventKind, where: _Where) -> Event:
    is_new = kind is EventKind.PAGE_CREATED
    number = fields_in(content, "version").get("number")
    version = number if isinstance(number, int) and not isinstance(number, bool) else 0
    at = _created_at(content) if is_new else _changed_at(content)
    ending = "created" if is_new else f"updated:{version}"
    by_maker = _actor(fields_in(fields_in(content, "history"), "createdBy"))
    by_editor = _actor(fields_in(fields_in(content, "version"), "by"))
    data: dict[str, JSONValue] = {
        "page_id": where.page_id,
        "space": where.space,
        "title": where.title,
        "version": version,
        "url": _url(content),
    }
    event = Event(
        kind=kind,
        event_key=f"{delivery.connection_id}:page:{where.page_id}:{ending}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=at if at != EPOCH else delivery.received_at,
        actor=(by_maker if is_new else by_editor or by_maker) or _NOBODY,
        data=data,
        place=Place(where.space, PlaceKind.PRIVATE, thread_id=f"page/{where.page_id}"),
    )
    told: Event = _with_words(event, storage_in(content))
    return replace(told, text=(told.text or "")[:PAGE_TEXT_CHARS])


def _with_words(event: Event, storage: str) -> Event:
    reading = read_storage(storage)
    return replace(
        event,
        text=plain_text(reading.lines),
        lines=reading.lines,
        mentions=mentioned_accounts(reading.lines),
        data={**event.data, "was_cut": True} if reading.was_cut else event.data,
    )


def _comment_data(content: Fields, where: _Where) -> dict[str, JSONValue]:
    comment_id = id_in(content, "id")
    extensions = fields_in(content, "extensions")
    data: dict[str, JSONValue] = {
        "comment_id": comment_id,
        "message_id": comment_id,
        "page_id": where.page_id,
        "space": where.space,
        "title": where.title,
        "url": _url(content),
    }
    beside = text_in(fields_in(extensions, "inlineProperties"), "originalSelection", 500)
    return {**data, "beside": beside} if beside else data


def _place(content: Fields, where: _Where) -> Place:
    """Where a comment stands; a space is never taken for public, whatever its settings."""
    comment_id = id_in(content, "id")
    above = [id_in(as_fields(one), "id") for one in list_in(content, "ancestors")]
    roots = [one for one in above if _ID.fullmatch(one) and one != where.page_id]
    is_inline = text_in(fields_in(content, "extensions"), "location") == "inline"
    root = roots[0] if roots else comment_id if is_inline else None
    return Place(
        where.space,
        PlaceKind.PRIVATE,
        message_id=comment_id,
        thread_id=f"page/{where.page_id}",
        root_id=root,
    )


def _deletion(delivery: VerifiedDelivery, payload: Fields, content: Fields, name: str) -> Event:
    comment = content or fields_in(payload, "comment")
    page = fields_in(comment, "container") or fields_in(comment, "parent")
    space = text_in(comment, "spaceKey") or text_in(fields_in(comment, "space"), "key")
    where = _Where(space, id_in(page, "id"), text_in(page, "title"))
    comment_id = id_in(comment, "id")
    if not _ID.fullmatch(comment_id) or not _SPACE.fullmatch(space):
        return _unsupported(delivery, UNREADABLE, name)
    account = text_in(payload, "userAccountId") or text_in(payload, "userKey")
    thread = f"page/{where.page_id}" if _ID.fullmatch(where.page_id) else None
    place = Place(space, PlaceKind.PRIVATE, message_id=comment_id, thread_id=thread)
    return Event(
        kind=EventKind.COMMENT_DELETED,
        event_key=f"{delivery.connection_id}:message:{space}:{comment_id}:deleted",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=delivery.received_at,
        actor=Actor(AccountId(account), "", ActorKind.PERSON) if account else _NOBODY,
        data=_comment_data(comment, where),
        place=place,
    )


def _unsupported(delivery: VerifiedDelivery, reason: str, name: str) -> Event:
    return Event(
        kind=EventKind.UNSUPPORTED,
        event_key=f"{delivery.connection_id}:delivery:{delivery.delivery_key}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=delivery.received_at,
        actor=_NOBODY,
        data={"event": name, "reason": reason},
    )


def _actor(user: Fields) -> Actor | None:
    account = text_in(user, "accountId") or text_in(user, "userKey")
    name = text_in(user, "displayName") or text_in(user, "publicName")
    if not account:
        return Actor(None, name, ActorKind.ANONYMOUS) if user else None
    is_app = text_in(user, "accountType") == "app"
    return Actor(AccountId(account), name, ActorKind.BOT if is_app else ActorKind.PERSON)


def _created_at(content: Fields) -> datetime:
    return time_in(fields_in(content, "history"), "createdDate")


def _changed_at(content: Fields) -> datetime:
    return time_in(fields_in(content, "version"), "when")


def _url(content: Fields) -> str:
    links = fields_in(content, "_links")
    base, path = text_in(links, "base", 1_000), text_in(links, "webui", 1_000)
    return base + path if base.startswith(("https://", "http://")) and path[:1] == "/" else ""

"""Pages and comments as Confluence tells of them, reduced to what the connector needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields, fields_in, text_in


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A page: its words in storage format, and the version they are of."""

    id: str
    title: str
    space_id: str
    version: int
    storage: str
    status: str
    author_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SeenComment:
    """A comment on a page; `is_inline` when it stands beside a part of it."""

    id: str
    page_id: str
    is_inline: bool
    author_id: str
    created_at: datetime
    storage: str


def page_in(answer: Fields) -> SeenPage:
    """The page an answer of the second API tells."""
    version = fields_in(answer, "version")
    number = version.get("number")
    return SeenPage(
        id=id_in(answer, "id"),
        title=text_in(answer, "title"),
        space_id=id_in(answer, "spaceId"),
        version=number if isinstance(number, int) else 0,
        storage=storage_in(answer),
        status=text_in(answer, "status"),
        author_id=text_in(answer, "authorId"),
        created_at=time_in(answer, "createdAt"),
    )


def comment_in(answer: Fields, *, is_inline: bool) -> SeenComment:
    """The comment an answer of the second API tells; its author made its first version."""
    version = fields_in(answer, "version")
    return SeenComment(
        id=id_in(answer, "id"),
        page_id=id_in(answer, "pageId"),
        is_inline=is_inline,
        author_id=text_in(version, "authorId"),
        created_at=time_in(version, "createdAt"),
        storage=storage_in(answer),
    )


def page_in_content(content: Fields) -> SeenPage:
    """The page a content of the first API tells; a space is known by its key there."""
    number = fields_in(content, "version").get("number")
    history = fields_in(content, "history")
    return SeenPage(
        id=id_in(content, "id"),
        title=text_in(content, "title"),
        space_id=text_in(fields_in(content, "space"), "key"),
        version=number if isinstance(number, int) else 0,
        storage=storage_in(content),
        status=text_in(content, "status"),
        author_id=account_in(fields_in(history, "createdBy")),
        created_at=time_in(history, "createdDate"),
    )


def comment_in_content(content: Fields) -> SeenComment:
    """The comment a content of the first API tells."""
    history = fields_in(content, "history")
    return SeenComment(
        id=id_in(content, "id"),
        page_id=id_in(fields_in(content, "container"), "id"),
        is_inline=text_in(fields_in(content, "extensions"), "location") == "inline",
        author_id=account_in(fields_in(history, "createdBy")),
        created_at=time_in(history, "createdDate"),
        storage=storage_in(content),
    )


def account_in(user: Fields) -> str:
    """The id of a user: the account id of Cloud, or the user key of Data Center."""
    return text_in(user, "accountId") or text_in(user, "userKey")


def storage_in(answer: Fields) -> str:
    """The storage format an answer carries, empty without."""
    value = fields_in(fields_in(answer, "body"), "storage").get("value")
    return value if isinstance(value, str) else ""


def id_in(fields: Fields, name: str) -> str:
    """An id, whichever of its two forms it is written in."""
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text_in(fields, name)


def time_in(fields: Fields, name: str) -> datetime:
    """A time in UTC; 1970 where there is none."""
    value = fields.get(name)
    try:
        told = datetime.fromisoformat(value) if isinstance(value, str) else EPOCH
    except ValueError:
        return EPOCH
    return told.astimezone(UTC) if told.tzinfo is not None else told.replace(tzinfo=UTC)


def millis_of(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1_000)


def as_fields(value: object) -> Fields:
    """An entry of a list as an object, empty where it is none."""
    return value if isinstance(value, Mapping) else {}

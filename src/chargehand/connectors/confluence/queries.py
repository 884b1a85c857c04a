"""What the connector asks Confluence, request by request; reads only."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from chargehand.connectors.confluence.marks import MARK_KEY, action_in
from chargehand.connectors.confluence.seen import (
    SeenComment,
    SeenPage,
    account_in,
    as_fields,
    comment_in,
    id_in,
    page_in,
)
from chargehand.connectors.confluence.transport import V1, V2, Call, ConfluenceTransport, path_of
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in
from chargehand.plugins.connector import AccountState
from chargehand.plugins.errors import TargetMissing

_READ_PAGE: Final = "read a page"
_READ_COMMENT: Final = "read a comment"
_PAGE_SIZE: Final = 50
# More pages of answers than these nobody waits for; a look-up then says that it is unsure.
_MOST_PAGES: Final = 40
_STORAGE: Final = {"body-format": "storage"}
# The other types stand for somebody of whom nothing is known.
_KNOWN: Final = ("known", "user")
_COMMENTS: Final = {False: "footer-comments", True: "inline-comments"}


@dataclass(frozen=True, slots=True)
class ConfluenceQueries:
    """Every method raises the errors of plugins/errors.py."""

    transport: ConfluenceTransport

    async def page(self, page_id: str) -> SeenPage:
        """A page with its words."""
        path, target = path_of(V2, "pages", page_id), f"page {page_id}"
        return page_in(await self.transport.read(Call("GET", path, _READ_PAGE, target, _STORAGE)))

    async def find_page(self, space_id: str, title: str) -> SeenPage | None:
        """The page of a space that has this title; there is one at most."""
        path = path_of(V2, "spaces", space_id, "pages")
        query = {"title": title, "status": "current", **_STORAGE}
        call = Call("GET", path, "look for a page", f"space {space_id}", query)
        found = list_in(await self.transport.read(call), "results")
        return page_in(as_fields(found[0])) if found else None

    async def comment(self, comment_id: str) -> SeenComment | None:
        """A comment below a page or beside a part of it; None when it is not there."""
        for is_inline, kind in _COMMENTS.items():
            call = Call(
                "GET",
                path_of(V2, kind, comment_id),
                _READ_COMMENT,
                f"comment {comment_id}",
                _STORAGE,
            )
            try:
                return comment_in(await self.transport.read(call), is_inline=is_inline)
            except TargetMissing:
                continue
        return None

    async def comments(self, page_id: str, *, under: SeenComment | None) -> list[SeenComment]:
        """The comments directly below a page, or the answers to one comment, newest first."""
        is_inline = under is not None and under.is_inline
        kind = _COMMENTS[is_inline]
        path = (
            path_of(V2, "pages", page_id, kind)
            if under is None
            else path_of(V2, kind, under.id, "children")
        )
        query = {**_STORAGE, "sort": "-created-date"}
        call = Call("GET", path, "read comments", f"comments of page {page_id}", query)
        return [comment_in(one, is_inline=is_inline) async for one in self._all(call)]

    async def comment_mark(self, comment_id: str) -> str | None:
        """The action a comment's mark names; None without a mark."""
        return await self._mark("comments", comment_id)

    async def page_mark(self, page_id: str) -> str | None:
        """The action a page's mark names; None without a mark."""
        return await self._mark("pages", page_id)

    async def version_messages(self, page_id: str) -> list[str]:
        """What the history of a page says of its newest versions."""
        path, query = path_of(V2, "pages", page_id, "versions"), {"limit": _PAGE_SIZE}
        call = Call("GET", path, "read the history of a page", f"page {page_id}", query)
        found = list_in(await self.transport.read(call), "results")
        return [text_in(as_fields(one), "message") for one in found]

    async def space_id(self, key: str) -> str:
        """The id of the space with this key."""
        call = Call("GET", path_of(V2, "spaces"), "look for a space", f"space {key}", {"keys": key})
        found = list_in(await self.transport.read(call), "results")
        space_id = id_in(as_fields(found[0]), "id") if found else ""
        if not space_id:
            raise TargetMissing(vendor="Confluence", target=f"space {key}")
        return space_id

    async def spaces(self) -> list[tuple[str, str]]:
        """Key and name of every space the bot sees."""
        call = Call("GET", path_of(V2, "spaces"), "list spaces", "spaces", {"status": "current"})
        return [(text_in(one, "key"), text_in(one, "name")) async for one in self._all(call)]

    async def current_user(self) -> Fields:
        """The account the sign-in belongs to."""
        path = path_of(V1, "user", "current")
        return await self.transport.read(
            Call("GET", path, "tell who the bot is", "the bot's account")
        )

    async def account_state(self, account_id: str) -> AccountState:
        """Whether an account is there.

        Source: the Confluence Cloud REST API v1, "Get user" (read 2026-11): 404 for an account
        that does not exist, and nothing about one that was deactivated.
        """
        path, operation = path_of(V1, "user"), "tell whether an account works"
        call = Call("GET", path, operation, f"account {account_id}", {"accountId": account_id})
        try:
            user = await self.transport.read(call)
        except TargetMissing:
            return AccountState.GONE
        is_known = account_in(user) == account_id and text_in(user, "type") in _KNOWN
        return AccountState.WORKS if is_known else AccountState.UNCLEAR

    async def search(self, cql: str, *, expand: str) -> AsyncIterator[list[Fields]]:
        """What a query in CQL finds, one page of answers at a time, to the end."""
        query: dict[str, str | int] = {"cql": cql, "expand": expand, "limit": _PAGE_SIZE}
        path = path_of(V1, "content", "search")
        while True:
            call = Call("GET", path, "search for changed pages and comments", "content", query)
            answer = await self.transport.read(call)
            yield [as_fields(one) for one in list_in(answer, "results")]
            cursor = _cursor_of(answer)
            if cursor is None or cursor == query.get("cursor"):
                return
            query["cursor"] = cursor

    async def _mark(self, kind: str, content_id: str) -> str | None:
        path = path_of(V2, kind, content_id, "properties")
        call = Call("GET", path, "read a mark", f"{kind} {content_id}", {"key": MARK_KEY})
        found = list_in(await self.transport.read(call), "results")
        return action_in(as_fields(found[0]).get("value")) if found else None

    async def _all(self, call: Call) -> AsyncIterator[Fields]:
        query = {**call.query, "limit": _PAGE_SIZE}
        for _ in range(_MOST_PAGES):
            answer = await self.transport.read(
                Call(call.method, call.path, call.operation, call.target, query)
            )
            for one in list_in(answer, "results"):
                yield as_fields(one)
            cursor = _cursor_of(answer)
            if cursor is None:
                return
            query["cursor"] = cursor


def _cursor_of(answer: Fields) -> str | None:
    """What asks for the next page; only that is taken from its address, which leads anywhere."""
    following = text_in(fields_in(answer, "_links"), "next", 8_192)
    return next(iter(parse_qs(urlsplit(following).query).get("cursor", ())), None)

"""Confluence Data Center: the first REST API alone, user keys, personal access tokens.

Nothing here is checked against a vendor contract: Atlassian publishes none that a machine reads.
Source: Atlassian's REST API reference of Confluence Data Center, 7.19 to 9.2, read 2026-11.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.confluence.dialect import Marked
from chargehand.connectors.confluence.marks import MARK_KEY, action_in, mark_value
from chargehand.connectors.confluence.render import SERVER_ACCOUNT
from chargehand.connectors.confluence.seen import (
    SeenComment,
    SeenPage,
    as_fields,
    comment_in_content,
    page_in_content,
)
from chargehand.connectors.confluence.transport import V1, Call, ConfluenceTransport, path_of
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in
from chargehand.plugins.connector import AccountState
from chargehand.plugins.errors import TargetMissing

_EXPERIMENTAL: Final = "/rest/experimental"
_EXPAND: Final = "body.storage,version,history,space,container,extensions"
_PAGE_SIZE: Final = 50
# More pages of answers than these nobody waits for; a look-up then says that it is unsure.
_MOST_PAGES: Final = 40
# Pages are counted, so what changes meanwhile moves to the end and pulls others over the edge; as
# many are asked for twice, and what was seen already is dropped by its key.
_SHIFT: Final = 10


@dataclass(frozen=True, slots=True)
class DataCenterDialect:
    """Keeps `dialect.Dialect` for Confluence Data Center; a space is found by its key."""

    transport: ConfluenceTransport

    @property
    def account(self) -> str:
        """What storage format calls an account's id."""
        return SERVER_ACCOUNT

    async def page(self, page_id: str) -> SeenPage:
        """A page with its words."""
        found = await self._content(page_id, "read a page", f"page {page_id}")
        if text_in(found, "type") != "page":
            raise TargetMissing(vendor="Confluence", target=f"page {page_id}")
        return page_in_content(found)

    async def find_page(self, space_id: str, title: str) -> SeenPage | None:
        """The page of a space that has this title; there is one at most."""
        query = {"spaceKey": space_id, "title": title, "type": "page", "expand": _EXPAND}
        call = Call("GET", path_of(V1, "content"), "look for a page", f"space {space_id}", query)
        found = list_in(await self.transport.read(call), "results")
        return page_in_content(as_fields(found[0])) if found else None

    async def comment(self, comment_id: str) -> SeenComment | None:
        """A comment below a page or beside a part of it; None when it is not there."""
        try:
            found = await self._content(comment_id, "read a comment", f"comment {comment_id}")
        except TargetMissing:
            return None
        return comment_in_content(found) if text_in(found, "type") == "comment" else None

    async def comments(self, page_id: str, *, under: SeenComment | None) -> list[SeenComment]:
        """The comments directly below a page, or the answers to one comment, newest first."""
        query: dict[str, str | int] = {"expand": _EXPAND}
        if under is None:
            query["location"] = "footer"
        above = page_id if under is None else under.id
        path, target = path_of(V1, "content", above, "child", "comment"), f"page {page_id}"
        call = Call("GET", path, "read comments", f"comments of {target}", query)
        return [comment_in_content(one) async for one in self._all(call)][::-1]

    async def comment_mark(self, comment_id: str) -> str | None:
        """The action a comment's mark names; None without a mark."""
        return await self._mark(comment_id)

    async def page_mark(self, page_id: str) -> str | None:
        """The action a page's mark names; None without a mark."""
        return await self._mark(page_id)

    async def version_messages(self, page_id: str) -> list[str]:
        """What the history of a page says of its newest versions."""
        path = path_of(_EXPERIMENTAL, "content", page_id, "version")
        query = {"limit": _PAGE_SIZE}
        call = Call("GET", path, "read the history of a page", f"page {page_id}", query)
        found = list_in(await self.transport.read(call), "results")
        return [text_in(as_fields(one), "message") for one in found]

    async def space_id(self, key: str) -> str:
        """The key of the space, which is there."""
        call = Call("GET", path_of(V1, "space", key), "look for a space", f"space {key}")
        return text_in(await self.transport.read(call), "key") or key

    async def spaces(self) -> list[tuple[str, str]]:
        """Key and name of every space the bot sees."""
        call = Call("GET", path_of(V1, "space"), "list spaces", "spaces")
        return [(text_in(one, "key"), text_in(one, "name")) async for one in self._all(call)]

    async def current_user(self) -> Fields:
        """The user the token belongs to."""
        path = path_of(V1, "user", "current")
        return await self.transport.read(Call("GET", path, "tell who the bot is", "the bot's user"))

    async def account_state(self, account_id: str) -> AccountState:
        """Unclear, whoever is asked about: no answer is documented that says it."""
        _ = account_id
        return AccountState.UNCLEAR

    async def search(self, cql: str, *, expand: str) -> AsyncIterator[list[Fields]]:
        """What a query in CQL finds, one page of answers at a time, to the end."""
        query: dict[str, str | int] = {"cql": cql, "expand": expand, "limit": _PAGE_SIZE}
        path, start = path_of(V1, "content", "search"), 0
        while True:
            query["start"] = start
            call = Call("GET", path, "search for changed pages and comments", "content", query)
            answer = await self.transport.read(call)
            found = list_in(answer, "results")
            yield [as_fields(one) for one in found]
            if not found or not _goes_on(answer):
                return
            start += max(len(found) - _SHIFT, 1)

    def add_comment(self, page_id: str, storage: str, above: SeenComment | None) -> Call:
        """The request that writes a comment below a page, or below another comment."""
        body: dict[str, JSONValue] = {
            "type": "comment",
            "container": {"id": page_id, "type": "page"},
            "body": _words(storage),
        }
        if above is not None:
            body["ancestors"] = [{"id": above.id}]
        path = path_of(V1, "content")
        return Call("POST", path, "add a comment", f"page {page_id}", body=body)

    def delete_comment(self, comment: SeenComment) -> Call:
        """The request that deletes a comment."""
        path, target = path_of(V1, "content", comment.id), f"comment {comment.id}"
        return Call("DELETE", path, "delete a comment", target)

    def create_page(self, space_id: str, title: str, storage: str, *, parent: str | None) -> Call:
        """The request that makes a page, at the top of the space where no parent is named."""
        body: dict[str, JSONValue] = {
            "type": "page",
            "title": title,
            "space": {"key": space_id},
            "body": _words(storage),
        }
        if parent is not None:
            body["ancestors"] = [{"id": parent}]
        path = path_of(V1, "content")
        return Call("POST", path, "create a page", f"space {space_id}", body=body)

    def update_page(self, page: SeenPage, storage: str, *, message: str) -> Call:
        """The request for the version after the one that was read."""
        body: JSONObject = {
            "id": page.id,
            "type": "page",
            "title": page.title,
            "body": _words(storage),
            "version": {"number": page.version + 1, "message": message},
        }
        path = path_of(V1, "content", page.id)
        return Call("PUT", path, "change a page", f"page {page.id}", body=body)

    def delete_page(self, page_id: str) -> Call:
        """The request that moves a page to the trash."""
        path = path_of(V1, "content", page_id)
        return Call("DELETE", path, "move a page to the trash", f"page {page_id}")

    def mark(self, kind: Marked, content_id: str, action_id: str) -> Call:
        """The request that marks a comment or a page as an action's."""
        body: JSONObject = {"key": MARK_KEY, "value": mark_value(action_id)}
        path = path_of(V1, "content", content_id, "property")
        return Call("POST", path, "set a mark", f"{kind} {content_id}", body=body)

    async def _content(self, content_id: str, operation: str, target: str) -> Fields:
        call = Call(
            "GET", path_of(V1, "content", content_id), operation, target, {"expand": _EXPAND}
        )
        return await self.transport.read(call)

    async def _mark(self, content_id: str) -> str | None:
        path = path_of(V1, "content", content_id, "property", MARK_KEY)
        call = Call("GET", path, "read a mark", f"content {content_id}")
        try:
            return action_in((await self.transport.read(call)).get("value"))
        except TargetMissing:
            return None

    async def _all(self, call: Call) -> AsyncIterator[Fields]:
        query, start = {**call.query, "limit": _PAGE_SIZE}, 0
        for _ in range(_MOST_PAGES):
            query["start"] = start
            answer = await self.transport.read(
                Call(call.method, call.path, call.operation, call.target, query)
            )
            found = list_in(answer, "results")
            for one in found:
                yield as_fields(one)
            start += len(found)
            if not found or not _goes_on(answer):
                return


def _goes_on(answer: Fields) -> bool:
    return bool(text_in(fields_in(answer, "_links"), "next", 8_192))


def _words(storage: str) -> JSONObject:
    return {"storage": {"value": storage, "representation": "storage"}}

"""Confluence Cloud: the second REST API for what it has, the first for the rest."""

from typing import Final

from chargehand.connectors.confluence.dialect import Marked
from chargehand.connectors.confluence.marks import MARK_KEY, mark_value
from chargehand.connectors.confluence.queries import ConfluenceQueries
from chargehand.connectors.confluence.render import CLOUD_ACCOUNT
from chargehand.connectors.confluence.seen import SeenComment, SeenPage
from chargehand.connectors.confluence.transport import V2, Call, path_of
from chargehand.domain.json import JSONObject, JSONValue

_CURRENT: Final = "current"


class CloudDialect(ConfluenceQueries):
    """Keeps `dialect.Dialect` for Confluence Cloud."""

    account = CLOUD_ACCOUNT

    def add_comment(self, page_id: str, storage: str, above: SeenComment | None) -> Call:
        """The request that writes a comment below a page, or below another comment."""
        body: dict[str, JSONValue] = {"body": _words(storage)}
        kind = "footer-comments"
        if above is None:
            body["pageId"] = page_id
        else:
            body["parentCommentId"] = above.id
            kind = "inline-comments" if above.is_inline else kind
        return Call("POST", path_of(V2, kind), "add a comment", f"page {page_id}", body=body)

    def delete_comment(self, comment: SeenComment) -> Call:
        """The request that deletes a comment."""
        kind = "inline-comments" if comment.is_inline else "footer-comments"
        target = f"comment {comment.id}"
        return Call("DELETE", path_of(V2, kind, comment.id), "delete a comment", target)

    def create_page(self, space_id: str, title: str, storage: str, *, parent: str | None) -> Call:
        """The request that makes a page, below the home page where no parent is named."""
        body: dict[str, JSONValue] = {
            "spaceId": space_id,
            "status": _CURRENT,
            "title": title,
            "body": _words(storage),
        }
        if parent is not None:
            body["parentId"] = parent
        return Call("POST", path_of(V2, "pages"), "create a page", f"space {space_id}", body=body)

    def update_page(self, page: SeenPage, storage: str, *, message: str) -> Call:
        """The request for the version after the one that was read."""
        body: JSONObject = {
            "id": page.id,
            "status": _CURRENT,
            "title": page.title,
            "body": _words(storage),
            "version": {"number": page.version + 1, "message": message},
        }
        path = path_of(V2, "pages", page.id)
        return Call("PUT", path, "change a page", f"page {page.id}", body=body)

    def delete_page(self, page_id: str) -> Call:
        """The request that moves a page to the trash."""
        path = path_of(V2, "pages", page_id)
        return Call("DELETE", path, "move a page to the trash", f"page {page_id}")

    def mark(self, kind: Marked, content_id: str, action_id: str) -> Call:
        """The request that marks a comment or a page as an action's."""
        body: JSONObject = {"key": MARK_KEY, "value": mark_value(action_id)}
        path = path_of(V2, kind, content_id, "properties")
        return Call("POST", path, "set a mark", f"{kind} {content_id}", body=body)


def _words(storage: str) -> JSONObject:
    return {"representation": "storage", "value": storage}

"""The requests of Data Center's API that the fake answers."""

from collections.abc import Sequence
from typing import Any, Final

from chargehand.testing.confluence.refusals import ConfluenceRefused
from chargehand.testing.confluence.rest import Answer, Asked, Handler, found_by
from chargehand.testing.confluence.site import Content
from chargehand.testing.confluence_data_center import shapes

_USUAL: Final = 25
# Fewer than are asked for, as servers do whose administrators set a limit.
MOST_RESULTS: Final = 40


def _current_user(asked: Asked) -> Answer:
    return 200, shapes.user(asked.caller)


def _search(asked: Asked) -> Answer:
    return _listed(asked, _shown(asked, found_by(asked)))


def _spaces(asked: Asked) -> Answer:
    found = [{"id": one.id, "key": one.key, "name": one.name} for one in asked.site.spaces.values()]
    return _listed(asked, found)


def _space(asked: Asked) -> Answer:
    found = asked.site.spaces.get(asked.path["key"])
    if found is None:
        raise ConfluenceRefused(404, "NOT_FOUND", f"No space with key : {asked.path['key']}")
    return 200, {"id": found.id, "key": found.key, "name": found.name}


def _pages(asked: Asked) -> Answer:
    title = asked.query.get("title")
    pages = [one for one in asked.site.pages(asked.query["spaceKey"]) if one.title == title]
    return _listed(asked, _shown(asked, pages))


def _content(asked: Asked) -> Answer:
    return 200, _shape(asked, _there(asked))


def _create(asked: Asked) -> Answer:
    body = asked.body
    storage, above = body["body"]["storage"]["value"], body.get("ancestors", [])
    parent = str(above[-1]["id"]) if above else ""
    by = asked.caller.account_id
    if body["type"] == "page":
        key = body["space"]["key"]
        made = asked.site.write_page(key, body["title"], storage, by=by, parent_id=parent)
    else:
        page_id = str(body["container"]["id"])
        if parent and asked.site.content(parent, "comment").page_id != page_id:
            raise ConfluenceRefused(400, "BAD_REQUEST", "The ancestor is on another page")
        made = asked.site.comment(page_id, storage, by=by, parent_id=parent)
    return 200, _shape(asked, made)


def _update(asked: Asked) -> Answer:
    page, body = _there(asked), asked.body
    asked.site.edit_page(
        page.id,
        body["body"]["storage"]["value"],
        by=asked.caller.account_id,
        number=body["version"]["number"],
        message=body["version"].get("message", ""),
    )
    page.title = body["title"]
    return 200, _shape(asked, page)


def _delete(asked: Asked) -> Answer:
    asked.site.remove(_there(asked).id)
    return 204, None


def _comments(asked: Asked) -> Answer:
    above = _there(asked)
    found = asked.site.answers(above.id)
    if above.type == "page":
        found = [one for one in asked.site.comments(above.id) if not one.parent_id]
    where = asked.query.get("location")
    if where is not None:
        found = [one for one in found if ("footer", "inline")[one.beside is not None] == where]
    return _listed(asked, _shown(asked, found))


def _property(asked: Asked) -> Answer:
    known, key = _there(asked).properties, asked.path["key"]
    if key not in known:
        raise ConfluenceRefused(404, "NOT_FOUND", "No such property")
    return 200, {"id": "1", "key": key, "value": known[key], "version": {"number": 1}}


def _add_property(asked: Asked) -> Answer:
    known, key = _there(asked).properties, asked.body["key"]
    if key in known:
        raise ConfluenceRefused(409, "CONFLICT", "A property with this key is there")
    known[key] = asked.body["value"]
    return 200, {"id": "1", "key": key, "value": known[key], "version": {"number": 1}}


def _versions(asked: Asked) -> Answer:
    versions = reversed(_there(asked).versions)
    return _listed(asked, [shapes.version(asked.site, one) for one in versions])


def _there(asked: Asked) -> Content:
    found = asked.site.contents.get(asked.path["id"])
    if found is None or found.status != "current":
        raise ConfluenceRefused(404, "NOT_FOUND", f"No content with id : {asked.path['id']}")
    return found


def _shape(asked: Asked, found: Content) -> dict[str, Any]:
    """A content with what was asked for alone, and what is always there."""
    expanded = set(asked.query.get("expand", "").split(","))
    shown = shapes.content(asked.site, found, asked.site_url)
    always = {"id", "type", "status", "title", "_links"}
    return {
        name: value
        for name, value in shown.items()
        if name in always or any(one.partition(".")[0] == name for one in expanded)
    }


def _shown(asked: Asked, found: Sequence[Content]) -> list[dict[str, Any]]:
    return [_shape(asked, one) for one in found]


def _listed(asked: Asked, found: Sequence[dict[str, Any]]) -> Answer:
    start = int(asked.query.get("start", "0"))
    limit = min(int(asked.query.get("limit", _USUAL)), MOST_RESULTS)
    part = found[start : start + limit]
    links = {"base": asked.site_url, "context": "/confluence"}
    if start + limit < len(found):
        links["next"] = f"/rest/api/next?limit={limit}&start={start + limit}"
    return 200, {
        "results": list(part),
        "start": start,
        "limit": limit,
        "size": len(part),
        "_links": links,
    }


_API: Final = "/rest/api"
_CONTENT: Final = f"{_API}/content"
ENDPOINTS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", f"{_API}/user/current", _current_user),
    ("GET", f"{_API}/space", _spaces),
    ("GET", f"{_API}/space/{{key}}", _space),
    ("GET", f"{_CONTENT}/search", _search),
    ("GET", _CONTENT, _pages),
    ("POST", _CONTENT, _create),
    ("GET", f"{_CONTENT}/{{id}}", _content),
    ("PUT", f"{_CONTENT}/{{id}}", _update),
    ("DELETE", f"{_CONTENT}/{{id}}", _delete),
    ("GET", f"{_CONTENT}/{{id}}/child/comment", _comments),
    ("GET", f"{_CONTENT}/{{id}}/property/{{key}}", _property),
    ("POST", f"{_CONTENT}/{{id}}/property", _add_property),
    ("GET", "/rest/experimental/content/{id}/version", _versions),
)

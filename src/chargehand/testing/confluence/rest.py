"""The requests of Confluence's two APIs that the fake answers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

from starlette.datastructures import QueryParams

from chargehand.testing.confluence.refusals import ConfluenceRefused
from chargehand.testing.confluence.shapes import (
    comment_v2,
    content_v1,
    page_v2,
    user_v1,
    version_v2,
)
from chargehand.testing.confluence.site import Content, Person, Site

CQL: Final = re.compile(
    r'space in \((?P<spaces>"[^"]+"(?:, "[^"]+")*)\) and type in \(page, comment\) '
    r'and lastmodified >= now\("-(?P<minutes>\d+)m"\)(?P<order> order by lastmodified asc)?'
)
_MOST_RESULTS: Final = 250
_DEFAULT_RESULTS: Final = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """One signed-in request; `path` holds the parts of the path by name."""

    site: Site
    caller: Person
    path: dict[str, str]
    query: QueryParams
    body: dict[str, Any]
    site_url: str
    route: str

    @property
    def with_body(self) -> bool:
        """Whether words were asked for."""
        return self.query.get("body-format") == "storage"


Answer: TypeAlias = tuple[int, Any]
Handler: TypeAlias = Callable[[Asked], Answer]


def _current_user(asked: Asked) -> Answer:
    return 200, user_v1(asked.caller)


def _user(asked: Asked) -> Answer:
    person = asked.site.people.get(asked.query.get("accountId", ""))
    if person is None:
        raise ConfluenceRefused(404, "NOT_FOUND", "There is no user with this account id.")
    return 200, user_v1(person)


def found_by(asked: Asked) -> list[Content]:
    """What a query in CQL finds, longest ago first.

    Raises: ConfluenceRefused.
    """
    found = CQL.fullmatch(asked.query.get("cql", ""))
    if found is None:
        raise ConfluenceRefused(400, "BAD_REQUEST", "Could not parse cql")
    keys = re.findall(r'"([^"]+)"', found["spaces"])
    since = asked.site.clock.now() - timedelta(minutes=int(found["minutes"]))
    # The index counts in whole minutes.
    since = since.replace(second=0, microsecond=0)
    matching = [
        one
        for one in asked.site.contents.values()
        if one.space in keys and one.status == "current" and one.last.at >= since
    ]
    return sorted(matching, key=lambda one: one.last.at)


def _search(asked: Asked) -> Answer:
    matching = found_by(asked)
    start, limit = int(asked.query.get("cursor", "0")), _limit(asked)
    part = matching[start : start + limit]
    links: dict[str, Any] = {"base": f"{asked.site_url}/wiki", "context": "/wiki"}
    if start + limit < len(matching):
        links["next"] = f"/rest/api/content/search?cql=x&limit={limit}&cursor={start + limit}"
    shapes = [content_v1(asked.site, one, asked.site_url) for one in part]
    return 200, {
        "results": shapes,
        "start": start,
        "limit": limit,
        "size": len(shapes),
        "_links": links,
    }


def _page(asked: Asked) -> Answer:
    page = asked.site.content(asked.path["id"], "page")
    return 200, page_v2(asked.site, page, with_body=asked.with_body)


def _create_page(asked: Asked) -> Answer:
    key = next(
        (s.key for s in asked.site.spaces.values() if str(s.id) == asked.body["spaceId"]), ""
    )
    page = asked.site.write_page(
        key,
        asked.body["title"],
        asked.body["body"]["value"],
        by=asked.caller.account_id,
        parent_id=asked.body.get("parentId", ""),
    )
    return 200, page_v2(asked.site, page, with_body=False)


def _update_page(asked: Asked) -> Answer:
    page = asked.site.content(asked.path["id"], "page")
    if page.status != "current":
        raise ConfluenceRefused(404, "NOT_FOUND", "The page is in the trash")
    version = asked.body["version"]
    asked.site.edit_page(
        page.id,
        asked.body["body"]["value"],
        by=asked.caller.account_id,
        number=version["number"],
        message=version.get("message", ""),
    )
    page.title = asked.body["title"]
    return 200, page_v2(asked.site, page, with_body=False)


def _delete(asked: Asked) -> Answer:
    asked.site.remove(asked.path["id"])
    return 204, None


def _versions(asked: Asked) -> Answer:
    page = asked.site.content(asked.path["id"], "page")
    return _listed(asked, [version_v2(one) for one in reversed(page.versions)])


def _spaces(asked: Asked) -> Answer:
    keys = asked.query.get("keys")
    wanted = keys.split(",") if keys else list(asked.site.spaces)
    shapes = [
        {
            "id": str(space.id),
            "key": space.key,
            "name": space.name,
            "type": "global",
            "status": "current",
            "homepageId": space.homepage_id,
        }
        for space in asked.site.spaces.values()
        if space.key in wanted
    ]
    return _listed(asked, shapes)


def _pages_of_space(asked: Asked) -> Answer:
    title = asked.query.get("title")
    spaces = [one for one in asked.site.spaces.values() if str(one.id) == asked.path["id"]]
    if not spaces:
        raise ConfluenceRefused(404, "NOT_FOUND", "No space with this id")
    pages = [one for one in asked.site.pages(spaces[0].key) if title in (None, one.title)]
    shapes = [page_v2(asked.site, one, with_body=asked.with_body) for one in pages]
    return _listed(asked, shapes)


def _comment(asked: Asked) -> Answer:
    return 200, comment_v2(_comment_of_kind(asked), with_body=asked.with_body)


def _add_comment(asked: Asked) -> Answer:
    parent_id, page_id = asked.body.get("parentCommentId", ""), asked.body.get("pageId", "")
    if bool(parent_id) == bool(page_id):
        text = "Exactly one of pageId and parentCommentId must be given"
        raise ConfluenceRefused(400, "INVALID_REQUEST_PARAMETER", text)
    if parent_id:
        parent = asked.site.content(parent_id, "comment")
        if (parent.beside is not None) is not _is_inline(asked):
            raise ConfluenceRefused(404, "NOT_FOUND", "The parent is a comment of the other kind")
        page_id = parent.page_id
    comment = asked.site.comment(
        page_id, asked.body["body"]["value"], by=asked.caller.account_id, parent_id=parent_id
    )
    return 201, comment_v2(comment, with_body=False)


def _delete_comment(asked: Asked) -> Answer:
    asked.site.remove(_comment_of_kind(asked).id)
    return 204, None


def _children(asked: Asked) -> Answer:
    above = _comment_of_kind(asked)
    return _comments(asked, asked.site.answers(above.id), without="pageId")


def _comments_of_page(asked: Asked) -> Answer:
    page = asked.site.content(asked.path["id"], "page")
    found = [one for one in asked.site.comments(page.id) if not one.parent_id]
    kind = [one for one in found if (one.beside is not None) is _is_inline(asked)]
    return _comments(asked, kind, without="parentCommentId")


def _properties(asked: Asked) -> Answer:
    content, key = _any_content(asked), asked.query.get("key")
    shapes = [
        {"id": str(number), "key": name, "value": value, "version": version_v2(content.first)}
        for number, (name, value) in enumerate(content.properties.items(), start=1)
        if key in (None, name)
    ]
    return _listed(asked, shapes)


def _add_property(asked: Asked) -> Answer:
    content, key = _any_content(asked), asked.body["key"]
    if key in content.properties:
        raise ConfluenceRefused(409, "CONFLICT", "A property with this key is there")
    content.properties[key] = asked.body["value"]
    return 200, {"id": "1", "key": key, "value": asked.body["value"]}


def _any_content(asked: Asked) -> Content:
    kind = "page" if "/pages/" in asked.route else "comment"
    return asked.site.content(asked.path["id"], kind)  # type: ignore[arg-type] # one of both.


def _comment_of_kind(asked: Asked) -> Content:
    comment = asked.site.content(asked.path["id"], "comment")
    if (comment.beside is not None) is not _is_inline(asked):
        raise ConfluenceRefused(404, "NOT_FOUND", "It is a comment of the other kind")
    return comment


def _is_inline(asked: Asked) -> bool:
    return "inline-comments" in asked.route


def _comments(asked: Asked, found: Sequence[Content], *, without: str) -> Answer:
    """A list of comments, each without the place the list itself is of."""
    is_newest_first = asked.query.get("sort") == "-created-date"
    ordered = list(reversed(found)) if is_newest_first else list(found)
    shapes = [comment_v2(one, with_body=asked.with_body) for one in ordered]
    return _listed(asked, [{key: one[key] for key in one if key != without} for one in shapes])


def _listed(asked: Asked, shapes: Sequence[dict[str, Any]]) -> Answer:
    start, limit = int(asked.query.get("cursor", "0")), _limit(asked)
    links: dict[str, Any] = {"base": f"{asked.site_url}/wiki"}
    if start + limit < len(shapes):
        links["next"] = f"/wiki/api/v2/next?limit={limit}&cursor={start + limit}"
    return 200, {"results": shapes[start : start + limit], "_links": links}


def _limit(asked: Asked) -> int:
    return min(int(asked.query.get("limit", _DEFAULT_RESULTS)), _MOST_RESULTS)


_V1, _V2 = "/wiki/rest/api", "/wiki/api/v2"
_FOOTER, _INLINE = f"{_V2}/footer-comments", f"{_V2}/inline-comments"
ENDPOINTS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", f"{_V1}/user", _user),
    ("GET", f"{_V1}/user/current", _current_user),
    ("GET", f"{_V1}/content/search", _search),
    ("GET", f"{_V2}/spaces", _spaces),
    ("GET", f"{_V2}/spaces/{{id}}/pages", _pages_of_space),
    ("POST", f"{_V2}/pages", _create_page),
    ("GET", f"{_V2}/pages/{{id}}", _page),
    ("PUT", f"{_V2}/pages/{{id}}", _update_page),
    ("DELETE", f"{_V2}/pages/{{id}}", _delete),
    ("GET", f"{_V2}/pages/{{id}}/versions", _versions),
    ("GET", f"{_V2}/pages/{{id}}/footer-comments", _comments_of_page),
    ("GET", f"{_V2}/pages/{{id}}/inline-comments", _comments_of_page),
    ("GET", f"{_V2}/pages/{{id}}/properties", _properties),
    ("POST", f"{_V2}/pages/{{id}}/properties", _add_property),
    ("GET", f"{_V2}/comments/{{id}}/properties", _properties),
    ("POST", f"{_V2}/comments/{{id}}/properties", _add_property),
    *(
        entry
        for root in (_FOOTER, _INLINE)
        for entry in (
            ("POST", root, _add_comment),
            ("GET", f"{root}/{{id}}", _comment),
            ("DELETE", f"{root}/{{id}}", _delete_comment),
            ("GET", f"{root}/{{id}}/children", _children),
        )
    ),
)

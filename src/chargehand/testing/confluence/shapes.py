"""The site's objects as its two APIs write them."""

from datetime import datetime
from typing import Any

from chargehand.testing.confluence.site import Content, Person, Site, Version


def instant(at: datetime) -> str:
    """A time as both APIs write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def page_v2(site: Site, page: Content, *, with_body: bool) -> dict[str, Any]:
    """A page of the second API."""
    space = site.spaces[page.space]
    return {
        "id": page.id,
        "status": page.status,
        "title": page.title,
        "spaceId": str(space.id),
        "parentId": page.parent_id or None,
        "parentType": "page" if page.parent_id else None,
        "authorId": page.first.by,
        "createdAt": instant(page.first.at),
        "version": version_v2(page.last),
        "body": _body(page.last) if with_body else {},
        "_links": {"webui": f"/spaces/{page.space}/pages/{page.id}"},
    }


def comment_v2(comment: Content, *, with_body: bool) -> dict[str, Any]:
    """A comment of the second API; its version tells who made the newest one."""
    shape: dict[str, Any] = {
        "id": comment.id,
        "status": comment.status,
        "title": comment.title,
        "pageId": comment.page_id,
        "version": version_v2(comment.last),
        "body": _body(comment.last) if with_body else {},
        "_links": {"webui": f"/pages/{comment.page_id}?focusedCommentId={comment.id}"},
    }
    if comment.parent_id:
        shape["parentCommentId"] = comment.parent_id
    if comment.beside is not None:
        shape["properties"] = {"inlineOriginalSelection": comment.beside}
    return shape


def version_v2(version: Version) -> dict[str, Any]:
    """One version of the second API."""
    return {
        "createdAt": instant(version.at),
        "message": version.message,
        "number": version.number,
        "minorEdit": False,
        "authorId": version.by,
    }


def content_v1(site: Site, content: Content, site_url: str) -> dict[str, Any]:
    """A page or comment of the first API, with everything polling asks for."""
    shape: dict[str, Any] = {
        "id": content.id,
        "type": content.type,
        "status": content.status,
        "title": content.title,
        "space": space_v1(site, content.space),
        "version": {
            "by": user_v1(site.people[content.last.by]),
            "when": instant(content.last.at),
            "message": content.last.message,
            "number": content.last.number,
            "minorEdit": False,
        },
        "history": {
            "latest": True,
            "createdBy": user_v1(site.people[content.first.by]),
            "createdDate": instant(content.first.at),
        },
        "ancestors": [
            {"id": one.id, "type": one.type, "status": one.status, "title": one.title}
            for one in site.ancestors(content)
        ],
        "body": _body(content.last),
        "extensions": {},
        "_links": {"base": f"{site_url}/wiki", "webui": f"/spaces/{content.space}/{content.id}"},
    }
    if content.type == "comment":
        page = site.contents[content.page_id]
        shape["container"] = {
            "id": page.id,
            "type": "page",
            "status": page.status,
            "title": page.title,
        }
        shape["extensions"] = {"location": "footer" if content.beside is None else "inline"}
        if content.beside is not None:
            shape["extensions"]["inlineProperties"] = {"originalSelection": content.beside}
    else:
        shape["container"] = space_v1(site, content.space)
    return shape


def space_v1(site: Site, key: str) -> dict[str, Any]:
    """A space of the first API."""
    space = site.spaces[key]
    return {
        "id": space.id,
        "key": key,
        "name": space.name,
        "type": "global",
        "status": "current",
        "_expandable": {},
        "_links": {"webui": f"/spaces/{key}"},
    }


def user_v1(person: Person) -> dict[str, Any]:
    """An account of the first API."""
    return {
        "type": "known",
        "accountId": person.account_id,
        "accountType": person.account_type,
        "email": person.email,
        "publicName": person.name,
        "displayName": person.name,
        "timeZone": "UTC",
    }


def _body(version: Version) -> dict[str, Any]:
    return {"storage": {"value": version.storage, "representation": "storage"}}

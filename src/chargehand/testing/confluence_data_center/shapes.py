"""The site's objects as Data Center's one API writes them."""

from typing import Any

from chargehand.testing.confluence.shapes import content_v1, instant
from chargehand.testing.confluence.site import Content, Person, Site, Version


def content(site: Site, found: Content, site_url: str) -> dict[str, Any]:
    """A page or a comment, with everything that can be expanded."""
    shape = content_v1(site, found, site_url)
    shape["version"]["by"] = user(site.people[found.last.by])
    shape["history"]["createdBy"] = user(site.people[found.first.by])
    shape["_links"] = {"webui": f"/pages/viewpage.action?pageId={found.page_id or found.id}"}
    return shape


def user(person: Person) -> dict[str, Any]:
    """A user, by name and by the key that stays."""
    return {
        "type": "known",
        "username": ".".join(person.name.casefold().split()),
        "userKey": person.account_id,
        "displayName": person.name,
    }


def version(site: Site, one: Version) -> dict[str, Any]:
    """One version of a content."""
    return {
        "by": user(site.people[one.by]),
        "when": instant(one.at),
        "message": one.message,
        "number": one.number,
        "minorEdit": False,
    }

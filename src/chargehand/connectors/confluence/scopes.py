"""The scope of an API token that each request to Confluence Cloud needs.

Source: developer.atlassian.com/cloud/confluence/rest/v1 and v2, "OAuth scopes required": of both
lists the granular ones; of v2 they stand at each request in openapi-v2.v3.json (read 2026-11)
"""

from collections.abc import Mapping
from typing import Final

_V2: Final = "/api/v2/"
_KINDS: Final[Mapping[str, str]] = {
    "comments": "comment",
    "footer-comments": "comment",
    "inline-comments": "comment",
    "pages": "page",
    "spaces": "space",
}
_DEEDS: Final[Mapping[str, str]] = {"GET": "read", "DELETE": "delete"}
_DETAILS: Final = "read:content-details:confluence"
_OLD: Final[Mapping[str, str]] = {
    "/rest/api/content/search": f"{_DETAILS} or search:confluence",
    "/rest/api/user": _DETAILS,
    "/rest/api/user/current": _DETAILS,
}


def scope_of(method: str, path: str) -> str:
    """What a token needs for a request; empty where nobody says, as on Data Center."""
    if not path.startswith(_V2):
        return _OLD.get(path, "")
    # Of /spaces/7/pages the pages are meant; properties belong to what they are of.
    named = [_KINDS[part] for part in path.removeprefix(_V2).split("/") if part in _KINDS]
    if not named:
        return ""
    scope = f"{_DEEDS.get(method, 'write')}:{named[-1]}:confluence"
    is_mark = method == "POST" and path.endswith("/properties")
    return f"read:{named[-1]}:confluence and {scope}" if is_mark else scope

"""Addresses of pull requests and pages in a text, as people paste them into work items."""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from chargehand.domain.reference import ReferenceKind, ReferenceSubject
from chargehand.pipeline.connection import LiveConnection

_MOST_LINKS: Final = 50
_LONGEST_TEXT: Final = 131_072
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'|\]\)}]{4,500}")
_NAME: Final = r"[A-Za-z0-9~._-]{1,100}"
# How hosts write the way to a pull request, and wikis to a page, whatever stands before it.
_PULL_REQUESTS: Final = (
    re.compile(rf"/projects/({_NAME})/repos/({_NAME})/pull-requests/([1-9][0-9]{{0,8}})(?![0-9])"),
    re.compile(rf"/({_NAME})/({_NAME})/pull(?:-requests)?/([1-9][0-9]{{0,8}})(?![0-9])"),
)
_PAGE: Final = re.compile(rf"/spaces/({_NAME})/pages/(?:edit-v2/)?([1-9][0-9]{{0,18}})(?![0-9])")


def linked_in(text: str, connections: Iterable[LiveConnection]) -> tuple[ReferenceSubject, ...]:
    """The pull requests and pages a text links to, of bound places of these connections.

    Shape: each once, in reading order, at most some dozen; an address of another host is none.
    """
    by_host = [(host_of(one.site), one) for one in connections if one.channels]
    found = dict.fromkeys(_found_in(text[:_LONGEST_TEXT], by_host))
    return tuple(found)[:_MOST_LINKS]


def host_of(site: str) -> str:
    """The host people open a site at: that of an API is not the one they link to."""
    return (_split(site)[0]).removeprefix("api.").removeprefix("www.")


def _found_in(text: str, by_host: list[tuple[str, LiveConnection]]) -> Iterator[ReferenceSubject]:
    for address in _ADDRESS.findall(text):
        host, path = _split(address)
        for known, connection in by_host:
            if known and host.removeprefix("www.") == known:
                yield from _subjects(path, connection)


def _subjects(path: str, connection: LiveConnection) -> Iterator[ReferenceSubject]:
    bound = {name.casefold(): name for name in connection.channels}
    for pattern in _PULL_REQUESTS:
        found = pattern.search(path)
        name = bound.get(f"{found[1]}/{found[2]}".casefold()) if found is not None else None
        if found is not None and name is not None:
            kind = ReferenceKind.PULL_REQUEST
            yield ReferenceSubject(connection.id, name, kind, found[3])
            return
    page = _PAGE.search(path)
    space = bound.get(page[1].casefold()) if page is not None else None
    if page is not None and space is not None:
        yield ReferenceSubject(connection.id, space, ReferenceKind.PAGE, page[2])


def _split(address: str) -> tuple[str, str]:
    """Host and path of an address; both empty for what is none."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or "").casefold(), unquote(parts.path)
    except ValueError:
        return "", ""

"""What a pull request changes, as each Bitbucket tells it.

Source: developer.atlassian.com/cloud/bitbucket/rest (diffstat of a pull request) and
developer.atlassian.com/server/bitbucket/rest (changes and diff of a pull request, 9.x);
jira.atlassian.com/browse/BSERV-5329 (what a list of changes answers that was cut short)
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from chargehand.connectors.bitbucket.seen import SeenPullRequest, number_in
from chargehand.connectors.bitbucket.transport import BitbucketTransport, Call
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import MOST_FILES, Diff, bounded_paths
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in
from chargehand.plugins.errors import VendorAnswerUnreadable, VendorFailing

_READ: Final = "read what a pull request changes"
_PAGE: Final = 500
_ENDS: Final = ("old", "new")
_SIDES: Final = ("path", "srcPath")
_CHANGED_LINES: Final = frozenset({"ADDED", "REMOVED"})


async def cloud_diff(
    transport: BitbucketTransport, path: str, ref: PullRequestRef, now: SeenPullRequest
) -> Diff:
    """The diffstat of a pull request at `path`; nothing is counted where it has too many files.

    Bitbucket answers with the address of the diffstat of the two commits.
    Raises: what `BitbucketTransport.read` raises.
    """
    call = Call("GET", f"{path}/diffstat", _READ, f"pull request {ref}", {"pagelen": _PAGE})
    files: list[Fields] = []
    async for page in transport.pages(replace(call, is_led_on=True)):
        files += page
        if len(files) > MOST_FILES:
            return Diff(now.head_commit, now.target_branch, None, None, None)
    counts = [number_in(one, name) for one in files for name in ("lines_added", "lines_removed")]
    is_counted = all(one is not None for one in counts)
    return Diff(
        head_commit=now.head_commit,
        target_branch=now.target_branch,
        line_count=sum(one or 0 for one in counts) if is_counted else None,
        file_count=len(files),
        paths=_paths_of(files, _ENDS, "path"),
    )


async def data_center_diff(
    transport: BitbucketTransport, path: str, ref: PullRequestRef, now: SeenPullRequest
) -> Diff:
    """The changes of a pull request at `path`, and its lines as far as the whole diff tells them.

    Raises: what `BitbucketTransport.read` raises.
    """
    limit: dict[str, str | int] = {"limit": MOST_FILES}
    call = Call("GET", f"{path}/changes", _READ, f"pull request {ref}", limit)
    files = _whole_list(await transport.read(call))
    if files is None:
        return Diff(now.head_commit, now.target_branch, None, None, None)
    query: dict[str, str | int] = {"contextLines": 0, "withComments": "false"}
    call = Call("GET", f"{path}/diff", _READ, f"pull request {ref}", query)
    try:
        lines = _lines_of(await transport.read(call))
    except (VendorAnswerUnreadable, VendorFailing):
        # It is too large to be told; which files it changes is known all the same.
        lines = None
    return Diff(
        head_commit=now.head_commit,
        target_branch=now.target_branch,
        line_count=lines,
        file_count=len(files),
        paths=_paths_of(files, _SIDES, "toString"),
    )


def _whole_list(found: Fields) -> tuple[Fields, ...] | None:
    """Every changed file; None where they are too many.

    The list has one page: Data Center stops at a number of its own, a thousand unless it was set
    to another, and says no more than that there would be a next page.
    """
    files = _objects_in(found, "values")
    is_whole = found.get("isLastPage") is True and len(files) < MOST_FILES
    return files if is_whole else None


def _lines_of(found: Fields) -> int | None:
    """The added and removed lines of a diff; None where some of it was left out."""
    parts = tuple(_parts_of(found))
    if any(one.get("truncated") is True for one in (found, *parts)):
        return None
    return sum(
        len(_objects_in(one, "lines")) for one in parts if text_in(one, "type") in _CHANGED_LINES
    )


def _parts_of(found: Fields) -> Iterator[Fields]:
    """Files, hunks and segments."""
    for file in _objects_in(found, "diffs"):
        yield file
        for hunk in _objects_in(file, "hunks"):
            yield hunk
            yield from _objects_in(hunk, "segments")


def _paths_of(files: Sequence[Fields], ends: Sequence[str], name: str) -> tuple[str, ...] | None:
    """Both names of every file; None where a file has none that can be read."""
    found: list[str] = []
    for file in files:
        told = [path for end in ends if isinstance(path := fields_in(file, end).get(name), str)]
        if not any(told):
            return None
        found += [path for path in told if path]
    return bounded_paths(found)


def _objects_in(fields: Fields, name: str) -> tuple[Fields, ...]:
    return tuple(one for one in list_in(fields, name) if isinstance(one, dict))

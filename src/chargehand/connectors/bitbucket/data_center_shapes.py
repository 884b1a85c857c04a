"""Reads Bitbucket Data Center's objects, which webhooks and answers write alike.

Source: confluence.atlassian.com/bitbucketserver, "Event payload" (9.x, read 2026-11)
"""

import re
from collections.abc import Mapping
from typing import Final

from chargehand.connectors.bitbucket.seen import (
    DESCRIPTION_CHARS,
    MOST_COMMITS,
    SeenAccount,
    SeenChange,
    SeenCheck,
    SeenComment,
    SeenCommit,
    SeenPullRequest,
    SeenRepository,
    address_in,
    first_line,
    flag_in,
    hash_in,
    moment_in,
    number_in,
    people_in,
    raw_in,
    ref_in,
    repository_name,
)
from chargehand.domain.code import CheckState, PullRequestState, ReviewState
from chargehand.domain.event import ActorKind
from chargehand.domain.ids import AccountId
from chargehand.kit.hidden import without_hidden
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

_UNSAFE: Final = re.compile(r"[^a-z0-9_.~-]")
_STATES: Final[Mapping[str, PullRequestState]] = {
    "OPEN": PullRequestState.OPEN,
    "MERGED": PullRequestState.MERGED,
    "DECLINED": PullRequestState.DECLINED,
}
_REVIEWS: Final[Mapping[str, ReviewState]] = {
    "APPROVED": ReviewState.APPROVED,
    "NEEDS_WORK": ReviewState.CHANGES_REQUESTED,
    "UNAPPROVED": ReviewState.WAITING,
}
_CHECKS: Final[Mapping[str, CheckState]] = {
    "SUCCESSFUL": CheckState.PASSED,
    "FAILED": CheckState.FAILED,
    "CANCELLED": CheckState.NEUTRAL,
    "UNKNOWN": CheckState.NEUTRAL,
    "INPROGRESS": CheckState.RUNNING,
}


def slug_of(name: str) -> str:
    """The slug of a user name, which is what accounts are known by here."""
    return _UNSAFE.sub("_", name.casefold())[:128]


def link_in(fields: Fields) -> str:
    """Where a person opens an object."""
    for one in list_in(fields_in(fields, "links"), "self"):
        if isinstance(one, dict):
            return address_in(one, "href")
    return ""


def account_in(fields: Fields, name: str) -> SeenAccount | None:
    """The account under a name; None when there is none."""
    found = fields_in(fields, name)
    slug = slug_of(text_in(found, "slug") or text_in(found, "name"))
    if not slug:
        return None
    kind = ActorKind.BOT if text_in(found, "type") == "SERVICE" else ActorKind.PERSON
    shown = text_in(found, "displayName") or text_in(found, "name")
    return SeenAccount(AccountId(slug), shown, kind, text_in(found, "name"))


def repository_of(found: Fields) -> SeenRepository | None:
    """A repository; `PROJ/slug` is its full name."""
    project = text_in(fields_in(found, "project"), "key")
    full_name = repository_name(f"{project}/{text_in(found, 'slug')}")
    if not full_name:
        return None
    is_public = flag_in(found, "public")
    return SeenRepository(full_name, None if is_public is None else not is_public, link_in(found))


def repository_in_pull_request(found: Fields) -> SeenRepository | None:
    """The repository a pull request is in."""
    return repository_of(fields_in(fields_in(found, "toRef"), "repository"))


def pull_request_of(found: Fields) -> SeenPullRequest | None:
    """A pull request; None for what has no number."""
    number = number_in(found, "id")
    if not number:
        return None
    source, target = fields_in(found, "fromRef"), fields_in(found, "toRef")
    source_repository = repository_of(fields_in(source, "repository"))
    reviews = [
        (account, _REVIEWS.get(text_in(one, "status"), ReviewState.WAITING))
        for one in people_in(found, "reviewers")
        if (account := account_in(one, "user")) is not None
    ]
    return SeenPullRequest(
        number=number,
        title=text_in(found, "title"),
        url=link_in(found),
        state=_STATES.get(text_in(found, "state"), PullRequestState.OPEN),
        is_draft=flag_in(found, "draft") is True,
        source_branch=_branch_of(source),
        source_repository=source_repository.full_name if source_repository else "",
        target_branch=_branch_of(target),
        head_commit=hash_in(source, "latestCommit"),
        author=account_in(fields_in(found, "author"), "user"),
        description=without_hidden(raw_in(found, "description"))[:DESCRIPTION_CHARS],
        created_at=moment_in(found, "createdDate"),
        updated_at=moment_in(found, "updatedDate"),
        reviewers=tuple({one[0].id: one for one in reviews}.values()),
        version=number_in(found, "version"),
    )


def comment_of(found: Fields, *, parent: int | None, anchor: Fields) -> SeenComment | None:
    """A comment; None for what has no number.

    Shape: `anchor` is where its thread hangs in the diff, empty where it hangs in none.
    """
    number = number_in(found, "id")
    if not number:
        return None
    path = text_in(anchor, "path", 1_000) or None
    root = parent or (number if path is not None else None)
    return SeenComment(
        id=str(number),
        raw=raw_in(found, "text"),
        author=account_in(found, "author"),
        created_at=moment_in(found, "createdDate"),
        updated_at=moment_in(found, "updatedDate"),
        parent_id=str(parent) if parent else None,
        root_id=str(root) if root else None,
        path=path,
        line=number_in(anchor, "line"),
        version=number_in(found, "version"),
    )


def change_of(found: Fields) -> SeenChange | None:
    """What a push did to one branch or tag; None when neither end of it is told."""
    ref = fields_in(found, "ref")
    whole = ref_in(ref, "id") or ref_in(found, "refId")
    before, after = hash_in(found, "fromHash"), hash_in(found, "toHash")
    if not whole or not (before or after):
        return None
    kind = "tag" if whole.startswith("refs/tags/") else "branch"
    # Whether a push was forced is told by no payload of Data Center; polling finds it out.
    return SeenChange(
        ref=whole,
        ref_kind=kind,
        name=ref_in(ref, "displayId") or whole.split("/", 2)[-1],
        before=before,
        after=after,
        is_forced=flag_in(found, "forced"),
    )


def commits_in(found: Fields) -> tuple[SeenCommit, ...]:
    """The commits a push of newer releases tells of."""
    listed = (_commit_of(one) for one in people_in(found, "commits")[:MOST_COMMITS])
    return tuple(one for one in listed if one is not None)


def check_of(found: Fields, *, commit: str) -> SeenCheck | None:
    """A build status of a commit; None when its state is not told."""
    state, key = _CHECKS.get(text_in(found, "state")), text_in(found, "key")
    if state is None or not key:
        return None
    return SeenCheck(
        key=key,
        name=text_in(found, "name") or key,
        state=state,
        url=address_in(found, "url"),
        commit=commit,
        branch=ref_in(found, "ref") or None,
        updated_at=moment_in(found, "updatedDate") or moment_in(found, "dateAdded"),
    )


def _branch_of(end: Fields) -> str:
    return ref_in(end, "displayId") or ref_in(end, "id").removeprefix("refs/heads/")


def _commit_of(found: Fields) -> SeenCommit | None:
    commit = hash_in(found, "id")
    if not commit:
        return None
    author = fields_in(found, "author")
    account = account_in(found, "author") if text_in(author, "slug") else None
    return SeenCommit(
        id=commit,
        message=first_line(raw_in(found, "message")),
        url="",
        author_name=text_in(author, "displayName") or text_in(author, "name"),
        author_id=account.id if account else None,
    )

"""Reads Bitbucket Cloud's objects, which webhooks and answers write alike.

Source: developer.atlassian.com/cloud/bitbucket, support.atlassian.com, "Event payloads" (2026-11)
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
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
    author_name,
    first_line,
    flag_in,
    hash_in,
    iso_in,
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
from chargehand.kit.tolerant import Fields, fields_in, text_in

_ACCOUNT: Final = re.compile(r"[0-9A-Za-z:_-]{1,128}|\{[0-9a-fA-F-]{36}\}")
_SAME: Final = timedelta(seconds=2)
_STATES: Final[Mapping[str, PullRequestState]] = {
    "OPEN": PullRequestState.OPEN,
    "MERGED": PullRequestState.MERGED,
    "DECLINED": PullRequestState.DECLINED,
    "SUPERSEDED": PullRequestState.DECLINED,
}
_CHECKS: Final[Mapping[str, CheckState]] = {
    "SUCCESSFUL": CheckState.PASSED,
    "FAILED": CheckState.FAILED,
    "STOPPED": CheckState.NEUTRAL,
    "INPROGRESS": CheckState.RUNNING,
}


def is_later(made: datetime | None, updated: datetime | None) -> bool:
    """Whether a thing was changed after it was made; both times are set a moment apart then."""
    return made is not None and updated is not None and updated - made > _SAME


def link_in(fields: Fields, name: str = "html") -> str:
    """The address of an object, where a person opens it unless another is asked for."""
    return address_in(fields_in(fields_in(fields, "links"), name), "href")


def account_in(fields: Fields, name: str) -> SeenAccount | None:
    """The account under a name; None when there is none that can be told apart."""
    found = fields_in(fields, name)
    uuid = text_in(found, "uuid")
    account = next(
        (
            text
            for text in (text_in(found, "account_id"), uuid, text_in(found, "username"))
            if _ACCOUNT.fullmatch(text)
        ),
        "",
    )
    if not account:
        return None
    # What signs in by an access token, an app, and a team are no persons.
    kind = ActorKind.PERSON if text_in(found, "type") in ("user", "") else ActorKind.BOT
    shown = text_in(found, "display_name") or text_in(found, "nickname")
    return SeenAccount(AccountId(account), shown, kind, uuid)


def repository_in(fields: Fields, name: str = "repository") -> SeenRepository | None:
    """The repository under a name."""
    found = fields_in(fields, name)
    full_name = repository_name(text_in(found, "full_name"))
    if not full_name:
        return None
    main = ref_in(fields_in(found, "mainbranch"), "name")
    return SeenRepository(full_name, flag_in(found, "is_private"), link_in(found), main)


def pull_request_of(found: Fields) -> SeenPullRequest | None:
    """A pull request; None for what has no number."""
    number = number_in(found, "id")
    if not number:
        return None
    source, target = fields_in(found, "source"), fields_in(found, "destination")
    source_repository = repository_name(text_in(fields_in(source, "repository"), "full_name"))
    return SeenPullRequest(
        number=number,
        title=text_in(found, "title"),
        url=link_in(found),
        state=_STATES.get(text_in(found, "state"), PullRequestState.OPEN),
        is_draft=flag_in(found, "draft") is True,
        source_branch=ref_in(fields_in(source, "branch"), "name"),
        source_repository=source_repository,
        target_branch=ref_in(fields_in(target, "branch"), "name"),
        head_commit=hash_in(fields_in(source, "commit"), "hash"),
        author=account_in(found, "author"),
        description=without_hidden(_description_of(found))[:DESCRIPTION_CHARS],
        created_at=iso_in(found, "created_on"),
        updated_at=iso_in(found, "updated_on"),
        reviewers=_reviewers_of(found),
    )


def comment_of(found: Fields) -> SeenComment | None:
    """A comment; None for what has no number."""
    number = number_in(found, "id")
    if not number:
        return None
    parent = number_in(fields_in(found, "parent"), "id")
    inline = fields_in(found, "inline")
    line = number_in(inline, "to") or number_in(inline, "from")
    path = text_in(inline, "path", 1_000) or None
    # An answer names the comment it answers, and Bitbucket keeps the thread together from there.
    root = parent or (number if path is not None else None)
    return SeenComment(
        id=str(number),
        raw=raw_in(fields_in(found, "content"), "raw"),
        author=account_in(found, "user"),
        created_at=iso_in(found, "created_on"),
        updated_at=iso_in(found, "updated_on"),
        parent_id=str(parent) if parent else None,
        root_id=str(root) if root else None,
        path=path,
        line=line,
        url=link_in(found),
        is_deleted=flag_in(found, "deleted") is True,
    )


def change_of(found: Fields) -> SeenChange | None:
    """What a push did to one branch or tag; None when neither end of it is told."""
    old, new = fields_in(found, "old"), fields_in(found, "new")
    here = new or old
    name = ref_in(here, "name")
    if not name:
        return None
    kind = "tag" if text_in(here, "type") in ("tag", "annotated_tag") else "branch"
    before, after = (hash_in(fields_in(one, "target"), "hash") for one in (old, new))
    if not before and not after:
        return None
    listed = [_commit_of(one) for one in people_in(found, "commits")[:MOST_COMMITS]]
    commits = tuple(one for one in listed if one is not None)
    is_cut = flag_in(found, "truncated") is True
    space = "tags" if kind == "tag" else "heads"
    return SeenChange(
        ref=f"refs/{space}/{name}",
        ref_kind=kind,
        name=name,
        before=before,
        after=after,
        is_forced=flag_in(found, "forced"),
        url=link_in(found) or link_in(here),
        commits=commits,
        commits_total=None if is_cut else len(commits),
    )


def check_of(found: Fields) -> SeenCheck | None:
    """A build status; None when its commit or its state is not told."""
    commit = hash_in(fields_in(found, "commit"), "hash") or _hash_of_link(found)
    state = _CHECKS.get(text_in(found, "state"))
    key = text_in(found, "key")
    if not commit or state is None or not key:
        return None
    return SeenCheck(
        key=key,
        name=text_in(found, "name") or key,
        state=state,
        url=address_in(found, "url"),
        commit=commit,
        branch=ref_in(found, "refname") or None,
        updated_at=iso_in(found, "updated_on"),
    )


def _description_of(found: Fields) -> str:
    return raw_in(found, "description") or raw_in(fields_in(found, "summary"), "raw")


def _reviewers_of(found: Fields) -> tuple[tuple[SeenAccount, ReviewState], ...]:
    """Whoever was asked to look, and whoever approved or asked for changes without being asked."""
    states: dict[AccountId, tuple[SeenAccount, ReviewState]] = {}
    for one in people_in(found, "reviewers"):
        account = account_in({"user": one}, "user")
        if account is not None:
            states[account.id] = (account, ReviewState.WAITING)
    for one in people_in(found, "participants"):
        account = account_in(one, "user")
        if account is None:
            continue
        state = _review_of(one)
        is_reviewer = text_in(one, "role") == "REVIEWER" or account.id in states
        if is_reviewer or state in (ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED):
            states[account.id] = (account, state)
    return tuple(states.values())


def _review_of(participant: Fields) -> ReviewState:
    if flag_in(participant, "approved") is True:
        return ReviewState.APPROVED
    if text_in(participant, "state") == "changes_requested":
        return ReviewState.CHANGES_REQUESTED
    spoke = iso_in(participant, "participated_on") is not None
    return ReviewState.COMMENTED if spoke else ReviewState.WAITING


def _commit_of(found: Fields) -> SeenCommit | None:
    commit = hash_in(found, "hash")
    if not commit:
        return None
    author = fields_in(found, "author")
    account = account_in(author, "user")
    return SeenCommit(
        id=commit,
        message=first_line(raw_in(found, "message")),
        url=link_in(found),
        author_name=author_name(author),
        author_id=account.id if account else None,
    )


def _hash_of_link(found: Fields) -> str:
    # Older payloads name the commit by its address alone.
    tail = link_in(found, "commit").rpartition("/")[2]
    return hash_in({"hash": tail}, "hash")

"""How references, pull requests and branches become rows, and rows become them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from chargehand.domain.code import CheckState, PullRequestRef, PullRequestState, ReviewState
from chargehand.domain.ids import ConnectionId, WorkItemKey
from chargehand.domain.reference import (
    Reference,
    ReferenceKind,
    ReferenceSubject,
    SeenPullRequest,
    SeenReviewer,
)
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow

_ID_LENGTH: Final = 40
_PLACE_LENGTH: Final = 255
HASH_LENGTH: Final = 80


def subject_id(subject: ReferenceSubject) -> str:
    """What a subject is found by."""
    return _digest(subject.kind, subject.connection_id, subject.place.casefold(), subject.name)


def branch_id(connection_id: ConnectionId, repository: str, branch: str) -> str:
    """What a branch is found by."""
    return _digest("branch", connection_id, repository.casefold(), branch)


def pull_request_id_of(connection_id: ConnectionId, ref: PullRequestRef) -> str:
    """What a pull request is found by."""
    return _digest("pull", connection_id, ref.repository.casefold(), ref.number)


def _digest(*parts: object) -> str:
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LENGTH]


def reference_row(reference: Reference, *, place: str | None = None) -> dict[str, Any]:
    """The row of a reference; under another name of its repository if that is given."""
    subject = reference.subject
    if place is not None:
        subject = ReferenceSubject(subject.connection_id, place, subject.kind, subject.name)
    on_branch = None
    if reference.branch:
        on_branch = branch_id(subject.connection_id, subject.place, reference.branch)
    found = subject_id(subject)
    return {
        "reference_id": _digest(
            found, reference.work_item, reference.found_in, reference.branch or ""
        ),
        "subject_id": found,
        "branch_id": on_branch,
        "connection_id": subject.connection_id,
        "work_item": reference.work_item,
        "kind": subject.kind.value,
        "place": subject.place[:_PLACE_LENGTH],
        "subject": subject.name,
        "found_in": reference.found_in[:_PLACE_LENGTH],
        "branch": reference.branch,
        "title": reference.title,
        "url": reference.url,
        "is_private": int(reference.is_private),
        "author_id": reference.author_id[:_PLACE_LENGTH],
        "author_name": reference.author_name,
        "seen_at": to_micros(reference.seen_at),
    }


def reference_of(row: AnyRow) -> Reference:
    """The reference of a row."""
    kind = ReferenceKind(row.kind)
    return Reference(
        subject=ReferenceSubject(ConnectionId(row.connection_id), row.place, kind, row.subject),
        work_item=WorkItemKey(row.work_item),
        found_in=row.found_in,
        seen_at=from_micros(row.seen_at),
        title=row.title,
        url=row.url,
        is_private=bool(row.is_private),
        branch=row.branch,
        author_id=row.author_id,
        author_name=row.author_name,
    )


def pull_request_row(
    seen: SeenPullRequest, *, repository: str | None = None, source_repository: str | None = None
) -> dict[str, Any]:
    """The row of a pull request; under other names of its repositories if they are given."""
    ref = PullRequestRef(repository or seen.ref.repository, seen.ref.number)
    return {
        "pull_request_id": pull_request_id_of(seen.connection_id, ref),
        "connection_id": seen.connection_id,
        "repository": ref.repository[:_PLACE_LENGTH],
        "number": ref.number,
        "title": seen.title,
        "state": seen.state.value,
        "is_draft": int(seen.is_draft),
        "is_private": int(seen.is_private),
        "url": seen.url,
        "source_repository": (source_repository or seen.source_repository)[:_PLACE_LENGTH],
        "source_branch": seen.source_branch,
        "target_branch": seen.target_branch,
        "head_commit": seen.head_commit[:HASH_LENGTH],
        "author_id": seen.author_id[:_PLACE_LENGTH],
        "author_name": seen.author_name,
        "reviewers": reviewers_json(seen.reviewers),
        "checks": checks_json(seen.checks),
        "updated_at": to_micros(seen.updated_at),
    }


def pull_request_of(row: AnyRow) -> SeenPullRequest:
    """The pull request of a row."""
    checks = json.loads(row.checks)
    return SeenPullRequest(
        connection_id=ConnectionId(row.connection_id),
        ref=PullRequestRef(row.repository, row.number),
        title=row.title,
        state=PullRequestState(row.state),
        is_draft=bool(row.is_draft),
        is_private=bool(row.is_private),
        url=row.url,
        source_repository=row.source_repository,
        source_branch=row.source_branch,
        target_branch=row.target_branch,
        head_commit=row.head_commit,
        author_id=row.author_id,
        author_name=row.author_name,
        updated_at=from_micros(row.updated_at),
        reviewers=tuple(
            SeenReviewer(one["id"], one["name"], ReviewState(one["state"]))
            for one in json.loads(row.reviewers)
        ),
        checks={name: CheckState(state) for name, state in checks.items()},
    )


def reviewers_json(reviewers: tuple[SeenReviewer, ...]) -> str:
    """Reviewers as a column holds them."""
    found = [{"id": one.id, "name": one.name, "state": one.state.value} for one in reviewers]
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def checks_json(checks: Mapping[str, CheckState]) -> str:
    """Checks as a column holds them."""
    found = {name: state.value for name, state in checks.items()}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

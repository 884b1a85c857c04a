"""What one payload tells, between its own shape and the event it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chargehand.connectors.bitbucket.seen import (
    SeenAccount,
    SeenChange,
    SeenCheck,
    SeenComment,
    SeenPullRequest,
    SeenRepository,
    millis_of,
)
from chargehand.domain.code import PullRequestState
from chargehand.domain.event import EventKind
from chargehand.domain.json import JSONObject

_ENDS: Final[Mapping[EventKind, PullRequestState]] = {
    EventKind.PULL_REQUEST_MERGED: PullRequestState.MERGED,
    EventKind.PULL_REQUEST_DECLINED: PullRequestState.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that happened.

    Shape: `key` is the event key behind the connection; `missing` names the field without which
    the payload tells nothing; `text` is raw Markdown, None where there is none; `data` goes beside
    what repository and pull request say.
    """

    kind: EventKind
    key: str = ""
    missing: str = ""
    repository: SeenRepository | None = None
    pull_request: SeenPullRequest | None = None
    comment: SeenComment | None = None
    actor: SeenAccount | None = None
    occurred_at: datetime | None = None
    text: str | None = None
    data: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """What nearly every payload names: where, and who did it."""

    repository: SeenRepository
    actor: SeenAccount | None = None
    pull_request: SeenPullRequest | None = None
    happened_at: datetime | None = None
    fallback_key: str = ""

    def millis(self, moment: datetime | None) -> str:
        """A moment in a key; without one the delivery keeps two changes apart."""
        found = moment or self.happened_at
        return str(millis_of(found)) if found is not None else self.fallback_key


def missing(kind: EventKind, name: str) -> Meaning:
    """A payload that lacks what it is about."""
    return Meaning(kind, missing=name)


def comment_meaning(kind: EventKind, scene: Scene, comment: SeenComment | None) -> Meaning:
    """A comment that was made, edited or deleted."""
    if comment is None:
        return missing(kind, "comment.id")
    if scene.pull_request is None:
        return missing(kind, "pullrequest.id")
    key, at = f"message:{scene.repository.full_name}:{comment.id}", comment.updated_at
    step = kind.value.partition(".")[2]
    if kind is EventKind.COMMENT_UPDATED:
        step = f"{step}:{scene.millis(at)}"
    by_time = {EventKind.COMMENT_CREATED: comment.created_at, EventKind.COMMENT_UPDATED: at}
    is_deleted = kind is EventKind.COMMENT_DELETED
    return Meaning(
        kind,
        key=f"{key}:{step}",
        repository=scene.repository,
        pull_request=scene.pull_request,
        comment=comment,
        # Whoever deletes a comment is not always whoever wrote it.
        actor=scene.actor or comment.author if is_deleted else comment.author or scene.actor,
        occurred_at=by_time.get(kind) or scene.happened_at or (at if is_deleted else None),
        text=None if is_deleted else comment.raw,
    )


def pull_request_meaning(kind: EventKind, scene: Scene, at: datetime | None = None) -> Meaning:
    """A pull request that was opened, changed, approved, merged or declined."""
    pull_request = scene.pull_request
    if pull_request is None:
        return missing(kind, "pullrequest.id")
    step = kind.value.partition(".")[2]
    at = at or pull_request.updated_at
    by = scene.actor
    if kind in (EventKind.PULL_REQUEST_APPROVED, EventKind.PULL_REQUEST_UNAPPROVED):
        step = f"{step}:{by.id if by else 'somebody'}:{scene.millis(at)}"
    elif kind in (EventKind.PULL_REQUEST_UPDATED, EventKind.PULL_REQUEST_DECLINED):
        step = f"{step}:{scene.millis(at)}"
    if state := _ENDS.get(kind):
        # A deleted one is told as it was, and so is one that was merged, by some releases.
        pull_request = replace(pull_request, state=state)
    has_words = kind in (EventKind.PULL_REQUEST_OPENED, EventKind.PULL_REQUEST_UPDATED)
    is_opening = kind is EventKind.PULL_REQUEST_OPENED
    return Meaning(
        kind,
        key=f"pull:{scene.repository.full_name}:{pull_request.number}:{step}",
        repository=scene.repository,
        pull_request=pull_request,
        actor=by or (pull_request.author if is_opening else None),
        occurred_at=(pull_request.created_at if is_opening else at) or scene.happened_at,
        text=pull_request.description if has_words else None,
    )


def review_meaning(scene: Scene, state: str, at: datetime | None) -> Meaning:
    """Somebody asked for changes, or takes that back: neither Bitbucket numbers its reviews."""
    kind, pull_request = EventKind.REVIEW_SUBMITTED, scene.pull_request
    if pull_request is None:
        return missing(kind, "pullrequest.id")
    who = scene.actor.id if scene.actor else "somebody"
    review_id = f"{pull_request.number}-{who}-{scene.millis(at)}"
    return Meaning(
        kind,
        key=f"review:{scene.repository.full_name}:{review_id}:{state}",
        repository=scene.repository,
        pull_request=pull_request,
        actor=scene.actor,
        occurred_at=at or scene.happened_at,
        text="",
        data={"review_id": review_id, "review_state": state},
    )


def push_meaning(scene: Scene, changes: tuple[SeenChange, ...]) -> Meaning:
    """A push; what it did beyond its first branch or tag is told beside it."""
    kind, repository = EventKind.PUSH_RECEIVED, scene.repository
    if not changes:
        return missing(kind, "changes")
    first, *others = changes
    key = f"push:{repository.full_name}:{first.ref}:{first.before}:{first.after}"
    further: JSONObject = {"further": [one.as_json() for one in others]} if others else {}
    return Meaning(
        kind,
        key=key,
        repository=repository,
        actor=scene.actor,
        occurred_at=scene.happened_at,
        data={
            "repository": repository.full_name,
            "is_private": repository.is_private,
            **first.as_json(),
            **further,
        },
    )


def check_meaning(scene: Scene, check: SeenCheck | None) -> Meaning | None:
    """A check that ended; None for one that still runs."""
    kind, repository = EventKind.CHECK_COMPLETED, scene.repository
    if check is None:
        return missing(kind, "commit_status")
    if check.state.value == "running":
        return None
    at = scene.millis(check.updated_at)
    return Meaning(
        kind,
        key=f"check:{repository.full_name}:{check.commit}:{check.key}:{check.state.value}:{at}",
        repository=repository,
        actor=scene.actor,
        occurred_at=check.updated_at,
        data={
            "repository": repository.full_name,
            "commit": check.commit,
            "name": check.name,
            "state": check.state.value,
            "url": check.url or None,
            # A status belongs to a commit; which pull requests hold it Bitbucket does not say.
            "pull_requests": [],
            "branch": check.branch,
            "is_private": repository.is_private,
        },
    )

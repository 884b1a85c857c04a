"""What Bitbucket Cloud's payloads tell.

Source: support.atlassian.com/bitbucket-cloud/docs/event-payloads (read 2026-11)
"""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.bitbucket import cloud_shapes as shapes
from chargehand.connectors.bitbucket.meaning import (
    Meaning,
    Scene,
    check_meaning,
    comment_meaning,
    missing,
    pull_request_meaning,
    push_meaning,
    review_meaning,
)
from chargehand.connectors.bitbucket.seen import flag_in, iso_in, people_in
from chargehand.domain.event import EventKind
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

COMMENTS: Final[Mapping[str, EventKind]] = {
    "pullrequest:comment_created": EventKind.COMMENT_CREATED,
    "pullrequest:comment_updated": EventKind.COMMENT_UPDATED,
    "pullrequest:comment_deleted": EventKind.COMMENT_DELETED,
}
PULL_REQUESTS: Final[Mapping[str, EventKind]] = {
    "pullrequest:created": EventKind.PULL_REQUEST_OPENED,
    "pullrequest:updated": EventKind.PULL_REQUEST_UPDATED,
    "pullrequest:approved": EventKind.PULL_REQUEST_APPROVED,
    "pullrequest:unapproved": EventKind.PULL_REQUEST_UNAPPROVED,
    "pullrequest:fulfilled": EventKind.PULL_REQUEST_MERGED,
    "pullrequest:rejected": EventKind.PULL_REQUEST_DECLINED,
}
REVIEWS: Final[Mapping[str, str]] = {
    "pullrequest:changes_request_created": "changes_requested",
    "pullrequest:changes_request_removed": "dismissed",
}
CHECKS: Final = ("repo:commit_status_created", "repo:commit_status_updated")
PUSH: Final = "repo:push"
# Events Bitbucket documents and chargehand has no use for.
UNUSED: Final = (
    "issue:",
    "pipeline:",
    "project:",
    "pullrequest:comment_reopened",
    "pullrequest:comment_resolved",
    "pullrequest:push",
    "repo:commit_comment_created",
    "repo:created",
    "repo:deleted",
    "repo:fork",
    "repo:imported",
    "repo:transfer",
    "repo:updated",
)


def is_cloud_payload(payload: Fields) -> bool:
    """Whether a payload without a name has Cloud's shape."""
    return any(name in payload for name in ("push", "pullrequest", "commit_status"))


def name_by_shape(payload: Fields) -> str:
    """The name a payload that came without one must have had; empty where that is not certain."""
    if "push" in payload:
        return PUSH
    if "commit_status" in payload:
        return CHECKS[1]
    if "comment" in payload:
        comment = fields_in(payload, "comment")
        step = _made_or_updated(comment)
        step = "deleted" if flag_in(comment, "deleted") is True else step
        return f"pullrequest:comment_{step}"
    pull_request = fields_in(payload, "pullrequest")
    if "approval" in payload:
        return _approval_by_shape(payload, pull_request)
    by_state = {
        "OPEN": f"pullrequest:{_made_or_updated(pull_request)}",
        "MERGED": "pullrequest:fulfilled",
        "DECLINED": "pullrequest:rejected",
    }
    return by_state.get(text_in(pull_request, "state"), "")


def meaning_of(name: str, payload: Fields, fallback_key: str) -> Meaning | None:
    """What a payload of this name tells; None for a name nothing is made of."""
    if name not in {*COMMENTS, *PULL_REQUESTS, *REVIEWS, *CHECKS, PUSH}:
        return None
    repository = shapes.repository_in(payload)
    if repository is None:
        return missing(_kind_of(name), "repository.full_name")
    scene = Scene(
        repository=repository,
        actor=shapes.account_in(payload, "actor"),
        pull_request=shapes.pull_request_of(fields_in(payload, "pullrequest")),
        fallback_key=fallback_key,
    )
    if name == PUSH:
        return _push(payload, scene)
    if name in CHECKS:
        return check_meaning(scene, shapes.check_of(fields_in(payload, "commit_status")))
    return _about_pull_request(name, payload, scene)


def _about_pull_request(name: str, payload: Fields, scene: Scene) -> Meaning:
    if name in COMMENTS:
        comment = shapes.comment_of(fields_in(payload, "comment"))
        return comment_meaning(COMMENTS[name], scene, comment)
    if name in REVIEWS:
        at = iso_in(fields_in(payload, "changes_request"), "date")
        return review_meaning(scene, REVIEWS[name], at)
    at = iso_in(fields_in(payload, "approval"), "date")
    return pull_request_meaning(PULL_REQUESTS[name], scene, at)


def _push(payload: Fields, scene: Scene) -> Meaning:
    told = people_in(fields_in(payload, "push"), "changes")
    changes = tuple(one for one in map(shapes.change_of, told) if one is not None)
    meaning = push_meaning(scene, changes)
    if meaning.missing and not list_in(fields_in(payload, "push"), "changes"):
        # A push whose branch was gone before the message was made names nothing.
        return missing(meaning.kind, "push.changes")
    return meaning


def _kind_of(name: str) -> EventKind:
    return (
        COMMENTS.get(name)
        or PULL_REQUESTS.get(name)
        or (EventKind.REVIEW_SUBMITTED if name in REVIEWS else EventKind.PUSH_RECEIVED)
    )


def _made_or_updated(found: Fields) -> str:
    made, updated = iso_in(found, "created_on"), iso_in(found, "updated_on")
    return "updated" if shapes.is_later(made, updated) else "created"


def _approval_by_shape(payload: Fields, pull_request: Fields) -> str:
    by = shapes.account_in(fields_in(payload, "approval"), "user")
    for one in people_in(pull_request, "participants"):
        who = shapes.account_in(one, "user")
        if by is not None and who is not None and who.id == by.id:
            is_approved = flag_in(one, "approved") is True
            return "pullrequest:approved" if is_approved else "pullrequest:unapproved"
    return ""

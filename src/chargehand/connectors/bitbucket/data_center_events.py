"""What Bitbucket Data Center's payloads tell.

Source: confluence.atlassian.com/bitbucketserver, "Event payload" (9.x, read 2026-11)
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from chargehand.connectors.bitbucket import data_center_shapes as shapes
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
from chargehand.connectors.bitbucket.seen import (
    SeenChange,
    hash_in,
    iso_in,
    number_in,
    people_in,
)
from chargehand.domain.event import EventKind
from chargehand.kit.tolerant import Fields, fields_in

PING: Final = "diagnostics:ping"
PUSH: Final = "repo:refs_changed"
# No webhook tells of builds; polling does, under a name of its own.
BUILD: Final = "polled:build_status"
COMMENTS: Final[Mapping[str, EventKind]] = {
    "pr:comment:added": EventKind.COMMENT_CREATED,
    "pr:comment:edited": EventKind.COMMENT_UPDATED,
    "pr:comment:deleted": EventKind.COMMENT_DELETED,
}
PULL_REQUESTS: Final[Mapping[str, EventKind]] = {
    "pr:opened": EventKind.PULL_REQUEST_OPENED,
    "pr:from_ref_updated": EventKind.PULL_REQUEST_UPDATED,
    "pr:to_ref_updated": EventKind.PULL_REQUEST_UPDATED,
    "pr:modified": EventKind.PULL_REQUEST_UPDATED,
    "pr:reopened": EventKind.PULL_REQUEST_UPDATED,
    "pr:reviewer:updated": EventKind.PULL_REQUEST_UPDATED,
    "pr:reviewer:approved": EventKind.PULL_REQUEST_APPROVED,
    "pr:reviewer:unapproved": EventKind.PULL_REQUEST_UNAPPROVED,
    "pr:merged": EventKind.PULL_REQUEST_MERGED,
    "pr:declined": EventKind.PULL_REQUEST_DECLINED,
    "pr:deleted": EventKind.PULL_REQUEST_DECLINED,
}
# How many commits a push tells unless an administrator set another number.
_MOST_TOLD: Final = 5
REVIEWS: Final = ("pr:reviewer:needs_work", "pr:reviewer:changes_requested")
# Events Data Center documents and chargehand has no use for.
UNUSED: Final = (
    "mirror:",
    "project:",
    "repo:comment:",
    "repo:forked",
    "repo:modified",
    "repo:secret_detected",
)


def is_data_center_name(name: str) -> bool:
    """Whether a name is one of Data Center's."""
    return name.startswith(("pr:", "diagnostics:", "mirror:", PUSH, BUILD)) or (
        name.startswith("repo:") and name.count(":") > 1
    )


def meaning_of(name: str, payload: Fields, fallback_key: str) -> Meaning | None:
    """What a payload of this name tells; None for a name nothing is made of."""
    if name == PING:
        return Meaning(EventKind.CONNECTION_PINGED, key=f"ping:{fallback_key}")
    if name == PUSH:
        return _push(payload, fallback_key)
    if name == BUILD:
        return _build(payload, fallback_key)
    if name not in {*COMMENTS, *PULL_REQUESTS, *REVIEWS}:
        return None
    kind = COMMENTS.get(name) or PULL_REQUESTS.get(name) or EventKind.REVIEW_SUBMITTED
    told = fields_in(payload, "pullRequest")
    repository = shapes.repository_in_pull_request(told)
    if repository is None:
        return missing(kind, "pullRequest.toRef.repository")
    happened_at = iso_in({"date": _with_colon(payload)}, "date")
    scene = Scene(
        repository=repository,
        actor=shapes.account_in(payload, "actor"),
        pull_request=shapes.pull_request_of(told),
        happened_at=happened_at,
        fallback_key=fallback_key,
    )
    return _about_pull_request(name, kind, payload, scene)


def _about_pull_request(name: str, kind: EventKind, payload: Fields, scene: Scene) -> Meaning:
    if name in COMMENTS:
        comment = shapes.comment_of(
            fields_in(payload, "comment"),
            parent=number_in(payload, "commentParentId"),
            anchor=_anchor_of(payload),
        )
        return comment_meaning(kind, scene, comment)
    if name in REVIEWS:
        return review_meaning(scene, "changes_requested", scene.happened_at)
    # What is about reviewers leaves the pull request's own time as it is.
    is_about_review = name.startswith("pr:reviewer:")
    return pull_request_meaning(kind, scene, scene.happened_at if is_about_review else None)


def _push(payload: Fields, fallback_key: str) -> Meaning:
    repository = shapes.repository_of(fields_in(payload, "repository"))
    if repository is None:
        return missing(EventKind.PUSH_RECEIVED, "repository")
    told = people_in(payload, "changes")
    changes = [one for one in map(shapes.change_of, told) if one is not None]
    if len(changes) == 1 and isinstance(payload.get("commits"), list):
        changes = [_with_commits(changes[0], told[0], payload)]
    scene = Scene(
        repository=repository,
        actor=shapes.account_in(payload, "actor"),
        happened_at=iso_in({"date": _with_colon(payload)}, "date"),
        fallback_key=fallback_key,
    )
    return push_meaning(scene, tuple(changes))


def _build(payload: Fields, fallback_key: str) -> Meaning | None:
    repository = shapes.repository_of(fields_in(payload, "repository"))
    if repository is None:
        return missing(EventKind.CHECK_COMPLETED, "repository")
    commit = hash_in(payload, "commit")
    check = shapes.check_of(fields_in(payload, "buildStatus"), commit=commit) if commit else None
    return check_meaning(Scene(repository=repository, fallback_key=fallback_key), check)


def _with_commits(change: SeenChange, raw: Fields, payload: Fields) -> SeenChange:
    # Newer releases tell the newest commits of the first change; polling tells more of it.
    is_forced = change.is_forced if "forced" in raw else _is_forced(change, payload)
    return replace(change, is_forced=is_forced, commits=shapes.commits_in(payload))


def _is_forced(change: SeenChange, payload: Fields) -> bool | None:
    """Whether a branch lost commits, which no payload says: then none of the new follows the old.

    None where the list may have been cut before the one that does.
    """
    if change.ref_kind != "branch" or not change.before or not change.after:
        return None
    listed = people_in(payload, "commits")
    parents = (one for commit in listed for one in people_in(commit, "parents"))
    if change.before in {hash_in(one, "id") for one in parents}:
        return False
    return True if len(listed) < _MOST_TOLD else None


def _anchor_of(payload: Fields) -> Fields:
    """Where a comment hangs in the diff; releases tell it beside the comment or in it."""
    comment = fields_in(payload, "comment")
    return (
        fields_in(comment, "anchor")
        or fields_in(payload, "commentAnchor")
        or fields_in(fields_in(comment, "thread"), "anchor")
    )


def _with_colon(payload: Fields) -> object:
    """The payload's time in the form the standard has: `+1100` becomes `+11:00`."""
    date = payload.get("date")
    if not isinstance(date, str) or len(date) < len("+0000") or date[-5] not in "+-":
        return date
    return f"{date[:-2]}:{date[-2:]}"

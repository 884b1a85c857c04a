"""What GitHub tells of pushes, checks, workflow runs and releases."""

from collections.abc import Mapping, Sequence
from typing import Final

from chargehand.connectors.github.meanings import UNUSED, Meaning, lacking
from chargehand.connectors.github.participants import actor_of, place_of
from chargehand.connectors.github.schemas import (
    Payload,
    commit_in,
    flag_in,
    login_in,
    millis_of,
    moment_in,
    number_in,
    repository_in,
    url_in,
)
from chargehand.connectors.github.text import BotName
from chargehand.domain.event import EventKind
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.hidden import one_line
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

MOST_COMMITS: Final = 50
_MOST_PULLS: Final = 50
_MESSAGE_CHARS: Final = 200
_BRANCH: Final = "refs/heads/"
_TAG: Final = "refs/tags/"
_NULL_COMMIT: Final = "0" * 40
# What GitHub says of how a check or a status ended.
STATES: Final[Mapping[str, str]] = {
    "success": "passed",
    "failure": "failed",
    "error": "failed",
    "timed_out": "failed",
    "startup_failure": "failed",
    "action_required": "failed",
    "cancelled": "neutral",
    "neutral": "neutral",
    "skipped": "neutral",
    "stale": "neutral",
}


def push_meaning(payload: Payload, _bot: BotName) -> Meaning:
    """Commits were pushed, or a branch or tag was made, moved or deleted."""
    fields = payload.fields
    ref, repository = text_in(fields, "ref", 500), repository_in(fields)
    before, after = commit_in(fields, "before"), commit_in(fields, "after")
    for field_name, value in (("ref", ref), ("before", before), ("after", after)):
        if not value:
            return lacking(EventKind.PUSH_RECEIVED, field_name)
    commits = [one for one in list_in(fields, "commits") if isinstance(one, Mapping)]
    head = fields_in(fields, "head_commit")
    is_tag = ref.startswith(_TAG)
    return Meaning(
        EventKind.PUSH_RECEIVED,
        key=f"push:{repository}:{ref}:{before}:{after}",
        # A commit's own time is no help: an old one may be pushed today.
        occurred_at=moment_in(fields_in(fields, "repository"), "pushed_at"),
        actor=actor_of(fields_in(fields, "sender")),
        place=place_of(fields),
        data={
            "repository": repository,
            "ref": ref,
            "ref_kind": "tag" if is_tag else "branch",
            "name": ref.removeprefix(_TAG).removeprefix(_BRANCH),
            "before": before,
            "after": after,
            "is_created": _is(fields, "created", otherwise=before == _NULL_COMMIT),
            "is_deleted": _is(fields, "deleted", otherwise=after == _NULL_COMMIT),
            "is_forced": fields.get("forced") is True,
            "url": url_in(fields, "compare") or url_in(head, "url"),
            "is_private": flag_in(fields_in(fields, "repository"), "private"),
            "commits": [_commit(one) for one in commits[:MOST_COMMITS]],
            "commits_total": len(commits),
        },
    )


def check_run_meaning(payload: Payload, _bot: BotName) -> Meaning:
    """One check of a commit ended."""
    run = fields_in(payload.fields, "check_run")
    if payload.action != "completed":
        return UNUSED
    suite = fields_in(run, "check_suite")
    return _check(payload, run, prefix="run", name=text_in(run, "name"), suite=suite)


def check_suite_meaning(payload: Payload, _bot: BotName) -> Meaning:
    """All checks of one App ended for a commit."""
    suite = fields_in(payload.fields, "check_suite")
    if payload.action != "completed":
        return UNUSED
    app = text_in(fields_in(suite, "app"), "name") or "an App"
    return _check(payload, suite, prefix="suite", name=f"all checks of {app}", suite=suite)


def status_meaning(payload: Payload, _bot: BotName) -> Meaning:
    """Somebody reported how a commit stands; one that is pending has not ended."""
    fields = payload.fields
    state, identifier = STATES.get(text_in(fields, "state")), number_in(fields, "id")
    if text_in(fields, "state") == "pending":
        return UNUSED
    commit, name = commit_in(fields, "sha"), text_in(fields, "context")
    for field_name, value in (
        ("state", state),
        ("id", identifier),
        ("sha", commit),
        ("context", name),
    ):
        if not value:
            return lacking(EventKind.CHECK_COMPLETED, field_name)
    repository = repository_in(fields)
    branches = [one for one in list_in(fields, "branches") if isinstance(one, Mapping)]
    names = [text_in(one, "name") for one in branches]
    return Meaning(
        EventKind.CHECK_COMPLETED,
        key=f"check:{repository}:status-{identifier}:{state}",
        occurred_at=moment_in(fields, "updated_at", "created_at"),
        actor=actor_of(fields_in(fields, "sender")),
        place=place_of(fields),
        data={
            "repository": repository,
            "commit": commit,
            "name": name,
            "state": state,
            "url": url_in(fields, "target_url"),
            "pull_requests": [],
            # A commit may be at the end of several branches.
            "branch": names[0] if len(names) == 1 else None,
        },
    )


def workflow_run_meaning(payload: Payload, _bot: BotName) -> Meaning:
    """A run of a workflow ended."""
    fields, run = payload.fields, fields_in(payload.fields, "workflow_run")
    if payload.action != "completed":
        return UNUSED
    identifier = number_in(run, "id")
    if identifier is None:
        return lacking(EventKind.WORKFLOW_RUN_COMPLETED, "workflow_run.id")
    repository, attempt = repository_in(fields), number_in(run, "run_attempt") or 1
    name = text_in(fields_in(fields, "workflow"), "name") or text_in(run, "name")
    actor = actor_of(fields_in(run, "triggering_actor") or fields_in(run, "actor"))
    return Meaning(
        EventKind.WORKFLOW_RUN_COMPLETED,
        key=f"workflow_run:{repository}:{identifier}:{attempt}",
        occurred_at=moment_in(run, "updated_at"),
        actor=actor if actor.account_id else actor_of(fields_in(fields, "sender")),
        place=place_of(fields),
        data={
            "repository": repository,
            "run_id": identifier,
            "attempt": attempt,
            "name": name,
            "title": text_in(run, "display_title") or None,
            "conclusion": text_in(run, "conclusion") or None,
            "branch": text_in(run, "head_branch") or None,
            "commit": commit_in(run, "head_sha") or None,
            "url": url_in(run),
            "event": text_in(run, "event") or None,
            "actor": login_in(fields_in(run, "actor")) or None,
            "pull_requests": _pulls(run),
        },
    )


def release_meaning(payload: Payload, _bot: BotName) -> Meaning:
    """A release was published."""
    fields, release = payload.fields, fields_in(payload.fields, "release")
    # GitHub tells of a published pre-release by both names.
    if payload.action != "published" or release.get("draft") is True:
        return UNUSED
    identifier, tag = number_in(release, "id"), text_in(release, "tag_name")
    if identifier is None:
        return lacking(EventKind.RELEASE_PUBLISHED, "release.id")
    repository = repository_in(fields)
    return Meaning(
        EventKind.RELEASE_PUBLISHED,
        key=f"release:{repository}:{identifier}:published",
        occurred_at=moment_in(release, "published_at", "created_at"),
        actor=actor_of(fields_in(release, "author")),
        place=place_of(fields),
        data={
            "repository": repository,
            "tag": tag or None,
            "name": text_in(release, "name") or tag or None,
            "url": url_in(release),
            "is_prerelease": release.get("prerelease") is True,
        },
    )


def _check(payload: Payload, check: Fields, *, prefix: str, name: str, suite: Fields) -> Meaning:
    fields = payload.fields
    identifier, commit = number_in(check, "id"), commit_in(check, "head_sha")
    state = STATES.get(text_in(check, "conclusion"))
    at = moment_in(check, "completed_at", "updated_at")
    part = "check_run" if prefix == "run" else "check_suite"
    for field_name, value in (
        ("id", identifier),
        ("head_sha", commit),
        ("name", name),
        ("conclusion", state),
    ):
        if not value:
            return lacking(EventKind.CHECK_COMPLETED, f"{part}.{field_name}")
    repository = repository_in(fields)
    when = "" if at is None else f":{millis_of(at)}"
    return Meaning(
        EventKind.CHECK_COMPLETED,
        key=f"check:{repository}:{prefix}-{identifier}:{state}{when}",
        occurred_at=at,
        actor=actor_of(fields_in(fields, "sender")),
        place=place_of(fields),
        data={
            "repository": repository,
            "commit": commit,
            "name": name,
            "state": state,
            "url": url_in(check) or url_in(check, "details_url"),
            "pull_requests": _pulls(check),
            "branch": text_in(suite, "head_branch") or None,
        },
    )


def _pulls(thing: Fields) -> Sequence[JSONValue]:
    found = (one for one in list_in(thing, "pull_requests") if isinstance(one, Mapping))
    numbers = (number_in(one, "number") for one in found)
    return [one for one in numbers if one is not None][:_MOST_PULLS]


def _commit(commit: Fields) -> JSONObject:
    author, message = fields_in(commit, "author"), commit.get("message")
    first = message.strip().split("\n", 1)[0] if isinstance(message, str) else ""
    return {
        "id": commit_in(commit, "id"),
        "message": one_line(first, _MESSAGE_CHARS),
        "url": url_in(commit, "url"),
        "author_name": text_in(author, "name") or None,
        "author_id": login_in(author, "username") or None,
    }


def _is(fields: Fields, name: str, *, otherwise: bool) -> bool:
    found = flag_in(fields, name)
    return otherwise if found is None else found

"""What GitHub tells of pull requests and of their reviews."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.github.meanings import UNUSED, Meaning, lacking
from chargehand.connectors.github.participants import actor_of, people_in, place_of
from chargehand.connectors.github.schemas import (
    FULL_NAME,
    LONGEST_TITLE,
    Payload,
    commit_in,
    flag_in,
    iso_of,
    login_in,
    millis_of,
    moment_in,
    number_in,
    repository_in,
    url_in,
)
from chargehand.connectors.github.text import BotName, read_field
from chargehand.domain.event import EventKind
from chargehand.domain.json import JSONObject
from chargehand.domain.text import plain_text
from chargehand.kit.tolerant import Fields, fields_in, text_in
from chargehand.plugins.reading import Reading

DESCRIPTION_CHARS: Final = 4_000
# Each changes what people see of a pull request; every other action changes nothing of use.
_UPDATING: Final = frozenset(
    {
        "assigned",
        "converted_to_draft",
        "edited",
        "labeled",
        "ready_for_review",
        "reopened",
        "review_request_removed",
        "review_requested",
        "synchronize",
        "unassigned",
        "unlabeled",
    }
)
REVIEW_STATES: Final[Mapping[str, str]] = {
    "approved": "approved",
    "changes_requested": "changes_requested",
    "commented": "commented",
    "dismissed": "dismissed",
}


def pull_request_meaning(payload: Payload, bot: BotName) -> Meaning:
    """A pull request was opened, changed, merged or closed."""
    pull = fields_in(payload.fields, "pull_request")
    number = number_in(pull, "number") or number_in(payload.fields, "number")
    if number is None:
        return lacking(EventKind.PULL_REQUEST_UPDATED, "pull_request.number")
    if payload.action == "opened":
        return _pull(payload, bot, EventKind.PULL_REQUEST_OPENED, number, "opened")
    if payload.action == "closed":
        return _closed(payload, bot, number)
    return _updated(payload, bot, number) if payload.action in _UPDATING else UNUSED


def review_meaning(payload: Payload, bot: BotName) -> Meaning:
    """A review was handed in, or its verdict was taken back."""
    fields = payload.fields
    review, pull = fields_in(fields, "review"), fields_in(fields, "pull_request")
    if payload.action not in ("submitted", "dismissed"):
        return UNUSED
    state = REVIEW_STATES.get(text_in(review, "state").lower(), "")
    if payload.action == "dismissed":
        state = "dismissed"
    number, identifier = number_in(pull, "number"), number_in(review, "id")
    for field_name, value in (
        ("pull_request.number", number),
        ("review.id", identifier),
        ("review.state", state),
    ):
        if not value:
            return lacking(EventKind.REVIEW_SUBMITTED, field_name)
    # Who takes a verdict back is hardly ever who gave it.
    is_dismissed = state == "dismissed"
    actor = actor_of(fields_in(fields, "sender") if is_dismissed else fields_in(review, "user"))
    repository = repository_in(fields)
    return Meaning(
        EventKind.REVIEW_SUBMITTED,
        key=f"review:{repository}:{identifier}:{state}",
        occurred_at=None if is_dismissed else moment_in(review, "submitted_at"),
        actor=actor,
        reading=read_field(review, "body", bot),
        place=place_of(fields, f"pull/{number}", said=review),
        data={
            **pull_details(pull, fields, number=number or 0, description=_description(pull, bot)),
            "review_id": identifier,
            "review_state": state,
            "review_url": url_in(review),
            "reviewer_id": login_in(fields_in(review, "user")) or None,
        },
    )


def pull_details(
    pull: Fields, fields: Fields, *, number: int, description: Reading | None
) -> JSONObject:
    """What is known of a pull request; `fields` is the payload it stands in."""
    head, base = fields_in(pull, "head"), fields_in(pull, "base")
    author = fields_in(pull, "user")
    source = text_in(fields_in(head, "repo"), "full_name")
    words = "" if description is None else plain_text(description.lines)
    return {
        "repository": repository_in(fields),
        "number": number,
        "title": text_in(pull, "title", LONGEST_TITLE),
        "url": url_in(pull),
        "state": state_of(pull),
        "is_draft": pull.get("draft") is True,
        "is_private": flag_in(fields_in(fields, "repository"), "private"),
        "source_branch": text_in(head, "ref") or None,
        # The repository of a fork may be gone; then nobody knows which one it was.
        "source_repository": source if FULL_NAME.fullmatch(source) else None,
        "target_branch": text_in(base, "ref") or None,
        "head_commit": commit_in(head, "sha") or None,
        "author_id": login_in(author) or None,
        "author_name": text_in(author, "login") or None,
        "author_number": number_in(author, "id"),
        "description": words[:DESCRIPTION_CHARS],
        "updated_at": iso_of(moment_in(pull, "updated_at")),
        "reviewers": [
            {**one, "state": "waiting"} for one in people_in(pull, "requested_reviewers")
        ],
    }


def state_of(pull: Fields) -> str:
    """`open`, `merged` or `declined`."""
    if pull.get("merged") is True or moment_in(pull, "merged_at") is not None:
        return "merged"
    return "declined" if text_in(pull, "state") == "closed" else "open"


def _closed(payload: Payload, bot: BotName, number: int) -> Meaning:
    pull = fields_in(payload.fields, "pull_request")
    if state_of(pull) == "merged":
        return _pull(payload, bot, EventKind.PULL_REQUEST_MERGED, number, "merged")
    closed = moment_in(pull, "closed_at", "updated_at")
    if closed is None:
        return lacking(EventKind.PULL_REQUEST_DECLINED, "pull_request.closed_at")
    step = f"declined:{millis_of(closed)}"
    return _pull(payload, bot, EventKind.PULL_REQUEST_DECLINED, number, step)


def _updated(payload: Payload, bot: BotName, number: int) -> Meaning:
    pull = fields_in(payload.fields, "pull_request")
    kind = EventKind.PULL_REQUEST_UPDATED
    if payload.action == "synchronize":
        head = commit_in(fields_in(pull, "head"), "sha")
        if not head:
            return lacking(kind, "pull_request.head.sha")
        return _pull(payload, bot, kind, number, f"updated:{head}")
    updated = moment_in(pull, "updated_at")
    if updated is None:
        return lacking(kind, "pull_request.updated_at")
    return _pull(payload, bot, kind, number, f"updated:{millis_of(updated)}")


def _pull(payload: Payload, bot: BotName, kind: EventKind, number: int, step: str) -> Meaning:
    fields, pull = payload.fields, fields_in(payload.fields, "pull_request")
    description = _description(pull, bot)
    is_told = kind in (EventKind.PULL_REQUEST_OPENED, EventKind.PULL_REQUEST_UPDATED)
    times = {
        EventKind.PULL_REQUEST_OPENED: ("created_at",),
        EventKind.PULL_REQUEST_MERGED: ("merged_at", "closed_at"),
        EventKind.PULL_REQUEST_DECLINED: ("closed_at",),
    }.get(kind, ())
    # Whoever polls is not told who acted; of the first writing it is the author.
    sender = fields_in(pull, "user") if kind is EventKind.PULL_REQUEST_OPENED else None
    details = pull_details(pull, fields, number=number, description=description)
    return Meaning(
        kind,
        key=f"pull:{repository_in(fields)}:{number}:{step}",
        occurred_at=moment_in(pull, *times, "updated_at"),
        actor=actor_of(sender or fields_in(fields, "sender")),
        reading=description if is_told else None,
        place=place_of(fields, f"pull/{number}", said=pull),
        data={**details, "change": payload.action},
    )


def _description(pull: Fields, bot: BotName) -> Reading | None:
    return read_field(pull, "body", bot)

"""What GitHub tells of comments: on issues and pull requests, and beside lines of a diff."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github.meanings import UNUSED, Meaning, lacking
from chargehand.connectors.github.participants import actor_of, place_of
from chargehand.connectors.github.schemas import (
    LONGEST_TITLE,
    Payload,
    commit_in,
    millis_of,
    moment_in,
    number_in,
    repository_in,
    url_in,
)
from chargehand.connectors.github.text import BotName, read_field
from chargehand.domain.event import EventKind
from chargehand.domain.json import JSONObject
from chargehand.kit.tolerant import Fields, fields_in, text_in
from chargehand.plugins.reading import Reading

_KINDS: Final[Mapping[str, EventKind]] = {
    "created": EventKind.COMMENT_CREATED,
    "edited": EventKind.COMMENT_UPDATED,
    "deleted": EventKind.COMMENT_DELETED,
}


@dataclass(frozen=True, slots=True)
class _Said:
    """A comment with where it stands: `name` is its id with the kind of comment before it."""

    name: str
    thread: str
    number: int
    on: Fields
    root: str | None = None


def issue_comment_id(number: int) -> str:
    """The id of a comment under an issue or a pull request; GitHub numbers the kinds apart."""
    return f"issue-{number}"


def line_comment_id(number: int) -> str:
    """The id of a comment beside a line of a pull request's diff."""
    return f"review-{number}"


def issue_comment_meaning(payload: Payload, bot: BotName) -> Meaning:
    """A comment on an issue or, which GitHub counts among them, a pull request."""
    issue, comment = fields_in(payload.fields, "issue"), fields_in(payload.fields, "comment")
    number, identifier = number_in(issue, "number"), number_in(comment, "id")
    if number is None:
        return lacking(EventKind.COMMENT_CREATED, "issue.number")
    if identifier is None:
        return lacking(EventKind.COMMENT_CREATED, "comment.id")
    thread = (
        f"pull/{number}" if isinstance(issue.get("pull_request"), Mapping) else f"issue/{number}"
    )
    return _meaning(payload, _Said(issue_comment_id(identifier), thread, number, issue), bot)


def line_comment_meaning(payload: Payload, bot: BotName) -> Meaning:
    """A comment beside a line of a pull request's diff; its conversation hangs on the first one."""
    pull, comment = fields_in(payload.fields, "pull_request"), fields_in(payload.fields, "comment")
    number, identifier = number_in(pull, "number"), number_in(comment, "id")
    if number is None:
        return lacking(EventKind.COMMENT_CREATED, "pull_request.number")
    if identifier is None:
        return lacking(EventKind.COMMENT_CREATED, "comment.id")
    root = line_comment_id(number_in(comment, "in_reply_to_id") or identifier)
    said = _Said(line_comment_id(identifier), f"pull/{number}", number, pull, root)
    return _meaning(payload, said, bot)


def comment_details(
    comment: Fields, on: Fields, *, repository: str, comment_id: str, number: int
) -> JSONObject:
    """What is known of a comment beside its words; `on` is the issue or pull request."""
    head = fields_in(on, "head")
    return {
        "comment_id": comment_id,
        "message_id": comment_id,
        "url": url_in(comment),
        "repository": repository,
        "number": number,
        "title": text_in(on, "title", LONGEST_TITLE) or None,
        "source_branch": text_in(head, "ref") or None,
        "path": text_in(comment, "path", 1_000) or None,
        "line": number_in(comment, "line") or number_in(comment, "original_line"),
        "commit": commit_in(comment, "commit_id") or None,
        "author_number": number_in(fields_in(comment, "user"), "id"),
    }


def text_state(reading: Reading | None) -> str:
    """Whether words were `read`, `cut` because they were too long, or there are `none`."""
    if reading is None:
        return "none"
    return "cut" if reading.was_cut else "read"


def _meaning(payload: Payload, said: _Said, bot: BotName) -> Meaning:
    kind = _KINDS.get(payload.action)
    if kind is None:
        return UNUSED
    fields, comment = payload.fields, fields_in(payload.fields, "comment")
    repository = repository_in(fields)
    created, updated = moment_in(comment, "created_at"), moment_in(comment, "updated_at")
    step = payload.action
    if kind is EventKind.COMMENT_UPDATED:
        if updated is None:
            return lacking(kind, "comment.updated_at")
        step = f"updated:{millis_of(updated)}"
    is_gone = kind is EventKind.COMMENT_DELETED
    reading = None if is_gone else read_field(comment, "body", bot)
    # An edited text counts as said by whoever edited it, a deletion by whoever deleted it.
    is_first = kind is EventKind.COMMENT_CREATED
    actor = actor_of(fields_in(comment, "user") if is_first else fields_in(fields, "sender"))
    data = comment_details(
        comment, said.on, repository=repository, comment_id=said.name, number=said.number
    )
    return Meaning(
        kind,
        key=f"message:{repository}:{said.name}:{step}",
        occurred_at=(created if is_first else None) or (None if is_gone else updated),
        actor=actor,
        reading=reading,
        place=place_of(fields, said.thread, message_id=said.name, root_id=said.root, said=comment),
        data={**data, "text_state": text_state(reading)},
    )

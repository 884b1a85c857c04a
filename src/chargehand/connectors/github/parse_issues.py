"""What GitHub tells of issues, which are work items where a team keeps them there."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.github.meanings import UNUSED, Meaning, lacking
from chargehand.connectors.github.participants import actor_of, people_in, place_of
from chargehand.connectors.github.schemas import (
    LONGEST_TITLE,
    Payload,
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
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

_MOST_LABELS: Final = 100
_KINDS: Final[Mapping[str, EventKind]] = {
    "opened": EventKind.WORK_ITEM_CREATED,
    "deleted": EventKind.WORK_ITEM_DELETED,
    "transferred": EventKind.WORK_ITEM_DELETED,
    **dict.fromkeys(
        (
            "assigned",
            "closed",
            "demilestoned",
            "edited",
            "labeled",
            "milestoned",
            "reopened",
            "typed",
            "unassigned",
            "unlabeled",
            "untyped",
        ),
        EventKind.WORK_ITEM_UPDATED,
    ),
}


def issue_meaning(payload: Payload, bot: BotName) -> Meaning:
    """An issue was opened, changed, or is gone from its repository."""
    fields, issue = payload.fields, fields_in(payload.fields, "issue")
    kind = _KINDS.get(payload.action)
    if kind is None or isinstance(issue.get("pull_request"), Mapping):
        return UNUSED
    number, updated = number_in(issue, "number"), moment_in(issue, "updated_at")
    if number is None:
        return lacking(kind, "issue.number")
    step = kind.value.partition(".")[2]
    if kind is EventKind.WORK_ITEM_UPDATED:
        if updated is None:
            return lacking(kind, "issue.updated_at")
        step = f"updated:{millis_of(updated)}"
    is_gone = kind is EventKind.WORK_ITEM_DELETED
    is_first = kind is EventKind.WORK_ITEM_CREATED
    return Meaning(
        kind,
        key=f"issue:{repository_in(fields)}:{number}:{step}",
        occurred_at=None if is_gone else moment_in(issue, "created_at") if is_first else updated,
        actor=actor_of(fields_in(issue, "user") if is_first else fields_in(fields, "sender")),
        reading=None if is_gone else read_field(issue, "body", bot),
        place=place_of(fields, f"issue/{number}", said=issue),
        data={**issue_details(issue, fields, number=number), "change": payload.action},
    )


def issue_details(issue: Fields, fields: Fields, *, number: int) -> JSONObject:
    """What is known of an issue; `fields` is the payload it stands in."""
    labels = (one for one in list_in(issue, "labels") if isinstance(one, Mapping))
    return {
        "repository": repository_in(fields),
        "number": number,
        "title": text_in(issue, "title", LONGEST_TITLE),
        "url": url_in(issue),
        "state": text_in(issue, "state") or None,
        "labels": [text_in(one, "name") for one in labels][:_MOST_LABELS],
        "assignees": people_in(issue, "assignees"),
        "author_id": login_in(fields_in(issue, "user")) or None,
        "updated_at": iso_of(moment_in(issue, "updated_at")),
    }

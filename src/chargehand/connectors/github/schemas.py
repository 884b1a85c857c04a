"""GitHub's payloads, tamed: every field has the type we say or counts as absent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs

from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields, decode_json, fields_in, text_in

LOGIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?(?:\[bot\])?")
FULL_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
COMMIT: Final = re.compile(r"[0-9a-fA-F]{7,64}")
LONGEST_URL: Final = 2_000
LONGEST_TITLE: Final = 500
_MILLISECOND: Final = timedelta(milliseconds=1)
# What some payloads carry beside what tells their event.
_FORM: Final = b"payload="
_MOST_ID: Final = 1 << 63


class Unreadable(StrEnum):
    """Why a body is no payload."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload with the name of its event, which GitHub tells beside it."""

    event: str
    fields: Fields

    @property
    def action(self) -> str:
        """What happened to what the event is about; empty where the event's name says it."""
        return text_in(self.fields, "action")


def read_payload(body: bytes, event: str) -> Payload | Unreadable:
    """A body as GitHub sends it, as JSON or as a form with the JSON in it.

    Shape: without `event` the payload's own fields tell, as far as they can.
    """
    try:
        decoded = decode_json(json_of(body))
    except (ValueError, UnicodeError):
        return Unreadable.NOT_JSON
    if not isinstance(decoded, Mapping):
        return Unreadable.NOT_AN_OBJECT
    return Payload(event or event_of_shape(decoded), decoded)


def json_of(body: bytes) -> bytes:
    """The JSON of a body, which a webhook set to `application/x-www-form-urlencoded` wraps."""
    if not body.startswith(_FORM):
        return body
    found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20).get("payload", [""])
    return found[0].encode("utf-8", "replace")


# The fields that no other event has together, the most telling first.
_SHAPES: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("ping", frozenset({"zen", "hook_id"})),
    ("deployment_status", frozenset({"deployment_status"})),
    ("deployment", frozenset({"deployment"})),
    ("pull_request_review_thread", frozenset({"pull_request", "thread"})),
    ("pull_request_review", frozenset({"pull_request", "review"})),
    ("pull_request_review_comment", frozenset({"pull_request", "comment"})),
    ("pull_request", frozenset({"pull_request", "number"})),
    ("issue_comment", frozenset({"issue", "comment"})),
    ("sub_issues", frozenset({"sub_issue"})),
    ("sub_issues", frozenset({"parent_issue"})),
    ("issue_dependencies", frozenset({"blocked_issue"})),
    ("issue_dependencies", frozenset({"blocking_issue"})),
    ("discussion", frozenset({"discussion"})),
    ("issues", frozenset({"issue", "action"})),
    ("push", frozenset({"ref", "before", "after", "commits"})),
    ("workflow_run", frozenset({"workflow_run", "workflow"})),
    ("workflow_job", frozenset({"workflow_job"})),
    ("check_run", frozenset({"check_run"})),
    ("check_suite", frozenset({"check_suite"})),
    ("status", frozenset({"sha", "state", "context"})),
    ("release", frozenset({"release"})),
    ("installation_repositories", frozenset({"installation", "repositories_added"})),
    ("installation", frozenset({"installation", "repositories"})),
)
_OF_INSTALLATIONS: Final = frozenset({"suspend", "unsuspend", "new_permissions_accepted"})


def event_of_shape(fields: Fields) -> str:
    """The name of the event only payloads with these fields belong to; empty where none is sure."""
    names = fields.keys()
    for event, shape in _SHAPES:
        if shape <= names:
            return event
    if "installation" in names and text_in(fields, "action") in _OF_INSTALLATIONS:
        return "installation"
    return ""


def number_in(fields: Fields, name: str) -> int | None:
    """The whole number above zero under a name; None when there is none."""
    value = fields.get(name)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and is_number and 0 < value < _MOST_ID else None


def flag_in(fields: Fields, name: str) -> bool | None:
    """The true or false under a name; None when there is neither."""
    value = fields.get(name)
    return value if isinstance(value, bool) else None


def login_in(fields: Fields, name: str = "login") -> str:
    """The login under a name in lower case, as GitHub compares them; empty when there is none."""
    found = text_in(fields, name)
    return found.lower() if LOGIN.fullmatch(found) else ""


def commit_in(fields: Fields, name: str) -> str:
    """The id of a commit under a name; empty when there is none."""
    found = text_in(fields, name)
    return found.lower() if COMMIT.fullmatch(found) else ""


def url_in(fields: Fields, name: str = "html_url") -> str | None:
    """The web address under a name; None when there is none."""
    found = text_in(fields, name, LONGEST_URL)
    return found if found.startswith(("https://", "http://")) else None


def moment_in(fields: Fields, *names: str) -> datetime | None:
    """The first moment under some names, UTC; None when there is none.

    Shape: GitHub writes ISO 8601, and in a few places seconds since 1970.
    """
    for name in names:
        found = _moment(fields.get(name))
        if found is not None:
            return found
    return None


def millis_of(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - EPOCH) // _MILLISECOND


def iso_of(moment: datetime | None) -> str | None:
    """A moment as ISO 8601; None for none."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def repository_in(fields: Fields) -> str:
    """The full name of the repository a payload is about; empty when it names none."""
    found = text_in(fields_in(fields, "repository"), "full_name")
    return found if FULL_NAME.fullmatch(found) else ""


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            # An offset may lead out of the years there are.
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return EPOCH + timedelta(seconds=value)
    except (ValueError, OverflowError):
        return None
    return None

"""What Jira tells webhooks: payloads shaped as captured from Jira Cloud, and their signatures.

Bodies of comments and descriptions are strings in wiki markup here, never ADF; a comment's
payload carries a cut-down issue without custom fields.

Source: captured payloads of 2019 to 2024; Atlassian, "Webhooks", "Secure admin webhooks" and
"Retry policy", read 2026-11.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from chargehand.kit.clock import to_micros
from chargehand.kit.signing import hmac_sha256_hex
from chargehand.testing.jira.adf import adf_to_wiki
from chargehand.testing.jira.issue_shapes import IssueShapes, field_definitions
from chargehand.testing.jira.records import Comment, Issue, Person
from chargehand.testing.jira.shapes import Shape, Shapes, change_item
from chargehand.testing.jira.site import Happening, Site

ISSUE_COMMENTED: Final = "issue_commented"
COMMENT_EVENTS: Final = frozenset({"comment_created", "comment_updated", "comment_deleted"})
DEFAULT_EVENTS: Final = COMMENT_EVENTS | {"jira:issue_updated"}
ALL_EVENTS: Final = DEFAULT_EVENTS | {ISSUE_COMMENTED}

_CUT_DOWN: Final = ("summary", "issuetype", "project", "assignee", "priority", "status")
_TYPE_NAMES: Final = {"status": "issue_generic", "assignee": "issue_assigned"}


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """One registered webhook.

    Shape: without a `secret` requests go unsigned; `events` may also name `issue_commented`,
    which makes Jira send `jira:issue_updated` beside every `comment_created`.
    """

    url: str
    secret: str = ""
    events: frozenset[str] = DEFAULT_EVENTS


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One message, the same bytes however often it is sent."""

    identifier: str
    event: str
    body: bytes


class WebhookWriter:
    """Writes the messages of a happening."""

    def __init__(self, site: Site, shapes: Shapes) -> None:
        self._site = site
        self._shapes = shapes

    def messages(self, happening: Happening) -> dict[str, WebhookMessage]:
        """The messages by the event a target must want to get them."""
        found = {happening.event: self._message(happening.event, self._payload(happening))}
        if happening.event == "comment_created":
            payload = self._issue_commented(happening)
            found[ISSUE_COMMENTED] = self._message("jira:issue_updated", payload)
        return found

    def _message(self, event: str, payload: Shape) -> WebhookMessage:
        return WebhookMessage(str(uuid.uuid4()), event, msgspec.json.encode(payload))

    def _payload(self, happening: Happening) -> Shape:
        if happening.comment is not None:
            return {
                **_envelope(happening),
                "comment": self._comment(happening.comment),
                "issue": self._issue(happening.issue, _CUT_DOWN, happening.actor),
                "eventType": "primaryAction",
            }
        return self._issue_payload(happening, _type_name(happening), happening.event)

    def _issue_commented(self, happening: Happening) -> Shape:
        payload = self._issue_payload(happening, ISSUE_COMMENTED, "jira:issue_updated")
        if happening.comment is not None:
            payload["comment"] = self._comment(happening.comment)
        return payload

    def _issue_payload(self, happening: Happening, type_name: str, event: str) -> Shape:
        names = [n for n in field_definitions(self._site) if n != "comment"]
        payload: Shape = {
            **_envelope(happening),
            "webhookEvent": event,
            "issue_event_type_name": type_name,
            "user": self._shapes.account(happening.actor),
            "issue": self._issue(happening.issue, names, happening.actor),
        }
        if happening.change is not None:
            items = [change_item(item) for item in happening.change.items]
            payload["changelog"] = {"id": happening.change.id, "items": items}
        return payload

    def _comment(self, comment: Comment) -> Shape:
        shape = {**self._shapes.comment(comment), "body": comment.wiki}
        # Older and newer captures agree: a webhook names a role or group by its name only.
        if comment.visibility is not None:
            shape["visibility"] = {
                "type": comment.visibility.type,
                "value": comment.visibility.value,
            }
        return shape

    def _issue(self, issue: Issue, names: tuple[str, ...] | list[str], viewer: str) -> Shape:
        person: Person = self._site.state.people[viewer]
        fields = IssueShapes(self._site, self._shapes, person).fields(issue, names)
        if isinstance(fields.get("description"), dict):
            fields["description"] = adf_to_wiki(fields["description"])
        return {
            "id": issue.id,
            "self": self._shapes.link(issue.id),
            "key": issue.key,
            "fields": fields,
        }


def signed_headers(message: WebhookMessage, secret: str, *, retry: int = 0) -> Mapping[str, str]:
    """The headers a message is sent with; `retry` counts from 1 for the second attempt."""
    headers = {
        "content-type": "application/json; charset=UTF-8",
        "user-agent": "Atlassian Webhook HTTP Client",
        "x-atlassian-webhook-identifier": message.identifier,
        "x-atlassian-webhook-flow": "Primary",
    }
    if retry:
        headers["x-atlassian-webhook-retry"] = str(retry)
    if secret:
        headers["x-hub-signature"] = f"sha256={hmac_sha256_hex(secret.encode(), message.body)}"
    return headers


def _envelope(happening: Happening) -> Shape:
    return {"timestamp": to_micros(happening.at) // 1000, "webhookEvent": happening.event}


def _type_name(happening: Happening) -> str:
    items = happening.change.items if happening.change else ()
    fields = (item.field for item in items)
    return next((_TYPE_NAMES[name] for name in fields if name in _TYPE_NAMES), "issue_updated")

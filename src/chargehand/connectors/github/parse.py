"""Says what a GitHub delivery means: exactly one event, whatever the bytes."""

from collections.abc import Callable, Mapping
from typing import Final

from chargehand.connectors.github.meanings import UNUSED, Meaning, of_no_use
from chargehand.connectors.github.parse_code import (
    check_run_meaning,
    check_suite_meaning,
    push_meaning,
    release_meaning,
    status_meaning,
    workflow_run_meaning,
)
from chargehand.connectors.github.parse_comments import issue_comment_meaning, line_comment_meaning
from chargehand.connectors.github.parse_issues import issue_meaning
from chargehand.connectors.github.parse_pulls import pull_request_meaning, review_meaning
from chargehand.connectors.github.participants import NOBODY
from chargehand.connectors.github.schemas import Payload, Unreadable, read_payload, repository_in
from chargehand.connectors.github.text import BotName
from chargehand.connectors.github.webhook import EVENT_HEADER
from chargehand.domain.delivery import VerifiedDelivery
from chargehand.domain.event import Event, EventKind
from chargehand.domain.text import mentioned_accounts, plain_text
from chargehand.kit.hidden import one_line
from chargehand.plugins.reading import Reading

_MEANINGS: Final[Mapping[str, Callable[[Payload, BotName], Meaning]]] = {
    "check_run": check_run_meaning,
    "check_suite": check_suite_meaning,
    "issue_comment": issue_comment_meaning,
    "issues": issue_meaning,
    "pull_request": pull_request_meaning,
    "pull_request_review": review_meaning,
    "pull_request_review_comment": line_comment_meaning,
    "push": push_meaning,
    "release": release_meaning,
    "status": status_meaning,
    "workflow_run": workflow_run_meaning,
}
# What GitHub documents and chargehand has no use for.
_UNUSED: Final = frozenset(
    {
        "branch_protection_configuration",
        "branch_protection_rule",
        "bypass_request_push_ruleset",
        "bypass_request_secret_scanning",
        "cache_sync",
        "code_scanning_alert",
        "commit_comment",
        "content_reference",
        "create",
        "custom_property",
        "custom_property_values",
        "delete",
        "dependabot_alert",
        "deploy_key",
        "deployment",
        "deployment_protection_rule",
        "deployment_review",
        "deployment_status",
        "dismissal_request_code_scanning",
        "dismissal_request_dependabot",
        "dismissal_request_secret_scanning",
        "discussion",
        "discussion_comment",
        "enterprise",
        "exemption_request_push_ruleset",
        "fork",
        "github_app_authorization",
        "gollum",
        "installation",
        "installation_repositories",
        "installation_target",
        "issue_dependencies",
        "label",
        "marketplace_purchase",
        "member",
        "membership",
        "merge_group",
        "meta",
        "milestone",
        "org_block",
        "organization",
        "package",
        "page_build",
        "personal_access_token_request",
        "project",
        "project_card",
        "project_column",
        "projects_v2",
        "projects_v2_item",
        "projects_v2_status_update",
        "public",
        "pull_request_review_thread",
        "registry_package",
        "repository",
        "repository_advisory",
        "repository_dispatch",
        "repository_import",
        "repository_ruleset",
        "repository_vulnerability_alert",
        "secret_scanning_alert",
        "secret_scanning_alert_location",
        "secret_scanning_scan",
        "security_advisory",
        "security_and_analysis",
        "sponsorship",
        "star",
        "sub_issues",
        "team",
        "team_add",
        "user",
        "watch",
        "workflow_dispatch",
        "workflow_job",
    }
)
_REVOKING: Final = frozenset({"deleted", "suspend"})
_NOTHING: Final = Reading(())
_NAME_CHARS: Final = 80


class GitHubParser:
    """Reads what GitHub posts, and what polling writes in the same shape.

    Shape: `bot_login` is the account the bot has there, so that an App, which is `name[bot]` and
    mentioned as `@name`, knows itself.
    """

    def __init__(self, bot_login: str | None = None) -> None:
        self._bot = BotName(bot_login)

    def parse(self, delivery: VerifiedDelivery) -> Event:
        """The one event a delivery means; what is not understood is `unsupported`."""
        event = one_line(delivery.headers.get(EVENT_HEADER, ""), _NAME_CHARS)
        payload = read_payload(delivery.body, event)
        if isinstance(payload, Unreadable):
            return _unsupported(delivery, event, reason=payload.value)
        meaning = _meaning_of(payload, self._bot)
        name = ".".join(filter(None, (payload.event, payload.action)))
        if meaning.unused:
            return _unsupported(delivery, name, reason=meaning.unused)
        if meaning.missing:
            return _unsupported(delivery, name, reason="incomplete", missing=meaning.missing)
        return _event(delivery, meaning)


def _meaning_of(payload: Payload, bot: BotName) -> Meaning:
    if payload.event == "ping":
        return Meaning(EventKind.CONNECTION_PINGED)
    if payload.event == "installation" and payload.action in _REVOKING:
        return of_no_use("access_revoked")
    read = _MEANINGS.get(payload.event)
    if read is None:
        if not payload.event:
            return of_no_use("no_event_name")
        return UNUSED if payload.event in _UNUSED else of_no_use("unknown_event")
    if not repository_in(payload.fields):
        return Meaning(EventKind.UNSUPPORTED, missing="repository.full_name")
    return read(payload, bot)


def _event(delivery: VerifiedDelivery, meaning: Meaning) -> Event:
    reading = meaning.reading or _NOTHING
    return Event(
        kind=meaning.kind,
        event_key=f"{delivery.connection_id}:{meaning.key or _key_of(delivery)}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=meaning.occurred_at or delivery.received_at,
        actor=meaning.actor,
        text=None if meaning.reading is None else plain_text(reading.lines),
        lines=reading.lines,
        mentions=mentioned_accounts(reading.lines),
        data=meaning.data,
        place=meaning.place,
    )


def _unsupported(delivery: VerifiedDelivery, name: str, *, reason: str, missing: str = "") -> Event:
    data = {"reason": reason, "webhook_event": name or None}
    return Event(
        kind=EventKind.UNSUPPORTED,
        event_key=f"{delivery.connection_id}:{_key_of(delivery)}",
        connector=delivery.connector,
        connection_id=delivery.connection_id,
        occurred_at=delivery.received_at,
        actor=NOBODY,
        data={**data, "missing": missing} if missing else data,
    )


def _key_of(delivery: VerifiedDelivery) -> str:
    return f"delivery:{delivery.delivery_key}"

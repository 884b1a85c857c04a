"""What front and worker need of a sender of plain webhooks, from its settings."""

from datetime import timedelta
from typing import Final

from chargehand.bootstrap.settling import SETTLE_MARGIN
from chargehand.config.webhook_settings import (
    ConditionSettings,
    EventRuleSettings,
    WebhookConnection,
)
from chargehand.connectors.webhook.client import WebhookClient
from chargehand.connectors.webhook.config import (
    Condition,
    EventRule,
    Proof,
    ProofForm,
    WebhookConfig,
)
from chargehand.connectors.webhook.parse import WebhookParser
from chargehand.connectors.webhook.preview import NothingToPreview
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.mapping import Template, read_location, read_template

_AUTHORIZATION: Final = "authorization"
_BEARER: Final = "Bearer "


def live_webhook(configured: WebhookConnection) -> LiveConnection:
    """One sender, with a client that has nobody to call."""
    config = config_of(configured)
    return LiveConnection(
        id=config.connection_id,
        connector=configured.connector,
        site=configured.site,
        projects=config.projects,
        parser=WebhookParser(config),
        previewer=NothingToPreview(),
        client=WebhookClient(config),
        poll_interval=None,
        send_within=configured.request_timeout,
        settle_after=configured.request_timeout + SETTLE_MARGIN,
        announces_in=configured.announce_in,
    )


def config_of(configured: WebhookConnection) -> WebhookConfig:
    """What the connector needs to know of one sender."""
    at = configured.delivery_key
    return WebhookConfig.of(
        ConnectionId(configured.id),
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        proof=_proof_of(configured),
        rules=tuple(_rule_of(one) for one in configured.events),
        delivery_key=read_location(at) if at is not None else None,
    )


def _proof_of(configured: WebhookConnection) -> Proof:
    header = (configured.proof_header or _AUTHORIZATION).lower()
    is_bearer = configured.proof == "token" and header == _AUTHORIZATION
    prefix = configured.proof_prefix
    stamp = configured.timestamp_header
    tolerance: timedelta = configured.tolerance
    return Proof(
        form=ProofForm(configured.proof),
        header=header,
        prefix=(_BEARER if is_bearer else "") if prefix is None else prefix,
        algorithm=configured.algorithm,
        encoding=configured.encoding,
        signed=configured.signed,
        timestamp_header=stamp.lower() if stamp is not None else None,
        timestamp_prefix=configured.timestamp_prefix,
        tolerance_s=tolerance.total_seconds(),
    )


def _rule_of(rule: EventRuleSettings) -> EventRule:
    at = rule.occurred_at
    return EventRule(
        kind=EventKind(rule.kind),
        when=tuple(_condition_of(one) for one in rule.when),
        unless=tuple(_condition_of(one) for one in rule.unless),
        key=_template_of(rule.key),
        project=_template_of(rule.project),
        work_item=_template_of(rule.work_item),
        actor=_template_of(rule.actor),
        text=_template_of(rule.text),
        occurred_at=read_location(at) if at is not None else None,
        data=tuple((name, read_template(text)) for name, text in rule.data.items()),
        is_announced=rule.announce,
    )


def _condition_of(condition: ConditionSettings) -> Condition:
    return Condition(
        at=read_location(condition.at),
        equals=condition.equals,
        one_of=condition.one_of,
        like=condition.like,
        exists=condition.exists,
    )


def _template_of(text: str | None) -> Template | None:
    return read_template(text) if text is not None else None

"""Three foreign senders and the standard one, as their documentation has them in November 2026.

PagerDuty: developer.pagerduty.com, V3 webhooks, and "Verifying signatures".
Stripe: docs.stripe.com/webhooks, "Verify webhook signatures manually", and the event object.
Sentry: docs.sentry.io/integrations/integration-platform/webhooks, the issue resource.
Grafana: grafana.com/docs, webhook contact point, HMAC signature with a timestamp header.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chargehand.config.webhook_settings import WebhookConnection

SECRET = "a-secret-of-the-sender-which-is-long"
STANDARD_SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()

PAGERDUTY: dict[str, Any] = {
    "event": {
        "id": "01CH754SM17TWPE2V2H4VPBRO7",
        "event_type": "incident.triggered",
        "resource_type": "incident",
        "occurred_at": "2026-11-19T09:59:30.123Z",
        "agent": {"id": "PXPGF42", "summary": "Mei <!channel> Tanaka", "type": "user_reference"},
        "client": {"name": "PagerDuty"},
        "data": {
            "id": "PGR0VU2",
            "type": "incident",
            "html_url": "https://acme.pagerduty.example/incidents/PGR0VU2",
            "number": 2,
            "status": "triggered",
            "title": "PAY-7: card terminal unreachable @everyone",
            "service": {"id": "PF9KMXH", "summary": "Payments"},
            "urgency": "high",
        },
    }
}
STRIPE: dict[str, Any] = {
    "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
    "object": "event",
    "api_version": "2026-09-30",
    "created": 1795082300,
    "type": "charge.dispute.created",
    "livemode": True,
    "pending_webhooks": 1,
    "data": {"object": {"id": "dp_1", "object": "dispute", "amount": 1200, "reason": "fraudulent"}},
}
SENTRY: dict[str, Any] = {
    "action": "created",
    "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
    "data": {
        "issue": {
            "id": "1170820242",
            "shortId": "CHECKOUT-F",
            "title": "TypeError: total is undefined",
            "culprit": "checkout/total",
            "level": "error",
            "web_url": "https://sentry.example/organizations/acme/issues/1170820242/",
            "project": {"id": "1", "name": "PAY", "slug": "pay"},
            "lastSeen": "2026-11-19T09:58:00.000000Z",
        }
    },
}
GRAFANA: dict[str, Any] = {
    "receiver": "chargehand",
    "status": "firing",
    "orgId": 1,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High error rate", "team": "payments"},
            "annotations": {"summary": "Error rate above 5 %"},
            "startsAt": "2026-11-19T09:57:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://grafana.example/alerting/1afz29v7z/edit",
            "values": {"B": 7.25, "C": 1},
            "fingerprint": "c6eadffa33fcdf37",
        }
    ],
    "groupLabels": {"alertname": "High error rate"},
    "commonLabels": {"alertname": "High error rate", "team": "payments"},
    "commonAnnotations": {"summary": "Error rate above 5 %"},
    "version": "1",
    "groupKey": "{}:{alertname='High error rate'}",
    "truncatedAlerts": 0,
    "state": "alerting",
    "title": "[FIRING:1] High error rate",
    "externalURL": "https://grafana.example/",
}
STANDARD: dict[str, Any] = {
    "type": "contact.created",
    "timestamp": "2026-11-19T09:59:00Z",
    "data": {"id": "1f81eb52", "name": "Ana"},
}


@dataclass(frozen=True)
class Sender:
    """One sender: what the operator writes for it, what it posts, and how it signs that."""

    settings: Mapping[str, Any]
    payload: Mapping[str, Any]
    meant: Mapping[str, Any]
    secret: str = SECRET

    def configured(self, **changes: Any) -> WebhookConnection:
        return WebhookConnection(**{**self.entry(), **changes})

    def entry(self, **changes: Any) -> dict[str, Any]:
        """The connection as chargehand.toml has it."""
        common = {"connector": "webhook", "projects": ["PAY"], "webhook_secrets": [self.secret]}
        return {**common, **self.settings, **changes}

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload).encode()

    def headers(self, sent_at_s: int, body: bytes | None = None) -> dict[str, str]:
        return _HEADERS[self.settings["id"]](sent_at_s, self.body if body is None else body)


def _hex(content: bytes) -> str:
    return hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()


def _standard(sent_at_s: int, body: bytes) -> dict[str, str]:
    signed = f"msg_1.{sent_at_s}.".encode() + body
    digest = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(sent_at_s),
        "webhook-signature": f"v1a,c29tZXRoaW5nIGVsc2U= v1,{digest}",
    }


_HEADERS = {
    # Another secret is being introduced beside ours, as when one is rotated there.
    "pagerduty": lambda _at, body: {"x-pagerduty-signature": f"v1={'0' * 64},v1={_hex(body)}"},
    "stripe": lambda at, body: {
        "stripe-signature": f"t={at},v1={_hex(f'{at}.'.encode() + body)},v0={'1' * 64}"
    },
    "sentry": lambda at, body: {
        "sentry-hook-signature": _hex(body),
        "sentry-hook-resource": "issue",
        "sentry-hook-timestamp": str(at),
        "request-id": "4d0e1b8c6f5f4d9fa4a1",
    },
    "grafana": lambda at, body: {
        "x-grafana-alerting-timestamp": str(at),
        "x-grafana-alerting-signature": _hex(f"{at}:".encode() + body),
    },
    "standard": _standard,
}

SENDERS = {
    "pagerduty": Sender(
        {
            "id": "pagerduty",
            "sender": "PagerDuty",
            "proof": "hmac",
            "proof_header": "X-PagerDuty-Signature",
            "proof_prefix": "v1=",
            "delivery_key": "$.event.id",
            "events": [
                {
                    "kind": "work_item.created",
                    "when": [
                        {"at": "$.event.resource_type", "equals": "incident"},
                        {"at": "$.event.event_type", "like": "incident.trig*"},
                    ],
                    "unless": [{"at": "$.event.data.urgency", "equals": "low"}],
                    "key": "{$.event.id}",
                    "work_item": "{$.event.data.title}",
                    "actor": "{$.event.agent.summary}",
                    "text": "{$.event.event_type}: {$.event.data.title}",
                    "occurred_at": "$.event.occurred_at",
                    "data": {
                        "url": "{$.event.data.html_url}",
                        "number": "{$.event.data.number}",
                        "service": "{$.event.data.service.summary}",
                    },
                    "announce": False,
                }
            ],
        },
        PAGERDUTY,
        {
            "kind": "work_item.created",
            "event_key": "pagerduty:webhook:work_item.created:01CH754SM17TWPE2V2H4VPBRO7",
            "project": "PAY",
            "work_item": "PAY-7",
            "text": "incident.triggered: PAY-7: card terminal unreachable @everyone",
            "occurred_at": "2026-11-19T09:59:30.123000+00:00",
        },
    ),
    "stripe": Sender(
        {
            "id": "stripe",
            "proof": "hmac",
            "proof_header": "Stripe-Signature",
            "proof_prefix": "v1=",
            "signed": "{timestamp}.{body}",
            "timestamp_header": "Stripe-Signature",
            "timestamp_prefix": "t=",
            "delivery_key": "$.id",
            "events": [
                {"kind": "unsupported", "when": [{"at": "$.livemode", "equals": False}]},
                {
                    "kind": "work_item.created",
                    "when": [{"at": "$.type", "one_of": ["charge.dispute.created"]}],
                    "text": "Dispute over {$.data.object.amount} ({$.data.object.reason})",
                    "occurred_at": "$.created",
                },
            ],
        },
        STRIPE,
        {
            "kind": "work_item.created",
            "event_key": "stripe:delivery:id:evt_1NG8Du2eZvKYlo2CUI79vXWy",
            "project": "PAY",
            "work_item": None,
            "text": "Dispute over 1200 (fraudulent)",
            "occurred_at": "2026-11-19T09:58:20+00:00",
        },
    ),
    "sentry": Sender(
        {
            "id": "sentry",
            "proof": "hmac",
            "proof_header": "Sentry-Hook-Signature",
            "delivery_key": "header.request-id",
            "events": [
                {
                    "kind": "work_item.updated",
                    "when": [
                        {"at": "header.sentry-hook-resource", "equals": "issue"},
                        {"at": "$.action", "equals": "created"},
                        {"at": "$.data.issue.id", "exists": True},
                    ],
                    "project": "{$.data.issue.project.slug}",
                    "actor": "{$.actor.name}",
                    "text": "{$.data.issue.shortId} {$.data.issue.title}",
                    "occurred_at": "$.data.issue.lastSeen",
                }
            ],
        },
        SENTRY,
        {
            "kind": "work_item.updated",
            "event_key": "sentry:delivery:id:4d0e1b8c6f5f4d9fa4a1",
            "project": "PAY",
            "work_item": None,
            "text": "CHECKOUT-F TypeError: total is undefined",
            "occurred_at": "2026-11-19T09:58:00+00:00",
        },
    ),
    "grafana": Sender(
        {
            "id": "grafana",
            "proof": "hmac",
            "proof_header": "X-Grafana-Alerting-Signature",
            "signed": "{timestamp}:{body}",
            "timestamp_header": "X-Grafana-Alerting-Timestamp",
            "events": [
                {
                    "kind": "check.completed",
                    "when": [{"at": "$.alerts[0].labels.team", "equals": "payments"}],
                    "text": "{$.title}: {$.alerts[0].annotations.summary}",
                    "occurred_at": "$.alerts[0].startsAt",
                }
            ],
        },
        GRAFANA,
        {
            "kind": "check.completed",
            "project": "PAY",
            "work_item": None,
            "text": "[FIRING:1] High error rate: Error rate above 5 %",
            "occurred_at": "2026-11-19T09:57:00+00:00",
        },
    ),
    "standard": Sender(
        {
            "id": "standard",
            "events": [{"kind": "work_item.created", "text": "{$.type} {$.data.name}"}],
        },
        STANDARD,
        {
            "kind": "work_item.created",
            "event_key": "standard:delivery:id:msg_1",
            "project": "PAY",
            "work_item": None,
            "text": "contact.created Ana",
        },
        STANDARD_SECRET,
    ),
}

"""Puts the outgoing webhooks together: whom they tell, and how a post gets there."""

from collections.abc import Sequence
from datetime import datetime

from chargehand import __version__
from chargehand.bootstrap.trust import read_certificates
from chargehand.config.settings import Settings
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import OutgoingId, ProjectKey
from chargehand.kit.redact import redact_text
from chargehand.kit.signing import standard_webhook_signature, webhook_key
from chargehand.pipeline.outgoing import OutgoingWebhook, PostFailed
from chargehand.plugins.guarded_http import post_guarded
from chargehand.plugins.urls import URLGuard

_TAKEN = range(200, 300)


def outgoing_webhooks(settings: Settings) -> Sequence[OutgoingWebhook]:
    """Every configured webhook."""
    return [
        OutgoingWebhook(
            id=one.id,
            events=frozenset(one.events),
            projects=frozenset(ProjectKey(key) for key in one.projects),
            includes_text=one.include_text,
        )
        for one in settings.outgoing_webhooks
    ]


class OutgoingSender:
    """Posts as the settings say, signed by the rules of Standard Webhooks."""

    def __init__(self, settings: Settings) -> None:
        self._configured = {one.id: one for one in settings.outgoing_webhooks}
        self._certificates = read_certificates(settings.network.ca_file)

    async def send(self, webhook: str, post_id: OutgoingId, body: bytes, *, now: datetime) -> None:
        """Hand one post over; its address is looked up and judged anew each time.

        Raises: PostFailed.
        """
        configured = self._configured[webhook]
        sent_at_s = int(now.timestamp())
        key = webhook_key(configured.secret.get_secret_value())
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": f"chargehand/{__version__}",
            "webhook-id": post_id,
            "webhook-timestamp": str(sent_at_s),
            "webhook-signature": standard_webhook_signature(key, post_id, sent_at_s, body),
        }
        guard = URLGuard(known_hosts=configured.private_hosts)
        try:
            status = await post_guarded(
                configured.url, body, guard=guard, certificates=self._certificates, headers=headers
            )
        except ChargehandError as error:
            raise PostFailed(webhook=webhook, detail=redact_text(str(error))) from error
        if status not in _TAKEN:
            raise PostFailed(webhook=webhook, detail=f"it answered with HTTP {status}")

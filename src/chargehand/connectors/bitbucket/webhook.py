"""Proves that a request comes from the Bitbucket it claims; does no input and no output."""

from typing import Final

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.plugins.connector import (
    OUR_OWN,
    Acknowledgement,
    IntakeSecrets,
    Manifest,
    RawRequest,
)
from chargehand.plugins.hub_signature import is_sane_header, key_of_delivery, prove_hub_signature
from chargehand.plugins.manifest import load_manifest

CONNECTOR: Final = "bitbucket"
EVENT_HEADER: Final = "x-event-key"
# Cloud keeps the first over all attempts of one message, Data Center knows the second.
REQUEST_HEADERS: Final = ("x-request-uuid", "x-request-id")
_KEPT: Final = (EVENT_HEADER, "x-hook-uuid", "x-attempt-number")
_COMMENTS: Final = ("pullrequest:comment_", "pr:comment:")


class BitbucketWebhook:
    """Receives what both Bitbucket Cloud and Data Center post, signed alike."""

    @property
    def manifest(self) -> Manifest:
        """What the connector says of itself."""
        return load_manifest(__package__ or "")

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        """Turn a proved request into a delivery.

        Raises: SignatureMissing, SignatureMalformed, SignatureWrong, all Rejected.
        Source: support.atlassian.com/bitbucket-cloud, "Manage webhooks"; confluence.atlassian.com/
        bitbucketserver, "Manage webhooks" (read 2026-11)
        """
        prove_hub_signature(request, secrets)
        headers = request.headers
        event = headers.get(EVENT_HEADER, "")
        return VerifiedDelivery(
            connection_id=request.connection_id,
            connector=CONNECTOR,
            delivery_key=key_of_delivery(headers, request.body, *REQUEST_HEADERS),
            source=DeliverySource.WEBHOOK,
            lane=Lane.INTERACTIVE if event.startswith(_COMMENTS) else Lane.BULK,
            received_at=request.received_at,
            body=request.body,
            headers={
                name: headers[name] for name in _KEPT if is_sane_header(headers.get(name, ""))
            },
        )

    def acknowledge(self, _delivery: VerifiedDelivery) -> Acknowledgement:
        """Bitbucket wants nothing but a good status."""
        return OUR_OWN

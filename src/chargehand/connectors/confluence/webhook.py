"""Proves that a request comes from the Confluence it claims; does no input and no output."""

from typing import Final

import msgspec

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.plugins.connector import (
    OUR_OWN,
    Acknowledgement,
    IntakeSecrets,
    Manifest,
    RawRequest,
)
from chargehand.plugins.hub_signature import key_of_delivery, prove_hub_signature
from chargehand.plugins.manifest import load_manifest

CONNECTOR: Final = "confluence"
IDENTIFIER_HEADER: Final = "x-atlassian-webhook-identifier"


class _Heading(msgspec.Struct, gc=False):
    """What tells whether a comment is meant; the rest is skipped unread."""

    event: object = ""
    comment: msgspec.Raw = msgspec.Raw()


_HEADING_DECODER: Final = msgspec.json.Decoder(_Heading)


class ConfluenceWebhook:
    """Receives what a Confluence, or a rule of its automation, posts; signed or by a path token."""

    @property
    def manifest(self) -> Manifest:
        """What the connector says of itself."""
        return load_manifest(__package__ or "")

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        """Turn a proved request into a delivery.

        Raises: SignatureMissing, SignatureMalformed, SignatureWrong, all Rejected.
        Source: Confluence Data Center's documentation, "Managing webhooks" (read 2026-11)
        """
        prove_hub_signature(request, secrets)
        return VerifiedDelivery(
            connection_id=request.connection_id,
            connector=CONNECTOR,
            delivery_key=key_of_delivery(request.headers, request.body, IDENTIFIER_HEADER),
            source=DeliverySource.WEBHOOK,
            lane=_lane_of(request.body),
            received_at=request.received_at,
            body=request.body,
            headers={},
        )

    def acknowledge(self, _delivery: VerifiedDelivery) -> Acknowledgement:
        """Confluence wants nothing but a good status."""
        return OUR_OWN


def _lane_of(body: bytes) -> Lane:
    try:
        heading = _HEADING_DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Lane.BULK
    named = isinstance(heading.event, str) and heading.event.startswith("comment_")
    return Lane.INTERACTIVE if named or bytes(heading.comment) else Lane.BULK

"""Proves that a request comes from GitHub; does no input and no output."""

import hashlib
from collections.abc import Mapping
from typing import Final

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.plugins.connector import (
    OUR_OWN,
    Acknowledgement,
    IntakeSecrets,
    Manifest,
    RawRequest,
)
from chargehand.plugins.hub_signature import (
    hub_signature,
    is_sane_header,
    prove_hub_signature,
)
from chargehand.plugins.manifest import load_manifest

CONNECTOR: Final = "github"
SIGNATURE_HEADER: Final = "x-hub-signature-256"
_SHOWN_HEADER: Final = "X-Hub-Signature-256"
EVENT_HEADER: Final = "x-github-event"
DELIVERY_HEADER: Final = "x-github-delivery"
_KEPT_HEADERS: Final = (EVENT_HEADER, "x-github-hook-id")
# What a person may be waiting for; everything else can wait behind it.
_INTERACTIVE: Final = frozenset(
    {
        "issue_comment",
        "issues",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
    }
)


class GitHubWebhook:
    """Receives what GitHub posts for a repository, an organization or an App."""

    @property
    def manifest(self) -> Manifest:
        """What the connector says of itself."""
        return load_manifest(__package__ or "")

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        """Turn a proved request into a delivery.

        Raises: SignatureMissing, SignatureMalformed, SignatureWrong, all Rejected.
        Source: docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
        """
        prove_hub_signature(request, secrets, header=_SHOWN_HEADER)
        headers = kept_headers(request.headers)
        return VerifiedDelivery(
            connection_id=request.connection_id,
            connector=CONNECTOR,
            delivery_key=_key_of(request),
            source=DeliverySource.WEBHOOK,
            lane=lane_of(headers.get(EVENT_HEADER, "")),
            received_at=request.received_at,
            body=request.body,
            headers=headers,
        )

    def acknowledge(self, _delivery: VerifiedDelivery) -> Acknowledgement:
        """GitHub wants nothing but a good status within ten seconds."""
        return OUR_OWN


def sign(secret: str, body: bytes) -> str:
    """What the signature header holds for a body."""
    return hub_signature(secret, body)


def lane_of(event: str) -> Lane:
    """How urgent an event is."""
    return Lane.INTERACTIVE if event in _INTERACTIVE else Lane.BULK


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without which a body can not be read."""
    found = ((name, headers.get(name, "")) for name in _KEPT_HEADERS)
    return {name: value for name, value in found if is_sane_header(value)}


def _key_of(request: RawRequest) -> str:
    identifier = request.headers.get(DELIVERY_HEADER, "").strip()
    if is_sane_header(identifier):
        return identifier
    # The same body means something else under another event's name.
    event = request.headers.get(EVENT_HEADER, "")
    return f"sha256:{hashlib.sha256(event.encode() + b':' + request.body).hexdigest()}"

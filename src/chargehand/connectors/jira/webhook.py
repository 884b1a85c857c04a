"""Proves that a request comes from the Jira site it claims; does no input and no output."""

from collections.abc import Mapping

import msgspec

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

CONNECTOR = "jira"
IDENTIFIER_HEADER = "x-atlassian-webhook-identifier"
_KEPT_HEADERS = (
    IDENTIFIER_HEADER,
    "x-atlassian-webhook-flow",
    "x-atlassian-webhook-retry",
)
_COMMENT_CHANGES = ("issue_commented", "issue_comment_")


class _Heading(msgspec.Struct, gc=False):
    """The two fields that tell what a body is about; the rest is skipped unread."""

    event: str = msgspec.field(name="webhookEvent", default="")
    change: str = msgspec.field(name="issue_event_type_name", default="")


_HEADING_DECODER = msgspec.json.Decoder(_Heading)


class JiraWebhook:
    """Receives what Jira Cloud sends to an admin webhook that was made with a secret."""

    @property
    def manifest(self) -> Manifest:
        """What the connector says of itself."""
        return load_manifest(__package__ or "")

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        """Turn a proved request into a delivery.

        Raises: SignatureMissing, SignatureMalformed, SignatureWrong, all Rejected.
        Source: developer.atlassian.com, Jira Cloud webhooks, "Secure admin webhooks"
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
            headers=_kept_headers(request.headers),
        )

    def acknowledge(self, _delivery: VerifiedDelivery) -> Acknowledgement:
        """Jira wants nothing but a good status."""
        return OUR_OWN


def _kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    found = ((name, headers.get(name)) for name in _KEPT_HEADERS)
    return {name: value for name, value in found if value is not None and is_sane_header(value)}


def _lane_of(body: bytes) -> Lane:
    try:
        heading = _HEADING_DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Lane.BULK
    is_comment = heading.event.startswith("comment_") or (
        heading.event == "jira:issue_updated" and heading.change.startswith(_COMMENT_CHANGES)
    )
    return Lane.INTERACTIVE if is_comment else Lane.BULK

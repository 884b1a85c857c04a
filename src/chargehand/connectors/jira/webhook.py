"""Proves that a request comes from the Jira site it claims; does no input and no output."""

import hashlib
import re
from collections.abc import Mapping

import msgspec

from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.kit.signing import hmac_sha256_hex, matches_any
from chargehand.plugins.connector import (
    OUR_OWN,
    Acknowledgement,
    IntakeSecrets,
    Manifest,
    RawRequest,
)
from chargehand.plugins.errors import SignatureMalformed, SignatureMissing, SignatureWrong
from chargehand.plugins.manifest import load_manifest

CONNECTOR = "jira"
SIGNATURE_HEADER = "x-hub-signature"
IDENTIFIER_HEADER = "x-atlassian-webhook-identifier"
_KEPT_HEADERS = (
    IDENTIFIER_HEADER,
    "x-atlassian-webhook-flow",
    "x-atlassian-webhook-retry",
)
_MAX_HEADER_CHARS = 200
_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")
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
        _prove(request, secrets)
        return VerifiedDelivery(
            connection_id=request.connection_id,
            connector=CONNECTOR,
            delivery_key=_delivery_key(request),
            source=DeliverySource.WEBHOOK,
            lane=_lane_of(request.body),
            received_at=request.received_at,
            body=request.body,
            headers=_kept_headers(request.headers),
        )

    def acknowledge(self, _delivery: VerifiedDelivery) -> Acknowledgement:
        """Jira wants nothing but a good status."""
        return OUR_OWN


def _prove(request: RawRequest, secrets: IntakeSecrets) -> None:
    has_token_proof = bool(secrets.path_token and request.path_token)
    if has_token_proof:
        _check_token(request.path_token or "", secrets.path_token or "")
    header = request.headers.get(SIGNATURE_HEADER)
    if header is not None:
        # A signature is a claim of its own: a wrong one is never outvoted by a right token.
        _check_signature(header, request.body, secrets.signing)
    elif not has_token_proof:
        raise SignatureMissing(header="X-Hub-Signature")


def _check_token(presented: str, expected: str) -> None:
    if not matches_any(presented, (expected,)):
        raise SignatureWrong


def _check_signature(header: str, body: bytes, secrets: tuple[str, ...]) -> None:
    signature = _SIGNATURE.fullmatch(header)
    if signature is None:
        raise SignatureMalformed(header="X-Hub-Signature", form="sha256=<64 hex digits>")
    # An empty secret would let everybody sign.
    expected = [hmac_sha256_hex(secret.encode(), body) for secret in secrets if secret]
    if not matches_any(signature[1].lower(), expected):
        raise SignatureWrong


def _delivery_key(request: RawRequest) -> str:
    identifier = request.headers.get(IDENTIFIER_HEADER, "").strip()
    if _is_sane(identifier):
        return identifier
    return f"sha256:{hashlib.sha256(request.body).hexdigest()}"


def _is_sane(value: str) -> bool:
    return 0 < len(value) <= _MAX_HEADER_CHARS and value.isascii() and value.isprintable()


def _kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    found = ((name, headers.get(name)) for name in _KEPT_HEADERS)
    return {name: value for name, value in found if value is not None and _is_sane(value)}


def _lane_of(body: bytes) -> Lane:
    try:
        heading = _HEADING_DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Lane.BULK
    is_comment = heading.event.startswith("comment_") or (
        heading.event == "jira:issue_updated" and heading.change.startswith(_COMMENT_CHANGES)
    )
    return Lane.INTERACTIVE if is_comment else Lane.BULK

"""Proves that a request comes from the Confluence it claims; does no input and no output."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

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

CONNECTOR: Final = "confluence"
SIGNATURE_HEADER: Final = "x-hub-signature"
IDENTIFIER_HEADER: Final = "x-atlassian-webhook-identifier"
_SIGNATURE: Final = re.compile(r"sha256=([0-9a-fA-F]{64})")
_MAX_KEY_CHARS: Final = 200


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
        _prove(request, secrets)
        return VerifiedDelivery(
            connection_id=request.connection_id,
            connector=CONNECTOR,
            delivery_key=_delivery_key(request),
            source=DeliverySource.WEBHOOK,
            lane=_lane_of(request.body),
            received_at=request.received_at,
            body=request.body,
            headers={},
        )

    def acknowledge(self, _delivery: VerifiedDelivery) -> Acknowledgement:
        """Confluence wants nothing but a good status."""
        return OUR_OWN


def _prove(request: RawRequest, secrets: IntakeSecrets) -> None:
    presented, expected = request.path_token or "", secrets.path_token or ""
    has_token_proof = bool(presented and expected)
    if has_token_proof and not matches_any(presented, (expected,)):
        raise SignatureWrong
    header = request.headers.get(SIGNATURE_HEADER)
    if header is None:
        if not has_token_proof:
            raise SignatureMissing(header="X-Hub-Signature")
        return
    # A signature is a claim of its own: a wrong one is never outvoted by a right token.
    signature = _SIGNATURE.fullmatch(header)
    if signature is None:
        raise SignatureMalformed(header="X-Hub-Signature", form="sha256=<64 hex digits>")
    # An empty secret would let everybody sign.
    known = [hmac_sha256_hex(one.encode(), request.body) for one in secrets.signing if one]
    if not matches_any(signature[1].lower(), known):
        raise SignatureWrong


def _delivery_key(request: RawRequest) -> str:
    identifier = _header(request.headers, IDENTIFIER_HEADER)
    return identifier or f"sha256:{hashlib.sha256(request.body).hexdigest()}"


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    is_sane = len(value) <= _MAX_KEY_CHARS and value.isascii() and value.isprintable()
    return value if is_sane else ""


def _lane_of(body: bytes) -> Lane:
    try:
        heading = _HEADING_DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Lane.BULK
    named = isinstance(heading.event, str) and heading.event.startswith("comment_")
    return Lane.INTERACTIVE if named or bytes(heading.comment) else Lane.BULK

"""Proves that a request comes from the sender it claims, as its settings say; no input or output.

A delivery's key is the sender's own id where one is told, else the digest of the body.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from chargehand.connectors.webhook.config import Proof, ProofForm, WebhookConfig
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.kit.clock import EPOCH
from chargehand.kit.signing import matches_any, standard_webhook_signature, webhook_key
from chargehand.kit.tolerant import decode_json
from chargehand.plugins.connector import (
    OUR_OWN,
    Acknowledgement,
    IntakeSecrets,
    Manifest,
    RawRequest,
)
from chargehand.plugins.errors import (
    SignatureMalformed,
    SignatureMissing,
    SignatureStale,
    SignatureWrong,
)
from chargehand.plugins.manifest import load_manifest
from chargehand.plugins.mapping import Received, text_at

CONNECTOR: Final = "webhook"
# Standard Webhooks, and the names its best known sender used before there was a standard.
STANDARD_HEADERS: Final = ("webhook", "svix")
_STAMP: Final = re.compile(r"[0-9]{1,13}")
_KEY: Final = re.compile(r"[\x21-\x7e]{1,180}")
# Seconds of the year 5138: what is more is milliseconds.
_MOST_SECONDS: Final = 100_000_000_000
_LONGEST_HEADER: Final = 4_096
_MOST_SIGNATURES: Final = 10
_MAX_HEADER_CHARS: Final = 200


class PlainWebhook:
    """Receives what one sender posts."""

    def __init__(self, config: WebhookConfig) -> None:
        self._config = config

    @property
    def manifest(self) -> Manifest:
        """What the connector says of itself."""
        return load_manifest(__package__ or "")

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        """Turn a proved request into a delivery.

        Raises: SignatureMissing, SignatureMalformed, SignatureStale, SignatureWrong, all Rejected.
        Source: standardwebhooks.com, specification 1.0.0 (read 2026-11)
        """
        proof, identifier = self._config.proof, ""
        match proof.form:
            case ProofForm.STANDARD:
                identifier = _prove_standard(request, proof, secrets.signing)
            case ProofForm.HMAC:
                _prove_hmac(request, proof, secrets.signing)
            case ProofForm.TOKEN:
                _prove_token(request, proof, secrets.signing)
            case ProofForm.PATH:
                _prove_path(request, secrets.path_token)
        return VerifiedDelivery(
            connection_id=request.connection_id,
            connector=CONNECTOR,
            delivery_key=self._key_of(request, identifier),
            source=DeliverySource.WEBHOOK,
            lane=Lane.BULK,
            received_at=request.received_at,
            body=request.body,
            headers=_kept(request.headers, self._config.kept_headers),
        )

    def acknowledge(self, _delivery: VerifiedDelivery) -> Acknowledgement:
        """A plain sender wants nothing but a good status."""
        return OUR_OWN

    def _key_of(self, request: RawRequest, identifier: str) -> str:
        at = self._config.delivery_key
        if at is not None:
            # A body is read for its id alone; what is no JSON has none.
            body = _decoded(request.body) if at.header is None else None
            identifier = text_at(at, Received(request.headers, body))
        if _KEY.fullmatch(identifier):
            return f"id:{identifier}"
        return f"sha256:{hashlib.sha256(request.body).hexdigest()}"


def sign(
    proof: Proof, secret: str, *, identifier: str, sent_at_s: int, body: bytes
) -> dict[str, str]:
    """The headers by which a sender proves a body, as its settings say."""
    match proof.form:
        case ProofForm.STANDARD:
            signature = standard_webhook_signature(webhook_key(secret), identifier, sent_at_s, body)
            return {
                "webhook-id": identifier,
                "webhook-timestamp": str(sent_at_s),
                "webhook-signature": signature,
            }
        case ProofForm.HMAC:
            stamp, signature = str(sent_at_s), _hmac(proof, secret, str(sent_at_s), body)
            if proof.timestamp_header is None:
                return {proof.header: proof.prefix + signature}
            if proof.timestamp_header == proof.header:
                both = f"{proof.timestamp_prefix}{stamp},{proof.prefix}{signature}"
                return {proof.header: both}
            stamped = proof.timestamp_prefix + stamp
            return {proof.timestamp_header: stamped, proof.header: proof.prefix + signature}
        case ProofForm.TOKEN:
            return {proof.header: proof.prefix + secret}
        case ProofForm.PATH:
            return {}


def _prove_standard(request: RawRequest, proof: Proof, secrets: tuple[str, ...]) -> str:
    """Prove a request by Standard Webhooks; the id it carries."""
    first, *others = STANDARD_HEADERS
    name = next((one for one in others if f"{one}-signature" in request.headers), first)
    identifier = _header(request.headers, f"{name}-id")
    stamp = _header(request.headers, f"{name}-timestamp")
    presented = _header(request.headers, f"{name}-signature").split(" ")[:_MOST_SIGNATURES]
    sent_at_s = _seconds(stamp, header=f"{name}-timestamp")
    # The stamp is signed as it was written.
    expected = [
        standard_webhook_signature(webhook_key(one), identifier, int(stamp), request.body)
        for one in secrets
        if one
    ]
    if not any(matches_any(one, expected) for one in presented):
        raise SignatureWrong
    _require_fresh(request, sent_at_s, proof)
    return identifier


def _prove_hmac(request: RawRequest, proof: Proof, secrets: tuple[str, ...]) -> None:
    header = _header(request.headers, proof.header)
    presented = _parts(header, proof.prefix)
    if not presented:
        form = f"{proof.prefix}<{proof.algorithm} in {proof.encoding}>"
        raise SignatureMalformed(header=proof.header, form=form)
    stamp = ""
    if proof.timestamp_header is not None:
        stamps = _parts(_header(request.headers, proof.timestamp_header), proof.timestamp_prefix)
        stamp = stamps[0] if stamps else ""
        _seconds(stamp, header=proof.timestamp_header)
    expected = [_hmac(proof, one, stamp, request.body) for one in secrets if one]
    if proof.encoding == "hex":
        presented = [one.lower() for one in presented]
    if not any(matches_any(one, expected) for one in presented):
        raise SignatureWrong
    if proof.timestamp_header is not None:
        _require_fresh(request, _seconds(stamp, header=proof.timestamp_header), proof)


def _prove_token(request: RawRequest, proof: Proof, secrets: tuple[str, ...]) -> None:
    header = _header(request.headers, proof.header)
    if not header.startswith(proof.prefix):
        raise SignatureMalformed(header=proof.header, form=f"{proof.prefix}<token>")
    if not matches_any(header.removeprefix(proof.prefix), [one for one in secrets if one]):
        raise SignatureWrong


def _prove_path(request: RawRequest, token: str | None) -> None:
    if not request.path_token:
        raise SignatureMissing(header="(path with its token, /t/...)")
    if not token or not matches_any(request.path_token, (token,)):
        raise SignatureWrong


def _hmac(proof: Proof, secret: str, stamp: str, body: bytes) -> str:
    before, _, after = proof.signed.partition("{body}")
    signed = b"".join(
        (
            before.replace("{timestamp}", stamp).encode(),
            body,
            after.replace("{timestamp}", stamp).encode(),
        )
    )
    digest = hmac.digest(secret.encode(), signed, proof.algorithm)
    return digest.hex() if proof.encoding == "hex" else base64.b64encode(digest).decode()


def _parts(header: str, prefix: str) -> list[str]:
    """What a header presents: several signatures stand with commas between them."""
    parts = (part.strip() for part in header.split(",")[:_MOST_SIGNATURES])
    return [one.removeprefix(prefix) for one in parts if one.startswith(prefix) and one != prefix]


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if value is None:
        raise SignatureMissing(header=name)
    return value[:_LONGEST_HEADER].strip()


def _seconds(stamp: str, *, header: str) -> float:
    if _STAMP.fullmatch(stamp) is None:
        raise SignatureMalformed(header=header, form="<whole seconds>")
    number = int(stamp)
    return number / 1000 if number >= _MOST_SECONDS else number


def _require_fresh(request: RawRequest, sent_at_s: float, proof: Proof) -> None:
    age_s = (request.received_at - EPOCH).total_seconds() - sent_at_s
    if abs(age_s) > proof.tolerance_s:
        raise SignatureStale(age_s=round(age_s), window_s=round(proof.tolerance_s))


def _decoded(body: bytes) -> object:
    try:
        return decode_json(body)
    except ValueError:
        return None


def _kept(headers: Mapping[str, str], wanted: frozenset[str]) -> dict[str, str]:
    found = ((name, headers.get(name, "").strip()) for name in sorted(wanted))
    return {name: value for name, value in found if _is_sane(value)}


def _is_sane(value: str) -> bool:
    return 0 < len(value) <= _MAX_HEADER_CHARS and value.isascii() and value.isprintable()

"""Proves that an interaction comes from Discord; does no input and no output."""

import base64
import binascii
import hashlib
import re
from datetime import timedelta
from typing import Final

import msgspec

from chargehand.connectors.discord.acknowledge import CommandTable, acknowledgement_of
from chargehand.connectors.discord.errors import BodyEncoded
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.kit.ed25519 import is_signed_with
from chargehand.plugins.connector import Acknowledgement, IntakeSecrets, Manifest, RawRequest
from chargehand.plugins.errors import (
    SignatureMissing,
    SignatureStale,
    SignatureWrong,
)
from chargehand.plugins.manifest import load_manifest

CONNECTOR: Final = "discord"
SIGNATURE_HEADER: Final = "x-signature-ed25519"
TIMESTAMP_HEADER: Final = "x-signature-timestamp"
FRESH_FOR: Final = timedelta(minutes=5)
_SIGNATURE: Final = re.compile(r"[0-9a-fA-F]{128}")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_ID: Final = re.compile(r"[0-9]{1,20}")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/\r\n]+={0,2}\s*")


class _Heading(msgspec.Struct, gc=False):
    """The one field a delivery is named by; the rest is skipped unread."""

    id: str = ""


_HEADING_DECODER = msgspec.json.Decoder(_Heading)


class DiscordWebhook:
    """Receives what Discord posts to an application's interactions endpoint.

    Shape: `commands` says how the registered commands are answered at once.
    """

    def __init__(self, commands: CommandTable = CommandTable()) -> None:  # noqa: B008 - frozen.
        self._commands = commands

    @property
    def manifest(self) -> Manifest:
        """What the connector says of itself."""
        return load_manifest(__package__ or "")

    def verify(self, request: RawRequest, secrets: IntakeSecrets) -> VerifiedDelivery:
        """Turn a proved request into a delivery; `secrets.signing` are public keys in hex.

        Raises: SignatureMissing, SignatureStale, BodyEncoded, SignatureWrong,
        all Rejected.
        Source: discord.com/developers/docs/interactions/overview, "Validating Security Request
        Headers" (read 2026-11); the limit on age is ours, Discord sends at once.
        """
        _prove(request, secrets)
        return VerifiedDelivery(
            connection_id=request.connection_id,
            connector=CONNECTOR,
            delivery_key=delivery_key(request.body),
            source=DeliverySource.WEBHOOK,
            # Somebody waits for every interaction, with three seconds to the first sign.
            lane=Lane.INTERACTIVE,
            received_at=request.received_at,
            body=request.body,
            headers={},
        )

    def acknowledge(self, delivery: VerifiedDelivery) -> Acknowledgement:
        """What Discord demands within three seconds: a pong, choices, or the promise of a reply."""
        return acknowledgement_of(delivery.body, self._commands)


def _prove(request: RawRequest, secrets: IntakeSecrets) -> None:
    signature = request.headers.get(SIGNATURE_HEADER)
    if signature is None:
        raise SignatureMissing(header="X-Signature-Ed25519")
    timestamp = request.headers.get(TIMESTAMP_HEADER)
    if timestamp is None:
        raise SignatureMissing(header="X-Signature-Timestamp")
    if _SIGNATURE.fullmatch(signature) is None or _TIMESTAMP.fullmatch(timestamp) is None:
        # Discord keeps an endpoint only if it answers 401, no other status, to whatever is wrong.
        raise SignatureWrong
    age_s = request.received_at.timestamp() - int(timestamp)
    window_s = FRESH_FOR.total_seconds()
    if abs(age_s) > window_s:
        raise SignatureStale(age_s=round(age_s), window_s=round(window_s))
    message, proof = timestamp.encode() + request.body, bytes.fromhex(signature)
    if not any(is_signed_with(key, signature=proof, message=message) for key in secrets.signing):
        # A gateway in front that hands on base64 breaks every signature; the cause is told.
        raise BodyEncoded if _is_encoded(request.body) else SignatureWrong


def _is_encoded(body: bytes) -> bool:
    if _BASE64.fullmatch(body) is None:
        return False
    try:
        return base64.b64decode(body).lstrip().startswith(b"{")
    except (binascii.Error, ValueError):
        return False


def delivery_key(body: bytes) -> str:
    """What a delivery is known by, however it came: Discord's id, else the digest of its body."""
    try:
        identifier = _HEADING_DECODER.decode(body).id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        identifier = ""
    if _ID.fullmatch(identifier):
        return identifier
    return f"sha256:{hashlib.sha256(body).hexdigest()}"

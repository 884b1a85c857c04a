"""Signatures over raw bytes, compared in constant time."""

import base64
import hmac
from collections.abc import Iterable
from typing import Final

_LEAST_KEY: Final = 24
_LONGEST_KEY: Final = 64


def hmac_sha256_hex(secret: bytes, body: bytes) -> str:
    """HMAC-SHA256 as lower-case hex."""
    return hmac.digest(secret, body, "sha256").hex()


def standard_webhook_signature(secret: bytes, message_id: str, sent_at_s: int, body: bytes) -> str:
    """What the header `webhook-signature` holds.

    Source: standardwebhooks.com, specification 1.0.0, symmetric signatures.
    """
    signed = f"{message_id}.{sent_at_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def matches_any(presented: str, expected: Iterable[str]) -> bool:
    """Whether a presented signature or token equals one of the expected, in constant time each."""
    shown = presented.encode("utf-8", "surrogatepass")
    # Every candidate is compared, so the time taken does not tell which one matched.
    results = [hmac.compare_digest(shown, candidate.encode()) for candidate in expected]
    return any(results)


def webhook_key(secret: str) -> bytes:
    """The bytes a Standard Webhooks secret stands for.

    Raises: ValueError.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith("whsec_") or not _LEAST_KEY <= len(key) <= _LONGEST_KEY:
        message = (
            'must be whsec_ and 24 to 64 bytes in base64: echo "whsec_$(openssl rand -base64 32)"'
        )
        raise ValueError(message)
    return key

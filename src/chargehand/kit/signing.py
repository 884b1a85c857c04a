"""Signatures over raw bytes, compared in constant time."""

import hmac
from collections.abc import Iterable


def hmac_sha256_hex(secret: bytes, body: bytes) -> str:
    """HMAC-SHA256 as lower-case hex."""
    return hmac.digest(secret, body, "sha256").hex()


def matches_any(presented: str, expected: Iterable[str]) -> bool:
    """Whether a presented signature or token equals one of the expected, in constant time each."""
    shown = presented.encode("utf-8", "surrogatepass")
    # Every candidate is compared, so the time taken does not tell which one matched.
    results = [hmac.compare_digest(shown, candidate.encode()) for candidate in expected]
    return any(results)

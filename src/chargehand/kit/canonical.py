"""Canonical JSON and the digests made from it."""

import hashlib
import json


def canonical_json(value: object) -> str:
    """The one text a JSON value has here: sorted keys, no spaces, no escapes, no NaN.

    Raises: ValueError for NaN and infinities, TypeError for what JSON can not hold.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest_of(value: object) -> str:
    """SHA-256 over the canonical JSON, as lower-case hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()

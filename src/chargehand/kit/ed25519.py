"""Signatures made with a private key and proved with the public one.

Source: RFC 8032; the arithmetic is the library's. Loaded only where such signatures are expected.
"""

import re
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")
_MOST_KEYS: Final = 64


class SigningKey:
    """A private key of our own, for what is signed and proved on this machine."""

    def __init__(self, seed: bytes | None = None) -> None:
        self._key = (
            Ed25519PrivateKey.generate()
            if seed is None
            else Ed25519PrivateKey.from_private_bytes(seed)
        )

    @property
    def public_key(self) -> str:
        """The public half in hex."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """The signature of a message in hex."""
        return self._key.sign(message).hex()


def is_signed_with(public_key: str, *, signature: bytes, message: bytes) -> bool:
    """Whether the owner of a public key signed a message.

    Shape: `public_key` is 64 hex digits; what is no key proves nothing.
    """
    key = _loaded(public_key)
    if key is None:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=_MOST_KEYS)
def _loaded(public_key: str) -> Ed25519PublicKey | None:
    # Loading costs a good part of what proving does, and the keys in use are few.
    if _KEY.fullmatch(public_key) is None:
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    except ValueError:
        return None

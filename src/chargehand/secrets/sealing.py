"""Seals secrets with AES-256-GCM; what is sealed opens in its own place only.

Organization and name are authenticated with the text, so a row that was moved or renamed in the
database does not open. Source: NIST SP 800-38D; docs/decisions/0014-stored-secrets.md.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chargehand.secrets.errors import SecretKeyMissing

_NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text, and the key it was sealed with."""

    key_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one installation.

    Shape: `keys` by id; the one named `newest` seals. `path` is where they were read from.
    """

    newest: str
    keys: Mapping[str, bytes] = field(repr=False)
    path: str = ""

    def seal(self, text: str, *, organization_id: str, name: str) -> Sealed:
        """The text as only this keyring opens it, in this place."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(self.keys[self.newest])
        sealed = cipher.encrypt(nonce, text.encode(), _place(organization_id, name))
        return Sealed(self.newest, base64.b64encode(nonce + sealed).decode())

    def open(self, sealed: Sealed, *, organization_id: str, name: str) -> str:
        """The text again.

        Raises: SecretKeyMissing, also for what was sealed with another key of the same id, or
        tampered with.
        """
        key = self.keys.get(sealed.key_id)
        if key is None:
            raise SecretKeyMissing(name=name, key_id=sealed.key_id, path=self.path)
        try:
            raw = base64.b64decode(sealed.text, validate=True)
            place = _place(organization_id, name)
            return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place).decode()
        except (InvalidTag, ValueError) as error:
            raise SecretKeyMissing(
                name=name, key_id=f"{sealed.key_id} (another of that name)", path=self.path
            ) from error


def _place(organization_id: str, name: str) -> bytes:
    return f"chargehand/1/{organization_id}/{name}".encode()

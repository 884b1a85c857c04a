"""Codes a person says from another account: short enough to type, kept as a salted digest."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final

VALID_FOR: Final = timedelta(minutes=15)
# An account that said so many wrong codes waits until the window since the first is over.
MOST_TRIES: Final = 5
TRIES_WINDOW: Final = timedelta(minutes=15)
# Without letters and digits that look alike, and without vowels that make words.
_ALPHABET: Final = "23456789bcdfghjkmnpqrstvwxz"
_LENGTH: Final = 8
_HALF: Final = _LENGTH // 2
_SALT_BYTES: Final = 16
_IGNORED: Final = str.maketrans("", "", "- \t\n")


def new_code() -> str:
    """A fresh code, as it is shown: `K7MP-2XQD`; one of 282 billion."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)).upper()
    return f"{letters[:_HALF]}-{letters[_HALF:]}"


def new_salt() -> str:
    """What makes the digests of equal codes differ."""
    return secrets.token_hex(_SALT_BYTES)


def digest_of_code(code: str, salt: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(f"{salt}:{_plain(code)}".encode()).hexdigest()


def is_code(code: str, *, salt: str, digest: str) -> bool:
    """Whether a code is the one a digest was made of; as slow for a wrong one as for a right."""
    return hmac.compare_digest(digest_of_code(code, salt), digest)


def _plain(text: str) -> str:
    return text.translate(_IGNORED).lower()

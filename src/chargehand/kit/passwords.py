"""Passwords: kept as Argon2id, and as slow to find wrong for nobody as for somebody.

Source: RFC 9106 section 4, the second recommended choice; https://argon2-cffi.readthedocs.io,
2026-11-27
"""

import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
# Longer ones are no better, and cost whoever has to read them.
LONGEST: Final = 256


def digest_of_password(password: str) -> str:
    """What is kept of a password, with its salt and cost."""
    return _hasher().hash(_plain(password))


def is_password(password: str, digest: str | None) -> bool:
    """Whether a password is the one a digest was made of; as slow where there is no digest."""
    try:
        _hasher().verify(digest or _of_nobody(), _plain(password))
    except (VerificationError, InvalidHashError):
        return False
    return digest is not None


def is_outdated(digest: str) -> bool:
    """Whether a digest was made at another cost than now."""
    return _hasher().check_needs_rehash(digest)


def weakness_of(password: str, *words: str) -> str:
    """Why a password is too weak, in words; empty where it is not.

    Shape: `words` are those that everybody knows of its owner.
    """
    plain = _plain(password)
    if len(plain) < SHORTEST:
        return f"shorter than {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"longer than {LONGEST} characters"
    if len(set(plain)) < SHORTEST // 3:
        return "the same few characters again and again"
    if plain.casefold() in {word.casefold() for word in words if word}:
        return "your own name or address"
    return ""


def _plain(password: str) -> str:
    """The same text however a keyboard composed its letters."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _of_nobody() -> str:
    return _hasher().hash("nobody has this password")

"""Identifiers that sort by time and say what they name: `evt_` + UUIDv7 in base32."""

import hashlib
import secrets
from datetime import datetime

from chargehand.kit.clock import to_micros

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_PAIR_BITS = 10
_PAIR_MASK = (1 << _PAIR_BITS) - 1
_SHIFTS = range((_LENGTH // 2 - 1) * _PAIR_BITS, -1, -_PAIR_BITS)
_SHORT_LENGTH = 6
_LARGEST_ORDER = (1 << 63) - 1
PREFIXES = {
    "dlv": "delivery",
    "evt": "event",
    "ask": "ask",
    "dec": "decision",
    "act": "action",
    "apv": "approval",
    "eff": "effect",
    "key": "API key",
    "ntc": "notice",
    "bgt": "budget",
    "rsv": "reservation",
    "bkp": "backup",
    "hld": "hold",
    "prc": "process",
    "mbr": "member",
    "una": "unmapped account",
    "rmd": "reminder",
    "fbk": "feedback",
    "qui": "mute or snooze",
    "sub": "subscription",
    "vot": "vote",
    "abs": "absence",
    "brk": "broken glass",
    "stp": "stop",
    "out": "outgoing post",
    "ses": "session",
    "sia": "sign-in account",
}


def new_id(prefix: str, now: datetime) -> str:
    """A fresh identifier; those made later sort later.

    Source: RFC 9562 section 5.7 (UUID version 7), Crockford's base32 in lower case.
    """
    return f"{prefix}_{_encode(_uuid7(to_micros(now) // 1000, secrets.randbits(74)))}"


def first_id(prefix: str, moment: datetime) -> str:
    """What every identifier made at a moment or later sorts behind."""
    return f"{prefix}_{_encode(_uuid7(to_micros(moment) // 1000, 0))}"


def derive_id(prefix: str, parent: str, *parts: object) -> str:
    """The identifier that `parent` always has for `parts`, so that doing work twice names it once.

    Shape: keeps the parent's time, so children sort beside their parent.
    """
    _, _, body = parent.partition("_")
    millis = _decode(body) >> 80
    seed = "\x1f".join((prefix, parent, *(str(part) for part in parts)))
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    return f"{prefix}_{_encode(_uuid7(millis, digest & ((1 << 74) - 1)))}"


def id_kind(identifier: str) -> str | None:
    """What an identifier names, in the glossary's word; None when it is not one of ours."""
    prefix, underscore, body = identifier.partition("_")
    is_ours = underscore and len(body) == _LENGTH and all(c in _ALPHABET for c in body)
    return PREFIXES.get(prefix) if is_ours else None


def short_id(identifier: str) -> str:
    """The last six letters, which a person can type into a ticket."""
    return identifier[-_SHORT_LENGTH:]


def _uuid7(millis: int, entropy: int) -> int:
    rand_a, rand_b = entropy >> 62, entropy & ((1 << 62) - 1)
    return (millis & ((1 << 48) - 1)) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b


def _encode(number: int) -> str:
    # Two letters at a time: every webhook gets an id, and letter by letter costs three times that.
    return "".join([_PAIRS[number >> shift & _PAIR_MASK] for shift in _SHIFTS])


def _decode(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 32 + _ALPHABET.index(letter)
    return number


def order_of(identifier: str) -> int:
    """A number of 63 bits that sorts as the identifier does; two made at once may share one."""
    number = _decode(identifier.partition("_")[2])
    order = (number >> 80) << 21 | ((number >> 64) & 0xFFF) << 9 | ((number >> 53) & 0x1FF)
    # Nobody's clock reaches the end, but a caller may hand in any letters.
    return min(order, _LARGEST_ORDER)


def id_at(prefix: str, order: int) -> str:
    """The first identifier whose order is at least a number."""
    entropy = ((order >> 9) & 0xFFF) << 62 | (order & 0x1FF) << 53
    return f"{prefix}_{_encode(_uuid7(order >> 21, entropy))}"

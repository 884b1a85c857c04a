"""The only door through which secrets leave: as stars."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

_SECRET_KEY = re.compile(
    r"(?i)(secret|token|password|passwd|api_?key|authorization|cookie|signature)"
)


class _Credential(NamedTuple):
    """How one kind of credential looks.

    Shape: `hints` are parts of texts without difference of case, one of which every such credential
    or what stands before it has; looking for them takes a hundredth of what the pattern does, and
    a page of a list holds a hundred texts. Where a pattern takes any case they have no i, for which
    two other letters pass.
    """

    hints: tuple[str, ...]
    pattern: "re.Pattern[str]"


def _credential(hints: str, pattern: str, flags: int = 0) -> _Credential:
    return _Credential(tuple(hints.split()), re.compile(pattern, flags))


_PRIVATE_KEY = _credential(
    "-----begin",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_CREDENTIALS = (
    _credential("bearer bas", r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"),
    _credential("atatt", r"\bATATT[A-Za-z0-9_=-]{16,}"),
    _credential("ghp_ gho_ ghs_ ghu_ _pat_", r"\b(?:ghp|gho|ghs|ghu|github_pat)_[A-Za-z0-9_]{16,}"),
    _credential("xox", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    _credential("sk-", r"\bsk-[A-Za-z0-9_-]{16,}"),
    _credential("akia", r"\bAKIA[A-Z0-9]{16}\b"),
    _credential("chk_", r"\bchk_[A-Za-z0-9_-]{16,}"),
    _credential("aiza", r"\bAIza[A-Za-z0-9_-]{30,}"),
    _credential("glpat-", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    _credential("eyj", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),
    _PRIVATE_KEY,
    # What people write before a password; the word itself stays, so that the text can be read.
    _credential("password", r"(?i)(?<=\bpassword)\s*[:=]\s*\S+"),
    _credential("passwd", r"(?i)(?<=\bpasswd)\s*[:=]\s*\S+"),
    _credential("secret", r"(?i)(?<=secret)\s*[:=]\s*\S+"),
    _credential("token", r"(?i)(?<=\btoken)\s*[:=]\s*\S+"),
    _credential("key", r"(?i)(?<=api[ _-]key)\s*[:=]\s*\S+"),
    _credential("://", r"(?i)(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)
# Credentials that are known by their very shape, also where Markdown escapes their signs. What only
# stands behind a word such as `token:` is left alone: a title may say that.
_SHAPES = (
    _credential("atatt", r"\bATATT(?:\\?[A-Za-z0-9_=-]){16,}"),
    _credential(
        "ghp gho ghs ghu ghr pat",
        r"\b(?:ghp|gho|ghs|ghu|ghr|github\\?_pat)\\?_(?:\\?[A-Za-z0-9_]){16,}",
    ),
    _credential("xox xapp", r"\b(?:xox[abeprs]|xapp)\\?-(?:\\?[A-Za-z0-9-]){10,}"),
    _credential("sk- sk\\-", r"\bsk\\?-(?:\\?[A-Za-z0-9_-]){24,}"),
    _credential("akia", r"\bAKIA[A-Z0-9]{16}\b"),
    _credential("chk whsec", r"\b(?:chk|whsec)\\?_(?:\\?[A-Za-z0-9_+/=-]){20,}"),
    _credential("aiza", r"\bAIza(?:\\?[A-Za-z0-9_-]){30,}"),
    _credential("glpat", r"\bglpat\\?-(?:\\?[A-Za-z0-9_-]){16,}"),
    _credential("eyj", r"\beyJ(?:\\?[A-Za-z0-9_-]){8,}(?:\\?\.(?:\\?[A-Za-z0-9_-]){8,}){2}"),
    _PRIVATE_KEY,
    _credential("://", r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LEAST_SECRET = 6
MASK = "********"
# In words that are sent on stars would be read as markup.
LEFT_OUT = "(secret left out)"


def redact_text(text: str) -> str:
    """The text with everything that looks like a credential replaced by stars."""
    return _without(_CREDENTIALS, text, MASK)


def without_credentials(text: str) -> str:
    """The text for others to read, without what is a credential by its very shape."""
    return _without(_SHAPES, text, LEFT_OUT)


def _without(credentials: Iterable[_Credential], text: str, instead: str) -> str:
    folded = text.casefold()
    for hints, pattern in credentials:
        for hint in hints:
            if hint in folded:
                text = pattern.sub(instead, text)
                break
    return text


def long_enough(secrets: Collection[str]) -> tuple[str, ...]:
    """The secrets that are looked for in texts, longest first.

    A very short one would be found in words that are none.
    """
    return tuple(
        sorted((one for one in secrets if len(one) >= _LEAST_SECRET), key=len, reverse=True)
    )


def redact_known(text: str, known: Collection[str]) -> str:
    """The text without credentials, by shape, and without what is known as secret."""
    for secret in long_enough(known):
        text = text.replace(secret, MASK)
    return redact_text(text)


def redact_all(text: str, known: Collection[str]) -> str:
    """The text for eyes outside: no credentials, no e-mail addresses, nothing known as secret."""
    return _EMAIL.sub(MASK, redact_known(text, known))


def redact_fields(fields: Mapping[str, object], known: Collection[str] = ()) -> dict[str, object]:
    """Log fields with secrets masked by name and by shape, nested mappings included."""
    return {key: _redact_value(key, value, known) for key, value in fields.items()}


def _redact_value(key: str, value: object, known: Collection[str]) -> object:
    if _SECRET_KEY.search(key):
        return MASK
    if isinstance(value, str):
        return redact_known(value, known) if known else redact_text(value)
    if isinstance(value, Mapping):
        return redact_fields({str(k): v for k, v in value.items()}, known)
    if isinstance(value, list | tuple):
        return [_redact_value(key, item, known) for item in value]
    return value

"""The only door through which secrets leave: as stars."""

import re
from collections.abc import Collection, Mapping

_SECRET_KEY = re.compile(
    r"(?i)(secret|token|password|passwd|api_?key|authorization|cookie|signature)"
)
_PATTERNS = (
    re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"),
    re.compile(r"\bATATT[A-Za-z0-9_=-]{16,}"),
    re.compile(r"\b(?:ghp|gho|ghs|ghu|github_pat)_[A-Za-z0-9_]{16,}"),
    re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"),
    re.compile(r"\bAKIA[A-Z0-9]{16}\b"),
    re.compile(r"\bchk_[A-Za-z0-9_-]{16,}"),
    re.compile(r"\bAIza[A-Za-z0-9_-]{30,}"),
    re.compile(r"\bglpat-[A-Za-z0-9_-]{16,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    # What people write before a password; the word itself stays, so that the text can be read.
    re.compile(r"(?i)(?<=\bpassword)\s*[:=]\s*\S+"),
    re.compile(r"(?i)(?<=\bpasswd)\s*[:=]\s*\S+"),
    re.compile(r"(?i)(?<=secret)\s*[:=]\s*\S+"),
    re.compile(r"(?i)(?<=\btoken)\s*[:=]\s*\S+"),
    re.compile(r"(?i)(?<=api[ _-]key)\s*[:=]\s*\S+"),
    re.compile(r"(?i)(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)
# Credentials that are known by their very shape, also where Markdown escapes their signs. What only
# stands behind a word such as `token:` is left alone: a title may say that.
_SHAPES = (
    re.compile(r"\bATATT(?:\\?[A-Za-z0-9_=-]){16,}"),
    re.compile(r"\b(?:ghp|gho|ghs|ghu|ghr|github\\?_pat)\\?_(?:\\?[A-Za-z0-9_]){16,}"),
    re.compile(r"\b(?:xox[abeprs]|xapp)\\?-(?:\\?[A-Za-z0-9-]){10,}"),
    re.compile(r"\bsk\\?-(?:\\?[A-Za-z0-9_-]){24,}"),
    re.compile(r"\bAKIA[A-Z0-9]{16}\b"),
    re.compile(r"\b(?:chk|whsec)\\?_(?:\\?[A-Za-z0-9_+/=-]){20,}"),
    re.compile(r"\bAIza(?:\\?[A-Za-z0-9_-]){30,}"),
    re.compile(r"\bglpat\\?-(?:\\?[A-Za-z0-9_-]){16,}"),
    re.compile(r"\beyJ(?:\\?[A-Za-z0-9_-]){8,}(?:\\?\.(?:\\?[A-Za-z0-9_-]){8,}){2}"),
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LEAST_SECRET = 6
MASK = "********"
# In words that are sent on stars would be read as markup.
LEFT_OUT = "(secret left out)"


def redact_text(text: str) -> str:
    """The text with everything that looks like a credential replaced by stars."""
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return text


def without_credentials(text: str) -> str:
    """The text for others to read, without what is a credential by its very shape."""
    for pattern in _SHAPES:
        text = pattern.sub(LEFT_OUT, text)
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

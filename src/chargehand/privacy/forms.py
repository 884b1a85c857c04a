r"""The ways one word is written in stored texts, as a regular expression that knows them all.

Between a vendor and us a name is JSON, part of an address, wiki markup or HTML, and often two of
them at once: `Jürgen` is also `J\u00fcrgen`, `J%C3%BCrgen`, `J&uuml;rgen`. So each character
stands for all its own forms. Letters and digits of ASCII are written as themselves everywhere.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from html.entities import codepoint2name
from typing import Final

# Shorter words, ids and addresses are found as whole words only: `Ali` is no part of `validation`,
# and whoever gives half an account id must not meet everybody whose id begins so.
_WHOLE_WORD_BELOW: Final = 6
_LEAST_HINT: Final = 3
_LATIN_END: Final = 0x0250
_BMP_END: Final = 0xFFFF
_LATIN_START: Final = 0x00C0
_SURROGATES: Final = 0xD800
_BEHIND_THEM: Final = 0xE000
_HIGH_TWINS: Final = (*range(0x1D15E, 0x1D1C1), *range(0x2F800, 0x2FA1E))
_LONGEST_FIRST: Final = (3, 2, 1)
_DASHES: Final = "-‐‑‒–"
_APOSTROPHES: Final = "'’ʼ`´"
_LIKE: Final = {char: like for like in (_DASHES, _APOSTROPHES) for char in like}
# A blank may be any, any number of them, and written in any way.
_BLANK: Final = (
    r"(?:\s|\\+[nrt]|\\+u(?:0020|00a0|2009|202f)|%(?:25)*(?:20|09|0a|C2%A0)|\+|_|"
    r"&nbsp;|&#(?:32|160);)+"
)
# What ends a word though it ends in a letter or digit: the last character of an escape.
_AFTER_ESCAPE: Final = r"(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4})|(?<=%[0-9a-f]{2})"
_BEFORE: Final = rf"(?:(?<![^\W_])|{_AFTER_ESCAPE})"
_BEHIND: Final = r"(?![^\W_])"


def pattern_of(word: str) -> str:
    """What matches a word in every form, whatever its case; for `re.IGNORECASE`."""
    plain = _plain(word)
    body = _body_of(plain)
    if len(plain) >= _WHOLE_WORD_BELOW and not _is_identifier(plain):
        return body
    before = _BEFORE if _has_word_edge(plain[0]) else ""
    behind = _BEHIND if _has_word_edge(plain[-1]) else ""
    return f"{before}{body}{behind}"


def bytes_pattern_of(word: str) -> bytes:
    """The same for the bytes of a file, in which a word may stand directly behind another."""
    return _body_of(_plain(word)).encode("utf-8", "surrogatepass")


def hint_of(word: str) -> str:
    """A piece that every text with the word holds in lower case; empty when there is none.

    Looking for it is a hundred times cheaper than the whole expression.
    """
    plain = _plain(word).lower()
    # Of an address the name is rare, while everybody shares the domain.
    for part in (plain.partition("@")[0], plain):
        longest = max(re.findall(r"[a-z0-9]+", part), key=len, default="")
        if len(longest) >= _LEAST_HINT:
            return longest
    return ""


def _plain(word: str) -> str:
    return unicodedata.normalize("NFC", word.strip())


def _body_of(plain: str) -> str:
    return "".join(
        _BLANK if part.isspace() else "".join(_forms_of_each(part))
        for part in re.split(r"(\s+)", plain)
        if part
    )


def _forms_of_each(part: str) -> Iterator[str]:
    at = 0
    while at < len(part):
        for length in _LONGEST_FIRST:
            twins = _twins().get(part[at : at + length])
            if twins is not None:
                apart = "".join(_forms_of(char) for char in part[at : at + length])
                together = "|".join(_forms_of(one) for one in twins)
                yield f"(?:{apart}|{together})"
                at += length
                break
        else:
            yield _forms_of(part[at])
            at += 1


@cache
def _twins() -> Mapping[str, tuple[str, ...]]:
    """Characters that Unicode holds to be the same as others, by those others.

    Such as a hundred ideographs that are there twice, and letters that are always written in two.
    """
    twins: dict[str, tuple[str, ...]] = {}
    for code in (*range(_LATIN_START, _SURROGATES), *range(_BEHIND_THEM, _BMP_END), *_HIGH_TWINS):
        char = chr(code)
        same = unicodedata.normalize("NFC", char)
        if same != char and not same.isascii():
            twins[same] = (*twins.get(same, ()), char)
    return twins


def _is_identifier(plain: str) -> bool:
    """Whether a word is an id or an address, whose beginning may be that of another one."""
    return plain.isascii() and not re.search(r"\s", plain) and bool(re.search(r"[0-9@:]", plain))


def _has_word_edge(char: str) -> bool:
    # Scripts without blanks between words have no edges to look for.
    return char.isalnum() and ord(char) < _LATIN_END


def _forms_of(char: str) -> str:
    if char.isascii() and char.isalnum():
        return char
    forms: dict[str, None] = {}
    for one in _LIKE.get(char, char):
        for written in (one, one.lower(), one.upper()):
            for form in _encodings_of(written):
                forms[form] = None
    # Markup takes a sign out of its meaning with a backslash.
    escape = r"\\*" if char.isascii() else ""
    return f"{escape}(?:{'|'.join(forms)})"


def _encodings_of(text: str) -> tuple[str, ...]:
    """One character, or the few that stand for it in the other case, in every encoding."""
    decomposed = unicodedata.normalize("NFD", text)
    found = [re.escape(text), _as_json(text), _as_address(text), _as_html(text)]
    if decomposed != text:
        found += [re.escape(decomposed), _as_json(decomposed), _as_address(decomposed)]
    return tuple(found)


def _as_json(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass")
    codes = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(rf"\\+u{code}" for code in codes)


def _as_address(text: str) -> str:
    # An address inside an address is encoded twice: `%25C3%25BC`.
    return "".join(f"%(?:25)*{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


def _as_html(text: str) -> str:
    return "".join(_html_of(char) for char in text)


def _html_of(char: str) -> str:
    code = ord(char)
    name = codepoint2name.get(code) if code <= _BMP_END else None
    named = f"|{name}" if name is not None else ""
    return f"&(?:amp;)?(?:#0*{code}|#x0*{code:x}{named});"

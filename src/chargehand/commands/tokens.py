"""Splits one line into words, quoted parts, mentions and pauses; every character is read once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chargehand.commands.contractions import fold
from chargehand.domain.ids import AccountId, WorkItemKey
from chargehand.domain.text import Line, LineKind
from chargehand.kit.disguise import DISGUISE, is_disguised, unseen_in

KEY = "<key>"
MENTION = "<mention>"
QUOTED = "<quoted>"
COMMA = ","

_MARK = "\ufffc"
_BREAKS = frozenset(",;:()[]–—")
# Marks of quoting, code and markup: they part words, and no change is read across one.
_MARKUP = frozenset("{}|<>~")
_STOPS = frozenset(".!…。！")
_ASKS = frozenset("?？")
_QUOTES = {'"': '"”“', "“": '”"“', "„": '“”"', "«": "»", "'": "'", "‘": "’", "`": "`"}
_DOUBLE_QUOTES = frozenset('"“”„«»')
_ENDS_WORD = frozenset(",()[]{}|–—<>~!！?？…。") | _DOUBLE_QUOTES | {_MARK}
# These end a word only when nothing that belongs to it follows, as in "v1.2", "10:30", "tl;dr".
_MAY_END_WORD = frozenset(".;:")
_EMPHASIS = "*_"
_HARMLESS = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFE0F, 0xFEFF])
# What a reader sees differs from what is written: overrides and isolates of direction, tag letters.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BULLET = re.compile(r"\s*(?:[-*•‣▪+–—]|\d{1,2}[.)]|\[[ xX]?\])\s+")
_KEY = re.compile(r"([A-Z][A-Z0-9_]{0,99})-([1-9][0-9]{0,9})")
_BROWSE = re.compile(r"https?://[^\s]{1,200}/browse/([A-Za-z][A-Za-z0-9_]{0,99}-[1-9][0-9]{0,9})")


class TokenKind(StrEnum):
    """What a token is to a reader."""

    WORD = "word"
    QUOTED = "quoted"
    MENTION = "mention"
    COMMA = "comma"
    STOP = "stop"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a line.

    Shape: `word` is what patterns compare (a placeholder for keys, mentions and quoted parts);
    `value` is the piece as written, escapes undone; a contraction gives several tokens of one
    place, told by equal `start`.
    """

    kind: TokenKind
    word: str
    value: str
    start: int
    end: int
    account: AccountId | None = None
    key: WorkItemKey | None = None


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One line, split.

    Shape: `text` has one mark for each mention, whose written names are `names`; `is_disguised`
    when the line held characters that hide or reorder text; `quoted_mentions` are the accounts
    mentioned inside quotation marks; `unseen` are the characters it held that nobody sees, those
    that join emoji included.
    """

    kind: LineKind
    text: str
    names: tuple[str, ...]
    tokens: tuple[Token, ...]
    is_disguised: bool
    quoted_mentions: tuple[AccountId, ...]
    unseen: frozenset[str]

    def written(self, tokens: Sequence[Token]) -> str:
        """The stretch from the first to the last of some tokens, as a person reads it."""
        if not tokens:
            return ""
        start, end = tokens[0].start, tokens[-1].end
        first = self.text.count(_MARK, 0, start)
        pieces = self.text[start:end].split(_MARK)
        names = self.names[first : first + len(pieces) - 1]
        return pieces[0] + "".join(
            name + rest for name, rest in zip(names, pieces[1:], strict=True)
        )


def split_line(line: Line, project_keys: frozenset[str]) -> TokenLine:
    """The tokens of a line; a key counts only when its project is one of `project_keys`."""
    raw = "".join(
        _MARK if span.mention is not None else span.text.replace(_MARK, " ") for span in line.spans
    )
    mentions = tuple(span.mention for span in line.spans if span.mention is not None)
    text = _CONTROL.sub(" ", DISGUISE.sub("", raw).translate(_HARMLESS))
    scanner = _Scanner(text, mentions, project_keys)
    tokens = tuple(scanner.scan())
    return TokenLine(
        kind=line.kind,
        text=text,
        names=tuple(span.text for span in line.spans if span.mention is not None),
        tokens=tokens,
        is_disguised=line.is_disguised or is_disguised(raw),
        quoted_mentions=tuple(scanner.quoted_mentions),
        unseen=unseen_in(raw),
    )


def looks_like_key(value: str) -> bool:
    """Whether a word has the shape of a work item key, of whatever project."""
    return _KEY.fullmatch(value.upper()) is not None


class _Scanner:
    """Walks a line once; a quotation mark that is never closed is looked for only once."""

    def __init__(
        self, text: str, mentions: Sequence[AccountId], project_keys: frozenset[str]
    ) -> None:
        self._text = text
        self._mentions = iter(mentions)
        self._project_keys = project_keys
        self._never_closed: set[str] = set()
        self.quoted_mentions: list[AccountId] = []

    def scan(self) -> Iterator[Token]:
        bullet = _BULLET.match(self._text)
        at = bullet.end() if bullet else 0
        while at < len(self._text):
            if self._text[at].isspace():
                at += 1
                continue
            found = self._next(at)
            yield from found
            at = found[-1].end

    def _next(self, at: int) -> tuple[Token, ...]:
        char = self._text[at]
        if char == _MARK:
            account = next(self._mentions)
            return (Token(TokenKind.MENTION, MENTION, "", at, at + 1, account=account),)
        if char in _QUOTES:
            quoted = self._quoted(at)
            if quoted is not None:
                return (quoted,)
        mark = self._punctuation(at)
        return self._word(at) if mark is None else (mark,)

    def _punctuation(self, at: int) -> Token | None:
        char = self._text[at]
        if char in _ASKS:
            return Token(TokenKind.ASK, "?", char, at, at + 1)
        if char in _STOPS and not self._goes_on(at + 1):
            return Token(TokenKind.STOP, ".", char, at, at + 1)
        if char in _MARKUP:
            return Token(TokenKind.COMMA, char, char, at, at + 1)
        if char in _BREAKS or char in _DOUBLE_QUOTES or char == "`":
            return Token(TokenKind.COMMA, COMMA, char, at, at + 1)
        return None

    def _goes_on(self, at: int) -> bool:
        return at < len(self._text) and self._text[at].isalnum()

    def _quoted(self, at: int) -> Token | None:
        opener = self._text[at]
        if opener in self._never_closed:
            return None
        closers, letters, here = _QUOTES[opener], [], at + 1
        while here < len(self._text):
            char = self._text[here]
            if char == "\\" and here + 1 < len(self._text):
                letters.append(self._text[here + 1])
                here += 2
                continue
            if char in closers and not (char in "'’" and self._goes_on(here + 1)):
                inner = "".join(letters)
                self._take_mentions(self._text[at:here])
                value = " ".join(inner.replace(_MARK, " ").split())
                return Token(TokenKind.QUOTED, QUOTED, value, at, here + 1)
            letters.append(char)
            here += 1
        self._never_closed.add(opener)
        return None

    def _take_mentions(self, part: str) -> None:
        self.quoted_mentions.extend(next(self._mentions) for _ in range(part.count(_MARK)))

    def _word(self, at: int) -> tuple[Token, ...]:
        end, letters = at, []
        is_address = self._text.startswith(("http://", "https://"), at)
        while end < len(self._text) and not self._ends_word(end, at, is_address=is_address):
            if self._text[end] == "\\" and end + 1 < len(self._text) and not is_address:
                if self._text[end + 1] == _MARK:
                    break
                end += 1
            letters.append(self._text[end])
            end += 1
        end = max(end, at + 1)
        value = "".join(letters)
        key = self._key_in(value)
        if key is not None:
            return (Token(TokenKind.WORD, KEY, value, at, end, key=key),)
        words = fold(value)
        if not words:
            return (Token(TokenKind.COMMA, COMMA, value, at, end),)
        plain = value.strip(_EMPHASIS) or value
        return tuple(Token(TokenKind.WORD, word, plain, at, end) for word in words)

    def _ends_word(self, here: int, start: int, *, is_address: bool) -> bool:
        char = self._text[here]
        if char.isspace() or char == _MARK:
            return True
        if is_address or here == start:
            return False
        return char in _ENDS_WORD or (char in _MAY_END_WORD and not self._goes_on(here + 1))

    def _key_in(self, value: str) -> WorkItemKey | None:
        address = _BROWSE.match(value)
        candidate = (address.group(1) if address else value).upper()
        match = _KEY.fullmatch(candidate)
        if match is None or match.group(1) not in self._project_keys:
            return None
        return WorkItemKey(candidate)


def split_quoted(token: Token, project_keys: frozenset[str]) -> tuple[Token, ...]:
    """The tokens inside a quoted token; mentions in it were already taken out."""
    return tuple(_Scanner(token.value, (), project_keys).scan())

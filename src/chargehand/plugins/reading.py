"""Collects what the readers of vendors' texts find, within bounds."""

import re
from dataclasses import dataclass

from chargehand.domain.ids import AccountId
from chargehand.domain.text import Line, LineKind, RichText, Span
from chargehand.kit.disguise import is_disguised
from chargehand.kit.hidden import strings_in

# Jira's limit, the largest, is 32,767 characters as ADF; the same text as wiki markup is longer.
MAX_CHARS = 131_072
MAX_LINES = 20_000
MAX_ACCOUNT_ID_CHARS = 255
_STRIKE = "~~"
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was understood; `was_cut` is true when it was longer than we keep."""

    lines: RichText
    was_cut: bool = False


def marked(reading: Reading, source: object) -> Reading:
    """The reading, which shows no hidden characters, still saying that there were some."""
    if not any(is_disguised(text) for text in strings_in(source)):
        return reading
    lines = tuple(Line(line.spans, line.kind, is_disguised=True) for line in reading.lines)
    return Reading(lines, was_cut=reading.was_cut)


class LineCollector:
    """Takes text and mentions in reading order and makes lines of them.

    Struck-out words stay, between `~~`, so that they never read as the writer's plain words; a
    line with nothing but struck-out words counts as quoted, because its writer took it back.
    """

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._spans: list[Span] = []
        self._parts: list[str] = []
        self._chars_left = MAX_CHARS
        self._is_striking = False
        self._has_struck = False
        self._has_plain = False
        self._was_cut = False

    def add(self, text: str) -> None:
        """Append plain words to the present line."""
        self._close_strike()
        self._has_plain = self._has_plain or _WORD.search(text) is not None
        self._append(text)

    def add_struck(self, text: str) -> None:
        """Append struck-out words to the present line."""
        if text and not self._is_striking:
            self._append(_STRIKE)
            self._is_striking = self._has_struck = True
        self._append(text)

    def add_mention(self, account_id: str, shown: str) -> None:
        """Append a mention; `shown` is the name as it was written."""
        self._close_strike()
        if len(shown) > self._chars_left:
            self._was_cut = True
            return
        self._chars_left -= len(shown)
        self._flush_parts()
        self._spans.append(Span(shown, AccountId(account_id)))

    def end_line(self, kind: LineKind) -> None:
        """Close the present line; a line without a word or a mention is left out."""
        self._close_strike()
        self._flush_parts()
        spans = _trimmed(self._spans, kind)
        if spans and len(self._lines) < MAX_LINES:
            is_withdrawn = self._has_struck and not self._has_plain and kind is LineKind.BODY
            self._lines.append(Line(spans, LineKind.QUOTE if is_withdrawn else kind))
        elif spans:
            self._was_cut = True
        self._spans = []
        self._has_struck = self._has_plain = False

    def extend(self, lines: RichText) -> None:
        """Append lines that were read elsewhere, mentions and kinds as they are."""
        for line in lines:
            for span in line.spans:
                if span.mention is None:
                    self.add(span.text)
                else:
                    self.add_mention(span.mention, span.text)
            self.end_line(line.kind)

    def reading(self) -> Reading:
        """Everything collected so far."""
        return Reading(tuple(self._lines), was_cut=self._was_cut)

    def _append(self, text: str) -> None:
        if len(text) > self._chars_left:
            text = text[: self._chars_left]
            self._was_cut = True
        self._chars_left -= len(text)
        if text:
            self._parts.append(text)

    def _close_strike(self) -> None:
        if self._is_striking:
            self._is_striking = False
            self._append(_STRIKE)

    def _flush_parts(self) -> None:
        if self._parts:
            self._spans.append(Span("".join(self._parts)))
            self._parts = []


def _trimmed(spans: list[Span], kind: LineKind) -> tuple[Span, ...]:
    """The spans without the line's outer blanks; code keeps its indentation."""
    trimmed = list(spans)
    while trimmed and trimmed[-1].mention is None:
        text = trimmed[-1].text.rstrip()
        if text:
            trimmed[-1] = Span(text)
            break
        trimmed.pop()
    if kind is not LineKind.CODE:
        while trimmed and trimmed[0].mention is None:
            text = trimmed[0].text.lstrip()
            if text:
                trimmed[0] = Span(text)
                break
            trimmed.pop(0)
    return tuple(trimmed)

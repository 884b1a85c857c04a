"""Reads GitHub's Markdown: words, quotes, code and mentions told apart."""

import re
from dataclasses import dataclass, field
from typing import Final

from chargehand.domain.ids import AccountId
from chargehand.domain.text import LineKind
from chargehand.kit.hidden import with_newlines, without_hidden
from chargehand.kit.tolerant import Fields
from chargehand.plugins.reading import LineCollector, Reading, marked

# GitHub takes no longer text in a comment.
MAX_TEXT_CHARS: Final = 65_536
_BOT: Final = "[bot]"
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FENCE: Final = re.compile(r"\s*(?:[-*+] |\d{1,4}[.)] )?\s*(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)")
_QUOTE: Final = re.compile(r" {0,3}>[ ]?(.*)", re.DOTALL)
_INDENTED: Final = re.compile(r"(?: {4}|\t)(.*)", re.DOTALL)
_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])(?:\s+(?:\[[ xX]\]\s+)?|$)")
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:\s+|$)")
_LOGIN: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?(?:\[bot\])?"
_INLINE: Final = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`{1,8})(?!`)(?P<code>[^`](?:[^`]|`(?!(?P=ticks)))*?)(?<!`)(?P=ticks)(?!`)"
    r"|<(?P<tag>code|pre|kbd|samp|a)\b[^<>\n]{0,2000}>(?P<inner>[^<\n]*)</(?P=tag)>"
    r"|<(?P<link>https?://[^\s<>]{1,2000})>"
    r"|(?P<html></?[A-Za-z][^<>\n]{0,2000}>)"
    r"|(?P<url>https?://[^\s<>]{1,2000})"
    r"|!?\[(?P<label>[^\[\]\n]{0,1000})\]\([^()\s]{0,2000}(?:\s+\"[^\"\n]{0,500}\")?\)"
    rf"|(?<![\w@/.+-])@(?P<login>{_LOGIN})(?![\w@]|/\w|-+\w)"
    r"|~~(?P<struck>[^~\n]{1,2000})~~"
    r"|(?P<mark>\*\*\*|\*\*|__)"
    r"|(?<!\w)(?P<italic>[*_])(?P<words>[^\s*_](?:[^\n*_]{0,2000}[^\s*_])?)(?P=italic)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class BotName:
    """The login of our bot, None where it is not known.

    An App is the account `name[bot]`, and people write `@name`.
    """

    login: str | None = None

    def account_of(self, mentioned: str) -> AccountId:
        """The account a mention means."""
        login = mentioned.lower()
        bot = (self.login or "").lower()
        if bot.endswith(_BOT) and login == bot.removesuffix(_BOT):
            return AccountId(bot)
        return AccountId(login)


def read_field(fields: Fields, name: str, bot: BotName) -> Reading:
    """The lines of the text under a name; none when there is none."""
    text = fields.get(name)
    return read_markdown(text, bot) if isinstance(text, str) else Reading(())


def read_markdown(source: str, bot: BotName) -> Reading:
    """The lines of a text as GitHub shows it: what it hides in HTML comments is left out."""
    reader = _Reader(bot)
    # What is hidden goes last: GitHub calls nobody whose name something hidden stands before.
    text = _COMMENT.sub("", with_newlines(source[:MAX_TEXT_CHARS]))
    for line in text.split("\n"):
        reader.read(line)
    reading = reader.lines.reading()
    was_cut = reading.was_cut or len(source) > MAX_TEXT_CHARS
    return marked(Reading(reading.lines, was_cut=was_cut), source)


@dataclass(slots=True)
class _Reader:
    """Reads line after line; `fence` is the mark that ends the code we are in."""

    bot: BotName
    lines: LineCollector = field(default_factory=LineCollector)
    fence: str = ""
    is_after_blank: bool = True
    is_in_list: bool = False

    def read(self, line: str) -> None:
        if self.fence:
            self._read_fenced(line)
            return
        if opening := _opened(line):
            self.fence = opening
            return
        if not line.strip():
            self.is_after_blank = True
            return
        indented = _INDENTED.match(line)
        if indented and self.is_after_blank and not self.is_in_list:
            # Further lines of it need no blank line before them.
            self._add(indented[1], LineKind.CODE)
            return
        self._read_words(line, is_indented=indented is not None)

    def _read_fenced(self, line: str) -> None:
        bare = line.strip()
        if bare and set(bare) == {self.fence[0]} and len(bare) >= len(self.fence):
            self.fence = ""
            self.is_after_blank = True
            return
        self._add(line, LineKind.CODE)

    def _read_words(self, line: str, *, is_indented: bool) -> None:
        self.is_after_blank = False
        words, kind = line, LineKind.BODY
        while quote := _QUOTE.fullmatch(words):
            words, kind = quote[1], LineKind.QUOTE
        item = _ITEM.match(words)
        if item:
            self.is_in_list, words = True, words[item.end() :]
        elif not is_indented and kind is LineKind.BODY:
            self.is_in_list = False
        if heading := _HEADING.match(words):
            words = words[heading.end() :].rstrip("# ")
        read_inline(self.lines, words, self.bot)
        self.lines.end_line(kind)

    def _add(self, text: str, kind: LineKind) -> None:
        self.lines.add(without_hidden(text))
        self.lines.end_line(kind)


def read_inline(lines: LineCollector, text: str, bot: BotName) -> None:
    """Read the words of one line."""
    place = 0
    for found in _INLINE.finditer(text):
        lines.add(without_hidden(text[place : found.start()]))
        place = found.end()
        if found["login"]:
            lines.add_mention(bot.account_of(found["login"]), f"@{found['login']}")
        elif found["struck"]:
            lines.add_struck(without_hidden(found["struck"]))
        elif found["words"]:
            read_inline(lines, found["words"], bot)
        else:
            lines.add(without_hidden(_words_of(found)))
    lines.add(without_hidden(text[place:]))


def _opened(line: str) -> str:
    """The mark of the fence a line opens; empty when it opens none."""
    found = _FENCE.fullmatch(line)
    if found is None or (found["mark"][0] == "`" and "`" in found["info"]):
        return ""
    return found["mark"]


def _words_of(found: re.Match[str]) -> str:
    """What a reader sees in place of a mark that mentions nobody."""
    for name in ("escaped", "code", "inner", "link", "url", "label"):
        if found[name] is not None:
            return found[name]
    # A tag of HTML, or a mark of bold words.
    return ""

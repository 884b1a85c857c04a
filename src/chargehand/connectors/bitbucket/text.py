"""Reads Bitbucket's Markdown: words, quotes, code and mentions told apart."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from chargehand.connectors.bitbucket.data_center_shapes import slug_of
from chargehand.connectors.bitbucket.seen import MAX_TEXT_CHARS
from chargehand.domain.ids import AccountId
from chargehand.domain.text import LineKind
from chargehand.kit.hidden import with_newlines, without_hidden
from chargehand.kit.markdown_parser import is_cut_off, parse_markdown
from chargehand.plugins.reading import LineCollector, Reading, marked

# On Cloud an account between braces; on Data Center a user name, between quotes where it must be.
_ON_CLOUD: Final = re.compile(r"@\{([0-9A-Za-z:_-]{1,128})\}")
_ON_DATA_CENTER: Final = re.compile(r'(?<![\w@.])@(?:"([^"\n]{1,128})"|([\w][\w.-]{0,126}[\w]|\w))')
# What Bitbucket's editor writes behind a link that it shows as a card.
_CARD: Final = re.compile(r"\{:\s*data-(?:inline|block)-card=[^}\n]{0,40}\}")
_BLOCKS: Final = frozenset({"fence", "code_block"})


@dataclass(frozen=True, slots=True)
class Mentions:
    """How accounts are mentioned on a connection.

    Shape: `bot` is the bot's account and `bot_name` a name that means it too, for a bot that no
    editor offers to mention; either may be unknown.
    """

    is_cloud: bool
    bot: AccountId | None = None
    bot_name: str = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a mention looks like."""
        names = rf"|(?<![\w@.])@({re.escape(self.bot_name)})(?![\w-])" if self.bot_name else ""
        base = _ON_CLOUD if self.is_cloud else _ON_DATA_CENTER
        # The bot's own name goes first: it may look like the beginning of another one.
        flags = re.IGNORECASE
        return re.compile(f"{names[1:]}|{base.pattern}" if names else base.pattern, flags)

    def account_of(self, found: re.Match[str]) -> AccountId:
        """Whom a mention means."""
        name = next(group for group in found.groups() if group is not None)
        if self.bot_name and name.casefold() == self.bot_name.casefold() and self.bot is not None:
            return self.bot
        return AccountId(name if self.is_cloud else slug_of(name))


def read_markdown(raw: str, mentions: Mentions) -> Reading:
    """The lines of a comment or a description."""
    # What is hidden goes last: it keeps signs apart that Bitbucket would see power in.
    text = with_newlines(_CARD.sub("", raw[:MAX_TEXT_CHARS]))
    tokens = parse_markdown(text)
    lines = LineCollector()
    if is_cut_off(tokens):
        # Nested deeper than the parser goes: all of it is kept, and none of it as the writer's own.
        for line in text.split("\n"):
            lines.add(without_hidden(line))
            lines.end_line(LineKind.QUOTE)
    else:
        _Reader(lines, mentions).read(tokens)
    return marked(lines.reading(), raw)


class _Reader:
    def __init__(self, lines: LineCollector, mentions: Mentions) -> None:
        self._lines = lines
        self._mentions = mentions
        self._pattern = mentions.pattern
        self._quotes = 0
        self._struck = 0

    def read(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type in ("blockquote_open", "blockquote_close"):
                self._quotes += token.nesting
            elif token.type in _BLOCKS:
                for line in token.content.removesuffix("\n").split("\n"):
                    self._lines.add(without_hidden(line))
                    self._lines.end_line(LineKind.QUOTE if self._quotes else LineKind.CODE)
            elif token.type == "inline":
                self._inline(token.children or ())
                self._end_line()

    def _inline(self, tokens: Sequence[Token]) -> None:
        href, label = "", ""
        for token in tokens:
            match token.type:
                case "s_open" | "s_close":
                    self._struck += token.nesting
                case "softbreak" | "hardbreak":
                    self._end_line()
                case "link_open":
                    href, label = str(token.attrs.get("href", "")), ""
                case "link_close":
                    # A link is its words and where it leads: either may name a work item.
                    if href and href not in (label, f"mailto:{label}"):
                        self._lines.add(without_hidden(f" ({href})"))
                    href = ""
                case "code_inline":
                    label += token.content
                    self._lines.add(without_hidden(f"`{token.content}`"))
                case _:
                    label += token.content
                    self._words(token.content)

    def _words(self, text: str) -> None:
        if self._struck:
            self._lines.add_struck(_shown(text))
            return
        place = 0
        for found in self._pattern.finditer(text):
            self._lines.add(_shown(text[place : found.start()]))
            self._lines.add_mention(self._mentions.account_of(found), found[0])
            place = found.end()
        # An entity is shown as its sign, and never makes a mention.
        self._lines.add(_shown(text[place:]))

    def _end_line(self) -> None:
        self._lines.end_line(LineKind.QUOTE if self._quotes else LineKind.BODY)


def _shown(text: str) -> str:
    """What a reader sees: entities as their signs, and nothing that is hidden."""
    return without_hidden(html.unescape(text))

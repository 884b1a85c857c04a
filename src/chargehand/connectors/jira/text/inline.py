"""What stands inside one line of wiki markup: mentions, links, pictures and emphasis."""

import re
from dataclasses import dataclass

from chargehand.plugins.reading import MAX_ACCOUNT_ID_CHARS, LineCollector

# Every alternative begins with a literal and excludes it from its own middle, so that a search
# over a whole line takes linear time whatever the line holds.
_TOKEN = re.compile(
    r"""
      \\(?P<escaped>[^\w\s])
    | \[~(?:(?i:accountid:)(?P<account>[^\[\]|\s{}]{1,LIMIT})|(?P<user>[^\[\]|\s{}:]{1,LIMIT}))\]
    | \[(?P<link>[^\[\]\n]{1,2000})\]
    | !(?P<picture>[^!|\s][^!|\n]{0,250}\.[A-Za-z0-9]{2,5}(?:\|[^!\n]{0,500})?)!
    | (?P<url>https?://[^\s\[\]|{}]{1,2000})
    | (?P<code>\{\{)
    | \{(?P<forced>[*_+^~-])\}
    | (?P<mark>[*_+^~-])
    """.replace("LIMIT", str(MAX_ACCOUNT_ID_CHARS)),
    re.VERBOSE,
)
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{1,30}:|www\.|[#^/])\S")
_STRIKE = "-"


@dataclass(slots=True)
class _Piece:
    """A run of the line; an emphasis mark is emptied once its partner is found."""

    text: str
    account_id: str | None = None
    is_struck: bool = False


class _InlineReader:
    """Reads one line from left to right and pairs its emphasis marks."""

    def __init__(self, raw: str) -> None:
        self._raw = raw
        self._pieces: list[_Piece] = []
        self._open_marks: dict[str, int] = {}
        self._has_code_end = True

    def pieces(self) -> list[_Piece]:
        """The runs of the line in reading order, marks of emphasis removed."""
        position = 0
        while token := _TOKEN.search(self._raw, position):
            if token.start() > position:
                self._pieces.append(_Piece(self._raw[position : token.start()]))
            position = self._take(token)
        self._pieces.append(_Piece(self._raw[position:]))
        return self._pieces

    def _take(self, token: re.Match[str]) -> int:
        """Keep what the token shows; where reading goes on."""
        name, found = token.lastgroup or "", token[token.lastgroup or 0]
        match name:
            case "code":
                return self._take_code(token)
            case "forced":
                self._take_mark(f"{{{found}}}", token, can_open=True, can_close=True)
            case "mark":
                self._take_mark(
                    found, token, can_open=self._can_open(token), can_close=self._can_close(token)
                )
            case "account" | "user":
                self._pieces.append(_Piece(f"@{found}", account_id=found))
            case "link":
                self._pieces.append(_Piece(_link_text(found)))
            case "picture":
                pass
            case _:
                self._pieces.append(_Piece(found))
        return token.end()

    def _take_code(self, token: re.Match[str]) -> int:
        # Jira's own encoder writes inline code unescaped, so nothing in it is markup: a mention
        # there was typed as code and notifies nobody.
        start = token.end()
        end = self._raw.find("}}", start) if self._has_code_end else -1
        self._has_code_end = self._has_code_end and end >= 0
        if end <= start:
            self._pieces.append(_Piece(token[0]))
            return start
        self._pieces.append(_Piece(self._raw[start:end]))
        return end + 2

    def _take_mark(
        self, mark: str, token: re.Match[str], *, can_open: bool, can_close: bool
    ) -> None:
        opened_at = self._open_marks.get(mark)
        here = len(self._pieces)
        self._pieces.append(_Piece(token[0]))
        if opened_at is not None and can_close:
            del self._open_marks[mark]
            self._pieces[opened_at].text = self._pieces[here].text = ""
            if _STRIKE in mark:
                for piece in self._pieces[opened_at + 1 : here]:
                    piece.is_struck = True
        elif opened_at is None and can_open:
            self._open_marks[mark] = here

    def _can_open(self, token: re.Match[str]) -> bool:
        before = self._raw[token.start() - 1 : token.start()] if token.start() else ""
        after = self._raw[token.end() : token.end() + 1]
        is_free = not before.isalnum() and before != token[0]
        return is_free and after != "" and not after.isspace() and after != token[0]

    def _can_close(self, token: re.Match[str]) -> bool:
        before = self._raw[token.start() - 1 : token.start()] if token.start() else ""
        after = self._raw[token.end() : token.end() + 1]
        return before != "" and not before.isspace() and not after.isalnum() and after != token[0]


def read_inline(raw: str, collector: LineCollector) -> None:
    """Add one line of wiki markup, without its line break, to the present line."""
    for piece in _InlineReader(raw).pieces():
        if piece.account_id is not None:
            collector.add_mention(piece.account_id, piece.text)
        elif piece.is_struck:
            collector.add_struck(piece.text)
        else:
            collector.add(piece.text)


def _link_text(found: str) -> str:
    """What a reader sees of `[text|address]`; brackets that make no link stay as they are."""
    shown, bar, address = found.partition("|")
    address = address.partition("|")[0].strip()
    if bar and _ADDRESS.match(address):
        return shown.strip() or address
    if not bar and _ADDRESS.match(shown):
        return shown.lstrip("#^")
    return f"[{found}]"

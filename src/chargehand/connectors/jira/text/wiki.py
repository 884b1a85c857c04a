"""Jira's wiki markup, as it stands in every webhook: lines, quotes, code and mentions told apart.

Jira Cloud keeps comments as ADF and writes wiki markup for its webhooks. Its encoder leaves code
unescaped, writes a ticked task as struck-out text, and puts what it can not express as JSON
between `{adf}` macros. Marks that are never closed are read so that they can only turn words into
quotes or code, never the other way round.
"""

import re

import msgspec

from chargehand.connectors.jira.text.adf import read_adf
from chargehand.connectors.jira.text.inline import read_inline
from chargehand.domain.text import LineKind, RichText
from chargehand.kit.hidden import without_hidden
from chargehand.plugins.reading import MAX_CHARS, LineCollector, Reading

_BREAKING = "quote|code|noformat|adf|panel|expand|info|note|tip|warning|section|column"
_TOKEN = re.compile(
    r"(?P<line_end>\n|\\\\)"
    r"|(?P<escape>\\[^\w\s])"
    r"|(?P<inline_code>\{\{)"
    rf"|\{{(?P<macro>{_BREAKING}|color|anchor)(?::(?P<params>[^{{}}\n]{{0,1000}}))?\}}",
    re.IGNORECASE,
)
_LITERAL_ENDS = {
    name: re.compile(rf"\{{{name}\}}", re.IGNORECASE) for name in ("code", "noformat", "adf")
}
_TITLE = re.compile(r"(?:^|\|)title=([^|]*)")
_PREFIX = re.compile(
    r"[ \t]*(?:h[1-6]\.[ \t]+|(?P<quote>bq\.[ \t]+|>+)|[*#-]+[ \t]+(?=\S)|<>[ \t]+)"
)
_MAX_PREFIXES = 16
_RULE = re.compile(r"-{4,}")
# A bar inside a link, a mention, a picture or a macro separates no cells.
_CELL = re.compile(
    r"\\[^\w\s]|\[[^\[\]\n]{0,2000}\]|![^!\s|][^!|\n]{0,250}\|[^!|\n]{0,500}!|(?P<bar>\|{1,2})"
)
_PUNCTUATION = re.compile(r"([^\w\s])")
_ADF_DECODER = msgspec.json.Decoder()


def read_wiki(source: str) -> Reading:
    """The lines of a text in wiki markup.

    Shape: blank lines, rules and pictures are left out; nothing else that a reader sees is.
    Source: Atlassian's text formatting notation, and @atlaskit/editor-wikimarkup-transformer 12.2.2
    """
    shown = without_hidden(source)
    reader = _WikiReader(shown[:MAX_CHARS])
    reading = reader.read()
    return Reading(reading.lines, was_cut=reading.was_cut or len(shown) > MAX_CHARS)


def wiki_to_lines(source: str) -> RichText:
    """The lines of a text in wiki markup, cut where it is longer than Jira allows."""
    return read_wiki(source).lines


class _WikiReader:
    """Goes once through the source; every step consumes what it looked at."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._collector = LineCollector()
        self._buffer: list[str] = []
        self._is_quoting = False
        self._is_in_row = False
        self._line_end = -1
        self._no_code_end_before = -1

    def read(self) -> Reading:
        """Everything the source says."""
        position = 0
        while token := _TOKEN.search(self._source, position):
            self._buffer.append(self._source[position : token.start()])
            position = self._take(token)
        self._buffer.append(self._source[position:])
        self._end_line()
        return self._collector.reading()

    def _take(self, token: re.Match[str]) -> int:
        """Act on one token; where reading goes on."""
        if token["line_end"] is not None:
            self._end_line()
        elif token["escape"] is not None:
            self._buffer.append(token[0])
        elif token["inline_code"] is not None:
            end = self._end_of_inline_code(token.end())
            self._buffer.append(self._source[token.start() : end])
            return end
        else:
            return self._take_macro(token["macro"].lower(), token["params"] or "", token.end())
        return token.end()

    def _take_macro(self, name: str, params: str, start: int) -> int:
        if name in ("color", "anchor"):
            return start
        if name in _LITERAL_ENDS:
            closing = _LITERAL_ENDS[name].search(self._source, start)
            end = closing.start() if closing else len(self._source)
            self._take_literal(name, params, self._source[start:end])
            return closing.end() if closing else end
        self._end_line()
        if name == "quote":
            self._is_quoting = not self._is_quoting
        title = _TITLE.search(params)
        if title:
            self._read_block(title[1])
        return start

    def _take_literal(self, name: str, params: str, literal: str) -> None:
        if name == "adf":
            self._take_adf(params, literal)
            return
        self._end_line()
        title = _TITLE.search(params)
        self._add_code(f"{title[1]}\n{literal}" if title else literal)

    def _take_adf(self, params: str, literal: str) -> None:
        try:
            node = _ADF_DECODER.decode(literal)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self._end_line()
            self._add_code(literal)
            return
        lines = read_adf(node, kind=self._kind()).lines
        if "display=inline" in params.lower():
            # It stands among the words of this line and stays there; escaped, it is no markup.
            words = " ".join(line.text for line in lines).replace("\n", " ")
            self._buffer.append(_PUNCTUATION.sub(r"\\\1", words))
            return
        self._end_line()
        self._collector.extend(lines)

    def _end_of_inline_code(self, start: int) -> int:
        """Just behind the closing braces on the same line, else `start`."""
        if self._line_end < start:
            newline = self._source.find("\n", start)
            self._line_end = newline if newline >= 0 else len(self._source)
        if start < self._no_code_end_before:
            return start
        end = self._source.find("}}", start, self._line_end)
        if end < 0:
            self._no_code_end_before = self._line_end
        return end + 2 if end > start else start

    def _add_code(self, literal: str) -> None:
        for line in literal.split("\n"):
            self._collector.add(line)
            self._collector.end_line(LineKind.CODE)

    def _end_line(self) -> None:
        line = "".join(self._buffer).strip()
        self._buffer = []
        is_row = line.startswith("|") or (self._is_in_row and line != "")
        # A cell may hold several paragraphs; the row goes on until a line ends with a bar.
        self._is_in_row = is_row and not line.endswith("|")
        if is_row:
            for cell in _cells(line):
                self._read_block(cell)
        elif not _RULE.fullmatch(line):
            self._read_block(line)

    def _read_block(self, text: str) -> None:
        kind, position = self._kind(), 0
        for _ in range(_MAX_PREFIXES):
            prefix = _PREFIX.match(text, position)
            if prefix is None:
                break
            position = prefix.end()
            kind = LineKind.QUOTE if prefix["quote"] else kind
        read_inline(text[position:], self._collector)
        self._collector.end_line(kind)

    def _kind(self) -> LineKind:
        return LineKind.QUOTE if self._is_quoting else LineKind.BODY


def _cells(row: str) -> list[str]:
    cells, start = [], 0
    for token in _CELL.finditer(row):
        if token["bar"]:
            cells.append(row[start : token.start()])
            start = token.end()
    return [*cells, row[start:]]

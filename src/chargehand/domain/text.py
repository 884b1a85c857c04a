"""Text a person wrote, reduced to what understanding needs: lines, quotes, code and mentions."""

from dataclasses import dataclass
from enum import StrEnum

from chargehand.domain.ids import AccountId


class LineKind(StrEnum):
    """Whose words a line holds: only `body` lines are the writer's own."""

    BODY = "body"
    QUOTE = "quote"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text, or one mention when `mention` names an account."""

    text: str
    mention: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, list item, table cell or quoted line, in reading order.

    Shape: `is_disguised` when the text it came from held characters that hide or reorder what a
    reader sees, whether or not they are still in it.
    """

    spans: tuple[Span, ...]
    kind: LineKind = LineKind.BODY
    is_disguised: bool = False

    @property
    def text(self) -> str:
        """The line as a person reads it; a mention reads as its written name."""
        return "".join(span.text for span in self.spans)


RichText = tuple[Line, ...]


def plain_text(lines: RichText) -> str:
    """The whole text, one line each, as a person would read it aloud."""
    return "\n".join(line.text for line in lines)


def mentioned_accounts(lines: RichText) -> tuple[AccountId, ...]:
    """Every mentioned account, first mention first, each once, quotes and code included."""
    found = (span.mention for line in lines for span in line.spans if span.mention is not None)
    return tuple(dict.fromkeys(found))

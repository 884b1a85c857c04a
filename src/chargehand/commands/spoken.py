"""Who each line of a comment speaks to, and whose words it holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from chargehand.commands.courtesies import GREETINGS, PLEASES, THANKS, Frame
from chargehand.commands.sentences import has_own_words, without_account
from chargehand.commands.tokens import (
    COMMA,
    QUOTED,
    Token,
    TokenKind,
    TokenLine,
    split_line,
    split_quoted,
)
from chargehand.domain.ids import AccountId
from chargehand.domain.text import Line, LineKind, RichText

# No vendor lets people write more; whatever lies beyond is not read, only searched for mentions.
READ_MAX_CHARS = 40_000
# Lines beyond this count are read only when they hold the bot's mention.
READ_MAX_LINES = 1_000

_GREETING_FRAME = Frame(GREETINGS | PLEASES | THANKS | frozenset({(COMMA,)}), ())


class Standing(StrEnum):
    """How a line stands to the bot.

    `mention` holds the bot's mention; `after` follows such a line and speaks to nobody else;
    `before` comes before any mention; `others` speaks to somebody else; `quoted` holds somebody
    else's words; `ignored` is code.
    """

    MENTION = "mention"
    AFTER = "after"
    BEFORE = "before"
    OTHERS = "others"
    QUOTED = "quoted"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """One line and its standing.

    Shape: `before` and `after` are the tokens around the bot's first mention, further mentions of
    the bot kept as the people they name; without a mention all tokens are in `after`.
    """

    standing: Standing
    line: TokenLine
    before: tuple[Token, ...]
    after: tuple[Token, ...]

    @property
    def is_own(self) -> bool:
        """Whether these are the writer's own words, said to the bot or to nobody by name."""
        return self.standing in (Standing.MENTION, Standing.AFTER, Standing.BEFORE)

    @property
    def has_words(self) -> bool:
        """Whether anything but mentions is said."""
        return has_own_words(self.before) or has_own_words(self.after)


def place_of_mention(lines: RichText, bot: AccountId) -> LineKind | None:
    """Whose words the bot is mentioned in, the writer's own first; None when nowhere."""
    kinds = {_kind_of(line) for line in lines if any(span.mention == bot for span in line.spans)}
    return next((kind for kind in LineKind if kind in kinds), None)


def _kind_of(line: Line) -> LineKind:
    """The line's kind; a leading ">" quotes as it does in mail, whatever the vendor makes of it."""
    is_mail_quote = line.kind is LineKind.BODY and line.text.lstrip().startswith(">")
    return LineKind.QUOTE if is_mail_quote else line.kind


def read_lines(
    lines: RichText, *, bot: AccountId, project_keys: frozenset[str]
) -> tuple[SpokenLine, ...]:
    """The lines with words or mentions, each with its standing, in reading order."""
    spoken: list[SpokenLine] = []
    standing, left = Standing.BEFORE, READ_MAX_CHARS
    for line in lines:
        left -= len(line.text) + 1
        if left < 0:
            break
        is_past_limit = len(spoken) >= READ_MAX_LINES
        if is_past_limit and all(span.mention != bot for span in line.spans):
            continue
        split = split_line(replace(line, kind=_kind_of(line)), project_keys)
        if not split.tokens:
            continue
        made = _spoken(split, bot, standing, project_keys)
        spoken.append(made)
        standing = _standing_after(made, standing)
    return tuple(spoken)


def _spoken(
    line: TokenLine, bot: AccountId, standing: Standing, project_keys: frozenset[str]
) -> SpokenLine:
    if line.kind is not LineKind.BODY:
        is_quote = line.kind is LineKind.QUOTE
        tokens = without_account(line.tokens, bot)
        return SpokenLine(Standing.QUOTED if is_quote else Standing.IGNORED, line, (), tokens)
    at = next((i for i, token in enumerate(line.tokens) if token.account == bot), None)
    if at is None:
        if bot in line.quoted_mentions:
            # A mention inside quotation marks is part of the words quoted.
            inner = (split_quoted(t, project_keys) for t in line.tokens if t.word == QUOTED)
            return SpokenLine(Standing.QUOTED, line, (), tuple(chain.from_iterable(inner)))
        own = Standing.OTHERS if _names_somebody_first(line.tokens) else standing
        return SpokenLine(own, line, (), line.tokens)
    after = line.tokens[at + 1 :]
    while after and after[0].account == bot:
        after = after[1:]
    return SpokenLine(Standing.MENTION, line, line.tokens[:at], after)


def _standing_after(line: SpokenLine, standing: Standing) -> Standing:
    if line.standing is Standing.MENTION:
        return Standing.AFTER
    if line.standing is Standing.OTHERS:
        return Standing.OTHERS
    return standing


def _names_somebody_first(tokens: Sequence[Token]) -> bool:
    words = tuple(token.word for token in tokens)
    starts = _GREETING_FRAME.starts(words)
    return any(at < len(tokens) and tokens[at].kind is TokenKind.MENTION for at in starts)

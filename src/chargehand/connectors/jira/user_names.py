"""Mentions on Data Center, which name a user by the user name and not by the lasting key."""

from dataclasses import dataclass, replace

from chargehand.domain.ids import AccountId
from chargehand.domain.text import Line, Span
from chargehand.plugins.reading import Reading

_BY_NAME = "~"


@dataclass(frozen=True, slots=True)
class NamedBot:
    """The bot of a Data Center connection, as mentions name it and as everything else does."""

    user_name: str
    account_id: AccountId


def mentioned_name(text: str) -> str | None:
    """The user name that a mention read by `with_accounts` holds; None for anything else."""
    return text.removeprefix(_BY_NAME) if text.startswith(_BY_NAME) else None


def with_accounts(reading: Reading, bot: NamedBot) -> Reading:
    """The reading with the bot's mentions under its account, and all others under their names.

    Shape: others read `~name`, which is nobody's user key, so that a name never passes for one.
    """
    lines = tuple(_line(line, bot) for line in reading.lines)
    return replace(reading, lines=lines)


def _line(line: Line, bot: NamedBot) -> Line:
    return replace(line, spans=tuple(_span(span, bot) for span in line.spans))


def _span(span: Span, bot: NamedBot) -> Span:
    if span.mention is None:
        return span
    is_bot = span.mention.casefold() == bot.user_name.casefold()
    return replace(span, mention=bot.account_id if is_bot else AccountId(_BY_NAME + span.mention))

"""What can be asked, and the short questions back when an ask is not complete."""

from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.markdown import EXCERPT_LIMIT, code, shown
from chargehand.decisions.section import Section, Talk
from chargehand.domain.decision import Reason

_HEARD_LIMIT: Final = 80


def help_section(talk: Talk) -> Section:
    """The commands in one line, what each does under the fold."""
    usages = catalogue.COMMA.join(code(usage) for usage, _ in talk.commands)
    return Section(
        reason=Reason.HELP_GIVEN,
        lines=(catalogue.HELP.format(bot=shown(talk.bot_name)), usages),
        more=tuple(
            catalogue.BULLET.format(
                text=catalogue.HELP_COMMAND.format(usage=code(usage), what=what)
            )
            for usage, what in talk.commands
        ),
        more_title=catalogue.HELP_MORE_TITLE,
    )


def bare_section(talk: Talk) -> Section:
    """One short question after a mention without words."""
    commands = catalogue.listed_with_or(_fact_commands())
    text = (
        catalogue.BARE.format(key=talk.key, commands=commands)
        if talk.key is not None
        else catalogue.BARE_IN_CHAT.format(commands=commands)
    )
    return Section(reason=Reason.CLARIFICATION_ASKED, lines=(text,))


def unclear_section(talk: Talk) -> Section:
    """One sentence: the likely command, the problem, or what can be asked."""
    arguments = talk.intent.arguments
    heard = arguments.get("heard", "").strip()
    nearest = arguments.get("nearest", "").strip()
    problem = arguments.get("problem", "").strip()
    quoted = catalogue.EXCERPT.format(text=shown(heard, _HEARD_LIMIT))
    if problem:
        # The problem is already a sentence, made where the command was read.
        text = shown(problem, EXCERPT_LIMIT)
    elif heard and nearest:
        text = catalogue.UNCLEAR_NEAREST.format(heard=quoted, nearest=code(nearest))
    else:
        wording = catalogue.UNCLEAR if heard else catalogue.UNCLEAR_WORDLESS
        text = wording.format(heard=quoted, commands=catalogue.listed_with_or(_fact_commands()))
    return Section(reason=Reason.NOT_UNDERSTOOD, lines=(text,))


def _fact_commands() -> tuple[str, ...]:
    return tuple(code(name) for name in catalogue.FACT_COMMANDS)

"""What a comment asks of the bot, by rule alone.

Addressed
    The bot's account id has to be mentioned, wherever that is: body, list, table, quote, or edited
    in later. A name without an account id addresses nobody; see `mentions_name_only`.

Whose words
    Body lines are the writer's own. Quote lines and parts in quotation marks are somebody else's:
    a question is read from them only when the writer's own words ask nothing, a change never.
    Code is never read. A line that begins by mentioning another person is for that person.

Questions
    A question changes nothing, so it may stand anywhere in the writer's words to the bot: in a
    sentence of its own, as a clause, before, around or after the mention, on a line of its own.

Changes (assign, transition, label, link, set, create)
    Proposed only from a bare imperative, to the last word, courtesies put aside, that is
    - everything said after the mention, where nothing but courtesy or finished sentences without
      a doubt stand before the mention; or everything said before it, where nothing follows it; or
    - a line of its own after a line of the writer that mentions the bot.
    "Can you ...?" and "could you ...?" are polite imperatives. Everything else compiles to no
    change: negations, reports, conditions, plans, questions about a change, the past tense, a
    change inside a longer sentence, several on one line, several work items, all of something,
    "it" where another work item was named before. So
    does an imperative between a lead-in that reports or doubts ("Tom said:") or a line that takes
    it back ("only if the tests pass"), one on a line with characters that hide or reorder text,
    and every change in a comment that tries to rewrite the bot's own rules.
    What was heard and not proposed becomes `unclear` with the nearest command and the reason.

Commands that are run (approve, mute, remind and the others; see `lines`)
    Read where a change would be, and only as a whole line: nothing but a greeting, "please" and
    thanks may stand around it, and "could you" makes it none. What begins like one that changes
    something and is none becomes `unclear` with what is allowed.

Courtesies
    A mention alone, or with a greeting, is `bare`. Thanks alone is a courtesy: no intent at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chargehand.commands.courtesies import Courtesy
from chargehand.commands.line_reading import LineReading, read_quoted, read_spoken
from chargehand.commands.problems import unclear
from chargehand.commands.spoken import SpokenLine, Standing, place_of_mention, read_lines
from chargehand.domain.ids import AccountId, WorkItemKey
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from chargehand.domain.text import LineKind, RichText

INTENTS_MAX = 5


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a comment asks of the bot.

    Shape: `intents` in reading order, each once, at most five; empty when the bot is not
    addressed, or only thanked (`is_courtesy`).
    """

    intents: tuple[Intent, ...]
    is_addressed: bool
    is_courtesy: bool = False


def understand(
    lines: RichText,
    *,
    bot: AccountId,
    project_keys: frozenset[str],
    own_work_item: WorkItemKey,
) -> Understanding:
    """What the lines ask of the bot; total, whatever the text.

    Shape: `project_keys` are the projects looked after; a key of another project is no key.
    """
    place = place_of_mention(lines, bot)
    if place is None:
        return Understanding(intents=(), is_addressed=False)
    spoken = read_lines(lines, bot=bot, project_keys=project_keys)
    readings = read_spoken(spoken, own_work_item)
    intents = _intents_of(readings)
    if not intents and _is_thanks(readings):
        return Understanding((), is_addressed=True, is_courtesy=True)
    if not intents:
        intents = _quoted_or_nothing(spoken, readings, place, own_work_item)
    return Understanding(_each_once(intents), is_addressed=True)


def mentions_name_only(lines: RichText, bot_name: str) -> bool:
    """Whether the bot's name is written out somewhere and no mention carries it."""
    name = " ".join(bot_name.casefold().split()).removeprefix("@")
    if not name:
        return False
    spans = [span for line in lines for span in line.spans]
    carried = (span.text.casefold() for span in spans if span.mention is not None)
    if any(_holds_word(text, name) for text in carried):
        return False
    written = (" ".join(span.text.casefold().split()) for span in spans if span.mention is None)
    return any(_holds_word(text, name) for text in written)


def _holds_word(text: str, word: str) -> bool:
    at = text.find(word)
    while at != -1:
        before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        at = text.find(word, at + len(word))
    return False


def _intents_of(readings: Sequence[LineReading]) -> tuple[Intent, ...]:
    """What the writer's own lines ask; complaints about a command only where one was tried."""
    understood = [intent for reading in readings for intent in reading.intents]
    if understood:
        return tuple(
            intent
            for reading in readings
            for intent in (*reading.intents, *reading.complaints_beside_others)
        )
    return tuple(
        intent for reading in readings for intent in (*reading.refusals, *reading.complaints)
    )


def _is_thanks(readings: Sequence[LineReading]) -> bool:
    to_us = [reading for reading in readings if reading.standing is Standing.MENTION]
    own = to_us or readings
    return bool(own) and (
        all(reading.courtesy is not Courtesy.NONE for reading in own)
        and any(reading.courtesy is Courtesy.THANKS for reading in own)
    )


def _quoted_or_nothing(
    spoken: Sequence[SpokenLine],
    readings: Sequence[LineReading],
    place: LineKind,
    own: WorkItemKey,
) -> tuple[Intent, ...]:
    """A quoted question, else unclear with the words said to the bot, else bare."""
    said = [reading for reading in readings if reading.courtesy is Courtesy.NONE]
    if place is LineKind.QUOTE or not said:
        quoted = read_quoted(spoken, own)
        if quoted:
            return quoted
    to_us = [reading for reading in said if reading.standing is not Standing.BEFORE] or said
    if to_us:
        return (unclear(to_us[0].heard),)
    return (Intent(IntentKind.BARE, IntentForm.BARE),)


def _each_once(intents: Sequence[Intent]) -> tuple[Intent, ...]:
    kept: dict[object, Intent] = {}
    for intent in intents:
        wish = (intent.kind, intent.work_item, tuple(sorted(intent.arguments.items())))
        kept.setdefault(wish, intent)
    return tuple(kept.values())[:INTENTS_MAX]

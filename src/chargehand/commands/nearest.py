"""Did-you-mean: the command a mistyped first word was meant to be."""

from collections.abc import Sequence

from chargehand.commands.courtesies import READ_FRAME
from chargehand.commands.registry import BY_WORD, Command
from chargehand.commands.word_lists import word_set

_SHORT = 3
_LONG = 6
_MAX_LENGTH = 14
# Asks that begin with a mistyped three-letter command are this short; longer ones are sentences.
_SHORT_ASK_MAX_WORDS = 2

# Everyday words that lie one or two letters beside a command and are none.
_NO_MISTAKES = word_set(
    """more love mode made most live give table able held hello heap step state states static
    starts start way why how hue die dye duo dune two whole whose whom sum label's dues moved
    assigned moving assigning labeled labelled labeling transitioned
    get let see bet sit sat yet net wet met pet sent seat sets test like likes line lines links
    linked linking think ink pink sink lint kink wink
    great greater creates created creating crate react"""
)


def nearest_command(words: Sequence[str]) -> Command | None:
    """The command nearest to the first word of an ask; None when no command is near enough."""
    starts = READ_FRAME.starts(words)
    at = max(start for start in starts if start <= len(words))
    if at >= len(words):
        return None
    word, rest = words[at], len(words) - at
    if word in BY_WORD:
        return BY_WORD[word]
    if word in _NO_MISTAKES or not 1 < len(word) <= _MAX_LENGTH:
        return None
    near: list[tuple[int, str]] = []
    for name in BY_WORD:
        mistakes = distance(word, name)
        if mistakes <= mistakes_allowed(name, rest):
            near.append((mistakes, name))
    return BY_WORD[min(near)[1]] if near else None


def mistakes_allowed(name: str, ask_length: int) -> int:
    """How many mistakes a word may have and still be taken for a command; -1 for not even none."""
    if len(name) <= _SHORT:
        return 1 if ask_length <= _SHORT_ASK_MAX_WORDS else -1
    return 2 if len(name) >= _LONG else 1


def distance(left: str, right: str) -> int:
    """Edits between two words: insert, delete, replace, or swap two neighbours.

    Source: optimal string alignment, the restricted Damerau-Levenshtein distance.
    """
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, start=1):
        older, before = before, row
        row = [i]
        for j, other in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            is_swap = i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other
            row.append(min(cost, older[j - 2] + 1) if is_swap else cost)
    return row[-1]

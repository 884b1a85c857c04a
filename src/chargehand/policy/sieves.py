"""Which of many rules a question leaves standing, by one look for all of them.

A policy of 200 rules asks the same few facts 200 times. A sieve holds what all rules want of one
fact, each rule as one bit, and answers with the bits of those that have what they want: values are
looked up, limits are searched, and of patterns only those are tried that begin as the text does.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import or_
from typing import Final, TypeAlias

from chargehand.domain.json import JSONValue
from chargehand.domain.policy import PolicyQuestion
from chargehand.policy.globs import Fits, prefixes_of

Check: TypeAlias = Callable[[PolicyQuestion], bool]
# What rules want of one fact: each value once, with the bits of the rules that have it.
Wanted: TypeAlias = Sequence[tuple[JSONValue, int]]
# Takes the bits that still count, and gives those of them, perhaps with others, that hold.
Sieve: TypeAlias = Callable[[PolicyQuestion, int], int]
_NONE: Final = 0
_MOST_PATTERNS: Final = 1_024


def texts_of(value: JSONValue) -> list[str]:
    """The texts of a list; nothing of anything else."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def by_asking(check: Callable[[JSONValue], Check]) -> Callable[[Wanted], Sieve]:
    """Ask about each value that still counts; for facts nothing can be looked up by."""

    def make(wanted: Wanted) -> Sieve:
        checks = [(check(value), bits) for value, bits in wanted]

        def holding(question: PolicyQuestion, alive: int) -> int:
            found = _NONE
            for holds, bits in checks:
                if alive & bits and holds(question):
                    found |= bits
            return found

        return holding

    return make


def by_word(fact: Callable[[PolicyQuestion], str | None]) -> Callable[[Wanted], Sieve]:
    """Look the one word up that a question says."""

    def make(wanted: Wanted) -> Sieve:
        bits_of = _bits_by_text(wanted)
        return lambda question, _alive: bits_of.get(fact(question), _NONE)

    return make


def by_any_word(fact: Callable[[PolicyQuestion], Iterable[str]]) -> Callable[[Wanted], Sieve]:
    """Look every word up that a question says; one of them is enough."""

    def make(wanted: Wanted) -> Sieve:
        bits_of = _bits_by_text(wanted)

        def holding(question: PolicyQuestion, _alive: int) -> int:
            found = _NONE
            for word in fact(question):
                found |= bits_of.get(word, _NONE)
            return found

        return holding

    return make


def by_limit(fact: Callable[[PolicyQuestion], int | None]) -> Callable[[Wanted], Sieve]:
    """Search the limits for those a number does not exceed."""

    def make(wanted: Wanted) -> Sieve:
        bits_of: dict[int, int] = defaultdict(int)
        for limit, bits in wanted:
            if isinstance(limit, int):
                bits_of[limit] |= bits
        limits = sorted(bits_of)
        # What holds from each limit upwards; behind the last one nothing does.
        upwards = [*accumulate((bits_of[limit] for limit in reversed(limits)), or_)][::-1]
        upwards.append(_NONE)

        def holding(question: PolicyQuestion, _alive: int) -> int:
            number = fact(question)
            return upwards[bisect_left(limits, number)] if number is not None else _NONE

        return holding

    return make


def by_pattern(
    fact: Callable[[PolicyQuestion], Iterable[str]], globs: Callable[[Iterable[str]], Fits]
) -> Callable[[Wanted], Sieve]:
    """Try the patterns that begin as a text does; one text that fits is enough."""

    def make(wanted: Wanted) -> Sieve:
        by_beginning: dict[int, dict[str, list[tuple[str, int]]]] = defaultdict(dict)
        for value, bits in wanted:
            patterns = texts_of(value)
            for pattern, beginning in zip(patterns, prefixes_of(patterns), strict=True):
                by_beginning[len(beginning)].setdefault(beginning, []).append((pattern, bits))
        lengths = sorted(by_beginning.items())
        # Most patterns of a long policy are never tried, so none is made ready before it is.
        fits_of = lru_cache(maxsize=_MOST_PATTERNS)(lambda pattern: globs([pattern]))

        def holding(question: PolicyQuestion, alive: int) -> int:
            found = _NONE
            for text in fact(question):
                for length, beginnings in lengths:
                    for pattern, bits in beginnings.get(text[:length], ()):
                        if alive & bits & ~found and fits_of(pattern)(text) is not None:
                            found |= bits
            return found

        return holding

    return make


def _bits_by_text(wanted: Wanted) -> Mapping[str | None, int]:
    bits_of: dict[str | None, int] = defaultdict(int)
    for value, bits in wanted:
        for text in texts_of(value):
            bits_of[text] |= bits
    return dict(bits_of)

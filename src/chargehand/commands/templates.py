"""Sentences with choices, compared word by word; the time taken grows with the sentence only.

A template is written as people would say it:

    what is [still] (blocking / holding up) THIS
    assign [THIS] [to] <person>

`(a / b)` is one of several, `[a / b]` one of several or nothing, an upper-case name is a class of
wordings, `...` is one to eight words of any kind, and `<person>` is the one slot a template may
have. There is no nesting and no repetition, so a template of k parts is compared with n words by
carrying a set of at most n + 1 positions through k parts: nothing is ever tried twice.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_PART = re.compile(r"\[([^\]]*)\]|\(([^)]*)\)|(\S+)")
_ANY = "..."
_ANY_MAX_WORDS = 8
_SLOTS = frozenset(
    {
        "<person>",
        "<status>",
        "<labels>",
        "<item>",
        "<choice>",
        "<day>",
        "<title>",
        "<names>",
        "<draft>",
    }
)

Words = Sequence[str]
Classes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """One place of a template; `choices` empty stands for any one to eight words."""

    choices: frozenset[tuple[str, ...]]
    lengths: tuple[int, ...]
    is_optional: bool

    def advance(self, words: Words, positions: frozenset[int]) -> frozenset[int]:
        """The positions reached from those given."""
        reached = set(positions) if self.is_optional else set()
        for position in positions:
            if not self.choices:
                last = min(len(words), position + _ANY_MAX_WORDS)
                reached.update(range(position + 1, last + 1))
                continue
            for length in self.lengths:
                if tuple(words[position : position + length]) in self.choices:
                    reached.add(position + length)
        return frozenset(reached)


@dataclass(frozen=True, slots=True)
class Template:
    """A sequence of parts, with at most one slot between `head` and `tail`."""

    head: tuple[Part, ...]
    slot: str | None
    tail: tuple[Part, ...]

    @property
    def first_words(self) -> frozenset[str]:
        """The words a sentence of this template can begin with."""
        first: set[str] = set()
        for part in self.head:
            first.update(choice[0] for choice in part.choices)
            if not part.is_optional:
                break
        return frozenset(first)

    def matches(self, words: Words, starts: frozenset[int], ends: frozenset[int]) -> bool:
        """Whether some stretch from one of `starts` to one of `ends` reads like the template."""
        return bool(_run(self.head, words, starts) & ends)

    def slots(
        self, words: Words, starts: frozenset[int], ends: frozenset[int]
    ) -> Iterator[tuple[int, int]]:
        """The shortest stretch the slot may fill behind each way to read the head.

        Shape: longest head first; an empty stretch means that the slot's words are missing.
        """
        for begin in sorted(_run(self.head, words, starts), reverse=True):
            for end in range(begin, len(words) + 1):
                if _run(self.tail, words, frozenset({end})) & ends:
                    yield begin, end
                    break


def _run(parts: tuple[Part, ...], words: Words, positions: frozenset[int]) -> frozenset[int]:
    for part in parts:
        if not positions:
            break
        positions = part.advance(words, positions)
    return positions


class TemplateCompiler:
    """Reads templates; a part that several templates share is made once."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._parts: dict[tuple[str, bool], Part] = {}

    def compile(self, source: str) -> Template:
        """The template written in `source`; upper-case names are looked up in the classes."""
        head: list[Part] = []
        tail: list[Part] = []
        slot: str | None = None
        for optional, choice, word in _PART.findall(source):
            if word in _SLOTS:
                slot = word
                continue
            part = self._part(optional or choice or word, is_optional=bool(optional))
            (head if slot is None else tail).append(part)
        return Template(head=tuple(head), slot=slot, tail=tuple(tail))

    def _part(self, source: str, *, is_optional: bool) -> Part:
        known = self._parts.get((source, is_optional))
        if known is not None:
            return known
        is_any = source == _ANY
        choices = frozenset() if is_any else frozenset(expand(source, self._classes))
        lengths = tuple(sorted({len(choice) for choice in choices}))
        part = Part(choices=choices, lengths=lengths, is_optional=is_optional)
        self._parts[source, is_optional] = part
        return part


def expand(source: str, classes: Classes) -> tuple[tuple[str, ...], ...]:
    """Every wording of `a / b CLASS / c` as a sequence of words."""
    wordings: list[tuple[str, ...]] = []
    for alternative in source.split(" / "):
        grown: list[tuple[str, ...]] = [()]
        for word in alternative.split():
            if word in classes:
                choices = [w for inner in classes[word] for w in expand(inner, classes)]
            else:
                choices = [(word,)]
            grown = [before + choice for before in grown for choice in choices]
        wordings.extend(grown)
    return tuple(wordings)

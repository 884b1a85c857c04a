"""Cuts a line into sentences and clauses, the pieces that patterns are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

from chargehand.commands.tokens import COMMA, QUOTED, Token, TokenKind
from chargehand.domain.ids import AccountId, WorkItemKey

# Nobody asks one of our questions in more words; longer sentences are not compared at all.
SENTENCE_MAX_WORDS = 40


HEADING_MARK = ":"


@dataclass(frozen=True, slots=True)
class Sentence:
    """The tokens up to a full stop, an exclamation or question mark, or the end of the line."""

    tokens: tuple[Token, ...]
    has_question_mark: bool

    @property
    def words(self) -> tuple[str, ...]:
        """What patterns compare, pauses left out."""
        return tuple(token.word for token in self.tokens if token.kind is not TokenKind.COMMA)

    @property
    def words_and_pauses(self) -> tuple[str, ...]:
        """What patterns for changes compare: there a comma may part two wishes."""
        return tuple(token.word for token in self.tokens)

    @property
    def is_heading(self) -> bool:
        """Whether it ends with a colon, as the title of what follows."""
        return self.tokens[-1].value == HEADING_MARK

    @property
    def is_short_enough(self) -> bool:
        """Whether it has few enough words to be compared."""
        return len(self.tokens) <= SENTENCE_MAX_WORDS

    @property
    def keys(self) -> tuple[WorkItemKey, ...]:
        """The work items named, each once."""
        return tuple(dict.fromkeys(token.key for token in self.tokens if token.key is not None))


def sentences_of(tokens: Sequence[Token]) -> tuple[Sentence, ...]:
    """The sentences of a line, those without words left out."""
    found: list[Sentence] = []
    current: list[Token] = []
    for token in tokens:
        if token.kind in (TokenKind.STOP, TokenKind.ASK):
            found.append(Sentence(tuple(current), token.kind is TokenKind.ASK))
            current = []
        else:
            current.append(token)
    found.append(Sentence(tuple(current), has_question_mark=False))
    return tuple(sentence for sentence in found if sentence.words)


def split_at(sentence: Sentence, words: frozenset[str]) -> tuple[Sentence, ...]:
    """The clauses between the given words, those words and headings ("Status: ...") left out."""
    clauses: list[list[Token]] = [[]]
    for token in sentence.tokens:
        if token.word in words:
            if token.value == HEADING_MARK:
                clauses.pop()
            clauses.append([])
        else:
            clauses[-1].append(token)
    made = (Sentence(tuple(clause), sentence.has_question_mark) for clause in clauses)
    return tuple(clause for clause in made if clause.words)


PAUSES = frozenset({COMMA})
JOINS = frozenset({COMMA, "and", "also", "plus", "&"})


def without_account(tokens: Sequence[Token], account: AccountId) -> tuple[Token, ...]:
    """The tokens with every mention of an account left out."""
    return tuple(token for token in tokens if token.account != account)


def has_own_words(tokens: Sequence[Token]) -> bool:
    """Whether anything was said besides mentions and pauses."""
    said = (TokenKind.WORD, TokenKind.QUOTED)
    return any(token.kind in said or token.word == QUOTED for token in tokens)

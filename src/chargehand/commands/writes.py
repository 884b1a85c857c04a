"""Reads one imperative that would change something, or says why it is none."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chargehand.commands.courtesies import WRITE_FRAME
from chargehand.commands.problems import Problem
from chargehand.commands.registry import BY_KIND, BY_WORD, Command
from chargehand.commands.sentences import Sentence
from chargehand.commands.slots import MANY, Unfit, read_slot
from chargehand.commands.templates import Template, TemplateCompiler
from chargehand.commands.tokens import Token, TokenKind
from chargehand.commands.write_wordings import WORDINGS, WRITE_CLASSES, Wording
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import WRITES, Intent, IntentForm, IntentKind

_MISSING = frozenset(
    {
        Problem.PERSON_MISSING,
        Problem.STATUS_MISSING,
        Problem.LABELS_MISSING,
        Problem.ITEM_MISSING,
        Problem.DRAFT_MISSING,
        Problem.CHOICE_MISSING,
        Problem.DAY_MISSING,
        Problem.TITLE_MISSING,
        Problem.NAMES_MISSING,
    }
)
_ASKED = frozenset({("can", "you"), ("could", "you"), ("would", "you"), ("will", "you")})
_PLEASE = frozenset({"please", "kindly"})
_QUOTATION_MARKS = frozenset('"“”„«»`')

# Words of changes that begin no everyday sentence, so that a suggestion is worth making.
_VERBS = {
    **{word: command for word, command in BY_WORD.items() if command.kind in WRITES},
    "unassign": BY_KIND[IntentKind.ASSIGN],
    "close": BY_KIND[IntentKind.TRANSITION],
    "reopen": BY_KIND[IntentKind.TRANSITION],
    "resolve": BY_KIND[IntentKind.TRANSITION],
    "mark": BY_KIND[IntentKind.TRANSITION],
    "tag": BY_KIND[IntentKind.LABEL],
    "rename": BY_KIND[IntentKind.SET],
}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Words that look like a change and can not be proposed; `problem` is None when unknown."""

    command: Command
    problem: Problem | None
    found: str = ""


@dataclass(frozen=True, slots=True)
class _Compiled:
    wording: Wording
    template: Template


def _index() -> dict[str, tuple[_Compiled, ...]]:
    compiler = TemplateCompiler(WRITE_CLASSES)
    by_word: defaultdict[str, list[_Compiled]] = defaultdict(list)
    for wording in WORDINGS:
        compiled = _Compiled(wording, compiler.compile(wording.source))
        for word in compiled.template.first_words:
            by_word[word].append(compiled)
    return {word: tuple(found) for word, found in by_word.items()}


_BY_FIRST_WORD = _index()


def read_write(sentence: Sentence, own: WorkItemKey) -> Intent | Unreadable | None:
    """The change a sentence tells the bot to make; None when it looks like none.

    The sentence has to be an imperative from its first word to its last, courtesies put aside.
    """
    if not sentence.is_short_enough:
        return None
    words = sentence.words_and_pauses
    starts, ends = WRITE_FRAME.starts(words), WRITE_FRAME.ends(words)
    first_problem: Unreadable | None = None
    for compiled in _candidates(words, starts):
        for read in _read(compiled, sentence, starts, ends, own):
            if isinstance(read, Intent):
                return _checked(read, sentence, starts)
            if read.problem in _MISSING:
                return read
            first_problem = first_problem or read
    return first_problem or _by_verb(words, starts)


def _candidates(words: Sequence[str], starts: frozenset[int]) -> Iterator[_Compiled]:
    for at in sorted(starts):
        if at < len(words):
            yield from _BY_FIRST_WORD.get(words[at], ())


def _read(
    compiled: _Compiled,
    sentence: Sentence,
    starts: frozenset[int],
    ends: frozenset[int],
    own: WorkItemKey,
) -> Iterator[Intent | Unreadable]:
    words, kind = sentence.words_and_pauses, compiled.wording.kind
    slot = compiled.template.slot
    if slot is None:
        if compiled.template.matches(words, starts, ends):
            name = compiled.wording.argument or "to"
            arguments = {name: compiled.wording.value}
            yield _intent(kind, arguments, subject=_subject(sentence, own))
        return
    for begin, end in compiled.template.slots(words, starts, ends):
        tokens = sentence.tokens[begin:end]
        read = read_slot(slot, tokens, before=words[begin - 1])
        if not isinstance(read, Unfit):
            name = compiled.wording.argument or read.name
            others = [*sentence.tokens[:begin], *sentence.tokens[end:]]
            subject = _subject(Sentence(tuple(others), sentence.has_question_mark), own)
            yield _intent(kind, {name: read.value, **read.more}, subject=subject)
        elif any(_is_open_quote(token) for token in tokens):
            yield Unreadable(BY_KIND[kind], Problem.QUOTE_NOT_CLOSED)
        else:
            yield Unreadable(BY_KIND[kind], read.problem, read.found)


def _checked(intent: Intent, sentence: Sentence, starts: frozenset[int]) -> Intent | Unreadable:
    command = BY_KIND[intent.kind]
    if len(sentence.keys) > (2 if intent.kind is IntentKind.LINK else 1):
        return Unreadable(command, Problem.ONE_ITEM_ONLY)
    if sentence.has_question_mark and not is_request(sentence.words_and_pauses, starts):
        return Unreadable(command, Problem.ASKED_NOT_TOLD)
    return intent


def is_request(words: Sequence[str], starts: frozenset[int]) -> bool:
    """Whether a question mark ends a request ("could you ...?") and not a doubt."""
    before = words[: max(starts)]
    is_asked = any(pair in _ASKED for pair in pairwise(before))
    return is_asked or not _PLEASE.isdisjoint(words)


def _by_verb(words: Sequence[str], starts: frozenset[int]) -> Unreadable | None:
    at = max(start for start in starts if start <= len(words))
    command = _VERBS.get(words[at]) if at < len(words) else None
    if command is None:
        return None
    is_many = not MANY.isdisjoint(words)
    return Unreadable(command, Problem.ONE_ITEM_ONLY if is_many else None)


def _is_open_quote(token: Token) -> bool:
    return token.kind is TokenKind.COMMA and token.value in _QUOTATION_MARKS


def _subject(sentence: Sentence, own: WorkItemKey) -> WorkItemKey | None:
    """The work item to be changed, where it is another than the comment's own."""
    named = sentence.keys[0] if sentence.keys else None
    return None if named == own else named


def _intent(
    kind: IntentKind, arguments: Mapping[str, str], *, subject: WorkItemKey | None
) -> Intent:
    named = {str(name): value for name, value in arguments.items()}
    return Intent(kind, IntentForm.COMMAND, named, subject)

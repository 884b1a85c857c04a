"""Reads plain questions; whatever is found here changes nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from chargehand.commands.code_questions import read_code_question
from chargehand.commands.courtesies import READ_FRAME
from chargehand.commands.question_wordings import CLASSES, QUESTIONS
from chargehand.commands.registry import BY_WORD, Argument
from chargehand.commands.sentences import JOINS, PAUSES, Sentence, split_at
from chargehand.commands.slots import MANY
from chargehand.commands.templates import Template, TemplateCompiler
from chargehand.commands.tokens import KEY, looks_like_key
from chargehand.commands.word_lists import entries, word_set
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import Intent, IntentForm, IntentKind

_QUESTION_WORDS = word_set("when why how where what which whom")
_VERBS_FIRST = word_set(
    """is are was were do does did has have had will would can could should shall may might must"""
)
# "Have this closed" and "do close this" are orders; "have we closed this" is a question.
_SUBJECTS = word_set(
    """i we you he she it they this that the anyone anybody someone somebody everyone nobody
    people there"""
)
_PLURAL_VERBS = frozenset({"do", "have"})
_PLURAL_SUBJECTS = word_set("i we you they people")
_POINTERS = frozenset({"this", "here"})
_ASKED_OF_BOT = frozenset({"can", "could", "will", "would"})
_PAST_OPENERS = frozenset({"who", "when", "why", "how"})
_MODALS = word_set("should shall will would can could may might must")
_ASSIGNING = word_set("assign assigned assigning reassign reassigned unassign unassigned")
_MOVING = word_set(
    """move moved moving transition transitioned close closed closing reopen reopened resolve
    resolved mark marked"""
)


def _index() -> dict[str, tuple[tuple[IntentKind, Template], ...]]:
    compiler = TemplateCompiler(CLASSES)
    by_word: defaultdict[str, list[tuple[IntentKind, Template]]] = defaultdict(list)
    for kind, table in QUESTIONS:
        for source in entries(table):
            template = compiler.compile(source)
            for word in template.first_words:
                by_word[word].append((kind, template))
    return {word: tuple(found) for word, found in by_word.items()}


_BY_FIRST_WORD = _index()


@dataclass(frozen=True, slots=True)
class Subject:
    """Which work item a question is about when it names none.

    Shape: `own` is the one the comment stands on; `spoken_of` was named before in the same line,
    and is meant by "is PAY-3 done, and who is on it?", though never by "this" or "here".
    """

    own: WorkItemKey
    spoken_of: WorkItemKey | None = None

    def after(self, sentence: Sentence) -> Self:
        """The subject once a sentence was said."""
        return replace(self, spoken_of=sentence.keys[-1]) if sentence.keys else self

    def of(self, sentence: Sentence) -> WorkItemKey | None:
        """The work item a sentence is about; None for the comment's own."""
        if sentence.keys:
            named: WorkItemKey | None = sentence.keys[0]
        else:
            named = None if _POINTERS.intersection(sentence.words) else self.spoken_of
        return None if named == self.own else named


def read_questions(sentence: Sentence, subject: Subject) -> tuple[Intent, ...]:
    """The questions of a sentence: it as a whole, or its clauses; empty when it asks none.

    Shape: clauses joined by "and" count only when each of them is a question of ours; of clauses
    parted by commas alone, those that are; there a lone command word is a word like any other.
    """
    whole = _read_whole(sentence, subject)
    if whole is not None:
        return (whole,)
    joined = split_at(sentence, JOINS)
    if len(joined) > 1:
        read = tuple(_read_clauses(joined, subject))
        if None not in read:
            return tuple(intent for intent in read if intent is not None)
    parted = split_at(sentence, PAUSES)
    if len(parted) > 1:
        found = _read_clauses(parted, subject)
        return tuple(
            intent for intent in found if intent is not None and intent.form is IntentForm.QUESTION
        )
    return ()


def _read_clauses(clauses: Sequence[Sentence], subject: Subject) -> Iterator[Intent | None]:
    for clause in clauses:
        yield _read_whole(clause, subject)
        subject = subject.after(clause)


def read_question_about_action(sentence: Sentence, subject: Subject) -> Intent | None:
    """The read that answers "should we move this?" or "who closed this?"; None for all else.

    A request put to the bot itself ("can you ...") is no such question: answering it with a
    status would look like a refusal without a reason.
    """
    words = sentence.words
    if not sentence.is_short_enough or MANY.intersection(words) or len(sentence.keys) > 1:
        return None
    openings = (at for at in sorted(READ_FRAME.starts(words)) if _is_opening(words[at:]))
    at = next(openings, None)
    if at is None:
        return None
    opener = words[at]
    is_past = opener in _PAST_OPENERS and not _MODALS.intersection(words)
    if _ASSIGNING.intersection(words):
        kind = IntentKind.SUMMARY if is_past else IntentKind.WHO
    elif _MOVING.intersection(words):
        kind = IntentKind.SUMMARY if is_past else IntentKind.STATUS
    else:
        return None
    return _intent(kind, IntentForm.QUESTION, sentence, subject)


def kind_with_foreign_key(sentence: Sentence) -> tuple[IntentKind, str] | None:
    """The question a sentence would be, were the key in it one of ours, and that key."""
    foreign = [token for token in sentence.tokens if looks_like_key(token.value) and not token.key]
    if not foreign or not sentence.is_short_enough:
        return None
    words = tuple(
        KEY if token in foreign else token.word
        for token in sentence.tokens
        if token.word not in PAUSES
    )
    kind = _kind_of(words)
    return None if kind is None else (kind, foreign[0].value)


def _is_opening(words: Sequence[str]) -> bool:
    """Whether words begin as a question does: "who ...", "when is ...", "should we ..."."""
    if len(words) <= 1:
        return False
    if words[0] == "who":
        return True
    if words[0] in _QUESTION_WORDS:
        return words[1] in _VERBS_FIRST
    if words[0] in _ASKED_OF_BOT and words[1] == "you":
        return False
    subjects = _PLURAL_SUBJECTS if words[0] in _PLURAL_VERBS else _SUBJECTS
    return words[0] in _VERBS_FIRST and words[1] in subjects


def _read_whole(sentence: Sentence, subject: Subject) -> Intent | None:
    if not sentence.is_short_enough or len(sentence.keys) > 1:
        return None
    about_code = read_code_question(sentence)
    if about_code is not None:
        return about_code
    words = sentence.words
    command = _read_command(words)
    if command is not None:
        return _intent(command, IntentForm.COMMAND, sentence, subject)
    kind = _kind_of(words)
    return None if kind is None else _intent(kind, IntentForm.QUESTION, sentence, subject)


def _read_command(words: Sequence[str]) -> IntentKind | None:
    """The kind of `word` or `word KEY`, courtesies around it put aside."""
    ends = READ_FRAME.ends(words)
    for at in READ_FRAME.starts(words):
        command = BY_WORD.get(words[at]) if at < len(words) else None
        if command is None or command.argument is not Argument.NONE:
            continue
        after = at + 1
        if after in ends or (words[after : after + 1] == (KEY,) and after + 1 in ends):
            return command.kind
    return None


def _kind_of(words: Sequence[str]) -> IntentKind | None:
    starts, ends = READ_FRAME.starts(words), READ_FRAME.ends(words)
    for kind, template in _candidates(words, starts):
        if template.matches(words, starts, ends):
            return kind
    return None


def _candidates(
    words: Sequence[str], starts: frozenset[int]
) -> Iterator[tuple[IntentKind, Template]]:
    for at in sorted(starts):
        if at < len(words):
            yield from _BY_FIRST_WORD.get(words[at], ())


def _intent(kind: IntentKind, form: IntentForm, sentence: Sentence, subject: Subject) -> Intent:
    work_item = None if kind is IntentKind.HELP else subject.of(sentence)
    return Intent(kind, form, {}, work_item)

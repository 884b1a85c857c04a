"""Reads each line of an ask by itself, then lets its neighbours take changes back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from chargehand.commands.code_changes import read_code_change
from chargehand.commands.complaints import complain, complain_about_question
from chargehand.commands.courtesies import Courtesy, courtesy_of
from chargehand.commands.definition import LineProblem
from chargehand.commands.hedges import holds_doubt, leads_into_doubt, takes_back, tries_to_rule
from chargehand.commands.problems import Problem, unclear
from chargehand.commands.questions import Subject, read_question_about_action, read_questions
from chargehand.commands.registry import command_of
from chargehand.commands.runs import read_run
from chargehand.commands.sentences import Sentence, sentences_of
from chargehand.commands.spoken import SpokenLine, Standing
from chargehand.commands.tokens import MENTION, Token, TokenKind
from chargehand.commands.writes import Unreadable, read_write
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import WRITES, Intent, IntentKind

# A complaint about a line below the mention is worth reading only when it was meant as a command.
_COMPLAINT_MAX_WORDS = 4

# What only a bare imperative asks for; the lines around it can take it back.
_TOLD = WRITES | {IntentKind.RUN}

# A sentence, and the other ways to read it: around a mention it may end or begin anew.
Piece = tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class LineReading:
    """What one of the writer's own lines asks.

    Shape: `refusals` are `unclear` intents for changes that were told plainly and are not to be
    proposed; `complaints` are those for what only resembles a command; `courtesy` is set when the
    line holds nothing else.
    """

    standing: Standing
    heard: str
    words: tuple[str, ...]
    ends_with: str
    intents: tuple[Intent, ...] = ()
    refusals: tuple[Intent, ...] = ()
    complaints: tuple[Intent, ...] = ()
    courtesy: Courtesy = Courtesy.NONE

    @property
    def complaints_beside_others(self) -> tuple[Intent, ...]:
        """What is worth saying when something else was understood."""
        is_meant = self.standing is Standing.MENTION or (
            self.standing is Standing.AFTER and len(self.words) <= _COMPLAINT_MAX_WORDS
        )
        return (*self.refusals, *self.complaints) if is_meant else self.refusals


def read_spoken(spoken: Sequence[SpokenLine], own: WorkItemKey) -> tuple[LineReading, ...]:
    """What each of the writer's own lines asks; changes that their neighbours doubt left out."""
    lines = [line for line in spoken if line.is_own]
    is_attack = any(tries_to_rule(sentences_of((*line.before, *line.after))) for line in lines)
    readings = [_read_line(line, own) for line in lines]
    readings = list(_without_vague(readings, lines, own))
    if is_attack:
        return tuple(_blocked(reading, Problem.RULES_ATTACKED, _TOLD) for reading in readings)
    return tuple(_without_doubted(readings))


def read_quoted(spoken: Sequence[SpokenLine], own: WorkItemKey) -> tuple[Intent, ...]:
    """The questions in somebody else's words; never a change."""
    lines = (line for line in spoken if line.standing is Standing.QUOTED)
    return tuple(intent for line in lines for intent in _read_questions_of(line, own)[0])


def _read_line(line: SpokenLine, own: WorkItemKey) -> LineReading:
    tokens = (*line.before, *line.after)
    blank = LineReading(
        standing=line.standing,
        heard=_heard(line),
        words=tuple(token.word for token in tokens if token.word != MENTION),
        ends_with=tokens[-1].word if tokens else "",
    )
    courtesy = _courtesy_of(tokens)
    if courtesy is not Courtesy.NONE:
        return replace(blank, courtesy=courtesy)
    told = _read_told(line, own)
    if isinstance(told, Intent) and _is_placed_for_a_change(line):
        reading = replace(blank, intents=(told,))
        is_hidden = line.line.is_disguised
        return _blocked(reading, Problem.HIDDEN_CHARACTERS, _TOLD) if is_hidden else reading
    questions, unread = _read_questions_of(line, own)
    refusals, complaints = _complaints_of(unread, line, own)
    if isinstance(told, LineProblem) and not questions:
        complaints = (unclear(blank.heard, command=told.nearest, problem=told.sentence),)
    elif isinstance(told, Intent) and told.kind is IntentKind.RUN and not refusals:
        refusals = (complain(blank.heard, command_of(told), Problem.NOT_ALONE),)
    if line.standing is Standing.BEFORE:
        complaints = ()
    elif not questions and not refusals and not complaints:
        complaints = tuple(_complaints_of_ask(line, blank.heard))
    return replace(blank, intents=questions, refusals=refusals, complaints=complaints)


def _heard(line: SpokenLine) -> str:
    return line.line.written(line.after if _has_said(line.after) else line.before)


def _read_told(line: SpokenLine, own: WorkItemKey) -> Intent | LineProblem | None:
    """What the whole ask tells the bot to do; a command to be run, or a change."""
    alone = _alone(line)
    judged = None if alone is None else read_code_change(alone)
    if judged is not None:
        return judged
    run = read_run(_asked(line), line.line)
    if run is not None:
        return run
    change = None if alone is None else read_write(alone, own)
    return change if isinstance(change, Intent) else None


def _alone(line: SpokenLine) -> Sentence | None:
    """The one sentence that is the whole ask; None when there are several or none."""
    sentences = [
        sentence
        for sentence in sentences_of(_asked(line))
        if takes_back(sentence.words) or courtesy_of(sentence.words_and_pauses) is Courtesy.NONE
    ]
    return sentences[0] if len(sentences) == 1 else None


def _asked(line: SpokenLine) -> tuple[Token, ...]:
    """The tokens that hold the ask: those behind the mention, else those before it."""
    has_ask_after = _has_said(line.after) and _courtesy_of(line.after) is Courtesy.NONE
    return line.after if has_ask_after else (*line.before, *_marks(line.after))


def _is_placed_for_a_change(line: SpokenLine) -> bool:
    if line.standing is Standing.AFTER:
        return True
    if line.standing is not Standing.MENTION:
        return False
    has_ask_after = _has_said(line.after) and _courtesy_of(line.after) is Courtesy.NONE
    if not has_ask_after or not line.before:
        return True
    words = tuple(token.word for token in line.before)
    if line.before[-1].kind in (TokenKind.STOP, TokenKind.ASK):
        return not holds_doubt(words)
    return MENTION not in words and _courtesy_of(line.before) is not Courtesy.NONE


def _read_questions_of(
    line: SpokenLine, own: WorkItemKey
) -> tuple[tuple[Intent, ...], tuple[Piece, ...]]:
    """The questions of a line, and the sentences that are none."""
    found: list[Intent] = []
    unread: list[Piece] = []
    subject = Subject(own)
    for piece in _pieces(line):
        if piece[0].is_heading and line.standing is not Standing.MENTION:
            continue
        read = next((read for way in piece if (read := read_questions(way, subject))), ())
        found.extend(read)
        subject = subject.after(piece[0])
        if not read:
            unread.append(piece)
    if found:
        return tuple(found), tuple(unread)
    for piece in unread:
        about = read_question_about_action(piece[0], subject)
        if about is not None:
            return (about,), tuple(other for other in unread if other is not piece)
    return (), tuple(unread)


def _pieces(line: SpokenLine) -> tuple[Piece, ...]:
    """The sentences of a line; the one a mention stands in is tried whole, then behind, before."""
    before, after = sentences_of(line.before), sentences_of(line.after)
    is_cut = bool(before and after) and not _is_finished(line.before, line.after)
    if not is_cut:
        return tuple((sentence,) for sentence in (*before, *after))
    whole = Sentence((*before[-1].tokens, *after[0].tokens), after[0].has_question_mark)
    return (
        *((sentence,) for sentence in before[:-1]),
        (whole, after[0], before[-1]),
        *((sentence,) for sentence in after[1:]),
    )


def _is_finished(before: Sequence[Token], after: Sequence[Token]) -> bool:
    ends = (TokenKind.STOP, TokenKind.ASK)
    return before[-1].kind in ends or after[0].kind in ends


def _complaints_of(
    unread: Sequence[Piece], line: SpokenLine, own: WorkItemKey
) -> tuple[tuple[Intent, ...], tuple[Intent, ...]]:
    """What was told plainly in the wrong place, and what only resembles a change."""
    refusals: list[Intent] = []
    complaints: list[Intent] = []
    heard = _heard(line)
    for piece in unread:
        changes = (_told_in(way, line, own) for way in piece)
        change = next((change for change in changes if change is not None), None)
        if isinstance(change, Intent):
            refusals.append(complain(heard, command_of(change), Problem.NOT_ALONE))
        elif change is not None:
            complaints.append(complain(heard, change.command, change.problem, found=change.found))
    return tuple(refusals), tuple(complaints)


def _told_in(sentence: Sentence, line: SpokenLine, own: WorkItemKey) -> Intent | Unreadable | None:
    judged = read_code_change(sentence)
    if judged is not None:
        return judged
    run = read_run(sentence.tokens, line.line) if sentence.is_short_enough else None
    is_order = isinstance(run, Intent) and command_of(run).is_change
    return run if isinstance(run, Intent) and is_order else read_write(sentence, own)


def _complaints_of_ask(line: SpokenLine, heard: str) -> Iterator[Intent]:
    asked = sentences_of(line.after) or sentences_of(line.before)
    first = next((s for s in asked if courtesy_of(s.words) is Courtesy.NONE), None)
    complaint = None if first is None else complain_about_question(first, heard)
    if complaint is not None:
        yield complaint


def _without_doubted(readings: Sequence[LineReading]) -> Iterator[LineReading]:
    is_doubtful = False
    for reading, following in zip_longest(readings, readings[1:]):
        is_taken_back = (
            following is not None and not following.intents and takes_back(following.words)
        )
        is_doubted = is_doubtful or is_taken_back
        yield _blocked(reading, Problem.DOUBTED, _TOLD) if is_doubted else reading
        is_own_end = not reading.intents and reading.courtesy is Courtesy.NONE
        is_doubtful = is_doubtful or (
            is_own_end and leads_into_doubt(reading.words, ends_with=reading.ends_with)
        )


def _without_vague(
    readings: Sequence[LineReading], lines: Sequence[SpokenLine], own: WorkItemKey
) -> Iterator[LineReading]:
    """The readings without changes to "it" where another work item was spoken of before."""
    is_another_named = False
    for reading, line in zip(readings, lines, strict=True):
        keys = {token.key for token in (*line.before, *line.after)} - {None, own}
        linked = {key for intent in reading.intents for key in _linked_to(intent)}
        is_named = any(intent.work_item is not None for intent in reading.intents)
        is_vague = (is_another_named or bool(keys - linked)) and "it" in reading.words
        is_vague = is_vague and not is_named
        is_another_named = is_another_named or bool(keys)
        yield _blocked(reading, Problem.ITEM_NOT_CLEAR, WRITES) if is_vague else reading


def _linked_to(intent: Intent) -> tuple[WorkItemKey, ...]:
    """The other end of a link, which "it" on the same line can not mean."""
    is_link = intent.kind is IntentKind.LINK
    return tuple(WorkItemKey(key) for key in intent.arguments.values()) if is_link else ()


def _blocked(reading: LineReading, problem: Problem, kinds: frozenset[IntentKind]) -> LineReading:
    """The reading with what it tells the bot to do turned into complaints."""
    kept = tuple(intent for intent in reading.intents if intent.kind not in kinds)
    refused = tuple(
        complain(reading.heard, command_of(intent), problem)
        for intent in reading.intents
        if intent.kind in kinds
    )
    return replace(reading, intents=kept, refusals=(*reading.refusals, *refused))


def _has_said(tokens: Sequence[Token]) -> bool:
    return any(
        token.kind in (TokenKind.WORD, TokenKind.QUOTED, TokenKind.MENTION) for token in tokens
    )


def _marks(tokens: Sequence[Token]) -> tuple[Token, ...]:
    return tuple(token for token in tokens if token.kind is TokenKind.ASK)


def _courtesy_of(tokens: Sequence[Token]) -> Courtesy:
    """What the tokens are if they are courtesy and nothing else; greeting when nothing is said."""
    found = {courtesy_of(sentence.words_and_pauses) for sentence in sentences_of(tokens)}
    if Courtesy.NONE in found:
        return Courtesy.NONE
    return Courtesy.THANKS if Courtesy.THANKS in found else Courtesy.GREETING

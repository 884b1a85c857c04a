"""Reads what the bot is told to do to a pull request: to approve it, and nothing else.

As every change it is an imperative from its first word to its last, courtesies put aside.
"""

from typing import Final

from chargehand.commands.code_questions import PULL_CLASSES, pull_in, word_of
from chargehand.commands.courtesies import WRITE_FRAME
from chargehand.commands.sentences import Sentence
from chargehand.commands.templates import TemplateCompiler
from chargehand.commands.tokens import TokenKind
from chargehand.commands.writes import is_request
from chargehand.domain.intent import Intent, IntentForm, IntentKind

# "Approve" alone decides what waits, by its name; here it is always said what is approved.
_COMPILER: Final = TemplateCompiler(PULL_CLASSES)
_APPROVE: Final = tuple(
    _COMPILER.compile(source)
    for source in ("approve PR", "(approve-pull-request / approve-pr) [PR]")
)


def read_code_change(sentence: Sentence) -> Intent | None:
    """The change to a pull request that a sentence tells; None for every other sentence."""
    tokens = [one for one in sentence.tokens if one.kind is not TokenKind.COMMA]
    if sentence.keys or not any(one.word.startswith("approve") for one in tokens):
        return None
    words = tuple(word_of(one) for one in tokens)
    starts, ends = WRITE_FRAME.starts(words), WRITE_FRAME.ends(words)
    if not any(one.matches(words, starts, ends) for one in _APPROVE):
        return None
    if sentence.has_question_mark and not is_request(words, starts):
        return None
    pulls = [found for one in tokens if (found := pull_in(one))]
    arguments = {"pull_request": pulls[0]} if pulls else {}
    return Intent(IntentKind.APPROVE_PULL_REQUEST, IntentForm.COMMAND, arguments)

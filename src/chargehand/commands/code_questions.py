"""Reads questions about pull requests: where one stands, who reviews it, what waits for review."""

import re
from typing import Final

from chargehand.commands.courtesies import READ_FRAME
from chargehand.commands.question_wordings import CLASSES
from chargehand.commands.sentences import Sentence
from chargehand.commands.templates import TemplateCompiler
from chargehand.commands.tokens import Token, TokenKind
from chargehand.commands.word_lists import entries
from chargehand.domain.intent import Intent, IntentForm, IntentKind

PULL: Final = "<pull>"
_REPOSITORY: Final = "<repository>"
_NAME: Final = r"[A-Za-z0-9~._-]{1,100}"
_REF: Final = re.compile(
    rf"(?:(?:[a-z][a-z0-9-]{{0,31}}:)?{_NAME}/{_NAME})?#[1-9][0-9]{{0,8}}", re.IGNORECASE
)
_ADDRESS: Final = re.compile(
    rf"https?://[^/]+/(?:projects/)?({_NAME})/(?:repos/)?({_NAME})/pull(?:-requests)?/([1-9][0-9]{{0,8}})"
    r"(?:[/?#].*)?"
)
_REPOSITORY_NAME: Final = re.compile(rf"{_NAME}/{_NAME}")
PULL_CLASSES: Final = {
    "NOW": CLASSES["NOW"],
    "A_PR": ("pr / pull request",),
    "PR": (f"{PULL} / A_PR {PULL} / A_PR / this A_PR / the A_PR",),
    "THIS": ("PR / this / it",),
    "PRS": ("prs / pull requests / what",),
    "IN": (f"in {_REPOSITORY} / for {_REPOSITORY} / of {_REPOSITORY} / {_REPOSITORY}",),
}
_STATUS: Final = """
(status / pull-request) [of / for / on] PR [NOW]
(what / how) is the (status / state) of PR [NOW]
where (are we / do we stand) with PR [NOW]
is PR [NOW] (merged / open / approved / reviewed / ready) [NOW]
"""
_REVIEWERS: Final = """
reviewers [of / for / on] [PR]
who reviews [THIS] [NOW]
who is [NOW] reviewing THIS [NOW]
who (should / has to / will / can) review THIS [NOW]
who are the reviewers [of / for / on] [PR]
(who / has anybody / has anyone) approved PR
"""
_QUEUE: Final = """
(review-queue / review queue) [IN]
PRS (is / are) [NOW] waiting for [a / our / my] (review / reviews) [IN] [NOW]
PRS (needs / need / wants / want) [a] (review / reviewing / reviewers) [IN] [NOW]
(open / pending / waiting) reviews [IN]
"""
_COMPILER: Final = TemplateCompiler(PULL_CLASSES)
_TEMPLATES: Final = tuple(
    (kind, _COMPILER.compile(source))
    for kind, table in (
        (IntentKind.PULL_REQUEST, _STATUS),
        (IntentKind.REVIEWERS, _REVIEWERS),
        (IntentKind.REVIEW_QUEUE, _QUEUE),
    )
    for source in entries(table)
)
_COMMANDS: Final = frozenset({"status", "pull-request", "reviewers", "review-queue"})
_HINTS: Final = ("pr", "pull", "review", "#", "/pull")


def read_code_question(sentence: Sentence) -> Intent | None:
    """The question about pull requests that a sentence is; None for every other sentence."""
    tokens = [one for one in sentence.tokens if one.kind is not TokenKind.COMMA]
    if sentence.keys or not any(hint in t.value.casefold() for t in tokens for hint in _HINTS):
        return None
    pulls = [found for one in tokens if (found := pull_in(one))]
    words = tuple(word_of(one) for one in tokens)
    starts, ends = READ_FRAME.starts(words), READ_FRAME.ends(words)
    for kind, template in _TEMPLATES:
        if template.matches(words, starts, ends):
            form = IntentForm.COMMAND if words[0] in _COMMANDS else IntentForm.QUESTION
            named = [one.value for one in tokens if word_of(one) == _REPOSITORY]
            return Intent(kind, form, _arguments(kind, pulls, named))
    return None


def _arguments(kind: IntentKind, pulls: list[str], named: list[str]) -> dict[str, str]:
    if kind is IntentKind.REVIEW_QUEUE:
        return {"repository": named[0]} if named else {}
    return {"pull_request": pulls[0]} if pulls else {}


def word_of(token: Token) -> str:
    """A token as the templates know it: a pull request and a repository stand for any."""
    if pull_in(token):
        return PULL
    is_repository = _REPOSITORY_NAME.fullmatch(token.value) is not None
    return _REPOSITORY if is_repository else token.word


def pull_in(token: Token) -> str:
    """The pull request a token names, as `acme/payments#12` or `#12`; empty for none.

    Where two hosts have a repository of one name, the connection stands before it with a colon.
    """
    if _REF.fullmatch(token.value):
        return token.value
    found = _ADDRESS.fullmatch(token.value)
    return f"{found[1]}/{found[2]}#{found[3]}" if found is not None else ""

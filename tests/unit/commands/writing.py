"""Writes comments for tests: `@bot` and `@Ana` mention, `> ` quotes, four spaces are code."""

import re

from chargehand.commands.understanding import Understanding, understand
from chargehand.domain.ids import AccountId, WorkItemKey
from chargehand.domain.intent import Intent, IntentKind
from chargehand.domain.text import Line, LineKind, RichText, Span

BOT = AccountId("557058:bot")
ANA = AccountId("557058:ana")
OWN = WorkItemKey("PAY-7")
PROJECT_KEYS = frozenset({"PAY", "OPS"})

_MENTIONS = {"@bot": Span("@Chargehand", BOT), "@Ana": Span("@Ana Lima", ANA)}
_PREFIXES = {"> ": LineKind.QUOTE, "    ": LineKind.CODE}


def comment(text: str) -> RichText:
    return tuple(_line(line) for line in text.split("\n"))


def ask(text: str) -> Understanding:
    return understand(comment(text), bot=BOT, project_keys=PROJECT_KEYS, own_work_item=OWN)


def intents(text: str) -> tuple[Intent, ...]:
    return ask(text).intents


def kinds(text: str) -> list[IntentKind]:
    return [intent.kind for intent in intents(text)]


def writes(text: str) -> list[Intent]:
    return [intent for intent in intents(text) if intent.is_write]


def _line(text: str) -> Line:
    for prefix, kind in _PREFIXES.items():
        if text.startswith(prefix):
            return Line(_spans(text.removeprefix(prefix)), kind)
    return Line(_spans(text))


def _spans(text: str) -> tuple[Span, ...]:
    pieces = re.split(r"(@bot|@Ana)", text)
    return tuple(_MENTIONS.get(piece, Span(piece)) for piece in pieces if piece)

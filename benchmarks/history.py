"""A believable history of any length: events with all that followed from them, as rows of tables.

Two organizations share it, one has four fifths. Texts are made of words as unevenly distributed as
those of people; a few words are known to be rare.
"""

import hashlib
import itertools
import json
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from chargehand.audit.chain import START, ChainPosition
from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import DEFAULT_ORGANIZATION, OrganizationId
from chargehand.kit.clock import to_micros
from chargehand.kit.ids import first_id, new_id, short_id

LASTS: Final = timedelta(days=90)
OTHER: Final = OrganizationId("acme")
RARE_WORD: Final = "zephyrquartz"
HOT_ITEM: Final = "PAY-7"
_RARE: Final = 5
_SHARE: Final = 0.8
_PROJECTS: Final = ("PAY", "OPS", "WEB", "HELP")
_KINDS: Final = ("comment.created", "work_item.updated", "comment.updated", "worklog.created")
_ITEMS: Final = 6000
_HOT: Final = 0.02
_TOLD_TWICE: Final = 0.03
_ASKS: Final = 0.12
_BY_MODEL: Final = 0.3
_SECOND_ACTION: Final = 0.2
_VOCABULARY: Final = 20_000
_LENGTH: Final = 25
_TEXTS: Final = 30_000
_EVERYONE: Final = {"kind": "everyone", "value": "", "identifier": ""}
_HOUR_US: Final = 3_600_000_000
Row = tuple[Any, ...]


@dataclass(slots=True)
class Rows:
    """What is to be written, by table, in the order of the table's columns."""

    by_table: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, *values: Any) -> None:
        """One more row."""
        self.by_table.setdefault(table, []).append(values)


@dataclass(frozen=True, slots=True)
class _About:
    """What everything that follows from one event repeats."""

    own: OrganizationId
    event_id: str
    kind: str
    project: str
    item: str
    actor: str
    at: datetime

    @property
    def now(self) -> int:
        return to_micros(self.at)


class History:
    """Makes the rows; the same seed makes the same history."""

    def __init__(self, events: int, *, until: datetime, seed: int = 7) -> None:
        self._events = events
        self._begins = until - LASTS
        self._rng = random.Random(seed)
        self._words = _vocabulary(self._rng)
        weights = list(itertools.accumulate(1 / (n + 3) for n in range(len(self._words))))
        self._texts = [
            " ".join(self._rng.choices(self._words, cum_weights=weights, k=_LENGTH))
            for _ in range(min(events, _TEXTS))
        ]
        self._rare = set(self._rng.sample(range(events), min(_RARE, events)))
        self._chain = {DEFAULT_ORGANIZATION: START, OTHER: START}

    @property
    def common_words(self) -> tuple[str, ...]:
        """The words that are nearly everywhere, the most common first."""
        return tuple(self._words[:8])

    @property
    def seldom_words(self) -> tuple[str, ...]:
        """Words in about one of a thousand texts."""
        return tuple(self._words[2000:2010])

    def parts(self, size: int) -> Iterator[Rows]:
        """All rows, some thousand events at a time; the ends of the chains come last."""
        step = LASTS / max(self._events, 1)
        rows = Rows()
        for number in range(self._events):
            self._event(rows, number, self._begins + step * number)
            if number % size == size - 1:
                yield rows
                rows = Rows()
        for organization_id, end in self._chain.items():
            rows.add("audit_heads", organization_id, end.seq, end.hash)
        yield rows

    def _event(self, rows: Rows, number: int, at: datetime) -> None:
        rng = self._rng
        own = DEFAULT_ORGANIZATION if rng.random() < _SHARE else OTHER
        ending = self._ending(at)
        delivery_id, event_id = f"dlv_{ending}", f"evt_{ending}"
        now = to_micros(at)
        project = rng.choices(_PROJECTS, weights=(50, 25, 20, 5))[0]
        kind = rng.choices(_KINDS, weights=(45, 40, 10, 5))[0]
        item = HOT_ITEM if rng.random() < _HOT else f"{project}-{rng.randrange(1, _ITEMS)}"
        project = item.partition("-")[0]
        text = self._text(number)
        actor = f"5b10ac8d82e05b22cc7d{rng.randrange(400):04d}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        for copy in range(2 if rng.random() < _TOLD_TWICE else 1):
            one = delivery_id if not copy else f"dlv_{self._ending(at)}"
            told = f"evt_{one[4:]}", (event_id if copy else None)
            key = f"{number}-{copy}"
            rows.add(
                "deliveries", own, one, "site", "jira", key, "poll" if copy else "webhook", "bulk",
                digest, 4500, now, now + 40_000, *told,
            )  # fmt: skip
        body = {"actor": "Mei Tanaka", "text": text, "data": {"title": text[:40]}}
        content_id = self._content(rows, own, body, now)
        key = f"site:{kind}:{number}"
        rows.add(
            "events", own, event_id, key, delivery_id, "site", "jira", kind, project, item,
            actor, content_id, now, now,
        )  # fmt: skip
        self._follow(rows, _About(own, event_id, kind, project, item, actor, at))

    def _follow(self, rows: Rows, about: _About) -> None:
        rng, now, own, event_id = self._rng, about.now, about.own, about.event_id
        project, item, actor = about.project, about.item, about.actor
        is_ask = about.kind == "comment.created" and rng.random() < _ASKS
        decision_id, ask_id = f"dec_{event_id[4:]}", f"ask_{event_id[4:]}"
        verdict, reason, content_id = "silent", "not_mentioned", None
        if is_ask:
            state = rng.choices(("decided", "late", "stuck", "dismissed"), weights=(90, 5, 1, 4))[0]
            self._ask(rows, about, ask_id, state)
            if state == "decided":
                verdict, reason = "respond", "answered_from_facts"
                body = {"response": self._text(-1), "sources": [], "withheld": [], "actions": []}
                content_id = self._content(rows, own, body, now)
        is_model = verdict == "respond" and rng.random() < _BY_MODEL
        model = ("claude", "claude-sonnet", "p3", "rsv_0") if is_model else (None,) * 4
        rows.add(
            "decisions", own, decision_id, event_id, ask_id if is_ask else None, int(is_ask),
            "site", project, item, actor, verdict, reason, "model" if is_model else "rule", 100,
            "low", f"work_item:{item}", json.dumps(_EVERYONE), content_id, "",
            rng.randrange(900, 40_000) if is_model else 0, 1, now, *model,
        )  # fmt: skip
        tag, told = AuditTag.WORKER_DECISION_RECORDED, {"event_id": event_id, "verdict": verdict}
        self._record(rows, about, tag, decision_id, told)
        if verdict == "respond":
            for place in range(1 + (rng.random() < _SECOND_ACTION)):
                self._action(rows, about, decision_id, place)

    def _ask(self, rows: Rows, about: _About, ask_id: str, state: str) -> None:
        now, own, actor = about.now, about.own, about.actor
        asker = {"account_id": actor, "name": "Mei Tanaka", "kind": "person", "time_zone": None}
        body = {"text": self._text(-1), "asker": asker, "visibility": _EVERYONE, "intents": []}
        content_id = self._content(rows, own, body, now)
        rows.add(
            "asks", own, ask_id, f"site:comment:{ask_id}", 1, about.event_id, "site",
            about.project, about.item,
            ask_id[-8:], actor, now, content_id, state, 0, 0, None, now, now, "", "",
        )  # fmt: skip

    def _action(self, rows: Rows, about: _About, decision_id: str, place: int) -> None:
        rng, now, own = self._rng, about.now, about.own
        project, item, ask_id = about.project, about.item, f"ask_{about.event_id[4:]}"
        action_id = f"act_{decision_id[4:-1]}{place}"
        kind = rng.choices(
            ("jira.add_comment", "jira.transition_issue", "jira.assign_issue"), weights=(85, 10, 5)
        )[0]
        state = rng.choices(
            ("executed", "simulated", "waiting", "rejected", "expired", "failed"),
            weights=(60, 22, 6, 5, 5, 2),
        )[0]
        mode = "simulate" if state == "simulated" else "approve"
        text = self._text(-1)
        params = {"markdown": text, "more": "", "more_title": "", "mention": None}
        body = {"params": params, "base": {"comment_id": "1"}, "preview": text}
        content_id = self._content(rows, own, body, now)
        digest = hashlib.sha256(action_id.encode()).hexdigest()
        rows.add(
            "actions", own, action_id, decision_id, ask_id, kind, "site", project, item,
            content_id, digest, mode, state, 1, 0, None, now,
            None if state == "waiting" else now, "{}", "",
        )  # fmt: skip
        proposed = AuditTag.WORKER_ACTION_PROPOSED
        self._record(rows, about, proposed, action_id, {"kind": kind, "mode": mode})
        if mode != "approve":
            return
        approval_id = f"apv_{action_id[4:]}"
        decided = {"waiting": "open", "rejected": "rejected", "expired": "expired"}
        is_open = state == "waiting"
        rows.add(
            "approvals", own, approval_id, short_id(approval_id), action_id, 1, digest,
            decided.get(state, "approved"), now, now + 48 * _HOUR_US, None if is_open else now,
            "" if is_open else "cli:anna", "" if is_open else "cli", None,
        )  # fmt: skip
        self._record(rows, about, AuditTag.WORKER_APPROVAL_OPENED, approval_id, {"a": action_id})
        if state == "executed":
            effect_id = f"eff_{action_id[4:]}"
            rows.add(
                "effects", own, effect_id, action_id, "site", item, digest, "done", 1, now, None,
                now, f"{effect_id[-9:]}", "https://example.atlassian.net/browse/" + item,
            )  # fmt: skip
            self._record(rows, about, AuditTag.WORKER_EFFECT_DONE, action_id, {"e": effect_id})

    def _content(self, rows: Rows, own: OrganizationId, body: dict[str, Any], now: int) -> str:
        salt = secrets.token_hex(16)
        text = json.dumps(body, separators=(",", ":"))
        digest = hashlib.sha256((salt + text).encode()).hexdigest()
        content_id = f"cnt_{digest[:32]}"
        rows.add("contents", own, content_id, salt, digest, "text", text, now)
        return content_id

    def _record(
        self, rows: Rows, about: _About, tag: AuditTag, subject_id: str, body: dict[str, Any]
    ) -> None:
        own = about.own
        end = self._chain.get(own, START)
        # Nobody walks this chain, and a real link would take longer than all the rest.
        told = json.dumps(body)
        digest = hashlib.sha256(f"{end.hash}{told}".encode()).hexdigest()
        self._chain[own] = ChainPosition(end.seq + 1, digest)
        rows.add(
            "audit_records", own, end.seq + 1, about.now, tag.value, subject_id, told,
            end.hash, digest,
        )  # fmt: skip

    def _ending(self, at: datetime) -> str:
        """What ids of one moment share behind their prefix; much faster than `kit.ids` makes it."""
        return f"{first_id('evt', at)[4:14]}e{self._rng.getrandbits(60):015x}"

    def _text(self, number: int) -> str:
        text = self._rng.choice(self._texts)
        return f"{text} {RARE_WORD}" if number in self._rare else text


def raw_deliveries(
    events: int, *, first: datetime, until: datetime, seed: int = 9
) -> Iterator[Row]:
    """Rows of the inbox, all dispatched, evenly over some time; 2 KB each."""
    rng = random.Random(seed)
    step = (until - first) / max(events, 1)
    for number in range(events):
        at = first + step * number
        body = rng.randbytes(1000).hex().encode()
        yield (
            new_id("dlv", at), "site", "jira", f"raw-{number}", "webhook", "bulk", "dispatched",
            to_micros(at), to_micros(at) + 40_000, 0, "", len(body), "{}", body,
        )  # fmt: skip


def _vocabulary(rng: random.Random) -> list[str]:
    syllables = [
        "ka",
        "ro",
        "mi",
        "ten",
        "sol",
        "ba",
        "lu",
        "ver",
        "sin",
        "do",
        "pra",
        "nel",
        "qui",
    ]
    found: dict[str, None] = {}
    while len(found) < _VOCABULARY:
        found["".join(rng.choices(syllables, k=rng.randrange(2, 6)))] = None
    return list(found)

"""Erases a person: what they said goes, where they stand a pseudonym stands, the audit holds.

Everything happens in short transactions that may be repeated, so a running service goes on and a
run that was killed is simply started again. What is sent at this moment, and what nobody looked at
yet, is left alone and told; it is erased by another run.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionState
from chargehand.domain.ask import AskState
from chargehand.domain.ids import MemberId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import ActionRecord
from chargehand.kit.canonical import canonical_json
from chargehand.kit.clock import Clock
from chargehand.members.errors import LastAdmin
from chargehand.pipeline.searching import Archive, Search, search_for
from chargehand.pipeline.withdrawing import is_unsent, withdraw_action, withdraw_unsent
from chargehand.privacy.person import Person
from chargehand.storage.repositories.personal_data import CONTENTS, TextRow
from chargehand.storage.repositories.pseudonyms import erased_name
from chargehand.storage.transaction import Reading, Writing

ERASED: Final = "person_erased"
_OPEN_ASKS: Final = frozenset({AskState.OPEN, AskState.LATE, AskState.STUCK})
_MAY_BE_SENT: Final = (ActionState.WAITING, ActionState.APPROVED, ActionState.EXECUTING)
_LONGEST_WRITE_S: Final = 0.02
# Between two writes a running service has its turn.
_REST_S: Final = 0.005
_ROWS_PER_WRITE: Final = 25
_RAW_PER_WRITE: Final = 50
_ACTIONS_PER_READ: Final = 200
_MOST_PASSES: Final = 5


@dataclass(frozen=True, slots=True)
class Findings:
    """What is held about a person, in numbers.

    Shape: `rows` by table, contents among them; `open_asks` will be closed and `open_actions`
    voided; `waiting_deliveries` were not looked at yet and `sending` actions are under way, so
    both are left; `audit_records` name the person and can not be changed.
    """

    raw_deliveries: int
    waiting_deliveries: int
    rows: Mapping[str, int]
    open_asks: int
    open_actions: int
    sending: int
    audit_records: int

    @property
    def is_nothing(self) -> bool:
        """Whether nothing at all is held."""
        return not (self.raw_deliveries or self.waiting_deliveries or any(self.rows.values()))


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a run did; `pseudonym` stands where the person stood.

    Shape: `is_complete` is False when something had to be left to another run.
    """

    pseudonym: str
    counts: Mapping[str, int]
    left: Findings

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left but what can not be changed."""
        return self.left.is_nothing and not self.left.sending


@dataclass(frozen=True, slots=True)
class Erasing:
    """Plans and does the erasure of persons whose names were learned before."""

    archive: Archive
    clock: Clock

    def plan(self, person: Person) -> Findings:
        """What would go, without changing anything."""
        return _count(self._search(person, dict.fromkeys(person.words, "")))

    def erase(self, person: Person, identifier: str, *, by: str) -> Erasure:
        """Erase a person; safe to be killed and started again at any moment.

        Raises: LastAdmin, before anything is changed.
        """
        database = self.archive.database
        now = self.clock.now()
        database.read(lambda tx: _require_other_admin(tx, person))
        pseudonym = database.write(lambda tx: tx.pseudonyms.of(identifier, now=now))
        search = self._search(person, self._replacements(person, pseudonym))
        run = _Run(search, self.clock, erased_name(pseudonym))
        left = run.to_the_end()
        erasure = Erasure(erased_name(pseudonym), run.counts, left)
        database.write(lambda tx: _record(tx, erasure, search, by=by, now=self.clock.now()))
        return erasure

    def _search(self, person: Person, replacements: dict[str, str]) -> Search:
        return search_for(self.archive, person, replacements)

    def _replacements(self, person: Person, pseudonym: str) -> dict[str, str]:
        """What takes the place of each word.

        Whoever decided something has a pseudonym in the audit already; it stays the same, so that
        the decisions of one person still belong together.
        """
        words = dict.fromkeys(person.words, erased_name(pseudonym))
        known = self.archive.database.read(lambda tx: tx.pseudonyms.known())
        search = self._search(person, dict(words))
        own = (subject for subject in known if search.keys.tells_in(subject))
        return words | {subject: erased_name(known[subject]) for subject in own}


class _Run:
    """The passes of one run, until one of them finds nothing more to do."""

    def __init__(self, search: Search, clock: Clock, erased: str) -> None:
        self._search = search
        self._erased = erased
        self._database = search.archive.database
        self._clock = clock
        self.counts: Counter[str] = Counter()

    def to_the_end(self) -> Findings:
        for _ in range(_MOST_PASSES):
            before = self.counts.total()
            self._raw()
            self._open_actions()
            self._members()
            self._attention()
            for table in self._database.read(lambda tx: tx.personal_data.tables()):
                change = self._erase_content if table == CONTENTS else self._erase_row
                for rows in self._search.rows(table):
                    self._in_small_writes(rows, change)
            if self.counts.total() == before:
                break
        return _count(self._search)

    def _raw(self) -> None:
        for found in self._search.deliveries():
            closed = [one.seq for one in found if not one.is_waiting]
            for start in range(0, len(closed), _RAW_PER_WRITE):
                part = closed[start : start + _RAW_PER_WRITE]
                self.counts["raw_deliveries"] += self._search.archive.raw.empty(part)
                time.sleep(_REST_S)
            named = [one.seq for one in found if self._search.names_in_key(one)]
            if named:
                self._search.archive.raw.forget_keys(named)

    def _open_actions(self) -> None:
        """Void what tells of the person and was not sent; a digest is bound to its words."""
        telling = self._database.read(lambda tx: _open_actions_of(tx, self._search))
        for action in telling:
            self.counts["actions_voided"] += self._database.write(
                lambda tx, action=action: _void(tx, action, now=self._clock.now())  # type: ignore[misc]
            )

    def _members(self) -> None:
        """Leave of a member who the person is nothing but the pseudonym, and no account."""
        person, now = self._search.person, self._clock.now()
        for member in self._database.read(lambda tx: tx.members.owners_of(person.words)):
            self._database.write(lambda tx, one=member.id: self._make_nobody(tx, one, now=now))  # type: ignore[misc]
            self.counts["members"] += 1
        gone = self._database.write(lambda tx: tx.members.forget_accounts(person.ids))
        if gone:
            self.counts["accounts"] += gone

    def _make_nobody(self, tx: Writing, member_id: MemberId, *, now: datetime) -> None:
        tx.members.make_nobody(member_id, self._erased, now=now)
        # They may have been set up from an account nobody named in the request.
        tx.sign_in.forget_password(member_id)
        tx.sign_in.forget_accounts(member_id)
        tx.sign_in.end_sessions_of(member_id, now=now)
        ended = tx.subscriptions.end_all(member_id) + tx.attention.forget_member(member_id)
        if ended:
            self.counts["mutes_subscriptions_reminders"] += ended
        # Rows name a member by an id, which the words of the person do not lead to.
        said = tx.personal_data.forget_words_of_member(member_id)
        if said:
            self.counts["contents"] += said

    def _attention(self) -> None:
        """Forget whom the person wanted to hear from, and of what; nothing else rests on it."""
        ids = self._search.person.ids
        forgotten = self._database.write(
            lambda tx: tx.attention.forget_persons(ids) + tx.subscriptions.forget_persons(ids)
        )
        if forgotten:
            self.counts["mutes_subscriptions_reminders"] += forgotten

    def _in_small_writes(
        self, rows: Sequence[TextRow], change: Callable[[Writing, TextRow], Counter[str]]
    ) -> None:
        left = list(rows)
        while left:
            part = left[:_ROWS_PER_WRITE]
            done, counted = self._database.write(
                lambda tx, part=part: _some(tx, part, change)  # type: ignore[misc]
            )
            self.counts.update(counted)
            left = left[done:]
            time.sleep(_REST_S)

    def _erase_row(self, tx: Writing, found: TextRow) -> Counter[str]:
        row = tx.personal_data.read(found.table, found.key)
        if row is None or _is_held(tx, row):
            return Counter()
        counted: Counter[str] = Counter()
        if row.table == "asks":
            counted += self._close_ask(tx, str(row.key[0]))
        telling = self._search.telling_columns(row)
        if not telling:
            return counted
        if self._search.is_owned(row):
            if row.content_id is not None:
                counted["contents"] += tx.personal_data.forget_content(row.content_id)
            if row.table == "decisions":
                counted["contents"] += tx.personal_data.forget_made_from(str(row.key[0]))
        redacted = {
            name: self._search.redactor_of(row.table, name).redact(text)
            for name, text in telling.items()
        }
        tx.personal_data.replace(row, redacted)
        counted[row.table] += 1
        return counted

    def _close_ask(self, tx: Writing, ask_id: str) -> Counter[str]:
        """Nothing is answered any more to somebody who is gone."""
        stored, now = tx.asks.find(ask_id), self._clock.now()
        if stored is None or stored.ask.asker.account_id not in self._search.person.ids:
            return Counter()
        withdraw_unsent(tx, stored.ask, now=now)
        if stored.ask.state not in _OPEN_ASKS:
            return Counter()
        tx.asks.close(stored.ask.id, AskState.DISMISSED, now=now, by="chargehand", problem=ERASED)
        return Counter(asks_closed=1)

    def _erase_content(self, tx: Writing, found: TextRow) -> Counter[str]:
        content_id = str(found.key[0])
        row = tx.personal_data.read(CONTENTS, found.key)
        if row is None or tx.personal_data.needed_unchanged([content_id]):
            return Counter()
        texts = self._search.texts
        redacted = texts.redact_value(json.loads(row.texts["body"]))
        if texts.tells_in(json.dumps(redacted, ensure_ascii=False)):
            tx.personal_data.forget_content(content_id)
        else:
            tx.personal_data.rewrite_content(content_id, redacted)
        return Counter(contents=1)


def _some(
    tx: Writing, rows: Sequence[TextRow], change: Callable[[Writing, TextRow], Counter[str]]
) -> tuple[int, Counter[str]]:
    """Change as many rows as fit into one transaction; how many, and what was done."""
    started_s = monotonic()
    counted: Counter[str] = Counter()
    for done, row in enumerate(rows, start=1):
        counted += change(tx, row)
        if monotonic() - started_s > _LONGEST_WRITE_S:
            return done, counted
    return len(rows), counted


def _is_held(tx: Writing, row: TextRow) -> bool:
    """Whether an action is just being sent, or may have been: it is looked up by its words."""
    if row.table != "actions":
        return False
    action = tx.actions.find(str(row.key[0]))
    return action is not None and action.state in _MAY_BE_SENT


def _void(tx: Writing, found: ActionRecord, *, now: datetime) -> int:
    action = tx.actions.find(found.id)
    if action is None or not is_unsent(tx, action):
        return 0
    withdraw_action(tx, action, why=ERASED, now=now)
    return 1


def _open_actions_of(tx: Reading, search: Search) -> tuple[ActionRecord, ...]:
    found: list[ActionRecord] = []
    for state in _MAY_BE_SENT:
        cursor: str | None = None
        while True:
            page = tx.actions.page(cursor=cursor, limit=_ACTIONS_PER_READ, state=state.value)
            found += [action for action in page.items if _tells(search, action)]
            cursor = page.next_cursor
            if cursor is None:
                break
    return tuple(found)


def _tells(search: Search, action: ActionRecord) -> bool:
    words = canonical_json([action.params, action.base, action.preview, action.target])
    return search.texts.tells_in(words)


def _require_other_admin(tx: Reading, person: Person) -> None:
    admins = tx.members.admins()
    owners = {one.id for one in tx.members.owners_of(person.words)}
    if admins and admins <= owners:
        raise LastAdmin(member_id=min(admins))


def _count(search: Search) -> Findings:
    database = search.archive.database
    raw = [one for found in search.deliveries() for one in found]
    tables = database.read(lambda tx: tx.personal_data.tables())
    rows: Counter[str] = Counter()
    open_asks = 0
    for table in tables:
        for found in search.rows(table):
            rows[table] += len(found)
            open_asks += sum(_is_open_ask(search, row) for row in found)
    open_actions = database.read(lambda tx: _open_actions_of(tx, search))
    sending = [action for action in open_actions if action.state is ActionState.EXECUTING]
    return Findings(
        raw_deliveries=sum(not one.is_waiting for one in raw),
        waiting_deliveries=sum(one.is_waiting for one in raw),
        rows={table: rows[table] for table in tables if rows[table]},
        open_asks=open_asks,
        open_actions=len(open_actions) - len(sending),
        sending=len(sending),
        audit_records=len(search.audit_records()),
    )


def _is_open_ask(search: Search, row: TextRow) -> bool:
    is_open = row.table == "asks" and row.texts.get("state") in {one.value for one in _OPEN_ASKS}
    return is_open and row.texts.get("asker_id") in search.person.ids


def _record(tx: Writing, erasure: Erasure, search: Search, *, by: str, now: datetime) -> None:
    """Tell of the erasure by numbers alone; who is behind the pseudonyms is forgotten last."""
    counts: JSONObject = dict(sorted(erasure.counts.items()))
    body: JSONObject = {"by": by, "is_complete": erasure.is_complete, "counts": counts}
    tx.audit.append(AuditTag.PERSON_MEMBER_ERASED, erasure.pseudonym, body, now=now)
    if erasure.is_complete:
        known = tx.pseudonyms.known()
        gone = [name for subject, name in known.items() if search.keys.tells_in(subject)]
        tx.pseudonyms.forget(gone, now=now)

"""Writes down everything that is held about a person, for the person who asks for it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.clock import Clock, from_micros
from chargehand.pipeline.causing import MEMBER
from chargehand.pipeline.searching import Archive, Search, search_for
from chargehand.pipeline.showing import to_json
from chargehand.privacy.person import Person
from chargehand.storage.repositories.personal_data import CONTENTS
from chargehand.storage.transaction import Reading, Writing

FORMAT: Final = "chargehand.person"
VERSION: Final = 1
# What follows from a row belongs to the same person: the table it is in, by which column it is
# found, and in which table and column that stands.
_FOLLOWS: Final = (
    ("decisions", "ask_id", "asks", "ask_id"),
    ("actions", "ask_id", "asks", "ask_id"),
    ("approvals", "action_id", "actions", "action_id"),
    ("effects", "action_id", "actions", "action_id"),
    ("deliveries", "event_id", "events", "event_id"),
)
_PRIVATE: Final = frozenset({"organization_id", "secret_digest", "salt"})
# What proves or hides something is nobody's copy to have.
_SECRET: Final = {
    "confirmations": frozenset({"digest"}),
    "passwords": frozenset({"digest"}),
    "stored_secrets": frozenset({"sealed"}),
}

Rows = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Exporting:
    """Collects what is held about persons whose names were learned before."""

    archive: Archive
    clock: Clock

    def export(self, person: Person, *, by: str) -> JSONObject:
        """Everything, as one JSON object; that it was made is audited, by numbers.

        Shape: docs/howto/privacy.md describes it.
        """
        search = search_for(self.archive, person, dict.fromkeys(person.words, ""))
        now = self.clock.now()
        raw: list[JSONValue] = [
            {
                "delivery_id": one.delivery_id,
                "connection_id": one.connection_id,
                "received_at": to_json(one.received_at),
                "body": one.body.decode("utf-8", "replace"),
            }
            for found in search.deliveries()
            for one in found
        ]
        rows = self._rows(search)
        rows_shown = {table: list(found.values()) for table, found in sorted(rows.items())}
        counts = {table: len(found) for table, found in rows_shown.items()}
        self.archive.database.write(
            lambda tx: _record(tx, {**counts, "raw_deliveries": len(raw)}, by=by, now=now)
        )
        shown: dict[str, JSONValue] = {
            table: [_plain(table, row) for row in found] for table, found in rows_shown.items()
        }
        return {
            "format": FORMAT,
            "version": VERSION,
            "exported_at": to_json(now),
            "person": {
                "ids": sorted(person.ids),
                "names": sorted(person.names),
                "emails": sorted(person.emails),
            },
            "rows": shown,
            "raw_deliveries": raw,
        }

    def _rows(self, search: Search) -> Rows:
        """Every row that tells of the person, whose content does, or that follows from one."""
        database = self.archive.database
        tables = database.read(lambda tx: tx.personal_data.tables())
        rows: Rows = {}
        contents: set[str] = set()
        for table in tables:
            for found in search.rows(table):
                keys = [str(row.key[0]) for row in found]
                if table == CONTENTS:
                    contents.update(keys)
                else:
                    self._add(rows, table, self._keys_of(table)[0], keys)
        for table in tables:
            self._add(rows, table, "content_id", contents)
        self._add_of_members(rows, search)
        for table, column, source, key in _FOLLOWS:
            self._add(rows, table, column, [row[key] for row in rows.get(source, {}).values()])
        return rows

    def _add_of_members(self, rows: Rows, search: Search) -> None:
        """What names the member who the person is, by an id that none of their words leads to."""
        person, database = search.person, self.archive.database
        owners = database.read(lambda tx: tx.members.owners_of(person.ids | person.emails))
        ids = [str(one.id) for one in owners]
        for table, column, is_named in database.read(lambda tx: tx.personal_data.member_columns()):
            self._add(rows, table, column, [f"{MEMBER}{one}" for one in ids] if is_named else ids)

    def _add(self, rows: Rows, table: str, column: str, values: Iterable[str]) -> None:
        wanted, keys = set(values), self._keys_of(table)
        if table == CONTENTS:
            return
        found = self.archive.database.read(lambda tx: _with_contents(tx, table, column, wanted))
        for row in found:
            rows.setdefault(table, {})["/".join(str(row[key]) for key in keys)] = row

    def _keys_of(self, table: str) -> tuple[str, ...]:
        return self.archive.database.read(lambda tx: tx.personal_data.keys_of(table))


def _with_contents(
    tx: Reading, table: str, column: str, values: Collection[str]
) -> list[dict[str, Any]]:
    found = tx.personal_data.whole_rows(table, column, values)
    contents = tx.contents.read_many(row.get("content_id") for row in found)
    return [
        {**row, "content": contents.get(row["content_id"])} if row.get("content_id") else row
        for row in found
    ]


def _plain(table: str, row: Mapping[str, Any]) -> JSONObject:
    hidden = _PRIVATE | _SECRET.get(table, frozenset())
    return {name: _value(name, value) for name, value in row.items() if name not in hidden}


def _value(name: str, value: Any) -> JSONValue:
    if name.endswith("_at") and isinstance(value, int):
        moment: datetime = from_micros(value)
        return to_json(moment)
    return to_json(value)


def _record(tx: Writing, counts: Mapping[str, int], *, by: str, now: datetime) -> None:
    """That somebody took a copy, without saying of whom: the chain can not be changed later."""
    body: JSONObject = {"by": by, "counts": dict(sorted(counts.items()))}
    tx.audit.append(AuditTag.PERSON_MEMBER_EXPORTED, "privacy", body, now=now)

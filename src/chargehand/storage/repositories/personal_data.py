"""Every text of every table, whichever part of the house made it: to be looked through and changed.

Tables are taken as they are declared, so a part that is added later is looked through as well. Left
out are ids, digests, and the audit chain, which can not be changed and holds pseudonyms instead.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    String,
    Table,
    Text,
    and_,
    delete,
    false,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy import or_ as any_of

from chargehand.domain.action import ActionState
from chargehand.domain.json import JSONValue
from chargehand.kit.canonical import canonical_json
from chargehand.storage.repositories.event_words import EventWordWriter
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables import (
    actions,
    approvals,
    asks,
    audit_records,
    contents,
    events,
    metadata,
)
from chargehand.storage.tables_approvals import approval_votes
from chargehand.storage.tables_attention import feedback
from chargehand.storage.tables_flags import flag_settings, stops
from chargehand.storage.tables_members import identities
from chargehand.storage.tables_models import model_requests
from chargehand.storage.tables_policy import broken_glasses
from chargehand.storage.tables_replay import decision_inputs

CONTENTS: Final = contents.name
_LEFT_OUT: Final = frozenset(
    {"audit_records", "audit_heads", "pseudonyms", "prunings", "hourly_counts", "count_changes"}
)
_NO_TEXT: Final = frozenset(
    {"organization_id", "salt", "digest", "answer_digest", "secret_digest", "words"}
)
# Columns that hold the id of a member; those of deeds hold `member:<id>` and end with `_by`.
_MEMBER: Final = frozenset({"member_id", "deputy_id", "deputy_of"})
_ID_LENGTH: Final = 40
_SPAN: Final = 4000
_OPEN_ACTIONS: Final = (
    ActionState.PROPOSED.value,
    ActionState.WAITING.value,
    ActionState.APPROVED.value,
    ActionState.EXECUTING.value,
)
# The primary key behind the organization; None is the beginning.
Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row's texts by column, its key, and the content it refers to."""

    table: str
    key: Key
    texts: Mapping[str, str]
    content_id: str | None


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of a stretch of a table that may tell of somebody; `end` is None at its end."""

    rows: tuple[TextRow, ...]
    end: Key | None


class PersonalDataReader(Repository):
    """Walks through tables."""

    def tables(self) -> tuple[str, ...]:
        """The tables with texts, contents last: what owns them is dealt with before."""
        found = [table.name for table in metadata.sorted_tables if _is_searched(table)]
        return (*sorted(set(found) - {CONTENTS}), CONTENTS)

    def span(self, table_name: str, hints: Sequence[str], *, after: Key | None) -> Span:
        """The next stretch of a table; with hints only rows that hold one of them, in any case."""
        table = metadata.tables[table_name]
        key = _key_columns(table)
        begin = [_behind(key, after)] if after is not None else []
        at_end = self._scoped(table, key).where(*begin).order_by(*key).limit(1).offset(_SPAN - 1)
        end = self._one(at_end)
        last = tuple(end) if end is not None else None
        within = [*begin, *([_up_to(key, last)] if last is not None else [])]
        columns = _text_columns(table)
        found = self._scoped(table, [*key, *columns, *_content_column(table)]).where(*within)
        if hints:
            found = found.where(_any_hint(columns, hints))
        rows = tuple(_text_row(table, row) for row in self._rows(found.order_by(*key)))
        return Span(rows=rows, end=last)

    def read(self, table_name: str, key: Key) -> TextRow | None:
        """One row's texts as they are now."""
        table = metadata.tables[table_name]
        columns = [*_key_columns(table), *_text_columns(table), *_content_column(table)]
        row = self._one(self._scoped(table, columns).where(_is_row(table, key)))
        return _text_row(table, row) if row is not None else None

    def keys_of(self, table_name: str) -> tuple[str, ...]:
        """The columns that tell the rows of a table apart, beside the organization."""
        return tuple(column.name for column in _key_columns(metadata.tables[table_name]))

    def member_columns(self) -> tuple[tuple[str, str, bool], ...]:
        """Where members stand: table, column, and whether as `member:<id>` and not as the id.

        They are found by the names of columns, so that a table that is added later is among them.
        """
        return tuple(
            (table.name, column.name, column.name.endswith("_by"))
            for table in metadata.sorted_tables
            if _is_searched(table)
            for column in table.columns
            if column.name in _MEMBER or column.name.endswith("_by")
        )

    def whole_rows(
        self, table_name: str, column: str, values: Collection[str]
    ) -> list[dict[str, Any]]:
        """Rows in which a column holds one of some values, whole."""
        table = metadata.tables[table_name]
        if column not in table.c or not values:
            return []
        query = self._select(table).where(table.c[column].in_(sorted(values)))
        return [row._asdict() for row in self._rows(query)]

    def needed_unchanged(self, content_ids: Collection[str]) -> frozenset[str]:
        """Which contents belong to actions that may be sent, so that a digest is bound to them."""
        query = select(actions.c.content_id).where(
            actions.c.organization_id == self._organization_id,
            actions.c.state.in_(_OPEN_ACTIONS),
            actions.c.content_id.in_(sorted(content_ids)),
        )
        return frozenset(row.content_id for row in self._rows(query))

    def longer_account(self, beginning: str) -> str | None:
        """An account whose id begins with some text and goes on; None when there is none."""
        for column in (events.c.actor_id, asks.c.asker_id, identities.c.account_id):
            query = select(column).where(
                column.table.c.organization_id == self._organization_id,
                column.startswith(beginning, autoescape=True),
                column != beginning,
            )
            row = self._one(query.limit(1))
            if row is not None:
                return str(row[0])
        return None

    def audit_bodies(self, *, after_seq: int) -> tuple[tuple[int, str], ...]:
        """The next bodies of the chain with their subjects, which may hold names of old."""
        query = self._select(audit_records).where(audit_records.c.seq > after_seq)
        rows = self._rows(query.order_by(audit_records.c.seq).limit(_SPAN))
        return tuple((row.seq, f"{row.subject_id} {row.body}") for row in rows)

    def _scoped(self, table: Table, columns: "Sequence[Column[Any]]") -> Select[Any]:
        return select(*columns).where(table.c.organization_id == self._organization_id)


class PersonalDataWriter(PersonalDataReader):
    """Changes texts in place."""

    def replace(self, row: TextRow, values: Mapping[str, str]) -> None:
        """Give columns of a row other texts; what does not fit is cut."""
        table = metadata.tables[row.table]
        fitting = {name: _fitting(table.c[name], text) for name, text in values.items()}
        self._connection.execute(
            update(table)
            .where(table.c.organization_id == self._organization_id, _is_row(table, row.key))
            .values(fitting)
        )

    def forget_content(self, content_id: str) -> bool:
        """Delete a content with its salt; False when it was gone."""
        self._words().forget([content_id])
        outcome = self._connection.execute(
            delete(contents).where(
                contents.c.organization_id == self._organization_id,
                contents.c.content_id == content_id,
            )
        )
        return outcome.rowcount == 1

    def rewrite_content(self, content_id: str, body: JSONValue) -> None:
        """Give a content another body, with a fresh salt: the old digest tells nothing more."""
        salt = secrets.token_hex(16)
        digest = hashlib.sha256((salt + canonical_json(body)).encode()).hexdigest()
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        self._connection.execute(
            self._update(contents)
            .where(contents.c.content_id == content_id)
            .values(body=text, salt=salt, digest=digest)
        )
        self._words().rewrite(content_id, body)

    def forget_words_of_member(self, member_id: str) -> int:
        """Forget why a member decided, and what they said of answers; how many texts went."""
        name = f"member:{member_id}"
        gone = 0
        for table, is_theirs in (
            (approval_votes, approval_votes.c.voted_by == name),
            (approvals, approvals.c.decided_by == name),
            (feedback, any_of(feedback.c.given_by == name, feedback.c.member_id == member_id)),
        ):
            gone += self._forget_contents(table, is_theirs)
        for table, who in (
            (stops, stops.c.stopped_by),
            (flag_settings, flag_settings.c.set_by),
            (broken_glasses, broken_glasses.c.opened_by),
        ):
            is_told = (who == name) & (table.c.reason != "")
            gone += self._connection.execute(
                self._update(table).where(is_told).values(reason="")
            ).rowcount
        return gone

    def forget_made_from(self, decision_id: str) -> int:
        """Forget what a decision was made from, a model's share too; how many texts went."""
        return sum(
            self._forget_contents(table, table.c.decision_id == decision_id)
            for table in (decision_inputs, model_requests)
        )

    def _forget_contents(self, table: Table, which: ColumnElement[bool]) -> int:
        rows = self._rows(self._scoped(table, [table.c.content_id]).where(which))
        ids = [row.content_id for row in rows if row.content_id is not None]
        return sum(self.forget_content(content_id) for content_id in ids)

    def _words(self) -> EventWordWriter:
        return EventWordWriter(self._connection, self._organization_id)


def may_hold_names(table_name: str, column: str) -> bool:
    """Whether a column holds texts of people, where even a one-word name means a person.

    Elsewhere stand closed words and keys, and a person may be called like one of them.
    """
    found = metadata.tables[table_name].c[column]
    return isinstance(found.type, Text) or column.endswith(("name", "_by", "subject_id", "_key"))


def _is_searched(table: Table) -> bool:
    return table.name not in _LEFT_OUT and "organization_id" in table.c


def _key_columns(table: Table) -> "list[Column[Any]]":
    return [column for column in table.primary_key if column.name != "organization_id"]


def _text_columns(table: Table) -> "list[Column[Any]]":
    return [
        column
        for column in table.columns
        if isinstance(column.type, String)
        and not column.primary_key
        and column.type.length != _ID_LENGTH
        and column.name not in _NO_TEXT
    ]


def _content_column(table: Table) -> "list[Column[Any]]":
    return [table.c.content_id] if "content_id" in table.c and table is not contents else []


def _text_row(table: Table, row: AnyRow) -> TextRow:
    key = _key_columns(table)
    texts = {
        column.name: value
        for column in _text_columns(table)
        if (value := getattr(row, column.name)) is not None
    }
    return TextRow(
        table=table.name,
        key=tuple(row[: len(key)]),
        texts=texts,
        content_id=getattr(row, "content_id", None) if _content_column(table) else None,
    )


def _any_hint(columns: "Sequence[Column[Any]]", hints: Sequence[str]) -> ColumnElement[bool]:
    # A table of numbers has no column to look in, and finds nothing.
    return any_of(
        false(),
        *(
            func.lower(column).contains(hint, autoescape=True)
            for column in columns
            for hint in hints
        ),
    )


def _behind(key: "Sequence[Column[Any]]", after: Key) -> ColumnElement[bool]:
    return tuple_(*key) > tuple_(*after) if len(key) > 1 else key[0] > after[0]


def _up_to(key: "Sequence[Column[Any]]", last: Key) -> ColumnElement[bool]:
    return tuple_(*key) <= tuple_(*last) if len(key) > 1 else key[0] <= last[0]


def _is_row(table: Table, key: Key) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(_key_columns(table), key, strict=True)))


def _fitting(column: "Column[Any]", text: str) -> str:
    length = getattr(column.type, "length", None)
    return text if length is None else text[:length]

"""Finds what is held about one person, in small reads, so that a running service is not kept."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chargehand.domain.json import JSONValue
from chargehand.domain.member import Identity, IdentityState
from chargehand.domain.records import ConnectionRecord
from chargehand.kit.ids import id_kind
from chargehand.pipeline.errors import NotFound
from chargehand.privacy.errors import PersonIsBot, PersonSeveral
from chargehand.privacy.person import Person
from chargehand.privacy.redaction import Redactor
from chargehand.storage.database import Database
from chargehand.storage.inbox.raw import RawDeliveries, RawDelivery
from chargehand.storage.repositories.personal_data import CONTENTS, Key, TextRow, may_hold_names
from chargehand.storage.repositories.pseudonyms import is_erased_name
from chargehand.storage.transaction import Reading

# An address may lead to an account, and the account to names.
_MOST_ROUNDS: Final = 3
_PERSONAL: Final = ("actor_id", "asker_id")


@dataclass(frozen=True, slots=True)
class Archive:
    """Where everything is."""

    database: Database
    raw: RawDeliveries


@dataclass(frozen=True, slots=True)
class Search:
    """Looks through an archive for a person.

    Shape: `texts` knows every word of the person; `keys` leaves out names that may be words of
    ours as well, for columns of closed words.
    """

    archive: Archive
    person: Person
    texts: Redactor
    keys: Redactor

    def rows(self, table: str) -> Iterator[tuple[TextRow, ...]]:
        """Rows of a table that tell of the person, a stretch at a time."""
        for rows in _spans(self.archive, table, self.texts.hints):
            found = tuple(row for row in rows if self.tells(row))
            if found:
                yield found

    def tells(self, row: TextRow) -> bool:
        """Whether a row tells of the person."""
        return bool(self.telling_columns(row))

    def telling_columns(self, row: TextRow) -> dict[str, str]:
        """The columns of a row that do, with their texts."""
        return {
            name: text
            for name, text in row.texts.items()
            if self.redactor_of(row.table, name).tells_in(text)
        }

    def redactor_of(self, table: str, column: str) -> Redactor:
        """What to look for in a column."""
        return self.texts if may_hold_names(table, column) else self.keys

    def is_owned(self, row: TextRow) -> bool:
        """Whether the person said or decided what a row refers to."""
        return any(
            text in self.person.ids
            for name, text in row.texts.items()
            if name in _PERSONAL or name.endswith("_by")
        )

    def deliveries(self) -> Iterator[tuple[RawDelivery, ...]]:
        """Raw deliveries that tell of the person, a stretch at a time."""
        after = 0
        while found := self.archive.raw.span(after_seq=after):
            after = found[-1].seq
            telling = tuple(
                one
                for one in found
                if self.texts.tells_in_bytes(one.body)
                or self.texts.tells_in(one.beside)
                or self.names_in_key(one)
            )
            if telling:
                yield telling

    def names_in_key(self, delivery: RawDelivery) -> bool:
        """Whether the key of a delivery tells of the person."""
        return self.texts.tells_in(delivery.key)

    def audit_records(self) -> tuple[int, ...]:
        """Numbers of audit records that name the person: those from before pseudonyms."""
        database, after, found = self.archive.database, 0, []
        while bodies := database.read(
            lambda tx, after=after: tx.personal_data.audit_bodies(after_seq=after)  # type: ignore[misc]
        ):
            after = bodies[-1][0]
            found += [seq for seq, text in bodies if self.keys.tells_in(text)]
        return tuple(found)


def search_for(archive: Archive, person: Person, replacements: dict[str, str]) -> Search:
    """A search for a person; `replacements` is by word."""
    clear = {word: new for word, new in replacements.items() if word in _clear_words(person)}
    others = {word: new for word, new in replacements.items() if word not in person.words}
    return Search(archive, person, Redactor(replacements), Redactor({**clear, **others}))


def learn_names(archive: Archive, person: Person) -> Person:
    """The person with the names and addresses that stand beside their ids anywhere.

    Raises: PersonIsBot, PersonSeveral.
    """
    for given in sorted(person.ids):
        other = archive.database.read(
            lambda tx, given=given: tx.personal_data.longer_account(given)  # type: ignore[misc]
        )
        if other is not None:
            raise PersonSeveral(id=given, other=other)
    for record in archive.database.read(lambda tx: tx.connections.all()):
        _refuse_bot(record, person)
    for _ in range(_MOST_ROUNDS):
        learned = _learn_once(archive, person)
        if learned == person:
            break
        person = learned
    return person


def _refuse_bot(record: ConnectionRecord, person: Person) -> None:
    if record.bot_account_id in person.ids:
        raise PersonIsBot(id=record.bot_account_id, connection_id=record.id)


def known_as(archive: Archive, identifier: str) -> str:
    """A word that texts know a person by; a member's own id stands in our tables alone.

    Raises: NotFound for the id of no member.
    """
    if id_kind(identifier) != "member":
        return identifier
    return archive.database.read(lambda tx: _word_of(tx, identifier))


def _word_of(tx: Reading, member_id: str) -> str:
    member = tx.members.find(member_id)
    if member is None:
        raise NotFound(kind="member", id=member_id)
    accounts = [one.account_id for one in _accounts_of(tx, member_id)]
    known = next((one for one in (*accounts, member.email) if one), member.name)
    if not known or is_erased_name(known):
        raise NotFound(kind="person behind the member", id=member_id)
    return known


def _accounts_of(tx: Reading, member_id: str) -> tuple[Identity, ...]:
    found = tx.members.identities_of(member_id)
    return tuple(one for one in found if one.state is not IdentityState.REFUSED)


def _learn_members(tx: Reading, person: Person) -> Person:
    """What the roster knows: the other accounts of a member, and the names there."""
    for member in tx.members.owners_of(person.ids | person.emails):
        accounts = _accounts_of(tx, member.id)
        person = person.with_member(member.name, member.email, [one.account_id for one in accounts])
        for one in accounts:
            person = person.with_name(one.name)
    for seen in tx.members.unmapped_of(person.ids | person.emails):
        person = person.with_member(seen.name, seen.email, [seen.account_id])
    return person


def _learn_once(archive: Archive, person: Person) -> Person:
    known = person
    person = archive.database.read(lambda tx: _learn_members(tx, known))
    ids = Redactor(dict.fromkeys(person.ids | person.emails, ""))
    for rows in _spans(archive, CONTENTS, ids.hints):
        for row in rows:
            body = row.texts.get("body", "")
            if ids.tells_in(body):
                person = person.with_learned(_read_json(body))
    for rows in _spans(archive, "events", ids.hints):
        # The name of an actor stands in the content and the id in the row.
        owned = [row.content_id for row in rows if row.texts.get("actor_id") in person.ids]
        contents = archive.database.read(
            lambda tx, owned=owned: tx.contents.read_many(owned)  # type: ignore[misc]
        )
        for content in contents.values():
            person = person.with_name(str(content.get("actor", "")))
    after = 0
    while found := archive.raw.span(after_seq=after):
        after = found[-1].seq
        for one in found:
            if ids.tells_in_bytes(one.body):
                person = person.with_learned(_read_json(one.body))
    return person


def _spans(archive: Archive, table: str, hints: tuple[str, ...]) -> Iterator[tuple[TextRow, ...]]:
    after: Key | None = None
    while True:
        span = archive.database.read(
            lambda tx, after=after: tx.personal_data.span(table, hints, after=after)  # type: ignore[misc]
        )
        yield span.rows
        if span.end is None:
            return
        after = span.end


def _read_json(text: str | bytes) -> JSONValue:
    try:
        value: JSONValue = json.loads(text)
    except ValueError:
        return None
    return value


def _clear_words(person: Person) -> frozenset[str]:
    """Words that can be nothing else: ids, addresses, and names no word of ours looks like."""
    names = {name for name in person.names if " " in name or not name.isascii()}
    return person.ids | person.emails | names

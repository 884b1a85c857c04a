"""Pseudonyms: what stands for a person where nothing can be changed, and who is behind it."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from chargehand.kit.clock import to_micros
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables_privacy import pseudonyms

_PREFIX: Final = "actor:"
_ERASED: Final = "erased:"
_BYTES: Final = 8


class PseudonymReader(Repository):
    """Looks up who is behind a pseudonym."""

    def known(self) -> Mapping[str, str]:
        """Every pseudonym that still tells of somebody, by whom it stands for."""
        query = self._select(pseudonyms).where(pseudonyms.c.subject.is_not(None))
        return {row.subject: row.pseudonym for row in self._rows(query)}

    def names_of(self, names: Iterable[str]) -> Mapping[str, str]:
        """Whom pseudonyms stand for; those of erased people read so, others are left out."""
        wanted = sorted({name for name in names if name.startswith(_PREFIX)})
        if not wanted:
            return {}
        query = self._select(pseudonyms).where(pseudonyms.c.pseudonym.in_(wanted))
        return {
            row.pseudonym: row.subject or erased_name(row.pseudonym) for row in self._rows(query)
        }

    def find(self, subject: str) -> str | None:
        """The pseudonym of somebody; None when nobody needed one yet."""
        row = self._one_by(pseudonyms.c.subject, subject)
        return row.pseudonym if row is not None else None


class PseudonymWriter(PseudonymReader):
    """Gives pseudonyms, and forgets who is behind them."""

    def of(self, subject: str, *, now: datetime) -> str:
        """The pseudonym of somebody, a new one the first time.

        It is drawn and not computed, so nothing leads back once the row is forgotten.
        """
        found = self.find(subject)
        while found is None:
            values = {
                "pseudonym": f"{_PREFIX}{secrets.token_hex(_BYTES)}",
                "subject": subject,
                "created_at": to_micros(now),
                "erased_at": None,
            }
            self._insert(pseudonyms, values)
            found = self.find(subject)
        return found

    def forget(self, names: Collection[str], *, now: datetime) -> None:
        """Let pseudonyms stand for nobody any more."""
        self._connection.execute(
            self._update(pseudonyms)
            .where(pseudonyms.c.pseudonym.in_(sorted(names)))
            .values(subject=None, erased_at=to_micros(now))
        )


def erased_name(pseudonym: str) -> str:
    """What stands in the place of a person who was erased; the audit's pseudonym leads to it."""
    return _ERASED + pseudonym.removeprefix(_PREFIX)


def is_erased_name(name: str) -> bool:
    """Whether a name stands for a person who was erased."""
    return name.startswith(_ERASED)

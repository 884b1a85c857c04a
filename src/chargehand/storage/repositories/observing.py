"""What was last observed, and how much was counted so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete

from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables_operator import observations, tallies


@dataclass(frozen=True, slots=True)
class Observation:
    """A whole number as it was last seen, and when."""

    value: int
    observed_at: datetime


class ObservationReader(Repository):
    """Looks observations and tallies up."""

    def find(self, name: str, subject_id: str = "") -> Observation | None:
        """What was last observed of one thing; None when nothing ever was."""
        row = self._one(
            self._select(observations).where(
                observations.c.name == name, observations.c.subject_id == subject_id
            )
        )
        return None if row is None else Observation(row.value, from_micros(row.observed_at))

    def all_of(self, name: str) -> Mapping[str, Observation]:
        """The same for every subject, by subject."""
        rows = self._rows(
            self._select(observations)
            .where(observations.c.name == name)
            .order_by(observations.c.subject_id)
        )
        return {
            row.subject_id: Observation(row.value, from_micros(row.observed_at)) for row in rows
        }

    def tallied(self, name: str) -> Mapping[tuple[str, str], int]:
        """How often something was counted, by word and detail."""
        query = self._select(tallies).where(tallies.c.name == name)
        rows = self._rows(query.order_by(tallies.c.word, tallies.c.detail))
        return {(row.word, row.detail): int(row.total) for row in rows}


class ObservationWriter(ObservationReader):
    """Keeps what was observed and counted."""

    def note(self, name: str, subject_id: str, value: int, *, now: datetime) -> None:
        """Remember a value in the place of the one before."""
        key = {"name": name, "subject_id": subject_id}
        new = {"value": value, "observed_at": to_micros(now)}
        self._put(observations, key, new)

    def forget(self, name: str, subject_id: str) -> None:
        """Remember it no longer."""
        self._connection.execute(
            delete(observations).where(
                observations.c.organization_id == self._organization_id,
                observations.c.name == name,
                observations.c.subject_id == subject_id,
            )
        )

    def add_to_tally(self, name: str, counted: Mapping[tuple[str, str], int]) -> None:
        """Add to what was counted, by word and detail."""
        for (word, detail), more in counted.items():
            key = {"name": name, "word": word, "detail": detail}
            if not self._insert(tallies, {**key, "total": more}):
                self._connection.execute(
                    self._keyed(tallies, key).values(total=tallies.c.total + more)
                )

    def _put(self, table: Table, key: Mapping[str, str], new: Mapping[str, int]) -> None:
        if not self._insert(table, {**key, **new}):
            self._connection.execute(self._keyed(table, key).values(dict(new)))

    def _keyed(self, table: Table, key: Mapping[str, str]) -> Any:
        return self._update(table).where(*(table.c[name] == value for name, value in key.items()))

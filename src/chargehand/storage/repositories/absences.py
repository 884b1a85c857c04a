"""Who is away, and who decides in their place."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete

from chargehand.domain.ids import AbsenceId, MemberId
from chargehand.domain.vote import Absence
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables_approvals import absences


class AbsenceReader(Repository):
    """Looks absences up."""

    def find(self, absence_id: str) -> Absence | None:
        """One absence; None when there is none."""
        row = self._one_by(absences.c.absence_id, absence_id)
        return _absence(row) if row is not None else None

    def ending_after(self, moment: datetime) -> tuple[Absence, ...]:
        """Every absence that is not over at a moment, those to come included, by its beginning."""
        query = self._select(absences).where(absences.c.ends_at > to_micros(moment))
        return tuple(sorted(map(_absence, self._rows(query)), key=_by_start))

    def of_members(self, member_ids: Collection[str]) -> tuple[Absence, ...]:
        """The absences of some members, those that are over included."""
        query = self._select(absences).where(absences.c.member_id.in_(sorted(member_ids)))
        return tuple(sorted(map(_absence, self._rows(query)), key=_by_start))

    def for_deputy(self, member_id: str) -> tuple[Absence, ...]:
        """The absences in which a member decides for somebody, those that are over included."""
        query = self._select(absences).where(absences.c.deputy_id == member_id)
        return tuple(sorted(map(_absence, self._rows(query)), key=_by_start))


class AbsenceWriter(AbsenceReader):
    """Sets and ends absences."""

    def add(self, absence: Absence) -> None:
        """Note that a member is away."""
        self._insert(
            absences,
            {
                "absence_id": absence.id,
                "member_id": absence.member_id,
                "deputy_id": absence.deputy_id,
                "starts_at": to_micros(absence.starts_at),
                "ends_at": to_micros(absence.ends_at),
                "set_by": absence.set_by,
            },
        )

    def end(self, absence_id: AbsenceId, *, now: datetime) -> None:
        """End an absence now; what was decided in it stays decided."""
        self._change(absences.c.absence_id, absence_id, {"ends_at": to_micros(now)})

    def forget(self, absence_id: AbsenceId) -> None:
        """Take back an absence that has not begun."""
        self._connection.execute(
            delete(absences).where(
                absences.c.organization_id == self._organization_id,
                absences.c.absence_id == absence_id,
            )
        )


def _by_start(one: Absence) -> tuple[datetime, str]:
    return one.starts_at, one.id


def _absence(row: AnyRow) -> Absence:
    return Absence(
        id=AbsenceId(row.absence_id),
        member_id=MemberId(row.member_id),
        deputy_id=MemberId(row.deputy_id) if row.deputy_id is not None else None,
        starts_at=from_micros(row.starts_at),
        ends_at=from_micros(row.ends_at),
        set_by=row.set_by,
    )

"""The lease of a worker or a clock on PostgreSQL: one connection that lives as long as it does.

The lease, and each duty only one process has at a time, are session locks on that connection, and
so is a clock's wish for a duty that a worker has. The server lets go of them when the process dies,
and when the connection is ended on purpose.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import URL, Connection, Engine, text

from chargehand.domain.ids import DEFAULT_ORGANIZATION, OrganizationId, ProcessId
from chargehand.domain.process import ProcessRecord, ProcessState
from chargehand.storage.database import translated
from chargehand.storage.engines import open_lease_engine
from chargehand.storage.errors import LeaseLost, StoreUnavailable
from chargehand.storage.locks import end_holder, share_with_workers, try_lock, unlock
from chargehand.storage.repositories.processes import ProcessWriter

T = TypeVar("T")
_REMEMBERED: Final = timedelta(days=3)


class Lease:
    """The lease of one process; its methods are called by one thread at a time.

    Every method raises StoreUnavailable when the connection, and with it the lease, is gone.
    Source: docs/decisions/0011-several-workers-on-one-postgresql.md
    """

    def __init__(self, url: URL, *, organization_id: OrganizationId = DEFAULT_ORGANIZATION) -> None:
        self._engine: Engine = open_lease_engine(url)
        self._organization_id = organization_id
        self._connection: Connection | None = None
        self._process_id = ProcessId("")

    def open(self, process: ProcessRecord, *, predecessor: ProcessId | None) -> bool:
        """Take the lease and tell the others; False when somebody has the database without workers.

        Shape: `predecessor` is a process that is surely dead, so nobody has to wait to believe it.
        """
        with translated():
            self._connection = self._engine.connect()
        self._process_id = process.id
        if not self._do(lambda connection, _: share_with_workers(connection)):
            return False
        if not self._do(lambda connection, _: try_lock(connection, _name(process.id))):
            raise LeaseLost(process_id=process.id, why="another process has it")

        def register(_: Connection, processes: ProcessWriter) -> None:
            processes.forget_unseen_since(process.started_at - _REMEMBERED)
            if predecessor is not None:
                processes.move(predecessor, ProcessState.TAKEN_OVER, now=process.started_at)
            processes.add(process)

        self._do(register)
        return True

    def beat(self, *, now: datetime) -> Sequence[ProcessRecord]:
        """Show that this process lives; every process there is.

        Raises: LeaseLost when others took it for dead.
        """

        def work(_: Connection, processes: ProcessWriter) -> Sequence[ProcessRecord]:
            if not processes.beat(self._process_id, now=now):
                raise LeaseLost(process_id=self._process_id, why="it was not heard of for too long")
            return processes.all()

        return self._do(work)

    def look(self) -> Sequence[ProcessRecord]:
        """Every process there is."""
        return self._do(lambda _, processes: processes.all())

    def move(self, process_id: ProcessId, state: ProcessState, *, now: datetime) -> bool:
        """Put a process into a state; False when it was at its end before."""
        return self._do(lambda _, processes: processes.move(process_id, state, now=now))

    def take_duty(self, name: str) -> bool:
        """Have a duty until it is dropped or the connection ends; False when another has it."""
        return self._do(lambda connection, _: try_lock(connection, f"duty:{name}"))

    def drop_duty(self, name: str) -> None:
        """Leave a duty to others."""
        self._do(lambda connection, _: unlock(connection, f"duty:{name}"))

    def wish_for(self, name: str) -> bool:
        """Ask whoever has a duty to leave it; False when another process wishes for it already."""
        return self._do(lambda connection, _: try_lock(connection, _wish(name)))

    def drop_wish(self, name: str) -> None:
        """Wish for a duty no longer."""
        self._do(lambda connection, _: unlock(connection, _wish(name)))

    def is_wished_for(self, name: str) -> bool:
        """Whether another process wishes for a duty."""
        return self._is_taken(_wish(name))

    def is_free(self, process_id: ProcessId) -> bool:
        """Whether nobody holds the lease of a process any more."""
        return not self._is_taken(_name(process_id))

    def cut(self, process_id: ProcessId) -> bool:
        """End the connection that holds a lease, with its duties; False if none does."""
        return self._do(lambda connection, _: end_holder(connection, _name(process_id)))

    def answers(self) -> bool:
        """Whether the database can be reached at all, over a connection of its own."""
        with translated(), self._engine.connect() as connection:
            return bool(connection.execute(text("SELECT 1")).scalar_one())

    def close(self) -> None:
        """Let go of everything; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def _is_taken(self, name: str) -> bool:
        """Whether another process holds a lock; the server tells it to who tries to take it."""

        def work(connection: Connection, _: ProcessWriter) -> bool:
            if not try_lock(connection, name):
                return True
            unlock(connection, name)
            return False

        return self._do(work)

    def _do(self, work: Callable[[Connection, ProcessWriter], T]) -> T:
        if self._connection is None:
            raise LeaseLost(process_id=self._process_id, why="it was closed")
        if self._connection.invalidated:
            # It would come back by itself, as another session that holds nothing.
            raise StoreUnavailable(detail="the connection that held the lease was cut")
        with translated(), self._connection.begin():
            return work(self._connection, ProcessWriter(self._connection, self._organization_id))


def _wish(name: str) -> str:
    return f"wish:{name}"


def _name(process_id: ProcessId) -> str:
    return f"worker:{process_id}"

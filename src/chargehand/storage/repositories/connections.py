"""What is known of each connection from its last calls."""

from datetime import datetime

from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.domain.records import ConnectionRecord
from chargehand.kit.clock import to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.tables import connections


class ConnectionReader(Repository):
    """Looks connections up."""

    def find(self, connection_id: str) -> ConnectionRecord | None:
        """One connection; None when it was never called."""
        row = self._one_by(connections.c.connection_id, connection_id)
        return _connection(row) if row is not None else None

    def all(self) -> tuple[ConnectionRecord, ...]:
        """Every connection that was ever configured, by id."""
        rows = self._rows(self._select(connections).order_by(connections.c.connection_id))
        return tuple(_connection(row) for row in rows)


class ConnectionWriter(ConnectionReader):
    """Records what calls and deliveries showed."""

    def ensure(self, connection_id: ConnectionId, *, connector: str, site: str) -> None:
        """Know a configured connection, before anything is known of it."""
        self._insert(
            connections,
            {
                "connection_id": connection_id,
                "connector": connector,
                "site": site,
                "bot_name": "",
                "last_failure": "",
            },
        )
        self._set(connection_id, connector=connector, site=site)

    def record_identity(
        self, connection_id: ConnectionId, *, account_id: AccountId, name: str, now: datetime
    ) -> bool:
        """Record who the bot is there; True on the very first successful call."""
        known = self.find(connection_id)
        is_first = known is None or known.first_connected_at is None
        values: dict[str, object] = {
            "bot_account_id": account_id,
            "bot_name": name,
            "last_ok_at": to_micros(now),
        }
        if is_first:
            values["first_connected_at"] = to_micros(now)
        self._set(connection_id, **values)
        return is_first

    def record_ok(self, connection_id: ConnectionId, *, now: datetime) -> None:
        """Record a call that worked."""
        self._set(connection_id, last_ok_at=to_micros(now))

    def record_failure(self, connection_id: ConnectionId, code: str, *, now: datetime) -> None:
        """Record a call that failed, by the code of its error."""
        self._set(connection_id, last_failure_at=to_micros(now), last_failure=code)

    def record_delivery(self, connection_id: ConnectionId, *, at: datetime) -> None:
        """Record when the vendor last told us something."""
        self._set(connection_id, last_delivery_at=to_micros(at))

    def record_poll(self, connection_id: ConnectionId, *, cursor: str, now: datetime) -> None:
        """Record how far polling has come."""
        self._set(connection_id, cursor=cursor, polled_at=to_micros(now), last_ok_at=to_micros(now))

    def forget_cursor(self, connection_id: ConnectionId) -> None:
        """Drop a poll position that can not be read."""
        self._set(connection_id, cursor=None)

    def retire(self, connection_id: ConnectionId) -> None:
        """Forget what calls showed; one that comes back under the name begins as a first one.

        Its name and site stay, since natural keys contain the name.
        """
        self._set(
            connection_id,
            bot_account_id=None,
            bot_name="",
            first_connected_at=None,
            last_ok_at=None,
            last_failure_at=None,
            last_failure="",
            last_delivery_at=None,
            polled_at=None,
            cursor=None,
        )

    def _set(self, connection_id: ConnectionId, **values: object) -> None:
        self._change(connections.c.connection_id, connection_id, values)


def _connection(row: AnyRow) -> ConnectionRecord:
    return ConnectionRecord(
        id=row.connection_id,
        connector=row.connector,
        site=row.site,
        bot_account_id=row.bot_account_id,
        bot_name=row.bot_name,
        first_connected_at=moment(row.first_connected_at),
        last_ok_at=moment(row.last_ok_at),
        last_failure_at=moment(row.last_failure_at),
        last_failure=row.last_failure,
        last_delivery_at=moment(row.last_delivery_at),
        polled_at=moment(row.polled_at),
        cursor=row.cursor,
    )

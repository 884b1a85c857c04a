"""Learns who the bot is on a site, and keeps what the last calls showed."""

from chargehand.audit.tags import AuditTag
from chargehand.domain.errors import ChargehandError
from chargehand.domain.records import Severity
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.refusals import note_call
from chargehand.plugins.connector import BotIdentity
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing

_log = get_logger()


async def connect(connection: LiveConnection, database: Database, *, clock: Clock) -> bool:
    """Ask the vendor who the bot is and remember it; False when it could not be told now."""
    try:
        identity = await connection.client.identify_bot()
    except ChargehandError as error:
        failure = error
    else:
        await database.awrite(lambda tx: _record_identity(tx, connection, identity, clock=clock))
        return True
    await note_failure(connection, failure, database, clock=clock)
    return False


async def look_again(connection: LiveConnection, database: Database, *, clock: Clock) -> None:
    """Ask the vendor whether the sign-in still works: what is only posted to us shows nothing."""
    try:
        await connection.client.identify_bot()
    except ChargehandError as error:
        failure = error
    else:
        await database.awrite(lambda tx: _record_ok(tx, connection, clock=clock))
        return
    await note_failure(connection, failure, database, clock=clock)


def _record_ok(tx: Writing, connection: LiveConnection, *, clock: Clock) -> None:
    now = clock.now()
    tx.connections.record_ok(connection.id, now=now)
    note_call(tx, connection.id, None, now=now)


async def note_failure(
    connection: LiveConnection, error: ChargehandError, database: Database, *, clock: Clock
) -> None:
    """Remember that a connection does not work, and tell the operator once a day."""
    await database.awrite(lambda tx: _record_failure(tx, connection, error, clock=clock))


def _record_identity(
    tx: Writing, connection: LiveConnection, identity: BotIdentity, *, clock: Clock
) -> None:
    now = clock.now()
    tx.connections.ensure(connection.id, connector=connection.connector, site=connection.site)
    is_first = tx.connections.record_identity(
        connection.id, account_id=identity.account_id, name=identity.name, now=now
    )
    if is_first:
        tx.audit.append(
            AuditTag.WORKER_CONNECTION_FIRST,
            connection.id,
            {"connector": connection.connector},
            now=now,
        )
    note_call(tx, connection.id, None, now=now)
    _log.info("connection.identified", connection_id=connection.id, is_first=is_first)


def _record_failure(
    tx: Writing, connection: LiveConnection, error: ChargehandError, *, clock: Clock
) -> None:
    now = clock.now()
    # What another program said stands at the end of some sentences, with a stop or without.
    said = str(error).rstrip(".")
    tx.connections.ensure(connection.id, connector=connection.connector, site=connection.site)
    tx.connections.record_failure(connection.id, error.code, now=now)
    note_call(tx, connection.id, error, now=now)
    tell_operator(
        tx,
        "connection_failing",
        subject_id=f"{connection.id}:{error.code}:{now:%Y-%m-%d}",
        text=f"The connection {connection.id} does not work: {said}. See `chargehand doctor`.",
        now=now,
        severity=Severity.CRITICAL,
    )

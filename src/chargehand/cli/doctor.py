"""`doctor`: says, check by check and by really calling the vendor, what works and how to mend."""

import asyncio
import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.account_checks import account_checks
from chargehand.cli.context import Invocation
from chargehand.cli.machine_checks import disk_check, service_check
from chargehand.cli.model_checks import asked_model_checks, model_checks
from chargehand.cli.secret_checks import secret_checks
from chargehand.config.errors import ConfigInvalid
from chargehand.domain.errors import ChargehandError
from chargehand.domain.switches import StopSource
from chargehand.flags.stopping import scope_words

if TYPE_CHECKING:
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Connection, Settings
    from chargehand.domain.switches import StopRecord
    from chargehand.plugins.connector import Check

_MARKS = {"passed": "ok  ", "warned": "warn", "failed": "FAIL", "skipped": "skip"}
_SQLITE_BYTES = 2**30
_SQLITE_DELIVERIES = 10_000
_SILENT_AFTER = timedelta(days=3)
_SECRET_NAMES = {
    "bitbucket": "BITBUCKET_WEBHOOK_SECRET into .env, and the same secret into the webhook",
    "jira": "JIRA_WEBHOOK_SECRET into .env, and the same secret into the webhook in Jira",
    "github": "CHARGEHAND_GITHUB_WEBHOOK_SECRET into .env, and the same secret into its webhooks",
    "confluence": "CONFLUENCE_WEBHOOK_SECRET into .env, and the same secret into the sender",
    "slack": "SLACK_SIGNING_SECRET into .env, as the app's page shows it under Basic Information",
    "webhook": "the sender's secret into .env, under the name `chargehand connect webhook` uses",
}
_OLD_BACKUP = timedelta(days=2)


def doctor(
    context: typer.Context,
    *,
    models: Annotated[
        bool, typer.Option("--models", help="Ask each model one tiny question; it may cost.")
    ] = False,
) -> None:
    """Check the configuration, the data folder and every connection; exit 1 if any check fails.

    Example: chargehand doctor
    """
    invocation: Invocation = context.obj
    failed = 0
    for check in chain(all_checks(invocation), _asked(invocation) if models else ()):
        typer.echo(shown_check(check))
        if check.mend:
            typer.echo(f"      {check.mend}")
        failed += check.state.value == "failed"
    typer.echo("")
    if failed:
        typer.echo(f"{failed} check(s) failed.")
        sys.exit(1)
    typer.echo("Everything that was checked works.")


def _asked(invocation: Invocation) -> "Iterator[Check]":
    """The checks of models that were asked, where everything before could be read."""
    # lazy: what the checks need takes longer than `--help` may.
    from chargehand.plugins.connector import Check, CheckState

    try:
        with invocation.open_stores() as (settings, stores):
            yield from asked_model_checks(settings, stores, clock=invocation.clock(settings))
    except ChargehandError as error:
        yield Check("models asked", CheckState.FAILED, str(error))


def all_checks(invocation: Invocation) -> "Iterator[Check]":
    """Every check, with calls to each vendor."""
    # lazy: what the checks need takes longer than `--help` may.
    from chargehand.plugins.connector import Check, CheckState

    try:
        settings = invocation.load_settings()
    except ChargehandError as error:
        # What is wrong with no field says itself what to do.
        mend = "Correct the named fields." if isinstance(error, ConfigInvalid) else ""
        yield Check("configuration", CheckState.FAILED, str(error), mend)
        return
    count = len(settings.connections)
    yield Check("configuration", CheckState.PASSED, f"readable, {count} connection(s)")
    if settings.storage.database_url is None:
        yield service_check(settings)
    if not settings.connections:
        mend = (
            "Run `chargehand connect jira`; where there is no chargehand.toml, `chargehand init`."
        )
        yield Check("connections", CheckState.FAILED, "none is configured", mend)
    yield from secret_checks(settings, now=invocation.clock(settings).now())
    yield from _storage_checks(settings)
    for configured in settings.connections:
        try:
            called = asyncio.run(_call(settings, configured))
        except ChargehandError as error:
            called = [Check("sign-in", CheckState.SKIPPED, f"not called: {error}")]
        for check in called:
            yield Check(f"{configured.id}: {check.name}", check.state, check.found, check.mend)
        yield _intake_check(settings, configured)


def offline_checks(settings: "Settings") -> "Iterator[Check]":
    """The checks that call no vendor and change nothing."""
    # lazy: what the checks need takes longer than `--help` may.
    from chargehand.kit.clock import SystemClock

    yield from secret_checks(settings, now=SystemClock().now())
    yield from _opened_checks(settings)
    for configured in settings.connections:
        yield _intake_check(settings, configured)


def shown_check(check: "Check") -> str:
    """A check as a line of text."""
    return f"{shown_verdict(check)}: {check.found}"


def shown_verdict(check: "Check") -> str:
    """What came of a check, without what was found."""
    return f"{_MARKS[check.state.value]}  {check.name}"


def _storage_checks(settings: "Settings") -> "Iterator[Check]":
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.stores import migrate_stores
    from chargehand.kit.clock import SystemClock
    from chargehand.plugins.connector import Check, CheckState

    try:
        migrate_stores(settings, clock=SystemClock())
    except ChargehandError as error:
        yield Check("data", CheckState.FAILED, str(error), "See the sentence above.")
        # A full disk has many names; this is the plainest.
        if settings.storage.data_dir.is_dir():
            yield disk_check(shutil.disk_usage(settings.storage.data_dir).free)
        return
    yield from _opened_checks(settings)


def _opened_checks(settings: "Settings") -> "Iterator[Check]":
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.stores import open_stores
    from chargehand.kit.clock import SystemClock
    from chargehand.plugins.connector import Check, CheckState

    folder = settings.storage.data_dir
    try:
        stores = open_stores(settings)
    except ChargehandError as error:
        yield Check("data", CheckState.FAILED, str(error), "See the sentence above.")
        return
    try:
        yield Check("data", CheckState.PASSED, f"databases are up to date in {folder}")
        yield disk_check(shutil.disk_usage(folder).free)
        yield _size_check(settings, stores, now=SystemClock().now())
        yield from _process_checks(stores, now=SystemClock().now())
        policy = _policy_check(stores)
        yield policy
        if policy.state is CheckState.FAILED:
            return
        yield from _history_checks(settings, stores, now=SystemClock().now())
        yield from _health_checks(settings, stores, now=SystemClock().now())
        yield from account_checks(settings, stores, now=SystemClock().now())
        yield from model_checks(settings, stores, now=SystemClock().now())
    finally:
        stores.close()


def _size_check(settings: "Settings", stores: "Stores", *, now: datetime) -> "Check":
    """Whether SQLite still fits; one file takes one writer at a time, and one machine."""
    # lazy: as above.
    from chargehand.plugins.connector import Check, CheckState

    if not stores.database.is_sqlite:
        return Check("storage", CheckState.PASSED, "PostgreSQL")
    files = [settings.storage.data_dir / name for name in ("main.db", "inbox.db")]
    size_bytes = sum(file.stat().st_size for file in files)
    counted = stores.database.read(lambda tx: tx.stats.since(now - timedelta(days=1)))
    deliveries = sum(counted.counts["deliveries"].values())
    is_outgrown = size_bytes >= _SQLITE_BYTES or deliveries >= _SQLITE_DELIVERIES
    return Check(
        "storage",
        CheckState.WARNED if is_outgrown else CheckState.PASSED,
        f"SQLite, {size_bytes / 2**20:.0f} MiB, {deliveries} deliveries in 24 h",
        f"Above {_SQLITE_DELIVERIES} deliveries a day or 1 GiB, or for several machines, move to "
        "PostgreSQL: stop the service, then `chargehand storage copy --to postgresql://...`."
        if is_outgrown
        else "",
    )


def _policy_check(stores: "Stores") -> "Check":
    """Whether anybody can tell what is allowed; where nobody can, nothing is."""
    # lazy: as above.
    from chargehand.pipeline.modes import policy_in_force
    from chargehand.plugins.connector import Check, CheckState

    try:
        policy = stores.database.read(policy_in_force)
    except ChargehandError as error:
        return Check("policy", CheckState.FAILED, str(error), "See the sentence above.")
    return Check("policy", CheckState.PASSED, f"version {policy.version} is in force")


def _process_checks(stores: "Stores", *, now: datetime) -> "Iterator[Check]":
    """Who shares a PostgreSQL; on SQLite there is nobody to share with."""
    # lazy: as above.
    from chargehand.domain.process import ProcessRole
    from chargehand.pipeline.processes import list_processes
    from chargehand.plugins.connector import Check, CheckState

    if stores.database.is_sqlite:
        return
    found = stores.database.read(lambda tx: list_processes(tx, now=now))
    up = [one for one in found if one.is_up]
    silent = [f"{one.host} process {one.pid}" for one in found if one.is_live and not one.is_up]
    versions = sorted({one.version for one in up})
    shown = ", ".join(f"{one.role.value} {one.host} process {one.pid}" for one in up)
    mends = [
        f"No {role.value} runs: `chargehand serve`."
        for role in (ProcessRole.FRONT, ProcessRole.WORKER)
        if role not in {one.role for one in up}
    ]
    if silent:
        mends.append(f"Look at {', '.join(silent)}: not heard of for more than a minute.")
    if len(versions) > 1:
        mends.append(f"They run {' and '.join(versions)}; bring all to the same version.")
    state = CheckState.WARNED if mends else CheckState.PASSED
    yield Check("processes", state, shown or "none runs", " ".join(mends))


def _history_checks(settings: "Settings", stores: "Stores", *, now: datetime) -> "Iterator[Check]":
    # lazy: as above.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.pipeline.auditing import verify_audit
    from chargehand.pipeline.modes import list_modes
    from chargehand.plugins.connector import Check, CheckState

    hold = stores.database.read(lambda tx: tx.holds.current())
    if hold is not None:
        yield Check(
            "hold",
            CheckState.FAILED,
            f"{hold.reason.value}, knows nothing after {hold.taken_at:%Y-%m-%d %H:%M} UTC; nothing "
            "is sent",
            "Run `chargehand resume --after-restore`; see `chargehand notices list`.",
        )
    for stop in stores.database.read(lambda tx: tx.stops.in_force()):
        yield Check(
            "stop",
            CheckState.WARNED,
            f"{scope_words(stop.scope)} is stopped: nothing of it is decided or sent{_note(stop)}",
            "Run `chargehand resume` with the same scope, once it may go on."
            if stop.source is not StopSource.SETTINGS
            else "Take it out of flags.stop, or CHARGEHAND_STOP, and start the service again.",
        )
    yield _calendar_check(settings, now=now)
    yield _backup_check(settings, now=now)
    verified = stores.database.read(lambda tx: verify_audit(tx, stores.checkpoint))
    yield Check(
        "audit",
        CheckState.PASSED if verified.is_intact else CheckState.FAILED,
        f"{verified.records} records, chain {'verified' if verified.is_intact else 'BROKEN'}",
        "" if verified.is_intact else "Run `chargehand audit verify` to see where.",
    )
    lines = stores.database.read(lambda tx: list_modes(tx, served_projects(settings)))
    comments = sorted({line.mode.value for line in lines if line.kind.value == "jira.add_comment"})
    yield Check(
        "modes",
        CheckState.PASSED,
        f"replies are in {' and '.join(comments) or 'no'} mode",
        "Nothing is sent in simulate mode; see `chargehand modes set`."
        if comments == ["simulate"]
        else "",
    )
    configured = {one.id for one in settings.connections}
    for record in stores.database.read(lambda tx: tx.connections.all()):
        if record.id not in configured:
            continue
        last = record.last_delivery_at
        is_silent = last is None or now - last > _SILENT_AFTER
        yield Check(
            f"{record.id}: intake",
            CheckState.WARNED if is_silent else CheckState.PASSED,
            f"last delivery {last:%Y-%m-%d %H:%M} UTC" if last else "nothing has arrived yet",
            "Comment somewhere in a served project, and look again." if is_silent else "",
        )


def _health_checks(settings: "Settings", stores: "Stores", *, now: datetime) -> "Iterator[Check]":
    """How each connection is by what was seen of it, in the words of `connections list`."""
    # lazy: as above.
    from chargehand.bootstrap.configured import connections_by_settings
    from chargehand.domain.connection import Health
    from chargehand.pipeline.connection_health import list_connections
    from chargehand.plugins.connector import Check, CheckState

    known = connections_by_settings(settings)
    for one in stores.database.read(lambda tx: list_connections(tx, known, now=now)).connections:
        is_green = one.state is Health.GREEN
        yield Check(
            f"{one.id}: health",
            CheckState.PASSED if is_green else CheckState.WARNED,
            f"{one.state.value}. {one.reason}".rstrip(),
            "" if is_green else f"See `chargehand connections show {one.id}`.",
        )


def _calendar_check(settings: "Settings", *, now: datetime) -> "Check":
    """Whether quiet hours ever end: what a policy sends in working hours waits for one."""
    # lazy: as above.
    from chargehand.bootstrap.configured import working_hours
    from chargehand.plugins.connector import Check, CheckState

    hours = working_hours(settings)
    if hours.is_ever_worked(now.date()):
        moment = hours.next_moment(now).astimezone(hours.zone)
        return Check("calendar", CheckState.PASSED, f"worked next at {moment:%Y-%m-%d %H:%M}")
    return Check(
        "calendar",
        CheckState.WARNED,
        "no working day within the next year",
        "What the policy sends in working hours only waits; see business.working_days and "
        "business.holidays.",
    )


def _note(stop: "StopRecord") -> str:
    return f"; {stop.note}" if stop.note else ""


def _backup_check(settings: "Settings", *, now: datetime) -> "Check":
    # lazy: as above.
    from chargehand.bootstrap.backups import list_backups
    from chargehand.plugins.connector import Check, CheckState

    found = [one.manifest.created_at for one in list_backups(settings) if one.manifest is not None]
    if not found:
        mend = "The worker makes one by schedule; `chargehand backup` makes one now."
        return Check("backup", CheckState.WARNED, f"none in {settings.backup_folder}", mend)
    age = now - max(found)
    is_old = age > max(2 * settings.backup.every, _OLD_BACKUP)
    return Check(
        "backup",
        CheckState.WARNED if is_old else CheckState.PASSED,
        f"newest of {max(found):%Y-%m-%d %H:%M} UTC in {settings.backup_folder}",
        "Is backup.every 0, or does no worker run? See `chargehand notices list`."
        if is_old
        else "",
    )


def _intake_check(settings: "Settings", configured: "Connection") -> "Check":
    # lazy: as above.
    from chargehand.plugins.connector import Check, CheckState

    name = f"{configured.id}: webhook"
    if not configured.takes_webhooks:
        every = configured.polled_every
        found = f"not used; polled every {every.total_seconds():.0f} s" if every else "not used"
        return Check(name, CheckState.PASSED, found)
    path = f"/webhooks/{configured.connector}/{configured.id}"
    if not configured.is_proof_set:
        return Check(
            name,
            CheckState.FAILED,
            "no signing secret, so every webhook is refused",
            f"Put {_SECRET_NAMES[configured.connector]}.",
        )
    if settings.server.public_url is None:
        return Check(
            name,
            CheckState.WARNED,
            f"expected at {path}, and no public_url is set",
            "Set server.public_url to the https address the sender can reach.",
        )
    return Check(name, CheckState.PASSED, f"expected at {settings.server.public_url}{path}")


async def _call(settings: "Settings", configured: "Connection") -> "Sequence[Check]":
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.connections import live_connection
    from chargehand.kit.clock import SystemClock
    from chargehand.plugins.vendor_line import Surroundings

    clock, ca_file = SystemClock(), settings.network.ca_file
    client = live_connection(configured, Surroundings(clock), ca_file=ca_file).client
    try:
        return await client.check()
    finally:
        await client.aclose()

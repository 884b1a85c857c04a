"""`members check-accounts`: asks vendors whether the accounts of members still work."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table
from chargehand.domain.errors import ChargehandError, Rejected
from chargehand.domain.ids import ConnectionId

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Connection, Settings
    from chargehand.domain.member import Identity
    from chargehand.kit.clock import Clock
    from chargehand.pipeline.account_checks import AccountsSeen, Findings
    from chargehand.pipeline.looking import View
    from chargehand.plugins.connector import Check

# So many every vendor answers at once; the worker, which has all day, asks one a second.
_AT_ONCE = 60
_LATE = timedelta(days=2)


class ConnectionUnnamed(Rejected):
    """What is believed of one connection was not said of which."""

    code = "connection_unnamed"
    template = "Name the connection whose accounts you looked at; --many is for one alone."


class AccountsNotTold(Rejected):
    """A connection whose vendor tells nothing of accounts."""

    code = "accounts_not_told"
    template = "The vendor of {connection} does not tell whether accounts work."


def check_accounts(
    context: typer.Context,
    connection: Annotated[
        str | None,
        typer.Argument(metavar="CONNECTION", help="Only this one; every one if left out."),
    ] = None,
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Store it; without this, only say what was found.")
    ] = False,
    many: Annotated[
        bool,
        typer.Option("--many", help="Store it even where most accounts are gone at once."),
    ] = False,
    as_json: AsJSON = False,
) -> None:
    """Ask vendors whether the accounts of members still work; the worker does so once a day.

    An account that does not work loses its rights with --apply, and one that works again is
    matched. Where most accounts of a connection are gone at once it may point at another site:
    look, and add --many if you believe it.

    Example: chargehand members check-accounts jira --apply
    """
    if many and connection is None:
        raise ConnectionUnnamed
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        clock = invocation.clock(settings)
        chosen = _chosen(settings, connection)
        work = _check(settings, stores, chosen, clock=clock, applies=apply, believes_all=many)
        found, problems = asyncio.run(work)
        names = _names(stores, [one for each in found for one in (*each.gone, *each.back)])
    if as_json:
        echo_json({"connections": [to_json(one) for one in found], "problems": problems})
    else:
        _show(found, names, applies=apply, believes_all=many)
    for where, problem in problems.items():
        typer.echo(f"{where} was not asked: {problem}", err=True)
    if problems:
        raise typer.Exit(1)


def account_checks(settings: "Settings", stores: "Stores", *, now: datetime) -> "list[Check]":
    """What `doctor` says of the accounts of members, by when their vendors told last."""
    # lazy: as above.
    from chargehand.bootstrap.configured import tells_of_accounts
    from chargehand.plugins.connector import Check, CheckState

    checks = []
    for one in settings.connections:
        if not tells_of_accounts(one):
            continue
        where = ConnectionId(one.id)
        mapped, seen = stores.database.read(partial(_seen, where=where))
        if not mapped:
            continue
        problem = _problem(seen, now=now)
        asked = f"asked {_at(seen.asked_at)}" if seen.asked_at else "not asked yet"
        gone = sum(not identity.is_active for identity in mapped)
        checks.append(
            Check(
                f"{one.id}: accounts",
                CheckState.WARNED if problem else CheckState.PASSED,
                f"{len(mapped)} of members, {gone} deactivated; {problem or asked}",
                f"See `chargehand members check-accounts {one.id}`." if problem else "",
            )
        )
    return checks


def _seen(tx: "View", *, where: ConnectionId) -> "tuple[tuple[Identity, ...], AccountsSeen]":
    # lazy: as above.
    from chargehand.pipeline.account_checks import accounts_seen

    return tx.members.mapped_at(where), accounts_seen(tx, where)


def _problem(seen: "AccountsSeen", *, now: datetime) -> str:
    if seen.doubted_since is not None:
        return f"most were said to be gone at once on {_at(seen.doubted_since)}"
    if seen.untold_since is not None and now - seen.untold_since > _LATE:
        return f"the vendor has not told of them since {_at(seen.untold_since)}"
    return ""


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _chosen(settings: "Settings", connection: str | None) -> "list[Connection]":
    # lazy: as above.
    from chargehand.bootstrap.configured import find_connection, tells_of_accounts

    if connection is None:
        return [one for one in settings.connections if tells_of_accounts(one)]
    found = find_connection(settings, connection)
    if not tells_of_accounts(found):
        raise AccountsNotTold(connection=connection)
    return [found]


async def _check(
    settings: "Settings",
    stores: "Stores",
    chosen: "Sequence[Connection]",
    *,
    clock: "Clock",
    applies: bool,
    believes_all: bool,
) -> "tuple[list[Findings], dict[str, str]]":
    # lazy: as above.
    from chargehand.pipeline.account_checks import carry_out

    found, problems = [], {}
    for configured in chosen:
        try:
            findings = await _ask(settings, stores, configured, clock)
        except ChargehandError as error:
            problems[configured.id] = str(error)
            continue
        if findings is None:
            continue
        found.append(findings)
        if applies:
            await carry_out(
                stores.database,
                findings,
                by=operator_name(),
                clock=clock,
                believes_all=believes_all,
            )
    return found, problems


async def _ask(
    settings: "Settings", stores: "Stores", configured: "Connection", clock: "Clock"
) -> "Findings | None":
    # lazy: as above.
    from chargehand.bootstrap.connections import live_connection
    from chargehand.pipeline.account_checks import accounts_to_ask, findings
    from chargehand.pipeline.asking_accounts import ask_accounts
    from chargehand.plugins.vendor_line import Surroundings

    where, now = ConnectionId(configured.id), clock.now()
    wanted = stores.database.read(lambda tx: accounts_to_ask(tx, where, now=now))
    if not wanted:
        return None
    ca_file = settings.network.ca_file
    connection = live_connection(configured, Surroundings(clock), ca_file=ca_file)
    try:
        asked = await ask_accounts(connection, wanted, pause=_Rest().rest)
    finally:
        await connection.client.aclose()
    return None if asked is None else stores.database.read(lambda tx: findings(tx, asked))


class _Rest:
    """Rests as long as it is asked to, but not before the first questions."""

    def __init__(self) -> None:
        self._asked = 0

    async def rest(self, seconds: float) -> bool:
        # lazy: as above.
        from chargehand.pipeline.asking_accounts import PACE_S

        self._asked += 1
        if self._asked > _AT_ONCE or seconds > PACE_S:
            await asyncio.sleep(seconds)
        return True


def _names(stores: "Stores", identities: "Sequence[Identity]") -> dict[str, str]:
    found = stores.database.read(
        lambda tx: {one.member_id: tx.members.find(one.member_id) for one in identities}
    )
    return {member_id: one.name for member_id, one in found.items() if one is not None}


def _show(
    found: "Sequence[Findings]", names: dict[str, str], *, applies: bool, believes_all: bool
) -> None:
    rows = []
    for each in found:
        rows += [_row(one, names, "does not work any more") for one in each.gone]
        rows += [_row(one, names, "works again") for one in each.back]
        typer.echo(
            f"{each.connection_id}: {len(each.asked.working)} work, {len(each.asked.gone)} do "
            f"not, {len(each.asked.unclear)} unclear."
        )
    if not found:
        typer.echo("No member has an account at a vendor that tells whether it works.")
        return
    if rows:
        typer.echo("")
        echo_table(("member", "name", "connection", "account", "found"), rows, texts=("name",))
        typer.echo("")
    believes = applies and believes_all
    doubted = [one.connection_id for one in found if one.is_doubted and not believes]
    if doubted:
        typer.echo(
            f"Most accounts of {', '.join(doubted)} are gone at once: does it point at another "
            "site? Nobody there loses rights, unless you say --apply --many."
        )
    if not rows:
        typer.echo("Nothing has changed there.")
    elif applies and any(
        one.back or (one.gone and one.connection_id not in doubted) for one in found
    ):
        typer.echo("Stored: what does not work carries no rights, what works again is matched.")
    elif not applies:
        typer.echo("Nothing was changed; --apply stores it.")


def _row(identity: "Identity", names: dict[str, str], what: str) -> tuple[str, ...]:
    member_id = identity.member_id
    name = names.get(member_id) or "-"
    return (member_id, name, identity.connection_id, identity.account_id, what)

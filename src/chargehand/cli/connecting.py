"""What every `connect` does: asks, tries for real, writes down, says what is left to do."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from chargehand.cli.asking import AnswerWrong, ask, choose, is_terminal
from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.doctor import shown_check
from chargehand.domain.errors import ChargehandError, Rejected

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.connection_keeping import Hand
    from chargehand.bootstrap.drafting import ConfigFiles, Draft, Keeping
    from chargehand.config.blocks import TOMLValue
    from chargehand.config.settings import Connection, Settings
    from chargehand.plugins.connector import Check

T = TypeVar("T")
_MOST_TRIES = 3
_LEAST_SECRET = 8
DEFAULT_TIMEOUT_S = 20
Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="What the connection is called here.")
]
Channels = Annotated[
    list[str] | None,
    typer.Option(
        "--channel", metavar="ID=KEYS", help="A channel and the projects it serves: C0123=PAY,OPS."
    ),
]
Keep = Annotated[
    str, typer.Option("--keep", help="Where its secrets are kept: env (in .env) or stored.")
]
ApprovalsChannel = Annotated[
    str | None, typer.Option(metavar="ID", help="The channel that shows what waits.")
]
RequestTimeout = Annotated[
    int,
    typer.Option(min=1, max=300, metavar="SECONDS", help="Longest wait for one call."),
]


class FlagsMissing(Rejected):
    """Values that nobody is there to give."""

    code = "flags_missing"
    template = "There is no terminal to ask on, so these are needed: {flags}."


class NotAddressed(Rejected):
    """Webhooks need an address the vendor can reach."""

    code = "public_url_missing"
    template = (
        "--intake {intake} needs the https address {vendor} can reach: set server.public_url in "
        "{path} first{instead}."
    )


@dataclass(frozen=True, slots=True)
class Beginning:
    """What `connect` begins with: a configuration that is right, and a name that is free."""

    invocation: Invocation
    files: "ConfigFiles"
    name: str

    @property
    def settings(self) -> "Settings":
        """The settings as they are."""
        return self.files.settings

    @property
    def public_url(self) -> str:
        """The address vendors reach us at; empty without one."""
        return self.settings.server.public_url or ""


def begin(context: typer.Context, name: str | None, default: str) -> Beginning:
    """The configuration, and the name of what is to be connected.

    Raises: ConfigMissing and what reading the settings raises; ConnectionNameWrong,
    ConnectionNameTaken.
    """
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.drafting import read_files, require_free_name

    invocation: Invocation = context.obj
    files = read_files(invocation.config or Path("chargehand.toml"), os.environ)
    # What the logs of this command may say depends on the secrets.
    invocation.load_settings()
    wanted = name or default
    require_free_name(files.settings, wanted)
    return Beginning(invocation, files, wanted)


def choose_intake(
    beginning: Beginning,
    given: str | None,
    *,
    question: str,
    ways: Sequence[str],
    vendor: str,
    alone: str,
) -> str:
    """How what happens at a vendor reaches us.

    Shape: `alone` is the way that needs no public address; it is the default where there is none.
    Raises: AnswerWrong, and NotAddressed for a way that needs an address.
    """
    has_address = bool(beginning.public_url)
    posted = [way for way in ("both", "webhook") if way in ways]
    default = posted[0] if has_address else alone
    way = choose(question, given, ways, flag="--intake", default=default)
    if way in posted and not has_address:
        raise NotAddressed(
            intake=way,
            vendor=vendor,
            path=beginning.files.file,
            instead=f", or take --intake {alone}",
        )
    return way


def read_keeping(text: str) -> "Keeping":
    """Where secrets are to be kept.

    Raises: AnswerWrong.
    """
    # lazy: as above.
    from chargehand.bootstrap.drafting import Keeping

    if text not in tuple(Keeping):
        raise AnswerWrong(what="--keep", problem=f"{text!r} is neither env nor stored")
    return Keeping(text)


def require_flags(needed: Mapping[str, str | None]) -> None:
    """Refuse at once, naming every flag, when values are missing and nobody can be asked.

    Raises: FlagsMissing.
    """
    missing = [flag for flag, value in needed.items() if value is None]
    if missing and not is_terminal():
        raise FlagsMissing(flags=", ".join(missing))


def read_secret(text: str) -> str:
    """A secret as it was pasted.

    Raises: ValueError.
    """
    if len(text) < _LEAST_SECRET or not text.isascii() or not text.isprintable() or " " in text:
        message = f"must be at least {_LEAST_SECRET} printable ASCII characters without blanks"
        raise ValueError(message)
    return text


def read_signing_secret(text: str) -> str:
    """A signing secret; a comma would end it in `.env`.

    Raises: ValueError.
    """
    if "," in text:
        message = "must not hold a comma"
        raise ValueError(message)
    return read_secret(text)


def ask_until_it_works(
    what: str, given: str | None, try_it: Callable[[str], T], *, flag: str
) -> tuple[str, T]:
    """A secret a vendor takes, and what the vendor said to it; asked again while a person is there.

    Raises: AnswerMissing, AnswerWrong, and what `try_it` raises.
    """
    tries = _MOST_TRIES if given is None and is_terminal() else 1
    while True:
        tries -= 1
        secret = ask(f"{what} (not shown)", given, read_secret, flag=flag, hidden=True)
        try:
            return secret, try_it(secret)
        except ChargehandError as error:
            if not tries:
                raise
            typer.echo(f"  {error}")


def read_channels(
    pairs: Sequence[str],
    served: Sequence[str],
    *,
    what: str = "a channel's id",
    like: str = "C0123=PAY,OPS",
) -> dict[str, tuple[str, ...]]:
    """The projects of each channel or repository, of words such as `C0123=PAY,OPS`.

    Raises: ValueError.
    """
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        channel, equals, text = pair.partition("=")
        keys = tuple(dict.fromkeys(key.strip().upper() for key in text.split(",") if key.strip()))
        if not (channel and equals and keys):
            message = f"{pair!r} is not like {like}: {what}, =, and projects"
            raise ValueError(message)
        unknown = [key for key in keys if key not in served]
        if unknown:
            allowed = ", ".join(served) or "none; connect a Jira first"
            message = f"no tracker serves {', '.join(unknown)}; served: {allowed}"
            raise ValueError(message)
        found[channel.strip()] = keys
    return found


def ask_channels(
    given: Sequence[str] | None, seen: Mapping[str, str], served: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Which channels serve which projects; `seen` are names by id, to choose from.

    Raises: AnswerWrong.
    """
    if given is None and is_terminal():
        for channel_id, name in seen.items():
            typer.echo(f"  {channel_id}  #{name}")
        typer.echo(f"Projects: {', '.join(served) or 'none is served by a tracker yet'}")
    answer = " ".join(given) if given is not None else None
    return ask(
        "Channels and the projects each serves, such as C0123=PAY,OPS; or none",
        answer,
        lambda text: read_channels([] if text in ("", "none") else text.split(), served),
        flag="--channel",
        default="none",
    )


def read_api_url(text: str) -> str:
    """The address of a vendor's API.

    Raises: AnswerWrong.
    """
    # lazy: as above.
    from chargehand.config.addresses import address_with_path

    try:
        return address_with_path(text)
    except ValueError as error:
        raise AnswerWrong(what="--api-url", problem=str(error)) from error


def chat_values(
    channels: dict[str, tuple[str, ...]],
    approvals_channel: str | None,
    *,
    api_url: str | None,
    timeout_s: int,
) -> "dict[str, TOMLValue]":
    """What every chat's table may hold; what is as it usually is, is left out.

    Shape: `api_url` is None where it is the vendor's own.
    """
    values: dict[str, TOMLValue] = {}
    values |= {"channels": channels} if channels else {}
    values |= {"approvals_channel": approvals_channel} if approvals_channel is not None else {}
    values |= {"api_url": api_url} if api_url is not None else {}
    return values | timeout_value(timeout_s)


def timeout_value(timeout_s: int) -> "dict[str, TOMLValue]":
    """The setting of another time-out than the usual."""
    return {"request_timeout": f"PT{timeout_s}S"} if timeout_s != DEFAULT_TIMEOUT_S else {}


def try_draft(beginning: Beginning, draft: "Draft", *, not_yet: Sequence[str] = ()) -> "Connection":
    """What would be connected, after a real call showed that it works; else this ends with 1.

    Shape: `not_yet` names checks that can only pass once the connection is there.
    Raises: what `read_draft` raises.
    """
    # lazy: as above.
    from chargehand.bootstrap.drafting import read_draft
    from chargehand.plugins.connector import CheckState

    read = read_draft(beginning.files, draft)
    typer.echo("\nTrying it:")
    failed = 0
    for check in asyncio.run(call(beginning.settings, read.connection)):
        is_open = check.name in not_yet and check.state is CheckState.FAILED
        if is_open:
            typer.echo(f"todo  {check.name}: {check.found}")
            continue
        echo_check(check)
        failed += check.state is CheckState.FAILED
    if failed:
        typer.echo(f"\n{failed} check(s) failed, so nothing was saved.", err=True)
        sys.exit(1)
    return read.connection


def echo_check(check: "Check") -> None:
    """A check, and how to mend what it found."""
    typer.echo(shown_check(check))
    if check.mend:
        typer.echo(f"      {check.mend}")


async def call(settings: "Settings", connection: "Connection") -> "Sequence[Check]":
    """Every check of a connection, by really calling its vendor."""
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.connections import live_connection
    from chargehand.kit.clock import SystemClock
    from chargehand.plugins.vendor_line import Surroundings

    ca_file = settings.network.ca_file
    client = live_connection(connection, Surroundings(SystemClock()), ca_file=ca_file).client
    try:
        return await client.check()
    finally:
        await client.aclose()


def save(beginning: Beginning, draft: "Draft", keeping: "Keeping") -> None:
    """Write the connection down, and say where.

    Raises: what `save_draft` raises.
    """
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.connection_keeping import save_draft
    from chargehand.bootstrap.drafting import Keeping
    from chargehand.config.load import names_file

    files = beginning.files
    save_draft(files.file, files.environ, draft, keeping, hand=hand_of(beginning))
    place = names_file(files.file) if keeping is Keeping.ENV else "the database, sealed"
    typer.echo(f"\nWrote {draft.id} into {files.file}; its secrets are in {place}.")


def hand_of(beginning: Beginning) -> "Hand":
    """Who connects."""
    # lazy: as above.
    from chargehand.bootstrap.connection_keeping import Hand

    return Hand(operator_name(), beginning.invocation.clock(beginning.settings))


def echo_next(beginning: Beginning, *more: str) -> None:
    """What is left to do."""
    config = beginning.invocation.config
    option = "" if config in (None, Path("chargehand.toml")) else f" --config {config}"
    for line in more:
        typer.echo(line)
    typer.echo(f"Check it:   chargehand{option} doctor")
    typer.echo("Let the running service know it: systemctl reload chargehand, or SIGHUP.")

"""The files of a support bundle, each without secrets, e-mail addresses, names and texts."""

import io
import json
import platform
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargehand import __version__
from chargehand.cli.context import Invocation
from chargehand.cli.shown_log import last_lines
from chargehand.domain.errors import ChargehandError
from chargehand.kit.redact import redact_all

if TYPE_CHECKING:
    # SQLAlchemy and pydantic take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings

_PACKAGES = ("alembic", "dbos", "fastapi", "httpx", "psycopg", "pydantic", "sqlalchemy", "uvicorn")
_NOTICES = 50
# Who reads the bundle needs to know that these are set, and never to what.
_PEOPLE = frozenset({"email", "email_to", "email_from", "smtp_user", "account_id"})
_SET, _UNSET = "(set)", "(not set)"


def bundle_files(
    invocation: Invocation, *, lines: int, online: bool, now: datetime
) -> Iterator[tuple[str, str]]:
    """Name and text of each file; one that can not be made says why instead."""
    yield "versions.json", _as_text(_versions(now))
    try:
        settings = invocation.load_settings()
    except ChargehandError as error:
        # Its text repeats what was found in the file.
        yield "settings.json", _as_text({"error": error.code})
        return
    secrets = _secrets(settings)

    def clean(text: str) -> str:
        return redact_all(text.replace(str(Path.home()), "~"), secrets)

    yield "settings.json", clean(_as_text(_shown(settings.model_dump(mode="python"))))
    yield "doctor.txt", clean(_doctor(invocation, settings, online=online))
    for name, read in _READINGS.items():
        yield name, clean(_as_text(_read(invocation, read)))
    if settings.log.file is not None:
        yield "log.jsonl", clean(last_lines(settings.log.file, lines))


def _versions(now: datetime) -> dict[str, Any]:
    def found(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "not installed"

    return {
        "made_at": now.isoformat(),
        "chargehand": __version__,
        "python": sys.version,
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {package: found(package) for package in _PACKAGES},
    }


def _secrets(settings: "Settings") -> frozenset[str]:
    """Everything in the settings that must not be in the bundle, wherever it turns up."""
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.config.shown import secret_values

    found = set(secret_values(settings))

    def look(value: object, name: str) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                look(inner, str(key))
        elif isinstance(value, list | tuple):
            for inner in value:
                look(inner, name)
        elif isinstance(value, str) and name in _PEOPLE:
            found.add(value)

    look(settings.model_dump(mode="python"), "")
    return frozenset(found)


def _shown(value: Any, name: str = "") -> Any:
    """A setting as it is shown: secrets and people as set or not, a webhook without its path."""
    # lazy: as above.
    from pydantic import SecretStr

    if isinstance(value, SecretStr) or (name in _PEOPLE and value):
        return _SET
    if name in _PEOPLE:
        return _UNSET
    if isinstance(value, Mapping):
        return {key: _shown(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(inner, name) for inner in value]
    if name == "webhook_url" and isinstance(value, str):
        return "/".join(value.split("/")[:3])
    return value


def _doctor(invocation: Invocation, settings: "Settings", *, online: bool) -> str:
    # lazy: only this part needs it.
    from chargehand.cli.doctor import all_checks, offline_checks, shown_check, shown_verdict

    if online:
        # What a vendor says of the bot and of projects holds names; its verdict is enough.
        return "".join(f"{shown_verdict(check)}\n" for check in all_checks(invocation))
    return "".join(f"{shown_check(check)}\n" for check in offline_checks(settings))


def _read(invocation: Invocation, read: "Callable[[Settings, Stores, datetime], Any]") -> Any:
    try:
        with invocation.open_stores() as (settings, stores):
            return read(settings, stores, invocation.clock(settings).now())
    except ChargehandError as error:
        return {"error": error.code, "text": str(error)}


def _read_schema(_settings: "Settings", stores: "Stores", _now: datetime) -> Any:
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.stores import schema_revisions

    return schema_revisions(stores)


def _read_status(settings: "Settings", stores: "Stores", now: datetime) -> Any:
    # lazy: as above.
    from chargehand.bootstrap.configured import pipeline_rules
    from chargehand.cli.alive import look_at_clock, look_at_front, look_at_worker
    from chargehand.pipeline.looking import read_status
    from chargehand.pipeline.showing import to_json

    inbox, retention = stores.queue.counts(), pipeline_rules(settings).retention
    status = stores.database.read(
        lambda tx: read_status(tx, inbox=inbox, retention=retention, version=__version__, now=now)
    )
    shown: Any = to_json(status)
    for connection in shown["connections"]:
        # Which account the bot has, and how it is called, is nobody's business outside.
        connection.pop("bot_name")
        connection["bot_account_id"] = _SET if connection["bot_account_id"] else _UNSET
    return {
        **shown,
        "front": to_json(look_at_front(settings)),
        "worker": to_json(look_at_worker(settings)),
        "clock": to_json(look_at_clock(settings)),
    }


def _read_figures(settings: "Settings", stores: "Stores", now: datetime) -> Any:
    # lazy: as above.
    from chargehand.bootstrap.configured import budget_rules, guard_rules
    from chargehand.pipeline.figures import FIGURES
    from chargehand.pipeline.snapshot import take_snapshot

    backlog, rules = stores.queue.backlog(), guard_rules(settings)
    seen = stores.database.read(
        lambda tx: take_snapshot(
            tx,
            backlog,
            budget_rules=budget_rules(settings),
            version=__version__,
            disk_free_bytes=rules.free_bytes(),
            disk_reserve_bytes=rules.reserve_bytes,
            now=now,
        )
    )
    return {
        figure.name: {", ".join(labels): value for labels, value in figure.read(seen)}
        for figure in FIGURES
    }


def _read_notices(_settings: "Settings", stores: "Stores", _now: datetime) -> Any:
    # lazy: as above.
    from chargehand.pipeline.looking import list_notices

    page = stores.database.read(lambda tx: list_notices(tx, limit=_NOTICES))
    # Their texts repeat what vendors said, which can name people.
    return [
        {
            "code": one.code,
            "severity": one.severity.value,
            "count": one.count,
            "first_at": one.first_at.isoformat(),
            "last_at": one.last_at.isoformat(),
        }
        for one in page.items
    ]


_READINGS: "Mapping[str, Callable[[Settings, Stores, datetime], Any]]" = {
    "schema.json": _read_schema,
    "status.json": _read_status,
    "figures.json": _read_figures,
    "notices.json": _read_notices,
}


def _as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"


def pack(path: Path, files: Mapping[str, str], now: datetime) -> None:
    """Write the archive.

    Raises: OSError, also when the file is there already.
    """
    with tarfile.open(path, "x:gz") as archive:
        for name, text in files.items():
            raw = text.encode("utf-8", "backslashreplace")
            entry = tarfile.TarInfo(f"chargehand-support/{name}")
            entry.size, entry.mtime, entry.mode = len(raw), int(now.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(raw))

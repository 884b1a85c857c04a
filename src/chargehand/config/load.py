"""Reads the configuration once and says precisely what is wrong with it."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from chargehand.config.environment import (
    CONNECTORS,
    OF_ONE,
    filling_names,
    own_name,
    read_connection_environment,
    read_environment,
    read_provider_environment,
    shared_names,
)
from chargehand.config.errors import ConfigInvalid, ConfigMissing, ConfigUnreadable
from chargehand.config.names_file import read_names
from chargehand.config.secret_reading import (
    OpenSource,
    SecretReading,
    kind_of,
    models_of,
    no_source,
)
from chargehand.config.settings import Settings
from chargehand.kit.redact import redact_text
from chargehand.plugins.secret import FoundSecret

DEFAULT_PATH = Path("chargehand.toml")
_SECRET_WORDS = (
    "token",
    "secret",
    "password",
    "database_url",
    "api_key",
    "private_key",
    "dsn",
    "headers",
)
_SHOWN = 200
# TOML knows none of the words the library has for a list and a table.
_SHAPES = {
    "tuple_type": "must be a list, such as [...]",
    "frozen_set_type": "must be a list, such as [...]",
    "set_type": "must be a list, such as [...]",
    "list_type": "must be a list, such as [...]",
    "dict_type": "must be a table, such as { name = ... }",
    "model_type": "must be a table, such as { name = ... }",
    "model_attributes_type": "must be a table, such as { name = ... }",
}


def load_settings(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    open_source: OpenSource = no_source,
    unread: Literal["refuse", "keep"] = "refuse",
) -> Settings:
    """The settings of a file, its `.env` beside it, and the environment, secrets read.

    Shape: `path` None means `chargehand.toml` here if it exists, else the environment alone.
    Relative folders are meant from the file's folder. With `unread` keep, a secret that can not be
    read is met by whoever needs it, and by nobody else.
    Raises: ConfigMissing, ConfigUnreadable, ConfigInvalid, SecretReferenceWrong; and, with refuse,
    SecretUnreadable, SecretSourceUnusable, SecretSourceAway.
    """
    file = path or DEFAULT_PATH
    if path is not None and not path.is_file():
        raise ConfigMissing(path=str(path))
    texts = read_texts(file)
    return settings_of(texts, file, environ, open_source=open_source, unread=unread)


@dataclass(frozen=True, slots=True)
class ConfigTexts:
    """What the two files of a configuration say; empty for one that is not there."""

    document: str = ""
    names: str = ""


def read_texts(file: Path) -> ConfigTexts:
    """The text of a configuration and of the `.env` beside it.

    Raises: ConfigUnreadable.
    """
    return ConfigTexts(_text_of(file), _text_of(names_file(file)))


def names_file(file: Path) -> Path:
    """Where the names of a configuration stand that are not those of the environment."""
    return file.parent / ".env"


def settings_of(
    texts: ConfigTexts,
    file: Path,
    environ: Mapping[str, str],
    *,
    open_source: OpenSource = no_source,
    unread: Literal["refuse", "keep"] = "refuse",
) -> Settings:
    """The settings some texts would give if the files held them.

    Raises: what `load_settings` raises, but ConfigMissing.
    """
    document = read_document(texts, file)
    known = {**read_names(texts.names, names_file(file)), **environ}
    merged = _merge(document, known)
    folder = file.resolve().parent
    reading = SecretReading(known, folder, open_source=open_source, unread=unread)
    found = reading.fill(merged, document, Settings)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        places = _Places(filling_names(known), merged.get("connections", []))
        problems = [_problem(detail, places) for detail in error.errors()]
        text = "\n".join(f"  {line}" for line in problems)
        raise ConfigInvalid(path=str(file), count=len(problems), problems=text) from error
    return _anchored(settings, folder).with_found_secrets(_with_expiry(found, settings, file))


def _with_expiry(found: list[FoundSecret], settings: Settings, file: Path) -> list[FoundSecret]:
    """The secrets with the day each ends: as the settings say, or its place, whichever is first.

    Raises: ConfigInvalid for a day of something that is no secret here.
    """
    said, known = settings.secrets.expires_on, {one.setting for one in found}
    for name in said.keys() - known:
        allowed = ", ".join(sorted(known)) or "none"
        problem = f"  secrets.expires_on.{name}: no such secret is set. Allowed here: {allowed}."
        raise ConfigInvalid(path=str(file), count=1, problems=problem)
    return [
        replace(one, expires_at=_first(one.expires_at, _day(said[one.setting])))
        if one.setting in said
        else one
        for one in found
    ]


def _day(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _first(told: datetime | None, said: datetime) -> datetime:
    return said if told is None else min(told, said)


def read_document(texts: ConfigTexts, file: Path) -> dict[str, Any]:
    """What a configuration's text says, before anything is checked.

    Raises: ConfigUnreadable.
    """
    try:
        return tomllib.loads(texts.document)
    except ValueError as error:
        raise ConfigUnreadable(path=str(file), detail=str(error)) from error
    except RecursionError as error:
        raise ConfigUnreadable(path=str(file), detail="it is nested too deeply") from error


def _text_of(path: Path) -> str:
    try:
        # Line ends stay what they are, for whoever writes the text back.
        return path.read_bytes().decode("utf-8") if path.is_file() else ""
    except (OSError, ValueError) as error:
        raise ConfigUnreadable(path=str(path), detail=str(error)) from error


def _merge(document: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    fields, for_connectors = read_environment(environ)
    merged = dict(document)
    for dotted, value in fields.items():
        section, _, name = dotted.partition(".")
        held = merged.get(section, {})
        # A section of a wrong type is left as it is, for the validation to name.
        merged[section] = {**held, name: value} if isinstance(held, dict) else held
    providers = merged.get("providers", [])
    if isinstance(providers, list):
        merged["providers"] = [
            {**entry, **read_provider_environment(entry, environ)}
            if isinstance(entry, dict)
            else entry
            for entry in providers
        ]
    connections = merged.get("connections", [])
    if isinstance(connections, list):
        merged["connections"] = _connections(connections, for_connectors, environ)
    return merged


def _connections(
    entries: list[Any], known: Mapping[str, Mapping[str, object]], environ: Mapping[str, str]
) -> list[Any]:
    """The connections of the file with what the environment says of them."""
    if not entries and {"site", "api_token"} <= known["jira"].keys():
        entries = [{}]
    kinds = [
        str(entry.get("connector", CONNECTORS[0])) if isinstance(entry, dict) else ""
        for entry in entries
    ]
    merged: list[Any] = []
    for entry, kind in zip(entries, kinds, strict=True):
        if not isinstance(entry, dict):
            # What has a wrong shape is left as it is, for the validation to name.
            merged.append(entry)
            continue
        shared = known.get(kind, {}) if kinds.count(kind) == 1 else {}
        own = read_connection_environment(str(entry.get("id", kind)), environ)
        merged.append({**entry, **shared, **own})
    return merged


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a field can be said other than in the file: which names fill what, and the entries."""

    filled_by: Mapping[str, str]
    entries: list[Any]

    def told(self, location: tuple[int | str, ...]) -> str:
        """The name that a wrong value came from, in brackets; empty where it is the file's."""
        name = self.filled_by.get(".".join(str(part) for part in location[:2]))
        return f" (from {name}, in the environment or .env)" if name else ""

    def cure(self, location: tuple[int | str, ...]) -> str:
        """The name that would fill a missing field of a connection; empty for other fields."""
        if location[:1] != ("connections",) or len(location) != 4:  # noqa: PLR2004 - to the field.
            return ""
        _, place, kind, field = location
        if field not in OF_ONE:
            return ""
        entries = [one for one in self.entries if isinstance(one, dict)]
        kinds = [one.get("connector", CONNECTORS[0]) for one in entries]
        own_id = str(self.entries[int(place)].get("id", kind))
        shared = shared_names(str(kind), str(field)) if kinds.count(kind) == 1 else ()
        # The last to count is the usual one; those that count before it are of special accounts.
        name = shared[-1] if shared else own_name(own_id, str(field))
        return f"; {name} in .env sets it"


def _problem(detail: Any, places: _Places) -> str:
    where = ".".join(str(part) for part in _told_of(detail["loc"])) or "the whole"
    if detail["type"] == "missing":
        return f"{where}: missing{places.cure(detail['loc'])}."
    where += places.told(detail["loc"])
    if detail["type"] == "extra_forbidden":
        allowed = _fields_beside(detail["loc"])
        near = difflib.get_close_matches(str(detail["loc"][-1]), allowed, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{where}: unknown key.{hint} Allowed here: {', '.join(allowed)}."
    is_secret = any(word in where for word in _SECRET_WORDS)
    # A whole section holds secrets of its own.
    is_section = isinstance(detail["input"], dict | BaseModel)
    is_hidden = is_secret or is_section
    # An address may hold a password where none belongs.
    found = "" if is_hidden else f" (found {redact_text(repr(detail['input']))[:_SHOWN]})"
    message = _SHAPES.get(detail["type"], detail["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}{found}."


def _told_of(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where a problem is, as people write it: without the connector an entry was read as."""
    if location[:1] == ("connections",) and len(location) > 2:  # noqa: PLR2004 - list, place, kind.
        return (*location[:2], *location[3:])
    return location


def _fields_beside(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        if part in model.model_fields:
            inner = models_of(model.model_fields[str(part)].annotation)
            model = inner[0] if inner else model
        else:
            # The connector of an entry, by which its kind was chosen.
            model = kind_of(
                {"connector": part}, models_of(Settings.model_fields["connections"].annotation)
            )
    return sorted(model.model_fields)


def _anchored(settings: Settings, folder: Path) -> Settings:
    """The settings with every relative path made absolute; an absolute one stays as it is."""
    data_dir, backups, file = settings.storage.data_dir, settings.backup.folder, settings.log.file
    ca_file = settings.network.ca_file
    storage = settings.storage.model_copy(update={"data_dir": folder / data_dir})
    backup = settings.backup.model_copy(update={"folder": folder / backups if backups else None})
    log = settings.log.model_copy(update={"file": folder / file if file else None})
    network = settings.network.model_copy(update={"ca_file": folder / ca_file if ca_file else None})
    key_file = folder / settings.secrets.key_file
    secrets = settings.secrets.model_copy(update={"key_file": key_file})
    return settings.model_copy(
        update={
            "storage": storage,
            "backup": backup,
            "log": log,
            "network": network,
            "secrets": secrets,
        }
    )

"""A connection that is not written down yet: what the files would say with it, and would mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from chargehand.bootstrap.errors import (
    ConnectionNameTaken,
    ConnectionNameWrong,
    OthersDisturbed,
    SettingHidden,
    SiteConnected,
)
from chargehand.bootstrap.reading_settings import read_texts_as_settings
from chargehand.config.blocks import TOMLValue, add_connection, shown
from chargehand.config.connection_settings import SLUG
from chargehand.config.environment import OF_ONE, own_name, shared_names
from chargehand.config.errors import ConfigInvalid, ConfigMissing
from chargehand.config.load import ConfigTexts, read_document, read_texts
from chargehand.config.names_file import read_names, rename, set_names
from chargehand.config.secret_settings import UnreadSecret
from chargehand.config.settings import Connection, Settings

_LISTS: Final = frozenset({"webhook_secrets"})


class Keeping(StrEnum):
    """Where the secrets of a new connection are kept: in `.env`, or sealed in the database."""

    ENV = "env"
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class Draft:
    """A connection somebody wants.

    Shape: `values` are its settings as the file will show them, `remarks` what is said beside
    them; `secrets` are texts by the setting they belong to.
    """

    id: str
    connector: str
    values: Mapping[str, TOMLValue]
    secrets: Mapping[str, str] = field(repr=False)
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """A configuration as its files have it now, and what that means."""

    file: Path
    environ: Mapping[str, str]
    texts: ConfigTexts
    settings: Settings

    @property
    def document(self) -> dict[str, Any]:
        """What chargehand.toml alone says."""
        return read_document(self.texts, self.file)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The connections of chargehand.toml, in its order."""
        found: list[dict[str, Any]] = self.document.get("connections", [])
        return found

    def read(self, texts: ConfigTexts) -> Settings:
        """What other texts would mean.

        Raises: ConfigInvalid, SecretReferenceWrong.
        """
        return read_texts_as_settings(texts, self.file, self.environ)


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """A draft as the settings would have it; `texts` are what the files would say."""

    texts: ConfigTexts
    settings: Settings
    connection: Connection


def read_files(file: Path, environ: Mapping[str, str]) -> ConfigFiles:
    """A configuration that is there and right.

    Raises: ConfigMissing, ConfigUnreadable, ConfigInvalid, SecretReferenceWrong.
    """
    if not file.is_file():
        raise ConfigMissing(path=str(file))
    texts = read_texts(file)
    return ConfigFiles(file, environ, texts, read_texts_as_settings(texts, file, environ))


def require_free_name(settings: Settings, connection_id: str) -> None:
    """Refuse a name that no connection can have, or that one has.

    Raises: ConnectionNameWrong, ConnectionNameTaken.
    """
    if not re.fullmatch(SLUG, connection_id):
        raise ConnectionNameWrong(name=connection_id[:40])
    if any(one.id == connection_id for one in settings.connections):
        raise ConnectionNameTaken(name=connection_id)


def read_draft(files: ConfigFiles, draft: Draft, keeping: Keeping = Keeping.ENV) -> ReadDraft:
    """What the files would say with a draft, and what would be read from that.

    Raises: ConnectionNameWrong, ConnectionNameTaken, ConfigInvalid, ConfigNotEditable,
    SettingHidden, SiteConnected, OthersDisturbed.
    """
    require_free_name(files.settings, draft.id)
    texts = _texts_with(files, draft, keeping)
    try:
        settings = files.read(texts)
    except ConfigInvalid as error:
        place = f"connections.{len(files.entries)}"
        ours = (f"{place}.", f"{place}:", f"connections.{draft.id}.", "channels")
        if any(one in str(error) for one in ours):
            raise
        raise OthersDisturbed(names=", ".join(shared_names(draft.connector))) from error
    *others, added = settings.connections
    if not is_same(others, files.settings.connections):
        raise OthersDisturbed(names=", ".join(shared_names(draft.connector)))
    _require_as_drafted(draft, added)
    for one in others:
        # The Jira and the Confluence of one site share its address.
        if (one.connector, one.site) == (added.connector, added.site):
            raise SiteConnected(site=added.site, name=one.id)
    return ReadDraft(texts, settings, added)


def is_same(found: Sequence[Connection], before: Sequence[Connection]) -> bool:
    """Whether some connections read the same settings; what can not be read now is the same."""
    return [_plain(one) for one in found] == [_plain(one) for one in before]


def _plain(connection: Connection) -> dict[str, object]:
    return {
        name: type(value) if isinstance(value, UnreadSecret) else value
        for name, value in connection
    }


def stored_name(connection_id: str, setting: str) -> str:
    """What a secret of a connection is called where chargehand keeps it itself."""
    word = OF_ONE[setting].name.lower().replace("_", "-")
    return f"{connection_id}-{word}"


def _texts_with(files: ConfigFiles, draft: Draft, keeping: Keeping) -> ConfigTexts:
    values = {"id": draft.id, "connector": draft.connector, **draft.values}
    names = _with_own_names(files, draft.connector)
    if keeping is Keeping.STORED:
        for setting in draft.secrets:
            reference = f"stored:{stored_name(draft.id, setting)}"
            values[setting] = (reference,) if setting in _LISTS else reference
    else:
        own = {own_name(draft.id, setting): text for setting, text in draft.secrets.items()}
        names = set_names(names, own, under=f"Secrets of the connection {draft.id}.")
    lines = [_line(key, value, draft.remarks.get(key, "")) for key, value in values.items()]
    return ConfigTexts(add_connection(files.texts.document, draft.id, lines), names)


def _line(key: str, value: TOMLValue, remark: str) -> str:
    said = f"{key} = {shown(value)}"
    return f"{said}  # {' '.join(remark.split())}" if remark else said


def _with_own_names(files: ConfigFiles, connector: str) -> str:
    """`.env` where the connection of a kind that was alone until now has names of its own."""
    known = read_names(files.texts.names)
    alone = [one for one in files.entries if one.get("connector", "jira") == connector]
    if len(alone) != 1:
        return files.texts.names
    connection_id = str(alone[0].get("id", connector))
    called: dict[str, str] = {}
    for setting in OF_ONE:
        own = own_name(connection_id, setting)
        shared = [one for one in shared_names(connector, setting) if known.get(one)]
        if shared and not known.get(own):
            called[shared[0]] = own
    return rename(files.texts.names, called) if called else files.texts.names


def _require_as_drafted(draft: Draft, added: Connection) -> None:
    """The environment goes before the files, and may say something else."""
    for setting, text in draft.secrets.items():
        found = getattr(added, setting)
        first = found[0] if isinstance(found, tuple) else found
        if not isinstance(first, SecretStr) or first.get_secret_value() != text:
            names = (own_name(draft.id, setting), *shared_names(draft.connector, setting))
            raise SettingHidden(setting=setting, names=", ".join(names))
    for setting, value in draft.values.items():
        if setting in added.__class__.model_fields and getattr(added, setting) != value:
            names = shared_names(draft.connector, setting)
            raise SettingHidden(setting=setting, names=", ".join(names))

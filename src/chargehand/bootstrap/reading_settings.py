"""Reads the settings with every place a secret may stand in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chargehand.bootstrap.trust import read_certificates
from chargehand.config.load import ConfigTexts, load_settings, settings_of
from chargehand.config.secret_settings import (
    AWSSettings,
    NetworkSettings,
    SecretSettings,
    VaultSettings,
)
from chargehand.config.settings import Settings, StorageSettings
from chargehand.plugins.secret import SecretPlace, SecretSource, SecretSourceUnusable


def read_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a process of the service: every secret was read, or it does not start.

    Raises: what `load_settings` raises.
    """
    return load_settings(path, environ, open_source=_open_source, unread="refuse")


def read_settings_for_command(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a command, which may need none of the secrets that can not be read.

    Raises: ConfigMissing, ConfigUnreadable, ConfigInvalid, SecretReferenceWrong.
    """
    return load_settings(path, environ, open_source=_open_source, unread="keep")


def read_texts_as_settings(texts: ConfigTexts, file: Path, environ: Mapping[str, str]) -> Settings:
    """What a command would read if a configuration's files said these texts.

    Raises: ConfigUnreadable, ConfigInvalid, SecretReferenceWrong.
    """
    return settings_of(texts, file, environ, open_source=_open_source, unread="keep")


def _open_source(place: SecretPlace, document: Mapping[str, Any], folder: Path) -> SecretSource:
    """What reads secrets from one place; its own settings were not checked yet."""
    try:
        match place:
            case SecretPlace.VAULT:
                return _open_vault(document, folder)
            case SecretPlace.AWS:
                return _open_aws(document)
            case _:
                return _open_stored(document, folder)
    except ValidationError as error:
        raise SecretSourceUnusable(
            setting="This secret",
            reference=f"{place.value}:",
            detail=f"[{place.value}] is not filled in rightly",
            cure="Correct it as docs/reference/settings.md says.",
        ) from error


def _open_vault(document: Mapping[str, Any], folder: Path) -> SecretSource:
    # lazy: only who keeps secrets there needs it.
    from chargehand.secrets.vault import VaultConfig, VaultSource

    vault = VaultSettings.model_validate(document.get("vault", {}))
    if vault.address is None:
        raise SecretSourceUnusable(
            setting="This secret",
            reference="vault:",
            detail="no Vault is configured",
            cure="Set vault.address, and vault.token or vault.role_id with vault.secret_id.",
        )
    return VaultSource(
        VaultConfig(
            address=vault.address,
            timeout_s=_timeout_s(document),
            token=vault.token.get_secret_value() if vault.token is not None else "",
            role_id=vault.role_id or "",
            secret_id=vault.secret_id.get_secret_value() if vault.secret_id is not None else "",
            role_mount=vault.role_mount,
            namespace=vault.namespace,
            certificates=read_certificates(_ca_file(document, folder)),
        )
    )


def _open_aws(document: Mapping[str, Any]) -> SecretSource:
    # lazy: as above.
    from chargehand.secrets.aws import AWSConfig, AWSSource

    aws = AWSSettings.model_validate(document.get("aws", {}))
    return AWSSource(
        AWSConfig(timeout_s=_timeout_s(document), region=aws.region, endpoint_url=aws.endpoint_url)
    )


def _open_stored(document: Mapping[str, Any], folder: Path) -> SecretSource:
    # lazy: as above; SQLAlchemy as well.
    from chargehand.bootstrap.databases import database_url
    from chargehand.bootstrap.stored_secrets import StoredSource

    storage = StorageSettings.model_validate(document.get("storage", {}))
    anchored = storage.model_copy(update={"data_dir": folder / storage.data_dir})
    secrets = SecretSettings.model_validate(document.get("secrets", {}))
    return StoredSource(database_url(Settings(storage=anchored)), folder / secrets.key_file)


def _timeout_s(document: Mapping[str, Any]) -> float:
    settings = SecretSettings.model_validate(document.get("secrets", {}))
    return settings.timeout.total_seconds()


def _ca_file(document: Mapping[str, Any], folder: Path) -> Path | None:
    configured = NetworkSettings.model_validate(document.get("network", {})).ca_file
    return folder / configured if configured is not None else None

"""The settings as they may be shown and kept: without a single secret."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

from pydantic import BaseModel, SecretStr

from chargehand.config.secret_settings import UnreadSecret
from chargehand.domain.json import JSONValue

_LEFT_OUT = "(left out: a secret)"


def settings_without_secrets(settings: BaseModel) -> JSONValue:
    """Every setting as JSON; a secret that is set is told, its value is not.

    Secrets are a type of their own, so a new one is left out without anybody remembering to.
    """
    return {name: _shown(getattr(settings, name)) for name in settings.__class__.model_fields}


def secret_values(settings: BaseModel) -> frozenset[str]:
    """Every secret in the settings, for those who keep it out of what others see."""
    found: set[str] = set()

    def look(value: object) -> None:
        match value:
            case UnreadSecret():
                pass
            case SecretStr():
                found.add(value.get_secret_value())
            case BaseModel():
                for name in value.__class__.model_fields:
                    look(getattr(value, name))
            case Mapping():
                for one in value.values():
                    look(one)
            case list() | tuple():
                for one in value:
                    look(one)
            case _:
                pass

    look(settings)
    return frozenset(found - {""})


def connection_marks(connection: BaseModel) -> dict[str, int]:
    """What each secret of a connection is known again by, by the setting's whole name.

    Shape: 16 bits of a digest: a change shows, and nobody finds a secret by it. What could not be
    read is left out.
    """
    found: dict[str, int] = {}
    prefix = f"connections.{getattr(connection, 'id', '')}"
    for name, value in connection:
        many = value if isinstance(value, tuple) else (value,)
        for number, one in enumerate(many):
            if isinstance(one, SecretStr) and not isinstance(one, UnreadSecret):
                ending = f".{number + 1}" if number else ""
                setting = f"{prefix}.{name}{ending}"
                found[setting] = _mark(setting, one.get_secret_value())
    return found


def _mark(setting: str, text: str) -> int:
    # The setting's name keeps equal secrets of two settings from looking alike.
    digest = hashlib.sha256(f"{setting}\0{text}".encode()).digest()
    return int.from_bytes(digest[:2])


def _shown(value: object) -> JSONValue:
    match value:
        case SecretStr():
            shown: JSONValue = _LEFT_OUT
        case BaseModel():
            shown = settings_without_secrets(value)
        case str() | int() | float() | None:
            shown = value
        case timedelta():
            shown = value.total_seconds()
        case Mapping():
            shown = {str(key): _shown(one) for key, one in value.items()}
        case Sequence():
            shown = [_shown(one) for one in value]
        case _:
            shown = str(value)
    return shown

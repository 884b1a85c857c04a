"""The settings as they may be shown and kept: without a single secret."""

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

"""The settings as they may be shown and kept: without a single secret."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pydantic import BaseModel, SecretStr

from chargehand.domain.json import JSONValue

_LEFT_OUT = "(left out: a secret)"


def settings_without_secrets(settings: BaseModel) -> JSONValue:
    """Every setting as JSON; a secret that is set is told, its value is not.

    Secrets are a type of their own, so a new one is left out without anybody remembering to.
    """
    return {name: _shown(getattr(settings, name)) for name in settings.__class__.model_fields}


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

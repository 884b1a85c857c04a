"""Reads the `manifest.toml` of a connector, its description of itself.

Fault
└── ManifestInvalid   the packaged file does not say what a manifest must say
"""

import tomllib
from dataclasses import fields
from functools import cache
from importlib import resources

import msgspec

from chargehand.domain.errors import Fault
from chargehand.plugins.connector import Manifest

_FIELDS = frozenset(field.name for field in fields(Manifest))


class ManifestInvalid(Fault):
    """A manifest with a missing, unknown or mistyped field; `detail` names it."""

    code = "manifest_invalid"
    template = "The manifest of the {connector} connector is not valid: {detail}"


@cache
def load_manifest(package: str) -> Manifest:
    """What the connector in a package says of itself; the file is read once, at the first call.

    Raises: ManifestInvalid when the packaged file is damaged.
    """
    file = resources.files(package) / "manifest.toml"
    return read_manifest(file.read_text(encoding="utf-8"), connector=package.rpartition(".")[2])


def read_manifest(source: str, *, connector: str) -> Manifest:
    """The manifest a TOML text describes.

    Raises: ManifestInvalid naming the field, or the place where the text is not TOML.
    """
    try:
        described = tomllib.loads(source)
        unknown = sorted(described.keys() - _FIELDS)
        if unknown:
            raise ManifestInvalid(
                connector=connector,
                detail=f"unknown field {unknown[0]}; allowed are {', '.join(sorted(_FIELDS))}",
            )
        return msgspec.convert(described, Manifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as damage:
        raise ManifestInvalid(connector=connector, detail=str(damage)) from damage

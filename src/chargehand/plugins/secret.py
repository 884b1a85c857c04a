"""Where a secret may stand, and the port of what reads one from there.

A setting that is a secret holds its text, or says where the text is:

    env:NAME                   a name in the environment, or in `.env`
    file:path                  a file; a relative path begins beside chargehand.toml
    vault:mount/path#field     HashiCorp Vault, its KV engine of version 2
    aws:secret-id#field        AWS Secrets Manager; without #field the whole text
    stored:name                what `chargehand secrets set` keeps, encrypted

Rejected
├── SecretReferenceWrong    it begins like one of these and is none
├── SecretUnreadable        the place is there and does not give it
└── SecretSourceUnusable    the place is not set up
Retryable
└── SecretSourceAway        the place does not answer
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from chargehand.domain.errors import Rejected, Retryable


class SecretPlace(StrEnum):
    """Where a secret may stand."""

    ENVIRONMENT = "env"
    FILE = "file"
    VAULT = "vault"
    AWS = "aws"
    STORED = "stored"


FORMS: Final[Mapping[SecretPlace, str]] = {
    SecretPlace.ENVIRONMENT: "env:NAME",
    SecretPlace.FILE: "file:path",
    SecretPlace.VAULT: "vault:mount/path#field",
    SecretPlace.AWS: "aws:secret-id#field",
    SecretPlace.STORED: "stored:name",
}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STORED_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")


class SecretReferenceWrong(Rejected):
    """A setting that begins like a reference and is none."""

    code = "secret_reference_wrong"
    template = (
        "{setting} begins with {place}: and does not read {form}. Write it in that form; a secret "
        "that really begins like this goes into a file, as file:path."
    )


class SecretUnreadable(Rejected):
    """A place that does not give a secret, and would not give it another time either."""

    code = "secret_unreadable"
    template = "{setting} can not be read from {reference}: {detail}. {cure}"


class SecretSourceUnusable(Rejected):
    """A place of secrets that is not set up."""

    code = "secret_source_unusable"
    template = "{setting} can not be read from {reference}: {detail}. {cure}"


class SecretSourceAway(Retryable):
    """A place of secrets that does not answer."""

    code = "secret_source_away"
    template = "{setting} can not be read from {reference}: {detail}. {cure}"


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Which setting is read from where; nothing of it is secret.

    Shape: `field` is empty where the whole text is meant.
    """

    setting: str
    place: SecretPlace
    path: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.place.value}:{self.path}" + (f"#{self.field}" if self.field else "")


@dataclass(frozen=True, slots=True)
class SecretText:
    """A secret as it was read; `expires_at` is what the place itself says, None when nothing."""

    text: str
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return "SecretText('********')"


class SecretSource(Protocol):
    """What reads secrets from one place."""

    def read(self, reference: SecretReference) -> SecretText:
        """The secret.

        Raises: SecretUnreadable, SecretSourceUnusable, SecretSourceAway.
        """
        ...


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """Where one secret setting comes from, and how it stands; never the secret.

    Shape: `setting` is its name, such as `connections.jira.api_token`; `place` says in words where
    it stands; `problem` is empty when it could be read; `expires_at` None means that nobody knows.
    """

    setting: str
    place: str
    expires_at: datetime | None = None
    problem: str = ""


def read_reference(setting: str, text: str) -> SecretReference | None:
    """The reference a setting holds; None when it is the secret itself.

    Raises: SecretReferenceWrong.
    """
    head, colon, rest = text.partition(":")
    if not colon or head not in FORMS:
        return None
    place = SecretPlace(head)
    path, field = _split(place, rest)
    if not _is_whole(place, path, field):
        raise SecretReferenceWrong(setting=setting, place=place.value, form=FORMS[place])
    return SecretReference(setting, place, path, field)


def is_stored_name(name: str) -> bool:
    """Whether a stored secret may be called so."""
    return _STORED_NAME.fullmatch(name) is not None


def _split(place: SecretPlace, rest: str) -> tuple[str, str]:
    if place not in (SecretPlace.VAULT, SecretPlace.AWS):
        return rest, ""
    path, _, field = rest.partition("#")
    return path.strip("/"), field


def _is_whole(place: SecretPlace, path: str, field: str) -> bool:
    match place:
        case SecretPlace.ENVIRONMENT:
            return _NAME.fullmatch(path) is not None
        case SecretPlace.STORED:
            return is_stored_name(path)
        case SecretPlace.VAULT:
            # What climbs out of its place would read another path than the one written down.
            parts = path.split("/")
            is_safe = all(part not in ("", ".", "..") for part in parts)
            return len(parts) > 1 and is_safe and bool(field) and path.isprintable()
        case SecretPlace.AWS:
            return bool(path) and path.isprintable()
        case SecretPlace.FILE:
            return bool(path)

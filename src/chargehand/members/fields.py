"""What a person may hand in about a member, read and checked; the same for files, REST and CLI."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final, TypeAlias
from zoneinfo import available_timezones

from chargehand.domain.account import LONGEST_ACCOUNT, LONGEST_EMAIL, LONGEST_NAME
from chargehand.domain.ids import AccountId, ProjectKey
from chargehand.domain.member import Role
from chargehand.members.errors import FieldWrong

Roles: TypeAlias = tuple[tuple[ProjectKey | None, Role], ...]
EVERYWHERE: Final = "*"
# A spreadsheet runs a cell that begins so, and our own export must be harmless there too.
_FORMULA: Final = ("=", "+", "-", "@")
# Persian and Indic names need these two; every other invisible character is a trick.
_JOINERS: Final = frozenset("\u200c\u200d")
_EMAIL: Final = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")
_SEPARATORS: Final = re.compile(r"[\s,;|]+")
# What seeds and people call them.
_OTHER_NAMES: Final = {"pm": Role.PROJECT_MANAGER, "dev": Role.DEVELOPER}
_SHOWN: Final = 60
_ROLE_NAMES: Final = ", ".join(role.value for role in Role)
_NO_FORMULA: Final = "not beginning with = + - or @"


def read_name(text: str, *, field: str = "name") -> str:
    """A display name.

    Raises: FieldWrong.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > LONGEST_NAME or not _is_visible(name) or _is_formula(name):
        allowed = f"1 to {LONGEST_NAME} visible characters, {_NO_FORMULA}"
        raise _wrong(field, text, allowed)
    return name


def read_email(text: str, *, field: str = "email") -> str | None:
    """An address in lower case; None for an empty text.

    Raises: FieldWrong.
    """
    email = text.strip().lower()
    if not email:
        return None
    is_one = _EMAIL.fullmatch(email) is not None and _is_visible(email)
    if not is_one or len(email) > LONGEST_EMAIL or _is_formula(email):
        raise _wrong(field, text, "one address such as ana@example.com, or nothing")
    return email


def read_time_zone(text: str, *, field: str = "time_zone") -> str | None:
    """An IANA name; None for an empty text.

    Raises: FieldWrong.
    """
    zone = text.strip()
    if not zone:
        return None
    if zone not in _zones():
        raise _wrong(field, text, "an IANA name such as Europe/Madrid, or nothing")
    return zone


def read_account(text: str, *, field: str) -> AccountId | None:
    """The id a vendor gave an account; None for an empty text.

    Raises: FieldWrong.
    """
    account = text.strip()
    if not account:
        return None
    is_word = account.isprintable() and not any(char.isspace() for char in account)
    if not is_word or len(account) > LONGEST_ACCOUNT or _is_formula(account):
        allowed = f"an account id of at most {LONGEST_ACCOUNT} characters without blanks"
        raise _wrong(field, text, f"{allowed}, {_NO_FORMULA}")
    return AccountId(account)


def read_projects(
    text: str, known: Collection[ProjectKey], *, field: str = "projects"
) -> tuple[ProjectKey, ...]:
    """Keys of projects, in any case; none for an empty text, which means every project.

    Raises: FieldWrong for one that no connection serves.
    """
    return tuple(dict.fromkeys(_project(word, known, field=field) for word in _words(text)))


def read_roles(
    text: str,
    projects: Collection[ProjectKey],
    known: Collection[ProjectKey],
    *,
    field: str = "roles",
) -> Roles:
    """Roles, each in the given projects, or everywhere without any.

    Shape: `PAY:approver` is a role in that project alone, `*:admin` one in every project.
    Raises: FieldWrong.
    """
    found: set[tuple[ProjectKey | None, Role]] = set()
    for word in _words(text):
        where, colon, name = word.rpartition(":")
        role = _role(name, field=field)
        if not colon:
            found |= {(project, role) for project in projects or (None,)}
        elif where == EVERYWHERE:
            found.add((None, role))
        else:
            found.add((_project(where, known, field=field), role))
    return sorted_roles(found)


def write_roles(roles: Roles) -> str:
    """Roles as `read_roles` reads them without projects."""
    return " ".join(
        role.value if project is None else f"{project}:{role.value}"
        for project, role in sorted_roles(roles)
    )


def sorted_roles(roles: Collection[tuple[ProjectKey | None, Role]]) -> Roles:
    """The same roles in the order storage hands them back."""
    return tuple(sorted(set(roles), key=lambda one: (one[0] or "", one[1].value)))


def _words(text: str) -> Iterator[str]:
    return (word for word in _SEPARATORS.split(text) if word)


def _project(word: str, known: Collection[ProjectKey], *, field: str) -> ProjectKey:
    key = ProjectKey(word.upper())
    if key not in known:
        served = ", ".join(sorted(known)) or "none, since no connection serves a project yet"
        raise _wrong(field, word, f"keys of served projects: {served}")
    return key


def _role(word: str, *, field: str) -> Role:
    name = word.lower().replace("-", "_")
    try:
        return _OTHER_NAMES.get(name) or Role(name)
    except ValueError as error:
        raise _wrong(field, word, f"{_ROLE_NAMES}; PAY:approver for one project") from error


def _is_visible(text: str) -> bool:
    return all(char.isprintable() or char in _JOINERS for char in text)


def _is_formula(text: str) -> bool:
    return text.startswith(_FORMULA)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _wrong(field: str, text: str, allowed: str) -> FieldWrong:
    # Half a surrogate pair can be in JSON, and in no answer.
    found = text.strip()[:_SHOWN].encode("utf-8", "replace").decode()
    return FieldWrong(field=field, found=found, allowed=allowed)

"""Puts secrets in the place of what refers to them, before the settings are checked.

Three rounds: what stands on this machine, which may be what Vault is signed in to with; then Vault
and AWS, where the address of the database may be; then what the database itself keeps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from pydantic import BaseModel, SecretStr

from chargehand.config.secret_settings import UnreadSecret
from chargehand.domain.errors import ChargehandError
from chargehand.plugins.secret import (
    FoundSecret,
    SecretPlace,
    SecretReference,
    SecretSource,
    SecretSourceAway,
    SecretSourceUnusable,
    SecretText,
    SecretUnreadable,
    read_reference,
)

Document: TypeAlias = dict[str, Any]
# Opens what reads from Vault, AWS or the database, by the settings as far as they are known.
OpenSource: TypeAlias = Callable[[SecretPlace, Mapping[str, Any], Path], SecretSource]
_LARGEST_BYTES: Final = 64 * 1024
_ROUNDS: Final = (
    (SecretPlace.ENVIRONMENT, SecretPlace.FILE),
    (SecretPlace.VAULT, SecretPlace.AWS),
    (SecretPlace.STORED,),
)


@dataclass(slots=True)
class _Slot:
    """One place in the document where a secret stands."""

    setting: str
    holder: Any
    key: str | int
    is_in_file: bool

    @property
    def value(self) -> Any:
        return self.holder[self.key]


def no_source(place: SecretPlace, _document: Mapping[str, Any], _folder: Path) -> SecretSource:
    """For those who read settings and have no places of secrets but this machine.

    Raises: SecretSourceUnusable.
    """
    raise SecretSourceUnusable(
        setting="This secret",
        reference=f"{place.value}:",
        detail="such places are not read here",
        cure="Use env:NAME or file:path.",
    )


class SecretReading:
    """One reading of every secret; `unread` says what becomes of one that can not be read."""

    def __init__(
        self,
        environ: Mapping[str, str],
        folder: Path,
        *,
        open_source: OpenSource,
        unread: Literal["refuse", "keep"],
    ) -> None:
        self._environ = environ
        self._folder = folder
        self._open_source = open_source
        self._unread = unread
        self._sources: dict[SecretPlace, SecretSource] = {}
        self._away: dict[SecretPlace, ChargehandError] = {}

    def fill(
        self, merged: Document, file: Mapping[str, Any], model: type[BaseModel]
    ) -> list[FoundSecret]:
        """Put every secret into the document; where each came from.

        Shape: `file` is what chargehand.toml alone says; a secret that could not be read is an
        `UnreadSecret` in the document, if such ones are kept.
        Raises: SecretReferenceWrong; and SecretUnreadable, SecretSourceUnusable, SecretSourceAway
        unless such secrets are kept.
        """
        slots = list(_slots(merged, file, model))
        references = {id(slot): read_reference(slot.setting, slot.value) for slot in slots}
        found: dict[str, FoundSecret] = {}
        for places in _ROUNDS:
            for slot in slots:
                reference = references[id(slot)]
                if reference is not None and reference.place in places:
                    found[slot.setting] = self._fill_one(slot, reference, merged)
        for slot in slots:
            place = "chargehand.toml" if slot.is_in_file else "the environment, or .env"
            found.setdefault(slot.setting, FoundSecret(slot.setting, place))
        return [found[slot.setting] for slot in slots]

    def _fill_one(
        self, slot: _Slot, reference: SecretReference, merged: Mapping[str, Any]
    ) -> FoundSecret:
        try:
            secret = self._read(reference, merged)
        except (SecretUnreadable, SecretSourceUnusable, SecretSourceAway) as error:
            if self._unread == "refuse":
                raise
            slot.holder[slot.key] = UnreadSecret(error)
            return FoundSecret(slot.setting, str(reference), problem=str(error))
        slot.holder[slot.key] = secret.text
        return FoundSecret(slot.setting, str(reference), expires_at=secret.expires_at)

    def _read(self, reference: SecretReference, merged: Mapping[str, Any]) -> SecretText:
        place = reference.place
        match place:
            case SecretPlace.ENVIRONMENT:
                return self._from_environment(reference)
            case SecretPlace.FILE:
                return _from_file(reference, self._folder / reference.path)
            case _:
                pass
        if place in self._away:
            # Who does not answer is not waited for a second time.
            fields = self._away[place].fields
            names = {"setting": reference.setting, "reference": str(reference)}
            raise type(self._away[place])(**{**fields, **names})
        try:
            if place not in self._sources:
                self._sources[place] = self._open_source(place, merged, self._folder)
            return self._sources[place].read(reference)
        except (SecretSourceUnusable, SecretSourceAway) as error:
            self._away[place] = error
            names = {"setting": reference.setting, "reference": str(reference)}
            raise type(error)(**{**error.fields, **names}) from error

    def _from_environment(self, reference: SecretReference) -> SecretText:
        text = self._environ.get(reference.path, "")
        if not text:
            raise SecretUnreadable(
                setting=reference.setting,
                reference=str(reference),
                detail="the environment and .env have no such name, or it is empty",
                cure=f"Set {reference.path} for this process, or put it into .env.",
            )
        return SecretText(text)


def _from_file(reference: SecretReference, path: Path) -> SecretText:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
        # Editors and `echo` end a file with a line end that is not meant.
        text = raw.decode().rstrip("\r\n")
    except OSError as error:
        detail = error.strerror or str(error)
        cure = "Let the file be there, and readable by the user chargehand runs as."
        raise _no_file(reference, detail, cure) from error
    except UnicodeDecodeError as error:
        raise _no_file(reference, "it is no text in UTF-8", "Write it anew.") from error
    if not text or len(raw) > _LARGEST_BYTES:
        detail = "it is larger than 64 KiB" if text else "it is empty"
        raise _no_file(reference, detail, "It must hold the secret and nothing else.")
    return SecretText(text)


def _no_file(reference: SecretReference, detail: str, cure: str) -> SecretUnreadable:
    return SecretUnreadable(
        setting=reference.setting, reference=str(reference), detail=detail, cure=cure
    )


def _slots(merged: Document, file: Mapping[str, Any], model: type[BaseModel]) -> Iterator[_Slot]:
    """Every place of the document that holds a secret; what has a wrong shape is left out, since
    the check that follows names it.
    """
    for section, field in model.model_fields.items():
        kinds = models_of(field.annotation)
        held, of_file = merged.get(section), file.get(section)
        if not kinds:
            continue
        if isinstance(held, dict):
            merged[section] = held = dict(held)
            yield from _slots_of(section, held, of_file, kinds[0])
        elif isinstance(held, list | tuple):
            merged[section] = entries = [dict(e) if isinstance(e, dict) else e for e in held]
            for number, entry in enumerate(entries):
                if isinstance(entry, dict):
                    inner = kind_of(entry, kinds)
                    default = inner.model_fields["id"].default
                    name = f"{section}.{entry.get('id', default)}"
                    written = of_file if isinstance(of_file, list) else []
                    yield from _slots_of(name, entry, dict(enumerate(written)).get(number), inner)


def _slots_of(name: str, held: Document, of_file: Any, model: type[BaseModel]) -> Iterator[_Slot]:
    known = of_file if isinstance(of_file, dict) else {}
    for key, field in model.model_fields.items():
        if not _is_secret(field.annotation):
            continue
        value, is_in_file = held.get(key), known.get(key) == held.get(key)
        if isinstance(value, str) and value:
            yield _Slot(f"{name}.{key}", held, key, is_in_file)
        elif isinstance(value, list):
            held[key] = texts = list(value)
            for number, text in enumerate(texts):
                if isinstance(text, str) and text:
                    ending = f".{number + 1}" if number else ""
                    yield _Slot(f"{name}.{key}{ending}", texts, number, is_in_file)


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def models_of(annotation: Any) -> tuple[type[BaseModel], ...]:
    """The models a setting is made of: itself, or each kind an entry of a list may be of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(kind for part in get_args(annotation) for kind in models_of(part))


def kind_of(entry: Mapping[str, Any], kinds: Sequence[type[BaseModel]]) -> type[BaseModel]:
    """The kind of an entry that names its connector; the first kind for one that names none."""
    named = entry.get("connector")
    for kind in kinds:
        field = kind.model_fields.get("connector")
        if field is not None and field.default == named:
            return kind
    return kinds[0]

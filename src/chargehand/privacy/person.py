"""Who a person is: the ids that were given, and the names and addresses stored beside them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chargehand.domain.json import JSONValue
from chargehand.privacy.errors import PersonUnclear

LEAST: Final = 3
MOST: Final = 200
_LEAST_NAME: Final = 2
# Under which names vendors and we ourselves write an id, and what stands beside it.
_NAMES_BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "accountId": ("displayName", "publicName", "nickname"),
    # The user key of Jira Data Center; the user name beside it stands in every mention.
    "key": ("displayName", "name"),
    "account_id": ("name", "display_name"),
    "assignee": ("assignee_name",),
    "from": ("from_text", "fromString"),
    "to": ("to_text", "toString"),
    "tmpFromAccountId": ("fromString",),
    "tmpToAccountId": ("toString",),
    # A mention inside a text.
    "id": ("text", "displayName"),
    "emailAddress": ("displayName",),
}
_ACCOUNT_KEYS: Final = ("accountId", "account_id", "key", "emailAddress")
_EMAILS_BESIDE: Final = ("emailAddress", "email")
_IDS_BESIDE: Final = ("accountId", "account_id")


@dataclass(frozen=True, slots=True)
class Person:
    """One person as stored texts know them.

    Shape: `ids` were given or stand beside an e-mail address that was; `names` and `emails` were
    found beside an id.
    """

    ids: frozenset[str]
    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()

    @property
    def words(self) -> frozenset[str]:
        """Everything that tells of the person."""
        return self.ids | self.names | self.emails

    def with_learned(self, value: JSONValue) -> "Person":
        """The person with what a stored value tells beside one of the ids."""
        found = list(_beside(value, self.ids | self.emails))
        if not found:
            return self
        return replace(
            self,
            ids=self.ids | {text for kind, text in found if kind == "id"},
            names=self.names | {text for kind, text in found if kind == "name"},
            emails=self.emails | {text for kind, text in found if kind == "email"},
        )

    def with_member(self, name: str, email: str | None, accounts: Collection[str]) -> "Person":
        """The person with what a roster or a vendor tells of the member they are."""
        ids = frozenset(one for one in accounts if len(one) >= LEAST)
        emails = frozenset() if email is None else frozenset({email})
        return replace(self, ids=self.ids | ids, emails=self.emails | emails).with_name(name)

    def with_name(self, name: str) -> "Person":
        """The person with one more name, if it is one."""
        cleaned = _cleaned(name)
        return replace(self, names=self.names | {cleaned}) if cleaned else self


def given_person(identifier: str, also: Collection[str] = ()) -> Person:
    """The person an operator named.

    Raises: PersonUnclear for what is too short or too long to be looked for.
    """
    for field, text in (("ID", identifier), *(("--also", one) for one in also)):
        shown = text.strip()
        if not LEAST <= len(shown) <= MOST or not shown.isprintable():
            raise PersonUnclear(field=field, found=text[:60], least=LEAST, most=MOST)
    return Person(ids=frozenset(text.strip() for text in (identifier, *also)))


def _beside(value: JSONValue, ids: Collection[str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if _is_about(value, ids):
            yield from _learned(value, ids)
        for child in value.values():
            yield from _beside(child, ids)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _beside(child, ids)


def _is_about(value: Mapping[str, JSONValue], ids: Collection[str]) -> bool:
    return any(value.get(key) in ids for key in _NAMES_BESIDE if isinstance(value.get(key), str))


def _learned(value: Mapping[str, JSONValue], ids: Collection[str]) -> Iterator[tuple[str, str]]:
    for key, beside in _NAMES_BESIDE.items():
        if isinstance(value.get(key), str) and value.get(key) in ids:
            for name in beside:
                text = value.get(name)
                if isinstance(text, str) and _cleaned(text):
                    yield "name", _cleaned(text)
    if not any(value.get(key) in ids for key in _ACCOUNT_KEYS):
        # A work item is beside its assignee as well, and may name others.
        return
    for name in _EMAILS_BESIDE:
        text = value.get(name)
        if isinstance(text, str) and "@" in text:
            yield "email", text.strip()
    for name in _IDS_BESIDE:
        text = value.get(name)
        if isinstance(text, str) and len(text) >= LEAST:
            yield "id", text


def _cleaned(name: str) -> str:
    text = " ".join(name.removeprefix("@").split())
    return text if len(text) >= _LEAST_NAME and len(text) <= MOST else ""

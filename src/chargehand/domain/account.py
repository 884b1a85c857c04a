"""Accounts as vendors name them, those that are nobody's, and the codes that prove whose one is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.domain.ids import AccountId, ConnectionId, MemberId

LONGEST_NAME: Final = 200
LONGEST_ACCOUNT: Final = 200
# RFC 5321 section 4.5.3.1.3: a path has 256 characters, two of them angle brackets.
LONGEST_EMAIL: Final = 254


@dataclass(frozen=True, slots=True)
class AccountRef:
    """One account of one connection."""

    connection_id: ConnectionId
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its vendor tells of it.

    Shape: `name` is empty and `email` None where the vendor gives none.
    """

    connection_id: ConnectionId
    account_id: AccountId
    name: str = ""
    email: str | None = None

    @property
    def ref(self) -> AccountRef:
        """Which account it is."""
        return AccountRef(self.connection_id, self.account_id)


@dataclass(frozen=True, slots=True)
class UnmappedAccount:
    """An account that was seen and belongs to nobody.

    Shape: `days` is on how many days it was seen; `email` is None where the vendor gives none.
    """

    id: str
    connection_id: ConnectionId
    account_id: AccountId
    name: str
    email: str | None
    first_at: datetime
    last_at: datetime
    days: int

    @property
    def ref(self) -> AccountRef:
        """Which account it is."""
        return AccountRef(self.connection_id, self.account_id)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A code a member was given for an account at one connection; only its digest is kept.

    Shape: `said_from` is the account that asked for it, None when an operator did.
    """

    member_id: MemberId
    connection_id: ConnectionId
    salt: str
    digest: str
    said_from: AccountRef | None
    started_by: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tries:
    """How many wrong codes an account said since a moment."""

    first_at: datetime
    number: int

"""Accounts that were seen and are nobody's: noted once a day at most, and never more than some."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select

from chargehand.domain.account import (
    LONGEST_ACCOUNT,
    LONGEST_EMAIL,
    LONGEST_NAME,
    AccountRef,
    UnmappedAccount,
)
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.domain.records import Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import new_id
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables_members import unmapped_accounts

# A public tracker has endless visitors; those who were seen lately are worth a person's time.
MOST_UNMAPPED: Final = 1000
_DAY: Final = timedelta(days=1)


class UnmappedReader(Repository):
    """Looks such accounts up."""

    def unmapped(self, connection_id: str, account_id: str) -> UnmappedAccount | None:
        """One account that is nobody's; None when it was not seen, or is somebody's."""
        row = self._one(
            self._select(unmapped_accounts).where(
                unmapped_accounts.c.connection_id == connection_id,
                unmapped_accounts.c.account_id == account_id,
            )
        )
        return _unmapped(row) if row is not None else None

    def page_of_unmapped(
        self, *, cursor: str | None = None, limit: int = 50
    ) -> Page[UnmappedAccount]:
        """Accounts that are nobody's, first seen last first."""
        query = self._select(unmapped_accounts)
        key = unmapped_accounts.c.unmapped_id
        return self._page(query, key, _unmapped, cursor=cursor, limit=limit)

    def all_unmapped(self) -> tuple[UnmappedAccount, ...]:
        """Every account that is nobody's; there are never more than some."""
        return tuple(_unmapped(row) for row in self._rows(self._select(unmapped_accounts)))

    def unmapped_of(self, words: Collection[str]) -> tuple[UnmappedAccount, ...]:
        """Those whose id or address is among some words."""
        emails = {word.lower() for word in words}
        return tuple(
            one for one in self.all_unmapped() if one.account_id in words or one.email in emails
        )

    def count_unmapped(self) -> int:
        """How many there are."""
        query = select(func.count()).where(
            unmapped_accounts.c.organization_id == self._organization_id
        )
        return int(self._connection.scalar(query) or 0)

    def count_unmapped_before(self, before: datetime) -> int:
        """How many were not seen since a moment."""
        query = select(func.count()).where(
            unmapped_accounts.c.organization_id == self._organization_id,
            unmapped_accounts.c.last_at < to_micros(before),
        )
        return int(self._connection.scalar(query) or 0)


class UnmappedWriter(UnmappedReader):
    """Notes such accounts, and lets go of them."""

    def note_unmapped(
        self,
        connection_id: ConnectionId,
        account_id: AccountId,
        *,
        name: str = "",
        email: str | None = None,
        now: datetime,
    ) -> bool:
        """Note that an account was seen; False when that was noted today, or can not be one.

        When there are too many, the one that was not seen for longest goes.
        """
        if not 0 < len(account_id) <= LONGEST_ACCOUNT:
            return False
        known = self.unmapped(connection_id, account_id)
        told = {
            "name": name[:LONGEST_NAME] or (known.name if known else ""),
            "email": _address(email) or (known.email if known else None),
        }
        if known is None:
            self._make_room()
            self._insert(
                unmapped_accounts,
                {
                    "unmapped_id": new_id("una", now),
                    "connection_id": connection_id,
                    "account_id": account_id,
                    "first_at": to_micros(now),
                    "last_at": to_micros(now),
                    "days": 1,
                    **told,
                },
            )
            return True
        if now - known.last_at < _DAY and told == {"name": known.name, "email": known.email}:
            return False
        is_new_day = now - known.last_at >= _DAY
        self._connection.execute(
            self._update(unmapped_accounts)
            .where(unmapped_accounts.c.unmapped_id == known.id)
            .values(
                last_at=to_micros(now if is_new_day else known.last_at),
                days=known.days + is_new_day,
                **told,
            )
        )
        return True

    def forget_unmapped(self, refs: Collection[AccountRef]) -> None:
        """Take accounts off the list, since they are somebody's now."""
        # There are few, and those who are looked for may be thousands.
        for one in self.all_unmapped() if refs else ():
            if one.ref in refs:
                self._forget(one.id)

    def forget_unmapped_before(self, before: datetime) -> int:
        """Let go of those not seen since a moment; how many."""
        outcome = self._connection.execute(
            delete(unmapped_accounts).where(
                unmapped_accounts.c.organization_id == self._organization_id,
                unmapped_accounts.c.last_at < to_micros(before),
            )
        )
        return outcome.rowcount

    def _make_room(self) -> None:
        if self.count_unmapped() < MOST_UNMAPPED:
            return
        query = self._select(unmapped_accounts).order_by(unmapped_accounts.c.last_at).limit(1)
        oldest = self._one(query)
        if oldest is not None:
            self._forget(oldest.unmapped_id)

    def _forget(self, unmapped_id: str) -> None:
        self._connection.execute(
            delete(unmapped_accounts).where(
                unmapped_accounts.c.organization_id == self._organization_id,
                unmapped_accounts.c.unmapped_id == unmapped_id,
            )
        )


def _address(email: str | None) -> str | None:
    """An address in lower case; what does not fit is none, since half an address is another's."""
    return email.lower() if email and len(email) <= LONGEST_EMAIL else None


def _unmapped(row: AnyRow) -> UnmappedAccount:
    return UnmappedAccount(
        id=row.unmapped_id,
        connection_id=ConnectionId(row.connection_id),
        account_id=AccountId(row.account_id),
        name=row.name,
        email=row.email,
        first_at=from_micros(row.first_at),
        last_at=from_micros(row.last_at),
        days=row.days,
    )

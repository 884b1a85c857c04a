"""How members prove who they are: password digests, accounts at a provider, and sessions."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete

from chargehand.domain.ids import MemberId, SessionId
from chargehand.domain.sign_in import Device, SessionRecord, SignInMethod
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.tables_sign_in import passwords, sessions, sign_in_accounts


class SignInReader(Repository):
    """Looks up passwords, accounts and sessions."""

    def password_of(self, member_id: str) -> str | None:
        """The digest of a member's password; None where they have none."""
        row = self._one_by(passwords.c.member_id, member_id)
        return str(row.digest) if row is not None else None

    def member_of_account(self, issuer: str, account_id: str) -> MemberId | None:
        """Whose an account at a provider is."""
        query = self._select(sign_in_accounts).where(
            sign_in_accounts.c.issuer == issuer, sign_in_accounts.c.account_id == account_id
        )
        row = self._one(query)
        return row.member_id if row is not None else None

    def accounts_of(self, member_id: str) -> tuple[tuple[str, str], ...]:
        """A member's accounts, each with its issuer before it."""
        query = self._select(sign_in_accounts).where(sign_in_accounts.c.member_id == member_id)
        return tuple((row.issuer, row.account_id) for row in self._rows(query))

    def session_by_digest(self, secret_digest: str) -> SessionRecord | None:
        """The session of a secret, ended ones included."""
        row = self._one_by(sessions.c.secret_digest, secret_digest)
        return _session(row) if row is not None else None

    def session(self, session_id: str) -> SessionRecord | None:
        """One session, ended ones included."""
        row = self._one_by(sessions.c.session_id, session_id)
        return _session(row) if row is not None else None

    def live_sessions(
        self, *, now: datetime, used_since: datetime, member_id: str | None = None, limit: int = 200
    ) -> tuple[SessionRecord, ...]:
        """Sessions that are not over, newest first; of one member, or of everybody."""
        query = self._select(sessions).where(
            sessions.c.ended_at.is_(None),
            sessions.c.ends_at > to_micros(now),
            sessions.c.used_at > to_micros(used_since),
        )
        if member_id is not None:
            query = query.where(sessions.c.member_id == member_id)
        rows = self._rows(query.order_by(sessions.c.session_id.desc()).limit(limit))
        return tuple(_session(row) for row in rows)


class SignInWriter(SignInReader):
    """Changes passwords, accounts and sessions."""

    def set_password(self, member_id: MemberId, digest: str, *, now: datetime) -> None:
        """Keep what was made of a password, instead of what was kept before."""
        self.forget_password(member_id)
        values = {"member_id": member_id, "digest": digest, "changed_at": to_micros(now)}
        self._insert(passwords, values)

    def forget_password(self, member_id: str) -> bool:
        """Let a member have no password; False where they had none."""
        outcome = self._connection.execute(
            delete(passwords).where(
                passwords.c.organization_id == self._organization_id,
                passwords.c.member_id == member_id,
            )
        )
        return outcome.rowcount > 0

    def link_account(
        self, link_id: str, member_id: MemberId, issuer: str, account_id: str, *, now: datetime
    ) -> bool:
        """Remember whose an account at a provider is; False where it is somebody's already."""
        return self._insert(
            sign_in_accounts,
            {
                "sign_in_account_id": link_id,
                "member_id": member_id,
                "issuer": issuer,
                "account_id": account_id,
                "linked_at": to_micros(now),
            },
        )

    def forget_accounts(self, member_id: str) -> int:
        """Forget a member's accounts; how many there were."""
        outcome = self._connection.execute(
            delete(sign_in_accounts).where(
                sign_in_accounts.c.organization_id == self._organization_id,
                sign_in_accounts.c.member_id == member_id,
            )
        )
        return outcome.rowcount

    def start_session(self, session: SessionRecord, secret_digest: str) -> None:
        """Record a new session."""
        self._insert(
            sessions,
            {
                "session_id": session.id,
                "member_id": session.member_id,
                "secret_digest": secret_digest,
                "method": session.method.value,
                "device": session.device.value,
                "started_at": to_micros(session.started_at),
                "used_at": to_micros(session.used_at),
                "ends_at": to_micros(session.ends_at),
                "ended_at": None,
            },
        )

    def note_use_of_session(self, session_id: str, *, now: datetime) -> None:
        """Remember when a session was last used, by which its idle end moves on."""
        self._change(sessions.c.session_id, session_id, {"used_at": to_micros(now)})

    def end_session(self, session_id: str, *, now: datetime) -> bool:
        """End one session; False when it had ended before."""
        outcome = self._connection.execute(
            self._update(sessions)
            .where(sessions.c.session_id == session_id, sessions.c.ended_at.is_(None))
            .values(ended_at=to_micros(now))
        )
        return outcome.rowcount == 1

    def end_sessions_of(self, member_id: str, *, now: datetime, but: Collection[str] = ()) -> int:
        """End every session of a member but some; how many were ended."""
        outcome = self._connection.execute(
            self._update(sessions)
            .where(
                sessions.c.member_id == member_id,
                sessions.c.ended_at.is_(None),
                sessions.c.session_id.not_in(sorted(but)),
            )
            .values(ended_at=to_micros(now))
        )
        return outcome.rowcount

    def end_all_sessions(self, *, now: datetime) -> int:
        """End every session there is; how many were ended."""
        outcome = self._connection.execute(
            self._update(sessions)
            .where(sessions.c.ended_at.is_(None))
            .values(ended_at=to_micros(now))
        )
        return outcome.rowcount

    def forget_sessions_before(self, moment_at: datetime, *, limit: int) -> int:
        """Forget sessions that were over before a moment; how many, at most so many at once."""
        old = (
            self._select(sessions)
            .where(sessions.c.ends_at < to_micros(moment_at))
            .order_by(sessions.c.ends_at)
            .limit(limit)
        )
        found = [row.session_id for row in self._rows(old)]
        if not found:
            return 0
        outcome = self._connection.execute(
            delete(sessions).where(
                sessions.c.organization_id == self._organization_id,
                sessions.c.session_id.in_(found),
            )
        )
        return outcome.rowcount


def _session(row: AnyRow) -> SessionRecord:
    return SessionRecord(
        id=SessionId(row.session_id),
        member_id=row.member_id,
        method=SignInMethod(row.method),
        device=Device(row.device),
        started_at=from_micros(row.started_at),
        used_at=from_micros(row.used_at),
        ends_at=from_micros(row.ends_at),
        ended_at=moment(row.ended_at),
    )

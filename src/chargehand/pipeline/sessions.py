"""Sessions and passwords: how a member is signed in, and how that ends."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import MemberId, SessionId
from chargehand.domain.member import Member
from chargehand.domain.sign_in import Device, SessionRecord, SignInMethod
from chargehand.kit.ids import new_id
from chargehand.pipeline.errors import NotFound, SessionEnded
from chargehand.pipeline.identifying import living_member
from chargehand.storage.transaction import Reading, Writing

_SECRET_BYTES: Final = 32
_NOTE_USE_EVERY: Final = timedelta(minutes=5)
# Ended sessions tell their owner what there was, and then go.
_KEPT_AFTER: Final = timedelta(days=30)
_FORGOTTEN_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long a session lasts: without use, and whatever happens."""

    idle: timedelta = timedelta(hours=12)
    lasts: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A session at the one moment its secret is known."""

    record: SessionRecord
    secret: str


def start_session(
    tx: Writing,
    member_id: MemberId,
    method: SignInMethod,
    *,
    device: Device,
    rules: SessionRules,
    now: datetime,
) -> StartedSession:
    """Sign a member in; only the digest of the secret is kept.

    Raises: NotFound, MemberLeft.
    """
    member = living_member(tx, member_id)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    record = SessionRecord(
        id=SessionId(new_id("ses", now)),
        member_id=member.id,
        method=method,
        device=device,
        started_at=now,
        used_at=now,
        ends_at=now + rules.lasts,
        ended_at=None,
    )
    tx.sign_in.start_session(record, _digest(secret))
    tx.sign_in.forget_sessions_before(now - _KEPT_AFTER, limit=_FORGOTTEN_AT_ONCE)
    body = {"by": f"member:{member.id}", "method": method.value}
    tx.audit.append(AuditTag.PERSON_SESSION_STARTED, record.id, body, now=now)
    return StartedSession(record, secret)


def live_session(
    tx: Reading | Writing, found: SessionRecord | None, *, rules: SessionRules, now: datetime
) -> SessionRecord:
    """A session that is not over.

    Raises: SessionEnded.
    """
    if found is None or found.ended_at is not None:
        raise SessionEnded(reason="was ended, or never begun here")
    if found.ends_at <= now or found.used_at + rules.idle <= now:
        raise SessionEnded(reason="is over, since it lasts for a while only")
    member = tx.members.find(found.member_id)
    if member is None or member.left_at is not None:
        raise SessionEnded(reason="is that of a member who left the team")
    return found


def find_session(
    tx: Reading | Writing, secret: str, *, rules: SessionRules, now: datetime
) -> SessionRecord:
    """The live session of a secret.

    Raises: SessionEnded.
    """
    found = tx.sign_in.session_by_digest(_digest(secret))
    return live_session(tx, found, rules=rules, now=now)


def is_session_use_unnoted(session: SessionRecord, now: datetime) -> bool:
    """Whether the last noted use is some minutes old; more often would be a write a request."""
    return now - session.used_at > _NOTE_USE_EVERY


def note_use_of_session(tx: Writing, session: SessionRecord, now: datetime) -> None:
    """Move the idle end of a session on."""
    tx.sign_in.note_use_of_session(session.id, now=now)


def list_sessions(
    tx: Reading | Writing, *, rules: SessionRules, now: datetime, member_id: str | None = None
) -> tuple[SessionRecord, ...]:
    """Live sessions, newest first; of one member, or of everybody."""
    return tx.sign_in.live_sessions(now=now, used_since=now - rules.idle, member_id=member_id)


def end_session(
    tx: Writing, session_id: str, *, by: str, now: datetime, member_id: str | None = None
) -> SessionRecord:
    """End one session at once; with a member only where it is theirs.

    Raises: NotFound. Ending twice is no error.
    """
    found = tx.sign_in.session(session_id)
    if found is None or member_id not in (None, found.member_id):
        raise NotFound(kind="session", id=session_id[:40])
    if tx.sign_in.end_session(found.id, now=now):
        tx.audit.append(AuditTag.PERSON_SESSION_ENDED, found.id, {"by": by}, now=now)
    return found


def end_sessions_of(tx: Writing, member_id: str, *, by: str, now: datetime) -> int:
    """End every session of a member at once; how many there were."""
    ended = tx.sign_in.end_sessions_of(member_id, now=now)
    if ended:
        tx.audit.append(
            AuditTag.PERSON_SESSIONS_ENDED, member_id, {"by": by, "sessions": ended}, now=now
        )
    return ended


def set_password(tx: Writing, member_id: str, digest: str, *, by: str, now: datetime) -> Member:
    """Give a member a password by its digest; their sessions end.

    Raises: NotFound, MemberLeft.
    """
    member = living_member(tx, member_id)
    tx.sign_in.set_password(member.id, digest, now=now)
    tx.audit.append(AuditTag.PERSON_PASSWORD_CHANGED, member.id, {"by": by}, now=now)
    end_sessions_of(tx, member.id, by=by, now=now)
    return member


def take_password(tx: Writing, member_id: str, *, by: str, now: datetime) -> Member:
    """Let a member sign in by a password no more; their sessions end.

    Raises: NotFound, MemberLeft.
    """
    member = living_member(tx, member_id)
    if tx.sign_in.forget_password(member.id):
        tx.audit.append(AuditTag.PERSON_PASSWORD_REMOVED, member.id, {"by": by}, now=now)
    end_sessions_of(tx, member.id, by=by, now=now)
    return member


def csrf_token(secret: str) -> str:
    """What a page of ours shows with a write, so that it is known to come from there."""
    return _digest(f"csrf:{secret}")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

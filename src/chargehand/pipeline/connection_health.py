"""How each connection is, from what was seen of it; nothing is called, nothing is changed.

A word is one thing for a notice and for a state: both come from the same guards.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.connection import ConnectionHealth, Health, SecretHealth
from chargehand.domain.ids import ConnectionId
from chargehand.domain.records import ConnectionRecord
from chargehand.pipeline.errors import NotFound
from chargehand.pipeline.expiring import EXPIRED, days_left, stage_of
from chargehand.pipeline.guarding import ACCOUNTS_VANISHED, silences, up_since
from chargehand.pipeline.looking import View
from chargehand.pipeline.missed_webhooks import has_both_ways, missed_by_webhook
from chargehand.pipeline.refusals import refusals
from chargehand.pipeline.secret_ages import secret_ages
from chargehand.plugins.errors import VendorBusy, VendorFailing, VendorUnreachable
from chargehand.plugins.secret import FoundSecret

_PASSES: Final = frozenset({VendorBusy.code, VendorFailing.code, VendorUnreachable.code})
# Longer than a vendor is away for a restart.
_AWAY: Final = timedelta(hours=1)
_LEAST_LATE: Final = timedelta(minutes=10)
_ROUNDS_LATE: Final = 5
_SHOWN: Final = 40
_ORDER: Final = (Health.RED, Health.YELLOW)


@dataclass(frozen=True, slots=True)
class KnownConnection:
    """What the settings say of a connection.

    Shape: `sources` are the ways in which it is meant to tell us; `is_proof_set` says whether a
    sender could prove itself; `secrets` are its own.
    """

    id: ConnectionId
    connector: str
    site: str
    sources: Collection[str]
    polled_every: timedelta | None
    is_proof_set: bool
    secrets: Sequence[FoundSecret]


@dataclass(frozen=True, slots=True)
class ConnectionHealths:
    """How every configured connection is, in the order of the settings."""

    connections: tuple[ConnectionHealth, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen of all connections, read once."""

    records: Mapping[str, ConnectionRecord]
    refused: Mapping[str, datetime]
    silent: Mapping[str, Mapping[str, datetime]]
    ages: Mapping[str, datetime]


def list_connections(
    tx: View, known: Sequence[KnownConnection], *, now: datetime
) -> ConnectionHealths:
    """How every configured connection is."""
    seen = _look(tx)
    return ConnectionHealths(tuple(_health_of(tx, one, seen, now) for one in known))


def find_connection(
    tx: View, known: Sequence[KnownConnection], identifier: str, *, now: datetime
) -> ConnectionHealth:
    """How one connection is.

    Raises: NotFound for one that is not configured.
    """
    for one in known:
        if one.id == identifier:
            return _health_of(tx, one, _look(tx), now)
    raise NotFound(kind="connection", id=identifier[:_SHOWN])


def _look(tx: View) -> _Seen:
    return _Seen(
        records={record.id: record for record in tx.connections.all()},
        refused=refusals(tx),
        silent=silences(tx),
        ages=secret_ages(tx),
    )


def _health_of(tx: View, known: KnownConnection, seen: _Seen, now: datetime) -> ConnectionHealth:
    record, refused = seen.records.get(known.id), seen.refused.get(known.id)
    silent = {
        way: since for way, since in seen.silent.get(known.id, {}).items() if way in known.sources
    }
    missed = missed_by_webhook(tx, known.id, now=now) if has_both_ways(known.sources) else None
    secrets = tuple(_secret(one, seen.ages, now) for one in known.secrets)
    found = [
        *_of_secrets(secrets),
        *_of_calls(record, refused, now),
        *_of_intake(known, record, now),
        *(
            (Health.YELLOW, f"Nothing arrives by {way}, though it usually does; told on {_at(at)}.")
            for way, at in silent.items()
        ),
    ]
    if missed is not None and missed.lately:
        words = f"Polling found {missed.lately} event(s) within a day that no webhook brought."
        found.append((Health.YELLOW, words))
    doubted = up_since(tx, ACCOUNTS_VANISHED, known.id)
    if doubted is not None:
        words = f"Most accounts of members there were said to be gone at once, on {_at(doubted)}."
        found.append((Health.YELLOW, words))
    found.sort(key=lambda one: _ORDER.index(one[0]))
    return ConnectionHealth(
        id=known.id,
        connector=known.connector,
        site=known.site,
        bot_name=record.bot_name if record is not None else "",
        state=found[0][0] if found else Health.GREEN,
        reason=" ".join(words for _, words in found),
        last_delivery_at=record.last_delivery_at if record is not None else None,
        polled_at=record.polled_at if record is not None else None,
        missed=missed,
        silent_ways=tuple(silent),
        last_ok_at=record.last_ok_at if record is not None else None,
        last_failure_at=record.last_failure_at if record is not None else None,
        last_failure=record.last_failure if record is not None else "",
        refused_since=refused,
        secrets=secrets,
    )


def _secret(secret: FoundSecret, ages: Mapping[str, datetime], now: datetime) -> SecretHealth:
    ends_at = secret.expires_at
    return SecretHealth(
        setting=secret.setting,
        known_since=ages.get(secret.setting),
        expires_at=ends_at,
        days_left=days_left(ends_at, now) if ends_at is not None else None,
        warning_days=stage_of(ends_at, now),
        problem=secret.problem,
    )


def _of_secrets(secrets: Sequence[SecretHealth]) -> list[tuple[Health, str]]:
    found = []
    for one in secrets:
        if one.problem:
            found.append((Health.RED, one.problem))
        elif one.warning_days == EXPIRED and one.expires_at is not None:
            found.append((Health.RED, f"{one.setting} has expired on {one.expires_at:%Y-%m-%d}."))
        elif one.warning_days is not None:
            words = f"{one.setting} expires in {one.days_left} day(s)."
            found.append((Health.YELLOW, words))
    return found


def _of_calls(
    record: ConnectionRecord | None, refused: datetime | None, now: datetime
) -> list[tuple[Health, str]]:
    if refused is not None:
        words = f"The vendor has not taken the sign-in since {_at(refused)}: revoked, or wrong."
        return [(Health.RED, words)]
    if record is None or (record.last_ok_at is None and record.last_failure_at is None):
        return [(Health.YELLOW, "It was not called yet; the worker does that when it starts.")]
    failed, worked = record.last_failure_at, record.last_ok_at
    if failed is None or (worked is not None and worked >= failed):
        return []
    passes = record.last_failure in _PASSES and worked is not None and now - worked < _AWAY
    words = f"Its last call failed on {_at(failed)} ({record.last_failure})."
    return [(Health.YELLOW if passes else Health.RED, words)]


def _of_intake(
    known: KnownConnection, record: ConnectionRecord | None, now: datetime
) -> list[tuple[Health, str]]:
    found = []
    if "webhook" in known.sources and not known.is_proof_set:
        found.append((Health.RED, "No signing secret is set, so every webhook is refused."))
    polled_at = record.polled_at if record is not None else None
    if known.polled_every is not None and polled_at is not None:
        late = max(_ROUNDS_LATE * known.polled_every, _LEAST_LATE)
        if now - polled_at > late:
            words = f"It was last polled on {_at(polled_at)}; does a worker run?"
            found.append((Health.YELLOW, words))
    return found


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d at %H:%M} UTC"

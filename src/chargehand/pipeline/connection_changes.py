"""Keeps account of connections an operator adds, takes out, or gives new secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import ConnectionId
from chargehand.domain.json import JSONObject
from chargehand.pipeline.missed_webhooks import forget_missed
from chargehand.pipeline.refusals import forget_refusal
from chargehand.pipeline.secret_ages import forget_age, note_age, secret_ages
from chargehand.storage.transaction import Writing


@dataclass(frozen=True, slots=True)
class ChangedConnection:
    """A connection as far as the account of its changes tells of it.

    Shape: `marks` are what each of its secrets is known again by, by setting.
    """

    id: ConnectionId
    connector: str
    site: str
    marks: Mapping[str, int]


def record_added(tx: Writing, added: ChangedConnection, *, by: str, now: datetime) -> None:
    """Record that a connection was written down, and since when its secrets are known."""
    tx.connections.ensure(added.id, connector=added.connector, site=added.site)
    for setting, mark in added.marks.items():
        note_age(tx, setting, mark, now=now)
    detail: JSONObject = {
        "connector": added.connector,
        "secrets": sorted(added.marks),
        "by": by,
    }
    tx.audit.append(AuditTag.PERSON_CONNECTION_ADDED, added.id, detail, now=now)


def record_removed(
    tx: Writing, removed: ChangedConnection, taken: Sequence[str], *, by: str, now: datetime
) -> None:
    """Record that a connection was taken out; under its name everything begins anew.

    Shape: `taken` names what went with it, never a secret's text.
    """
    tx.connections.retire(removed.id)
    forget_refusal(tx, removed.id)
    forget_missed(tx, removed.id)
    for setting in removed.marks:
        forget_age(tx, setting)
    detail: JSONObject = {"connector": removed.connector, "taken": list(taken), "by": by}
    tx.audit.append(AuditTag.PERSON_CONNECTION_REMOVED, removed.id, detail, now=now)


def record_rotated(
    tx: Writing,
    connection_id: ConnectionId,
    setting: str,
    marks: Mapping[str, int],
    *,
    change: str,
    by: str,
    now: datetime,
) -> None:
    """Record that a secret was replaced; `change` is `replaced`, `added` or `dropped`."""
    since, older = secret_ages(tx).get(setting, now), f"{setting}.2"
    if change == "added" and older in marks:
        # What was the first one is the second one now, and as old as before.
        note_age(tx, older, marks[older], now=since)
    if change == "dropped":
        forget_age(tx, older)
    for name, mark in marks.items():
        note_age(tx, name, mark, now=now)
    if change == "replaced":
        forget_refusal(tx, connection_id)
    detail: JSONObject = {"setting": setting, "change": change, "by": by}
    tx.audit.append(AuditTag.PERSON_CONNECTION_ROTATED, connection_id, detail, now=now)

"""A restored database is held: it sends nothing until somebody has looked up what it forgot.

What happened after the backup was taken is missing from it. A hold is a row in the database, so it
goes wherever the database goes, and the gate reads it in the transaction that would send.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.audit.chain import ChainPosition
from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import BackupId, HoldId
from chargehand.domain.records import HoldReason, HoldRecord, Severity
from chargehand.kit.ids import new_id
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.transaction import Writing

RESUME: Final = "chargehand resume --after-restore"


@dataclass(frozen=True, slots=True)
class RestoredFrom:
    """The backup a database was made from.

    Shape: `lost` is where the audit chain that it replaces ended; None when nobody knows.
    """

    backup_id: BackupId
    taken_at: datetime
    lost: ChainPosition | None


def hold_after_restore(
    tx: Writing, source: RestoredFrom, *, by: str, now: datetime
) -> HoldRecord | None:
    """Hold the database that was just restored, and record where its audit chain starts anew.

    Every session of it ends: which of them was ended after the backup is not known any more.
    """
    head, lost = tx.audit.head(), source.lost
    hold_id = HoldId(new_id("hld", now))
    tx.holds.begin(
        hold_id,
        HoldReason.RESTORED,
        backup_id=source.backup_id,
        taken_at=source.taken_at,
        by=by,
        now=now,
    )
    tx.sign_in.end_all_sessions(now=now)
    tx.audit.append(
        AuditTag.PERSON_DATABASE_RESTORED,
        source.backup_id,
        {
            "by": by,
            "hold_id": hold_id,
            "taken_at": source.taken_at.isoformat(),
            "goes_on_after": head.seq,
            "lost_until": lost.seq if lost is not None else None,
            "lost_hash": lost.hash if lost is not None else None,
        },
        now=now,
    )
    tell_operator(
        tx,
        "held_after_restore",
        subject_id=hold_id,
        text=f"This database was restored from a backup of {source.taken_at:%Y-%m-%d %H:%M} UTC "
        f"and sends nothing until you run `{RESUME}`.",
        now=now,
        severity=Severity.CRITICAL,
    )
    return tx.holds.current()


def hold_after_copy(tx: Writing, target: str, *, by: str, now: datetime) -> None:
    """Hold a database whose content goes on living elsewhere."""
    hold_id = HoldId(new_id("hld", now))
    tx.holds.begin(hold_id, HoldReason.COPIED, backup_id=BackupId(""), taken_at=now, by=by, now=now)
    tx.audit.append(AuditTag.PERSON_DATABASE_COPIED, hold_id, {"by": by}, now=now)
    tell_operator(
        tx,
        "held_after_copy",
        subject_id=hold_id,
        text=f"This database was copied to {target} and sends nothing. Use the new one; to go on "
        f"with this one after all, stop the new one and run `{RESUME}`.",
        now=now,
        severity=Severity.CRITICAL,
    )


def lift_hold(tx: Writing, hold: HoldRecord, *, by: str, now: datetime) -> None:
    """Allow sending again; the caller has looked up what may have happened."""
    tx.holds.lift(by=by, now=now)
    tx.audit.append(AuditTag.PERSON_DATABASE_RESUMED, hold.id, {"by": by}, now=now)

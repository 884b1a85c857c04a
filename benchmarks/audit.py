"""How many audit records a second `audit verify` walks, in one process."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from measuring import Plan, Row, at_least

from chargehand.audit.tags import AuditTag
from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.auditing import verify_audit
from chargehand.storage.transaction import Writing

_TRANSACTIONS = 40
_RECORDS_EACH = 5_000
_BAR = 50_000.0


def measure(plan: Plan) -> list[Row]:
    """Walk a chain of 200,000 records as the command does."""
    _ = plan
    with tempfile.TemporaryDirectory(prefix="chargehand-audit-") as folder:
        settings = Settings(storage={"data_dir": Path(folder)})
        migrate_stores(settings, clock=SystemClock())
        stores = open_stores(settings)
        for _ in range(_TRANSACTIONS):
            stores.database.write(_fill)
        started = time.perf_counter()
        found = stores.database.read(lambda tx: verify_audit(tx, stores.checkpoint))
        took_s = time.perf_counter() - started
        stores.close()
    if not found.is_intact:
        raise SystemExit(f"the chain that was to be measured is broken: {found.breaks[0]}")
    rate = found.records / took_s
    extra = f" ({found.records:,} records in {took_s:.1f} s)"
    return [at_least("audit verify", rate, _BAR, unit="records/s", extra=extra)]


def _fill(tx: Writing) -> None:
    now = datetime.now(UTC)
    for number in range(_RECORDS_EACH):
        body = {"effect_id": f"eff_{number:026}", "digest": "a" * 64}
        tx.audit.append(AuditTag.WORKER_EFFECT_INTENDED, f"act_{number:026}", body, now=now)

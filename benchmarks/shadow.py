"""The shadow report over 100,000 decisions that each proposed something people then reacted to.

The worst case: half of the proposals are changes whose contents have to be compared with those of
a change by a person, the other half are words that a person answered.
"""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from measuring import Plan, Row, below

from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.ids import DEFAULT_ORGANIZATION
from chargehand.domain.shadow import ShadowOutcome
from chargehand.kit.clock import SystemClock, to_micros
from chargehand.kit.ids import first_id
from chargehand.pipeline.shadow import read_shadow
from chargehand.storage.database import Database
from chargehand.storage.engines import WRITES

DECISIONS = 100_000
_BAR_S = 5.0
_LASTS = timedelta(days=20)
_ITEMS = 4_000
_PART = 5_000
_EVERYONE = json.dumps({"kind": "everyone", "value": "", "identifier": ""})
_OWN = str(DEFAULT_ORGANIZATION)


def measure(plan: Plan) -> list[Row]:
    """How long the report takes, in the process and as the command."""
    folder = plan.folder / "shadow"
    settings = Settings(storage={"data_dir": folder})
    migrate_stores(settings, clock=SystemClock())
    stores = open_stores(settings)
    now = datetime.now(UTC)
    _fill(stores.database, now=now)
    since = now - timedelta(days=30)
    started_s = time.perf_counter()
    report = stores.database.read(lambda tx: read_shadow(tx, since=since, until=now))
    took_s = time.perf_counter() - started_s
    stores.close()
    cases = sum(line.cases for line in report.lines)
    told = {one.value: sum(line.counts[one] for line in report.lines) for one in ShadowOutcome}
    config = plan.folder / "shadow.toml"
    config.write_text(f'[storage]\ndata_dir = "{folder}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "chargehand", "-c", str(config), "shadow", "--json"]
    started_s = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    whole_s = time.perf_counter() - started_s
    extra = f" ({cases:,} cases: {told})"
    return [
        below("shadow report over 100,000 decisions", took_s, _BAR_S, unit="s", extra=extra),
        below("the same as a command, from start to end", whole_s, _BAR_S, unit="s"),
    ]


def _fill(database: Database, *, now: datetime) -> None:
    begins, step = now - _LASTS - timedelta(days=2), _LASTS / DECISIONS
    rows = (row for n in range(DECISIONS) for row in _story(n, begins + step * n))
    while part := list(islice(rows, _PART)):
        by_table: dict[str, list[dict[str, Any]]] = {}
        for table, row in part:
            by_table.setdefault(table, []).append({"organization_id": _OWN, **row})
        writing = database.engine.connect().execution_options(**{WRITES: True})
        with writing as connection, connection.begin():
            driver: Any = connection.connection.driver_connection
            for table, found in by_table.items():
                names = ", ".join(found[0])
                marks = ", ".join(f":{name}" for name in found[0])
                driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", found)


def _story(number: int, at: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    is_change = number % 2 == 0
    item = f"PAY-{number % _ITEMS + 1}"
    ending = f"{first_id('evt', at)[4:14]}e{number:015x}"
    later = at + timedelta(hours=1)
    later_ending = f"{first_id('evt', later)[4:14]}f{number:015x}"
    proposed = (
        {"params": {"to_status": "Done"}} if is_change else {"params": {"markdown": "x" * 400}}
    )
    change = {"field": "status", "from_text": "To Do", "to_text": "Done" if number % 10 else "Open"}
    reaction = {"actor": "Tom", "text": None, "data": {"changelog": [change], "title": "Refunds"}}
    yield from _event(ending, "comment.created", item, "asker", at=at, body={"text": "please"})
    yield "decisions", {
        "decision_id": f"dec_{ending}", "event_id": f"evt_{ending}", "ask_revision": 1,
        "connection_id": "site", "project": "PAY", "work_item": item, "asker_id": "asker",
        "verdict": "respond", "reason": "write_proposed", "decided_by": "rule",
        "confidence_percent": 100, "urgency": "low", "audience_scope": "x",
        "audience_visibility": _EVERYONE, "answer_digest": "", "cost_micro_usd": 0,
        "policy_version": 1, "decided_at": to_micros(at),
    }  # fmt: skip
    content_id, content = _content(f"act_{ending}", proposed, at)
    yield "contents", content
    yield "actions", {
        "action_id": f"act_{ending}", "decision_id": f"dec_{ending}",
        "kind": "jira.transition_issue" if is_change else "jira.add_comment",
        "connection_id": "site", "project": "PAY", "target": item, "content_id": content_id,
        "digest": content["digest"], "mode": "simulate", "state": "simulated",
        "policy_version": 1, "attempts": 0, "created_at": to_micros(at), "result": "{}",
        "problem": "",
    }  # fmt: skip
    kind = "work_item.updated" if is_change else "comment.created"
    yield from _event(later_ending, kind, item, "tom", at=later, body=reaction)


def _event(
    ending: str, kind: str, item: str, actor: str, *, at: datetime, body: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    now = to_micros(at)
    yield "deliveries", {
        "delivery_id": f"dlv_{ending}", "connection_id": "site", "connector": "jira",
        "delivery_key": ending, "source": "webhook", "lane": "bulk", "digest": "0" * 64,
        "size_bytes": 4500, "received_at": now, "dispatched_at": now, "event_id": f"evt_{ending}",
    }  # fmt: skip
    content_id, content = _content(f"evt_{ending}", body, at)
    yield "contents", content
    yield "events", {
        "event_id": f"evt_{ending}", "event_key": ending, "delivery_id": f"dlv_{ending}",
        "connection_id": "site", "connector": "jira", "kind": kind, "project": "PAY",
        "work_item": item, "actor_id": actor, "content_id": content_id, "occurred_at": now,
        "recorded_at": now,
    }  # fmt: skip


def _content(owner: str, body: dict[str, Any], at: datetime) -> tuple[str, dict[str, Any]]:
    digest = hashlib.sha256(owner.encode()).hexdigest()
    content_id = f"cnt_{digest[:32]}"
    return content_id, {
        "content_id": content_id, "salt": digest[:32], "digest": digest, "retention_class": "text",
        "body": json.dumps(body), "created_at": to_micros(at),
    }  # fmt: skip

"""No list walks a table or sorts one, whatever its filters: the plans say so at any size."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import sqlite

from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.ask import AskState
from chargehand.domain.decision import Verdict
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ActionId, ConnectionId, DeliveryId, ProjectKey
from chargehand.domain.member import DECIDERS
from chargehand.domain.records import ApprovalState
from chargehand.kit.clock import EPOCH, SystemClock
from chargehand.pipeline import looking
from chargehand.pipeline.shadow import read_shadow
from chargehand.storage.engines import open_engine, sqlite_url
from chargehand.storage.inbox.closing import CLOSE
from chargehand.storage.inbox.given_up import given_up_query
from chargehand.storage.inbox.pruning import PRUNE
from chargehand.storage.inbox.tables import inbox_metadata
from chargehand.storage.repositories.effects import CountedBy
from chargehand.storage.repositories.shadow import Stretch

PAY = ProjectKey("PAY")
DEEP = "0" * 25 + "1"


def nth_newest(tx: Any, column: CountedBy) -> object:
    return tx.effects.nth_newest(column, "a", nth=5, since=EPOCH, besides=ActionId(f"act_{DEEP}"))


LISTS: dict[str, Callable[[Any], object]] = {
    "deliveries": lambda tx: looking.list_deliveries(tx, cursor=f"dlv_{DEEP}"),
    "deliveries of a connection": lambda tx: looking.list_deliveries(
        tx, connection_id=ConnectionId("a")
    ),
    "events": lambda tx: looking.list_events(tx, cursor=f"evt_{DEEP}"),
    "events of a project": lambda tx: looking.list_events(tx, project=PAY, cursor=f"evt_{DEEP}"),
    "events of a work item": lambda tx: looking.list_events(tx, work_item="PAY-7"),
    "events of a kind": lambda tx: looking.list_events(tx, kind=EventKind.PAGE_CREATED),
    "events of both": lambda tx: looking.list_events(
        tx, project=PAY, kind=EventKind.PAGE_CREATED, cursor=f"evt_{DEEP}"
    ),
    "asks": lambda tx: looking.list_asks(tx, cursor=f"ask_{DEEP}"),
    "asks in a state": lambda tx: looking.list_asks(tx, state=AskState.LATE),
    "asks of a project": lambda tx: looking.list_asks(tx, project=PAY),
    "asks of both": lambda tx: looking.list_asks(tx, project=PAY, state=AskState.LATE),
    "decisions": lambda tx: looking.list_decisions(tx, cursor=f"dec_{DEEP}"),
    "decisions with a verdict": lambda tx: looking.list_decisions(tx, verdict=Verdict.RESPOND),
    "decisions of a project": lambda tx: looking.list_decisions(tx, project=PAY),
    "decisions of both": lambda tx: looking.list_decisions(
        tx, project=PAY, verdict=Verdict.RESPOND
    ),
    "decisions on a work item": lambda tx: looking.list_decisions(tx, work_item="PAY-7"),
    "actions": lambda tx: looking.list_actions(tx, cursor=f"act_{DEEP}"),
    "actions in a state": lambda tx: looking.list_actions(tx, state=ActionState.WAITING),
    "actions of a kind": lambda tx: looking.list_actions(tx, kind=ActionKind.JIRA_ADD_COMMENT),
    "actions of a project": lambda tx: looking.list_actions(tx, project=PAY),
    "actions of a project in a state": lambda tx: looking.list_actions(
        tx, project=PAY, state=ActionState.WAITING
    ),
    "actions of a kind in a state": lambda tx: looking.list_actions(
        tx, kind=ActionKind.JIRA_ADD_COMMENT, state=ActionState.FAILED
    ),
    "requests that count against a cap by kind": lambda tx: nth_newest(tx, CountedBy.KIND),
    "requests that count against a cap by target": lambda tx: nth_newest(tx, CountedBy.TARGET),
    "requests that count against a cap by person": lambda tx: nth_newest(tx, CountedBy.REQUESTER),
    "approvals": lambda tx: looking.list_approvals(tx, cursor=f"apv_{DEEP}", now=EPOCH),
    "approvals in a state": lambda tx: looking.list_approvals(
        tx, state=ApprovalState.OPEN, now=EPOCH
    ),
    "approvals that wait for somebody": lambda tx: looking.list_approvals(
        tx, needs="member:mbr_1", now=EPOCH
    ),
    "approvals that may have to be told of": lambda tx: tx.approvals.due(now=EPOCH, limit=50),
    "votes about an approval": lambda tx: tx.votes.of_approvals(["apv_1"]),
    "who was reminded": lambda tx: tx.votes.reminded_of("apv_1"),
    "who decides for whom": lambda tx: tx.absences.for_deputy("mbr_1"),
    "absences to come": lambda tx: tx.absences.ending_after(EPOCH),
    "members with a role": lambda tx: tx.members.holding(DECIDERS, PAY),
    "audit": lambda tx: looking.list_audit(tx, cursor="7"),
    "notices": lambda tx: looking.list_notices(tx, cursor=f"ntc_{DEEP}"),
    "what only polling told of": lambda tx: tx.traffic.only_polled(
        "a", SystemClock().now() - timedelta(days=1), SystemClock().now()
    ),
    "members": lambda tx: tx.members.page(cursor=f"mbr_{DEEP}"),
    "unmapped accounts": lambda tx: tx.members.page_of_unmapped(cursor=f"una_{DEEP}"),
    "whose an account is": lambda tx: tx.members.by_account("jira", "5b10"),
    "accounts at a connection": lambda tx: tx.members.mapped_at("jira"),
    "accounts of a member": lambda tx: tx.members.identity_at("mbr_1", "jira"),
    "member of an address": lambda tx: tx.members.by_email("ana@example.com"),
    "admins": lambda tx: tx.members.admins(),
    "codes at a connection": lambda tx: tx.members.confirmations_at("jira", now=EPOCH),
}


TRACE: dict[str, Callable[[Any], object]] = {
    "deliveries of an event": lambda tx: tx.events.deliveries_of("evt_1"),
    "audit of some things": lambda tx: tx.audit.about_all(["act_1", "ask_1"]),
    "actions of some decisions": lambda tx: tx.actions.of_decisions(["dec_1", "dec_2"]),
}


def plans_of(asks: Mapping[str, Callable[[Any], object]], folder: Path) -> dict[str, list[str]]:
    """The steps SQLite would take for every query of each ask, on empty tables."""
    settings = Settings(storage={"data_dir": folder})
    migrate_stores(settings, clock=SystemClock())
    stores = open_stores(settings)
    asked: list[tuple[str, Any]] = []
    steps: dict[str, list[str]] = {}

    @event.listens_for(stores.database.engine, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    for name, ask in asks.items():
        asked.clear()
        stores.database.read(ask)
        steps[name] = []
        for statement, parameters in [
            one for one in asked if one[0].startswith(("SELECT", "WITH"))
        ]:
            with stores.database.engine.connect() as connection:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps[name] += [str(row[-1]) for row in plan]
    stores.close()
    return steps


def test_what_a_trace_reads_is_found_by_its_own_index(tmp_path: Path) -> None:
    plans = plans_of(TRACE, tmp_path)

    steps = [step for plan in plans.values() for step in plan if "TEMP B-TREE" not in step]
    # With the content of each action.
    assert len(steps) == 5
    assert [step for step in steps if step.endswith("(organization_id=?)")] == []


def test_no_list_walks_or_sorts_a_table(tmp_path: Path) -> None:
    bad = {
        name: steps
        for name, steps in plans_of(LISTS, tmp_path).items()
        if any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in steps)
    }

    assert bad == {}


def test_shadow_report_reads_stretches_of_indexes(tmp_path: Path) -> None:
    now = SystemClock().now()
    stretch = Stretch(now - timedelta(days=30), now)
    asks: dict[str, Callable[[Any], object]] = {
        "report": lambda tx: read_shadow(tx, since=stretch.since, until=now),
        "report of a kind": lambda tx: read_shadow(
            tx, since=stretch.since, until=now, project=PAY, kind=ActionKind.JIRA_ADD_LABELS
        ),
        "events": lambda tx: list(tx.shadow.happened(stretch, EventKind.COMMENT_CREATED)),
        "contents": lambda tx: tx.shadow.bodies(["cnt_1"]),
    }

    plans = plans_of(asks, tmp_path)

    small = ("undos", "connections", "policy_versions")
    steps = {
        step
        for plan in plans.values()
        for step in plan
        if not any(name in step for name in ("DISTINCT", *small))
    }
    assert [
        one for one in steps if one.startswith("SCAN") or one.endswith("(organization_id=?)")
    ] == []


def test_counts_of_a_year_are_read_as_a_stretch_for_each_word(tmp_path: Path) -> None:
    plans = plans_of({"sums": lambda tx: tx.stats.since(EPOCH)}, tmp_path)

    steps = [step for step in plans["sums"] if "hourly_counts" in step]
    # Of what was counted at all the words are looked up; nothing else is read but what is added up.
    assert [step for step in steps if "counted=?" not in step] == []
    assert [step for step in steps if "word=? AND hour_at>?" in step] != []


def inbox_steps(statement: str, values: tuple[object, ...], folder: Path) -> list[str]:
    """The steps SQLite would take through the deliveries of the inbox."""
    engine = open_engine(sqlite_url(folder / "inbox.db"))
    inbox_metadata.create_all(engine)
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    engine.dispose()
    return [str(row[-1]) for row in plan if "inbox_deliveries" in str(row[-1])]


def test_closing_deliveries_does_not_walk_what_waits(tmp_path: Path) -> None:
    steps = inbox_steps(CLOSE, (0, "[]"), tmp_path)

    assert steps == ["SEARCH inbox_deliveries USING INDEX inbox_deliveries_by_id (delivery_id=?)"]


def test_pruning_deliveries_does_not_walk_what_is_kept(tmp_path: Path) -> None:
    steps = inbox_steps(PRUNE, ("dlv_1", 0, 50), tmp_path)

    assert steps == [
        "SEARCH inbox_deliveries USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH inbox_deliveries USING INDEX inbox_deliveries_by_id (delivery_id<?)",
    ]


@pytest.mark.parametrize("before", [None, DeliveryId("dlv_1")], ids=["first", "further"])
def test_given_up_deliveries_are_found_without_walking_what_is_done(
    before: DeliveryId | None, tmp_path: Path
) -> None:
    compiled = given_up_query(20, before).compile(dialect=sqlite.dialect(paramstyle="qmark"))

    steps = inbox_steps(str(compiled), tuple(compiled.params.values()), tmp_path)

    assert steps == ["SEARCH inbox_deliveries USING INDEX inbox_deliveries_by_state (state=?)"]

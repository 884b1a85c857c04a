"""What is past its retention goes by itself; rows, digests and open work stay."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from chargehand.domain.ids import AbsenceId, ApprovalId, MemberId
from chargehand.domain.retention import Kept
from chargehand.domain.switches import Scope, ScopeKind
from chargehand.domain.vote import Absence
from chargehand.pipeline.pruning import PruningRun
from chargehand.pipeline.stopping import resume, stop
from chargehand.storage.tables_flags import stops
from chargehand.storage.transaction import Writing
from tests.house import House

pytestmark = pytest.mark.anyio
DAY_S = 86400


def prune(house: House) -> dict[Kept, int]:
    run = house.pruning.begin()
    while run.step():
        pass
    run.finish(by="worker")
    return run.removed


async def test_raw_deliveries_go_after_30_days_and_texts_after_365(house: House) -> None:
    house.mode("auto")
    await house.ask("@bot status")
    (delivery, *_), (event, *_) = house.deliveries, house.events
    (action,) = house.actions

    house.clock.advance(29 * DAY_S)
    assert set(prune(house).values()) == {0}
    house.clock.advance(2 * DAY_S)
    assert prune(house)[Kept.RAW_DELIVERIES] == len(house.deliveries)
    assert house.stores.queue.read(delivery.id) is None
    assert house.trace(event.id).event.text == event.text

    house.clock.advance(340 * DAY_S)
    assert prune(house)[Kept.TEXTS] > 0

    told = house.trace(delivery.id)
    assert (told.event.text, told.event.actor_name, told.event.is_erased) == (None, "", True)
    assert told.deliveries[0].digest == delivery.digest
    assert told.ask is not None
    assert told.ask.is_erased
    shown = told.actions[0].action
    assert (shown.preview, dict(shown.params), shown.is_erased) == ("", {}, True)
    assert shown.digest == action.digest
    assert house.verification.is_intact


async def test_open_work_keeps_its_texts_however_old(house: House) -> None:
    house.mode("approve")
    await house.ask("@bot status")
    (approval,), (action,), (ask,) = house.approvals, house.actions, house.asks

    house.clock.advance(400 * DAY_S)
    prune(house)

    assert house.actions == (action,)
    assert house.asks == (ask,)
    assert not house.trace(action.id).event.is_erased
    await house.wait(1)
    assert approval.id == house.approvals[0].id
    prune(house)
    assert house.actions[0].is_erased
    assert house.actions[0].digest == action.digest


async def test_deliveries_nobody_looked_at_yet_are_never_pruned(house: House) -> None:
    await house.say("@bot status")

    house.clock.advance(400 * DAY_S)
    prune(house)

    assert house.stores.queue.counts().interactive == 1


async def test_run_that_was_cut_off_is_finished_by_the_next(house: House) -> None:
    for _ in range(60):
        await house.say("no question")
    await house.settle()
    house.clock.advance(31 * DAY_S)
    cut_off = house.pruning.begin()

    cut_off.step()

    before = house.stores.queue.counts().dispatched
    assert before > 0
    assert prune(house)[Kept.RAW_DELIVERIES] == before
    assert house.stores.queue.counts().dispatched == 0


async def test_a_run_is_told_in_the_audit_by_counts_alone(house: House) -> None:
    await house.ask("@bot status")
    house.clock.advance(31 * DAY_S)

    prune(house)

    (record, *_) = house.stores.database.read(lambda tx: tx.audit.newest(limit=1))
    assert record.tag == "worker:content:pruned"
    assert record.body == '{"by":"worker","prompts":0,"raw_deliveries":1,"texts":0}'


async def test_a_run_rests_between_its_steps(house: House) -> None:
    run: PruningRun = house.pruning.begin()

    run.step()

    assert timedelta(seconds=run.rest_s) >= timedelta(milliseconds=5)


async def test_reasons_and_absences_go_when_they_are_long_over(house: House) -> None:
    database, now = house.stores.database, house.clock.now()
    away = Absence(
        id=AbsenceId("abs_1"),
        member_id=MemberId("mbr_1"),
        deputy_id=None,
        starts_at=now,
        ends_at=now + timedelta(days=5),
        set_by="cli:op",
    )

    def live(tx: Writing) -> None:
        stop(tx, Scope(ScopeKind.PROJECT, "PAY"), reason="over", by="cli:op", now=now)
        resume(tx, Scope(ScopeKind.PROJECT, "PAY"), by="cli:op", now=now)
        stop(tx, Scope(ScopeKind.PROJECT, "HELP"), reason="still on", by="cli:op", now=now)
        tx.absences.add(away)
        tx.votes.note_reminded(ApprovalId("apv_1"), away.member_id, "first", now=now)

    database.write(live)
    house.clock.advance(360 * DAY_S)
    prune(house)
    assert database.read(lambda tx: tx.absences.find(away.id)) == away

    house.clock.advance(11 * DAY_S)
    assert house.pruning.preview()[Kept.TEXTS] >= 3
    prune(house)

    assert database.read(lambda tx: tx.absences.find(away.id)) is None
    assert database.read(lambda tx: tx.votes.reminded_of(ApprovalId("apv_1"))) == frozenset()
    with database.engine.connect() as connection:
        reasons = connection.execute(select(stops.c.reason)).scalars().all()
    assert sorted(reasons) == ["", "still on"]

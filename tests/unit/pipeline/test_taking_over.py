"""Who is thought dead: for as long as a worker beats, nobody; whoever watched badly, nobody."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chargehand.domain.ids import ProcessId
from chargehand.domain.process import ProcessRecord, ProcessRole, ProcessState
from chargehand.pipeline.sharing import is_of
from chargehand.pipeline.taking_over import DEAD_AFTER_S, FROZEN_AFTER_S, SURE_FOR_S, Watch
from chargehand.storage.engines import IDLE_TRANSACTION_S

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ME, OTHER = ProcessId("prc_me"), ProcessId("prc_other")


def worker(process_id: ProcessId = OTHER, beats: int = 0) -> ProcessRecord:
    return ProcessRecord(
        id=process_id,
        role=ProcessRole.WORKER,
        host="host",
        pid=1,
        version="1",
        state=ProcessState.WORKING,
        beats=beats,
        started_at=NOW,
        seen_at=NOW,
        state_at=NOW,
    )


def test_limits_leave_room_for_each_other() -> None:
    """What a frozen worker had begun to write is gone, and it begins nothing, before others act."""
    assert DEAD_AFTER_S < SURE_FOR_S < FROZEN_AFTER_S
    assert IDLE_TRANSACTION_S < FROZEN_AFTER_S


@given(gaps=st.lists(st.floats(0.1, 30), min_size=1, max_size=30))
def test_worker_that_beats_between_two_looks_is_never_silent(gaps: list[float]) -> None:
    watch, now_s = Watch(), 0.0

    for beats, gap_s in enumerate(gaps):
        now_s += gap_s
        assert watch.look([worker(ME), worker(beats=beats)], me=ME, now_s=now_s) == {OTHER: 0}


@given(gaps=st.lists(st.floats(0.1, 30), min_size=1, max_size=30))
def test_silence_is_never_longer_than_what_was_watched_without_a_gap(gaps: list[float]) -> None:
    watch, now_s, watched_s = Watch(), 0.0, 0.0

    for number, gap_s in enumerate(gaps):
        now_s += gap_s
        watched_s = watched_s + gap_s if number and gap_s <= 5 else 0.0
        silent = watch.look([worker()], me=ME, now_s=now_s)
        assert abs(silent[OTHER] - watched_s) < 1e-6


def test_forgetting_begins_anew_and_the_gone_are_no_longer_watched() -> None:
    watch = Watch()
    watch.look([worker()], me=ME, now_s=0)
    assert watch.look([worker()], me=ME, now_s=4) == {OTHER: 4}

    watch.forget()
    anew = watch.look([worker()], me=ME, now_s=5)
    gone = watch.look([replace(worker(), state=ProcessState.ENDED)], me=ME, now_s=6)

    assert anew == {OTHER: 0}
    assert gone == {}


@given(
    key=st.text(max_size=20),
    workers=st.lists(st.text(min_size=1), min_size=1, max_size=6, unique=True),
)
def test_every_key_belongs_to_exactly_one_worker(key: str, workers: list[str]) -> None:
    assert sum(is_of(one, key, workers) for one in workers) == 1
    assert not is_of("prc_of_somebody_who_left", key, workers)

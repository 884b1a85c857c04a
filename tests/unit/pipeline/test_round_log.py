import structlog

from chargehand.inbox.errors import InboxUnavailable
from chargehand.pipeline.round_log import RoundLog
from chargehand.storage.errors import StoreUnavailable


def test_database_that_is_away_is_told_once_and_so_is_its_return() -> None:
    rounds = RoundLog()

    with structlog.testing.capture_logs() as lines:
        for _ in range(100):
            rounds.failed("check", InboxUnavailable(reason="refused", retry_after_s=5))
        rounds.failed("check", StoreUnavailable(detail="starting up"))
        rounds.worked("look")
        for _ in range(100):
            rounds.worked("check")

    assert [(line["event"], line["loop"], line.get("code")) for line in lines] == [
        ("worker.round_postponed", "check", "inbox_unavailable"),
        ("worker.round_postponed", "check", "store_unavailable"),
        ("worker.round_works_again", "check", None),
    ]
    assert lines[0]["reason"] == "refused"
    assert "starting up" in lines[1]["detail"]
    assert not any("exc_info" in line for line in lines)


def test_mistake_is_told_each_time_with_its_way() -> None:
    rounds = RoundLog()

    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            rounds.failed("check", ValueError("a bug"))
        rounds.worked("check")

    assert [line["event"] for line in lines] == ["worker.round_failed"] * 3
    assert all("exc_info" in line for line in lines)

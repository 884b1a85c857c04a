from datetime import UTC, datetime, timedelta

from chargehand.intake.failure_limit import FailureLimit

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_failures_within_the_limit_pass() -> None:
    limit = FailureLimit(failures=3)

    assert [limit.count_failure("a", at(second)) for second in range(3)] == [None] * 3


def test_the_next_failure_waits_until_the_first_leaves_the_window() -> None:
    limit = FailureLimit(failures=3)
    for second in range(3):
        limit.count_failure("a", at(second))

    assert limit.count_failure("a", at(10)) == 50
    assert limit.count_failure("a", at(59.5)) == 1
    assert limit.count_failure("a", at(60)) is None
    assert limit.count_failure("a", at(60)) == 1


def test_refused_failures_do_not_lengthen_the_wait() -> None:
    limit = FailureLimit(failures=1)
    limit.count_failure("a", at(0))

    for second in range(1, 60):
        limit.count_failure("a", at(second))

    assert limit.count_failure("a", at(60)) is None


def test_addresses_are_counted_apart() -> None:
    limit = FailureLimit(failures=1)
    limit.count_failure("198.51.100.1", NOW)

    assert limit.count_failure("198.51.100.2", NOW) is None


def test_one_ipv6_network_counts_as_one_sender() -> None:
    limit = FailureLimit(failures=1)
    limit.count_failure("2001:db8:1:2::1", NOW)

    assert limit.count_failure("2001:db8:1:2:ffff::9", NOW) is not None
    assert limit.count_failure("2001:db8:1:3::1", NOW) is None


def test_the_address_that_failed_longest_ago_is_forgotten_first() -> None:
    limit = FailureLimit(failures=1, addresses=2)
    for address in ("a", "b", "a", "c"):
        limit.count_failure(address, NOW)

    assert limit.count_failure("a", NOW) is not None
    assert limit.count_failure("b", NOW) is None


def test_a_clock_set_back_never_waits_longer_than_the_window() -> None:
    limit = FailureLimit(failures=1)
    limit.count_failure("a", at(3600))

    assert limit.count_failure("a", NOW) == 60

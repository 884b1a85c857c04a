"""What people mean by a time, in their zone, whatever its clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.commands.moments import Moment, read_moment

MADRID = ZoneInfo("Europe/Madrid")
# A Friday, 10:00 in Madrid.
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
NINE = time(9, 0)


def meant(phrase: str, now: datetime = NOW, zone: ZoneInfo = MADRID) -> str | None:
    moment = read_moment(phrase)
    assert moment is not None
    found = moment.resolve(now, zone=zone, day_starts=NINE)
    return f"{found.astimezone(zone):%Y-%m-%d %H:%M}" if found is not None else None


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("2h", "2026-11-27 12:00"),
        ("for 90m", "2026-11-27 11:30"),
        ("in 1h30m", "2026-11-27 11:30"),
        ("in 1 hour and 30 minutes", "2026-11-27 11:30"),
        ("half an hour", "2026-11-27 10:30"),
        ("in a week", "2026-12-04 10:00"),
        ("for 2d", "2026-11-29 10:00"),
        ("until Monday", "2026-11-30 09:00"),
        ("until friday", "2026-12-04 09:00"),
        ("friday at 15:00", "2026-11-27 15:00"),
        ("next Tue at 8:30", "2026-12-01 08:30"),
        ("at 15:00", "2026-11-27 15:00"),
        ("at 9:00", "2026-11-28 09:00"),
        ("at 3pm", "2026-11-27 15:00"),
        ("12 am", "2026-11-28 00:00"),
        ("tomorrow", "2026-11-28 09:00"),
        ("until tomorrow at 18:00", "2026-11-28 18:00"),
        ("on 2026-12-01", "2026-12-01 09:00"),
        ("2026-12-01T08:15", "2026-12-01 08:15"),
        ("today at 18:00", "2026-11-27 18:00"),
        ("today at 9:00", None),
        ("on 2026-11-26", None),
    ],
)
def test_phrase_means_a_moment(phrase, expected):
    assert meant(phrase) == expected


@pytest.mark.parametrize(
    "phrase",
    [
        "", "soon", "2", "2x", "-2h", "0h", "for Monday", "until 2h", "on 15:00", "at monday",
        "in am", "25:00", "13pm", "15", "2026-02-30", "9999-12-31", "0001-01-01", "t", "mo",
        "today", "2h 30", "1e3h", "２h", "2h" * 40,
    ],
)  # fmt: skip
def test_phrase_that_means_none(phrase):
    assert read_moment(phrase) is None


def test_day_is_a_day_of_the_calendar_and_hours_pass():
    # The night of 28 March 2026: clocks go from 2:00 to 3:00.
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    assert meant("1d", before) == "2026-03-29 13:00"
    assert meant("24h", before) == "2026-03-29 14:00"


def test_wall_time_that_does_not_exist_is_moved_on():
    assert meant("on 2026-03-29 at 2:30", datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-29 03:30"


def test_wall_time_that_comes_twice_is_the_first_that_is_ahead():
    moment = read_moment("on 2026-10-25 at 2:30")
    assert moment is not None
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    early = moment.resolve(first - timedelta(hours=3), zone=MADRID, day_starts=NINE)
    between = moment.resolve(first + timedelta(minutes=5), zone=MADRID, day_starts=NINE)

    assert (early, between) == (first, first + timedelta(hours=1))


ZONES = st.sampled_from([ZoneInfo(z) for z in ("UTC", "Europe/Madrid", "Australia/Lord_Howe")])
MOMENTS = st.one_of(
    st.builds(
        Moment,
        passes=st.timedeltas(timedelta(minutes=1), timedelta(days=9)),
        days=st.integers(0, 400),
        is_span=st.just(value=True),
    ),
    st.builds(Moment, on=st.dates(date(2001, 1, 1), date(2999, 12, 30)), at=st.none() | st.times()),
    st.builds(Moment, weekday=st.integers(0, 6), at=st.none() | st.times()),
    st.builds(Moment, at=st.times()),
)


@settings(max_examples=200, deadline=None)
@given(
    MOMENTS,
    st.integers(1_600_000_000, 2_200_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    ZONES,
)
def test_moment_lies_ahead_or_is_none(moment, now, zone):
    found = moment.resolve(now, zone=zone, day_starts=NINE)

    assert found is None or found > now
    if moment.weekday is not None or moment.is_span:
        assert found is not None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_any_phrase_is_read_or_not(phrase):
    moment = read_moment(phrase)

    found = moment.resolve(NOW, zone=MADRID, day_starts=NINE) if moment is not None else None
    assert found is None or found > NOW

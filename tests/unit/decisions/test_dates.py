from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.decisions.dates import wording_for, wording_without_time
from tests.unit.decisions.samples import ask, decided, fact, facts, intent, person, work_item

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def wording(zone, *, team="Europe/Berlin", now=NOON):
    return wording_for(zone, team_zone=team, now=now)


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        pytest.param("Europe/Berlin", "2026-11-20T12:00", "(today)", id="noon"),
        pytest.param("Europe/Berlin", "2026-11-20T22:59", "(today)", id="berlin-last-minute"),
        pytest.param("Europe/Berlin", "2026-11-20T23:00", "(1 day overdue)", id="berlin-midnight"),
        pytest.param("America/New_York", "2026-11-21T04:59", "(today)", id="still-friday-there"),
        pytest.param("America/New_York", "2026-11-21T05:00", "(1 day overdue)", id="saturday"),
        pytest.param("Pacific/Auckland", "2026-11-20T10:59", "(today)", id="auckland-friday"),
        pytest.param("Pacific/Auckland", "2026-11-20T11:00", "(1 day overdue)", id="auckland-next"),
        pytest.param("Asia/Tokyo", "2026-11-19T14:59", "(tomorrow)", id="tokyo-thursday"),
        pytest.param("Asia/Tokyo", "2026-11-19T15:00", "(today)", id="tokyo-friday"),
        pytest.param(None, "2026-11-20T23:00", "(1 day overdue)", id="team-zone"),
        pytest.param("Mars/Olympus", "2026-11-20T23:00", "(1 day overdue)", id="unknown-zone"),
        pytest.param("../../etc/passwd", "2026-11-20T23:00", "(1 day overdue)", id="path"),
        pytest.param("Europe", "2026-11-20T23:00", "(1 day overdue)", id="folder"),
    ],
)
def test_relative_words_follow_the_askers_zone(zone, now, expected):
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    item = work_item(due_on=date(2026, 11, 20))
    asked = ask(intent("due"), asker=person(zone=zone), asked_at=moment)

    decision = decided(asked, facts(item, sprint=fact(None)), now=moment)

    assert decision.response.startswith(f"Due Friday 20 November 2026 {expected}.")


@pytest.mark.parametrize(
    ("now", "day", "expected"),
    [
        ("2026-03-28T12:00", date(2026, 3, 29), "tomorrow"),
        ("2026-03-28T22:30", date(2026, 3, 30), "in 2 days"),
        ("2026-03-29T21:59", date(2026, 3, 30), "tomorrow"),
        ("2026-03-29T22:00", date(2026, 3, 30), "today"),
        ("2026-10-25T22:59", date(2026, 10, 26), "tomorrow"),
        ("2026-10-25T23:00", date(2026, 10, 26), "today"),
    ],
    ids=["eve", "short-night", "short-day", "after-short-day", "long-day", "after-long-day"],
)
def test_days_are_counted_by_the_calendar_across_clock_changes(now, day, expected):
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert wording(None, now=moment).due(day).endswith(f"({expected})")


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        pytest.param(
            "Europe/Berlin", "2026-11-20T13:05", "Friday 20 November 2026 at 14:05", id="team"
        ),
        pytest.param(
            "Europe/Madrid", "2026-11-20T13:05", "Friday 20 November 2026 at 14:05", id="same-time"
        ),
        pytest.param(
            "America/New_York",
            "2026-11-20T13:05",
            "Friday 20 November 2026 at 08:05 (UTC-05:00)",
            id="elsewhere",
        ),
        pytest.param(
            "Asia/Kolkata",
            "2026-11-20T20:05",
            "Saturday 21 November 2026 at 01:35 (UTC+05:30)",
            id="another-day-there",
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-10-25T00:30",
            "Sunday 25 October 2026 at 02:30 (UTC+02:00)",
            id="first-of-two",
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-10-25T01:30",
            "Sunday 25 October 2026 at 02:30 (UTC+01:00)",
            id="second-of-two",
        ),
        pytest.param(
            "Europe/Berlin", "2026-07-01T22:05", "Thursday 2 July 2026 at 00:05", id="summer"
        ),
    ],
)
def test_times_name_their_offset_only_when_it_is_needed(zone, moment, expected):
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    assert wording(zone).moment(at) == expected


def test_wording_without_time_is_the_same_for_every_reader():
    readers = [wording(zone) for zone in ("Asia/Tokyo", "America/New_York", None)]

    texts = {
        (one.due(date(2026, 11, 20)), one.moment(NOON))
        for one in map(wording_without_time, readers)
    }

    assert texts == {("Friday 20 November 2026", "Friday 20 November 2026 at 12:00")}


@given(days=st.integers(min_value=-4000, max_value=4000))
def test_distance_and_weekday_agree_with_the_calendar(days):
    day = date(2026, 11, 20) + timedelta(days=days)

    text = wording(None).due(day)

    assert text.startswith(f"{day:%A} {day.day} {day:%B} {day.year} (")
    if days > 1:
        assert text.endswith(f"(in {days} days)")
    if days < -1:
        assert text.endswith(f"({-days} days overdue)")

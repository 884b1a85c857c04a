"""Who may be notified: the muted are named, the unasked keeps to working hours."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehand.attention.notifying import Name, NotBefore, Notify, may_notify
from chargehand.domain.attention import Quiet, QuietKind, QuietScope, Spot, Topic
from chargehand.domain.ids import MemberId, ProjectKey, WorkItemKey
from chargehand.domain.member import Member
from chargehand.kit.calendar import WorkingHours

MADRID = ZoneInfo("Europe/Madrid")
HOURS = WorkingHours(zone=MADRID, is_day_off=lambda day: day == date(2026, 12, 8))
ANA = Member(MemberId("mbr_ana"), "Ana")
# Friday, 10:00 in Madrid; the working day ends at 17:00.
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SPOT = Spot(channel="slack/C1", work_item=WorkItemKey("PAY-7"), project=ProjectKey("PAY"))


def quiet(kind: QuietKind, scope: QuietScope, scope_id: str, *, hours: float = 2) -> Quiet:
    return Quiet(kind, scope, scope_id, NOW + timedelta(hours=hours), NOW, "cli:ana")


def judged(*quiets: Quiet, topic=Topic.APPROVALS, now=NOW, member=ANA, spot=SPOT):
    return may_notify(member, topic, spot, now, hours=HOURS, quiets=quiets)


def local(permission) -> str:
    assert isinstance(permission, NotBefore)
    return f"{permission.moment.astimezone(MADRID):%a %d %H:%M}"


def test_unasked_message_in_working_hours_is_allowed():
    assert judged() == Notify()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 27, 16, 0, tzinfo=UTC), "Mon 30 09:00"),
        (datetime(2026, 11, 28, 12, 0, tzinfo=UTC), "Mon 30 09:00"),
        (datetime(2026, 11, 30, 5, 0, tzinfo=UTC), "Mon 30 09:00"),
        (datetime(2026, 12, 7, 20, 0, tzinfo=UTC), "Wed 09 09:00"),
    ],
    ids=["after_work", "weekend", "before_work", "holiday"],
)
def test_unasked_message_waits_for_working_hours(now, expected):
    assert local(judged(now=now)) == expected
    assert judged(now=now, topic=None) == Notify()


def test_working_hours_are_those_of_the_receiver():
    tokyo = Member(MemberId("mbr_mei"), "Mei", time_zone="Asia/Tokyo")

    # 18:00 in Tokyo.
    assert local(judged(member=tokyo)) == "Mon 30 01:00"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_unknown_zone_is_read_as_the_teams(zone):
    assert local(judged(member=replace(ANA, time_zone=zone), now=NOW + timedelta(hours=9))) == (
        "Mon 30 09:00"
    )


@pytest.mark.parametrize(
    ("scope", "scope_id"),
    [
        (QuietScope.MEMBER, "mbr_ana"),
        (QuietScope.CHANNEL, "slack/C1"),
        (QuietScope.WORK_ITEM, "PAY-7"),
        (QuietScope.PROJECT, "PAY"),
    ],
)
def test_muted_are_named_until_it_ends(scope, scope_id):
    mute = quiet(QuietKind.MUTE, scope, scope_id)

    assert judged(mute) == judged(mute, topic=None) == Name()
    assert judged(mute, now=NOW + timedelta(hours=2)) == Notify()
    assert judged(mute, spot=Spot(), member=Member(MemberId("mbr_tom"), "Tom")) == Notify()


def test_snoozed_hear_of_it_later_and_an_answer_only_names_them():
    snooze = quiet(QuietKind.SNOOZE, QuietScope.MEMBER, "mbr_ana")
    long = quiet(QuietKind.SNOOZE, QuietScope.MEMBER, "mbr_ana", hours=10)

    assert local(judged(snooze)) == "Fri 27 12:00"
    assert local(judged(long)) == "Mon 30 09:00"
    assert judged(snooze, topic=None) == Name()


def test_who_has_left_is_named_only():
    gone = Member(MemberId("mbr_ana"), "Ana", left_at=NOW)

    assert judged(member=gone) == Name()


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1_600_000_000, 2_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.sampled_from(["UTC", "Europe/Madrid", "America/St_Johns", "Australia/Lord_Howe"]),
    st.integers(0, 23),
    st.sets(st.integers(0, 6), min_size=1),
)
def test_next_working_moment_is_worked_and_not_before(now, zone, start, weekdays):
    hours = WorkingHours(ZoneInfo(zone), start, 24, frozenset(weekdays))

    found = hours.next_moment(now)

    assert found >= now
    assert hours.next_moment(found) == found
    assert found.astimezone(ZoneInfo(zone)).weekday() in weekdays

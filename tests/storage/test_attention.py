"""Mutes, subscriptions, reminders and feedback in a real database, on both kinds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.attention import (
    Feedback,
    Person,
    Quiet,
    QuietKind,
    QuietScope,
    Reminder,
    Subscription,
    Topic,
)
from chargehand.domain.ids import (
    AccountId,
    ConnectionId,
    DecisionId,
    FeedbackId,
    MemberId,
    ProjectKey,
    ReminderId,
)
from chargehand.kit.ids import new_id
from chargehand.testing.clock import FakeClock
from tests.postgres import PostgresServer

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ANA = Person(MemberId("mbr_ana"), ConnectionId("slack"), AccountId("U1"))
TOM = Person(MemberId("mbr_tom"), ConnectionId("slack"), AccountId("U2"))
PAY = ProjectKey("PAY")


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], scope="module"
)
def stores(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[Stores]:
    folder: Path = tmp_path_factory.mktemp("attention")
    storage: dict[str, object] = {"data_dir": folder / "data"}
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        database = server.create()
        url = database.set(drivername="postgresql").render_as_string(hide_password=False)
        storage["database_url"] = url
    settings = Settings(storage=storage)
    migrate_stores(settings, clock=FakeClock(NOW))
    opened = open_stores(settings)
    yield opened
    opened.close()


def mute(scope_id: str, *, hours: float = 2) -> Quiet:
    ends = NOW + timedelta(hours=hours)
    return Quiet(QuietKind.MUTE, QuietScope.CHANNEL, scope_id, ends, NOW, "member:mbr_ana")


def reminder(person: Person, *, minutes: float, text: str = "call Ana") -> Reminder:
    return Reminder(
        id=ReminderId(new_id("rmd", NOW)),
        person=person,
        is_here=True,
        channel="slack/C1",
        thread_id=None,
        project=PAY,
        work_item=None,
        text=text,
        due_at=NOW + timedelta(minutes=minutes),
        set_at=NOW,
        set_by="member:mbr_ana",
        fired_at=None,
    )


def test_mute_counts_until_it_ends_and_a_second_replaces_it(stores: Stores) -> None:
    on = [(QuietScope.CHANNEL, "slack/C1")]
    stores.database.write(lambda tx: tx.attention.set_quiet(mute("slack/C1"), ANA, now=NOW))
    stores.database.write(
        lambda tx: tx.attention.set_quiet(mute("slack/C1", hours=5), ANA, now=NOW)
    )

    def in_force(hours: float) -> list[datetime]:
        at = NOW + timedelta(hours=hours)
        found = stores.database.read(lambda tx: tx.attention.quiets_on(on, now=at))
        return [one.ends_at for one in found]

    assert in_force(4) == [NOW + timedelta(hours=5)]
    assert in_force(5) == []
    assert stores.database.read(lambda tx: tx.attention.quiets_on([], now=NOW)) == ()
    later = NOW + timedelta(hours=6)
    assert stores.database.write(lambda tx: tx.attention.drop_ended_quiets(now=later)) == 1


def test_subscribers_are_of_the_project_or_of_every_one(stores: Stores) -> None:
    def subscribe(person: Person, project: ProjectKey | None) -> bool:
        assert person.member_id is not None
        wanted = Subscription(person.member_id, Topic.FAILURES, project, NOW)
        return stores.database.write(lambda tx: tx.subscriptions.add(wanted, person, now=NOW))

    assert subscribe(ANA, PAY)
    assert not subscribe(ANA, PAY)
    assert subscribe(TOM, None)

    def hearing(project: str) -> tuple[MemberId, ...]:
        return stores.database.read(
            lambda tx: tx.subscriptions.subscribers(Topic.FAILURES, ProjectKey(project))
        )

    assert (hearing("PAY"), hearing("OPS")) == (("mbr_ana", "mbr_tom"), ("mbr_tom",))
    assert stores.database.write(lambda tx: tx.subscriptions.end_all(MemberId("mbr_ana")))
    assert hearing("PAY") == ("mbr_tom",)


def test_reminder_is_due_once(stores: Stores) -> None:
    first, second = reminder(ANA, minutes=5), reminder(ANA, minutes=1)
    for one in (first, second):
        stores.database.write(lambda tx, one=one: tx.attention.add_reminder(one, now=NOW))
    later = NOW + timedelta(minutes=5)

    due = stores.database.read(lambda tx: tx.attention.due_reminders(now=later, limit=9))
    fired = [
        stores.database.write(lambda tx: tx.attention.mark_fired(first.id, now=later))
        for _ in range(2)
    ]

    assert due == (second, first)
    assert fired == [True, False]
    left = stores.database.read(lambda tx: tx.attention.due_reminders(now=later, limit=9))
    assert left == (second,)


def test_words_of_a_reminder_are_kept_until_it_is_due(stores: Stores) -> None:
    waiting = reminder(TOM, minutes=90, text="much later")
    stores.database.write(lambda tx: tx.attention.add_reminder(waiting, now=NOW))

    def words() -> set[str]:
        needed = stores.database.read(lambda tx: tx.retention.needed_contents())
        contents = stores.database.read(lambda tx: tx.contents.read_many(needed))
        return {str(body.get("text")) for body in contents.values()}

    assert "much later" in words()
    stores.database.write(lambda tx: tx.attention.mark_fired(waiting.id, now=NOW))
    assert "much later" not in words()


def test_feedback_of_one_person_on_one_answer_is_kept_once(stores: Stores) -> None:
    given = Feedback(
        id=FeedbackId(new_id("fbk", NOW)),
        decision_id=DecisionId("dec_1"),
        ask_id=None,
        person=ANA,
        project=PAY,
        work_item="PAY-7",
        text="it is due on Friday",
        is_asker=True,
        undo_action_id=None,
        given_at=NOW,
        given_by="member:mbr_ana",
    )

    kept = [
        stores.database.write(lambda tx: tx.attention.add_feedback(given, now=NOW))
        for _ in range(2)
    ]

    assert kept == [True, False]
    found = stores.database.read(lambda tx: tx.attention.feedback_on(given.decision_id))
    assert found == (given,)


def test_forgetting_a_person_leaves_the_others(stores: Stores) -> None:
    theirs, other = reminder(TOM, minutes=60), reminder(ANA, minutes=60)
    for one in (theirs, other):
        stores.database.write(lambda tx, one=one: tx.attention.add_reminder(one, now=NOW))

    assert stores.database.write(lambda tx: tx.attention.forget_persons(["U2"])) >= 1
    assert stores.database.write(lambda tx: tx.subscriptions.forget_persons(["U2"])) == 1

    assert stores.database.read(lambda tx: tx.attention.find_reminder(theirs.id)) is None
    assert stores.database.read(lambda tx: tx.attention.find_reminder(other.id)) == other
    assert stores.database.read(lambda tx: tx.subscriptions.subscribers(Topic.FAILURES, PAY)) == ()

"""After a restore nothing old is answered as new, and nothing outside happens twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chargehand.bootstrap.backups import BackupOrigin, make_backup
from chargehand.bootstrap.configured import pipeline_rules
from chargehand.bootstrap.restoring import restore
from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.ask import Repeat
from chargehand.pipeline.errors import NotHeld, NotLookedUp
from chargehand.pipeline.looking import read_status
from chargehand.pipeline.resuming import Resumed, Resuming
from chargehand.storage.inbox.writer import open_inbox_writer
from tests.backup.conftest import Migrate
from tests.house import CONNECTION, Doubles, House, open_house
from tests.postgres import PostgresServer

pytestmark = pytest.mark.anyio
HOUR_S = 3600


class Disaster:
    """A house whose databases are lost, and come back from a backup."""

    def __init__(self, house: House, empty: Settings) -> None:
        self.house = house
        self._empty = empty
        self.backup = Path()
        self.replaced: list[Stores] = []

    def update_comments(self) -> None:
        """From now on the bot words its last comment anew."""
        answers = self.house.settings.answers.model_copy(update={"repeat": Repeat.UPDATE})
        self.house.settings = self.house.settings.model_copy(update={"answers": answers})
        self._empty = self._empty.model_copy(update={"answers": answers})
        self.house.start()

    def back_up(self) -> None:
        self.house.clock.advance(1)
        made = make_backup(self.house.settings, origin=BackupOrigin.PERSON, clock=self.house.clock)
        self.backup = made.path
        self.house.clock.advance(1)

    def restore(self) -> None:
        """Everything since the backup is forgotten; on PostgreSQL in another database."""
        house = self.house
        house.clock.advance(60)
        house._inbox_writer.close()
        # The house's front keeps its connection; as a process it would have ended.
        house.stores.use.release()
        self.replaced.append(house.stores)
        restore(self._empty, self.backup, clock=house.clock, by="cli:operator")
        house.settings = self._empty
        house.stores = open_stores(self._empty)
        house._inbox_writer = open_inbox_writer(house.stores.inbox_engine)
        house.start()
        house.clock.advance(60)

    async def resume(self) -> Resumed:
        house = self.house
        resuming = Resuming(
            house.stores.database,
            {CONNECTION: house.connection},
            rules=pipeline_rules(house.settings),
            clock=house.clock,
        )
        resumed = await resuming.resume(by="cli:operator")
        await house.settle()
        return resumed


@pytest.fixture
def empty(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Where a restore goes: the same folder, and on PostgreSQL a database of its own."""
    if settings.storage.database_url is None:
        return settings
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create().set(drivername="postgresql").render_as_string(hide_password=False)
    storage = {"data_dir": settings.storage.data_dir, "database_url": url}
    return Settings(**{**settings.model_dump(), "storage": storage})


@pytest.fixture
async def disaster(
    settings: Settings, empty: Settings, migrate: Migrate, anyio_backend: str
) -> AsyncIterator[Disaster]:
    migrate(settings)
    async with open_house(settings, Doubles(), check=assert_chain_and_marks) as house:
        await house.poll()
        disaster = Disaster(house, empty)
        yield disaster
    for stores in disaster.replaced:
        stores.close()


def assert_chain_and_marks(house: House) -> None:
    """The records of what was sent after the backup are lost, the marks at Jira are not."""
    assert house.verification.breaks == ()
    said = [one for item in house.jira.state.threads for one in house.thread(item)]
    marks = [one.action_id for one in said if one.action_id]
    assert len(set(marks)) == len(marks)


async def test_what_was_approved_and_sent_after_the_backup_is_not_sent_again(
    disaster: Disaster,
) -> None:
    house = disaster.house
    house.mode("approve")
    await house.ask("@bot due", item="PAY-7")
    await house.ask("@bot due", item="PAY-3")
    of_3, of_7 = house.approvals
    disaster.back_up()
    house.approve(of_7)
    await house.settle()
    disaster.restore()

    house.approve(of_3)
    await house.wait(HOUR_S)

    assert [len(house.replies(item)) for item in ("PAY-7", "PAY-3")] == [1, 0]

    resumed = await disaster.resume()

    assert [len(house.replies(item)) for item in ("PAY-7", "PAY-3")] == [1, 1]
    assert resumed.happened == (of_7.action_id,)
    assert resumed.goes_on == (of_3.action_id,)
    assert [state for _, state in house.states] == ["executed", "executed"]
    assert house.actions[1].result["external_id"] == house.replies("PAY-7")[0].id
    assert {one.state.value for one in house.approvals} == {"approved", "voided"}


@pytest.mark.parametrize("known", [1, 2], ids=["first-version", "update"])
async def test_what_was_replaced_after_the_backup_is_not_sent_again(
    disaster: Disaster, known: int
) -> None:
    """The comment says something else by now, and still tells what it said before."""
    house, question = disaster.house, "@bot what's blocking this?"
    disaster.update_comments()
    house.mode("approve")
    for turn in range(1, 4):
        await house.ask(question)
        house.approve(next(one for one in house.approvals if one.state.value == "open"))
        if turn == known:
            disaster.back_up()
            lost = house.approvals[0].action_id
        await house.settle()
        house.jira.transition(
            "PAY-12", author="Tom Berg", to=("Done", "To Do", "In Progress")[turn - 1]
        )
    (now,) = house.replies()
    disaster.restore()

    resumed = await disaster.resume()
    await house.wait(HOUR_S)

    assert house.replies() == [now]
    assert "Updated on" in now.text
    assert resumed.happened == (lost,)
    assert {state for _, state in house.states} == {"executed"}


@pytest.mark.parametrize("sent", [pytest.param(1, id="sent"), pytest.param(0, id="not-sent")])
async def test_reply_that_was_allowed_before_the_backup_is_there_once(
    disaster: Disaster, sent: int
) -> None:
    house = disaster.house
    house.mode("approve")
    await house.ask("@bot due")
    house.approve(house.approvals[0])
    disaster.back_up()
    if sent:
        await house.settle()
    disaster.restore()
    await house.wait(HOUR_S)
    assert len(house.replies()) == sent

    await disaster.resume()

    assert len(house.replies()) == 1
    assert house.states == [("jira.add_comment", "executed")]


async def test_change_that_was_made_and_taken_back_asks_a_person_again(disaster: Disaster) -> None:
    """The state of a work item does not tell who had it changed; only a mark does."""
    house = disaster.house
    house.mode("approve")
    await house.ask("@bot label urgent")
    house.approve(house.approvals[0])
    disaster.back_up()
    await house.settle()
    assert "urgent" in house.jira.issue("PAY-7").labels
    issue = house.jira.issue("PAY-7")
    house.jira.state.issues["PAY-7"] = replace(issue, labels=("refunds",))
    disaster.restore()

    resumed = await disaster.resume()

    assert resumed.asks_again == (house.actions[0].id,)
    assert [state for _, state in house.states] == ["waiting"]
    assert len(house.writes) == 1

    [open_one] = [one for one in house.approvals if one.state.value == "open"]
    house.approve(open_one)
    await house.settle()

    assert len(house.writes) == 2
    assert "urgent" in house.jira.issue("PAY-7").labels


async def test_question_from_before_the_restore_waits_for_a_person(disaster: Disaster) -> None:
    house = disaster.house
    house.mode("auto")
    disaster.back_up()
    await house.ask("@bot due")
    disaster.restore()
    await house.poll()

    resumed = await disaster.resume()
    await house.wait(HOUR_S)

    assert len(house.replies()) == 1
    assert [one.ask.state.value for one in house.asks] == ["late"]
    assert [(one.work_item, one.comment_id) for one in resumed.unknown_effects] == [
        ("PAY-7", house.replies()[0].id)
    ]
    assert "answers_not_remembered" in house.notices


async def test_question_that_was_open_at_the_backup_waits_for_a_person(disaster: Disaster) -> None:
    house = disaster.house
    house.mode("auto")
    house.jira.inject(method="GET", path="/rest/api/3/issue/PAY-7", status=500)
    await house.ask("@bot due")
    disaster.back_up()
    await house.wait(HOUR_S / 2)
    assert len(house.replies()) == 1
    disaster.restore()

    await disaster.resume()
    await house.wait(HOUR_S)

    assert len(house.replies()) == 1
    assert [(one.ask.state.value, one.problem) for one in house.asks] == [("late", "restored")]


async def test_question_after_the_restore_is_judged_at_once_and_answered_after_resuming(
    disaster: Disaster,
) -> None:
    house = disaster.house
    house.mode("auto")
    disaster.back_up()
    disaster.restore()

    house.write("@bot due")
    await house.poll()
    await house.wait(60)

    assert house.replies() == []
    assert [one.ask.state.value for one in house.asks] == ["decided"]
    assert house.states == [("jira.add_comment", "approved")]

    await disaster.resume()

    assert len(house.replies()) == 1


async def test_approvals_do_not_expire_while_nobody_knows_what_happened(
    disaster: Disaster,
) -> None:
    house = disaster.house
    house.mode("approve")
    await house.ask("@bot due")
    disaster.back_up()
    house.approve(house.approvals[0])
    await house.settle()
    disaster.restore()
    await house.wait(10 * 24 * HOUR_S)

    resumed = await disaster.resume()

    assert len(resumed.happened) == 1
    assert [state for _, state in house.states] == ["executed"]


async def test_vendor_that_does_not_answer_keeps_the_hold(disaster: Disaster) -> None:
    house = disaster.house
    house.mode("approve")
    await house.ask("@bot due")
    house.approve(house.approvals[0])
    disaster.back_up()
    disaster.restore()
    house.jira.inject(method="GET", path="/rest/api/3/myself", status=503, times=9)

    with pytest.raises(NotLookedUp, match="The hold stays"):
        await disaster.resume()
    await house.settle()

    assert house.replies() == []
    assert hold_of(house) is not None


async def test_resuming_twice_is_refused(disaster: Disaster) -> None:
    with pytest.raises(NotHeld):
        await disaster.resume()
    disaster.back_up()
    disaster.restore()
    await disaster.resume()

    with pytest.raises(NotHeld):
        await disaster.resume()


async def test_restore_is_told_in_status_notices_and_the_audit(disaster: Disaster) -> None:
    house = disaster.house
    disaster.back_up()
    at_backup = house.stores.database.read(lambda tx: tx.audit.head())
    house.mode("auto")
    lost = house.stores.database.read(lambda tx: tx.audit.head())
    disaster.restore()

    hold = hold_of(house)
    [told] = house.verification.restores
    assert house.verification.is_intact
    assert house.verification.has_checkpoint
    assert (told.seq, told.lost_until) == (at_backup.seq + 1, lost.seq)
    assert hold is not None
    assert hold.held_by == "cli:operator"
    assert "held_after_restore" in house.notices

    await disaster.resume()

    assert hold_of(house) is None
    tags = [one.tag for one in house.stores.database.read(lambda tx: tx.audit.newest(limit=2))]
    assert tags == ["person:database:resumed", "person:database:restored"]


def hold_of(house: House):
    counts, now = house.stores.queue.counts(), house.clock.now()
    status = house.stores.database.read(
        lambda tx: read_status(
            tx,
            inbox=counts,
            retention=pipeline_rules(house.settings).retention,
            version="test",
            now=now,
        )
    )
    return status.hold

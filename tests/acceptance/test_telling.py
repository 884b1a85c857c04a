"""Notices reach the operator's channels: each once, and a channel that fails harms nothing."""

from datetime import datetime, timedelta

import pytest

from chargehand.domain.records import NoticeRecord, Severity
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.telling import PAUSES, ChannelFailed, Telling
from tests.house import House

pytestmark = pytest.mark.anyio


class Mailbox:
    """A channel that keeps what it is handed, or refuses it for as long as `is_down`."""

    def __init__(self, name: str = "mailbox") -> None:
        self.name = name
        self.is_down = False
        self.tries = 0
        self.taken: list[NoticeRecord] = []

    def send(self, notice: NoticeRecord, *, now: datetime) -> None:
        del now
        self.tries += 1
        if self.is_down:
            raise ChannelFailed(channel=self.name, detail="nobody is there")
        self.taken.append(notice)

    @property
    def subjects(self) -> list[str]:
        return [notice.subject_id for notice in self.taken]


class Told:
    """A house whose notices go to some mailboxes."""

    def __init__(
        self, house: House, *mailboxes: Mailbox, least: Severity = Severity.WARNING
    ) -> None:
        self.house = house
        self._telling = Telling(house.stores.database, mailboxes, least=least, clock=house.clock)

    def notice(self, subject: str, severity: Severity = Severity.WARNING) -> None:
        # Ids of one moment are in no order.
        self.house.clock.advance(1)
        now = self.house.clock.now()
        self.house.stores.database.write(
            lambda tx: tell_operator(
                tx, "test", subject_id=subject, text="Look!", now=now, severity=severity
            )
        )

    async def tell(self, after: timedelta = timedelta(seconds=15)) -> None:
        self.house.clock.advance(after.total_seconds())
        await self._telling.tell()


async def test_each_notice_is_sent_once_however_often_its_cause_returns(house: House) -> None:
    mailbox = Mailbox()
    told = Told(house, mailbox)
    await told.tell()

    for _ in range(3):
        told.notice("a")
        await told.tell()
    told.notice("b")
    await told.tell()

    assert mailbox.subjects == ["a", "b"]


async def test_what_was_told_before_the_channel_was_there_is_not_sent(house: House) -> None:
    mailbox = Mailbox()
    told = Told(house, mailbox)
    told.notice("before")
    await told.tell()

    told.notice("after")
    await told.tell()

    assert mailbox.subjects == ["after"]


async def test_worker_that_starts_again_sends_nothing_twice(house: House) -> None:
    mailbox = Mailbox()
    told = Told(house, mailbox)
    await told.tell()
    told.notice("a")
    await told.tell()

    await Told(house, mailbox).tell()

    assert mailbox.subjects == ["a"]


async def test_only_what_matters_enough_is_sent(house: House) -> None:
    mailbox = Mailbox()
    told = Told(house, mailbox, least=Severity.CRITICAL)
    await told.tell()

    told.notice("small", Severity.INFO)
    told.notice("middle", Severity.WARNING)
    told.notice("large", Severity.CRITICAL)
    await told.tell()

    assert mailbox.subjects == ["large"]


async def test_channel_that_is_down_is_tried_again_with_pauses(house: House) -> None:
    mailbox = Mailbox()
    told = Told(house, mailbox)
    await told.tell()
    mailbox.is_down = True
    told.notice("a")
    await told.tell()
    await told.tell(after=PAUSES[0] - timedelta(seconds=1))
    too_early = mailbox.tries

    mailbox.is_down = False
    await told.tell(after=timedelta(seconds=1))

    assert (too_early, mailbox.subjects) == (1, ["a"])


async def test_channel_that_stays_down_is_given_up_and_makes_no_notice(house: House) -> None:
    mailbox = Mailbox()
    told = Told(house, mailbox)
    await told.tell()
    mailbox.is_down = True
    told.notice("a")
    before = len(house.told)

    for _ in range(40):
        await told.tell(after=timedelta(minutes=30))
    mailbox.is_down = False
    await told.tell(after=timedelta(days=1))

    assert mailbox.tries == len(PAUSES) + 1
    assert mailbox.taken == []
    assert len(house.told) == before


async def test_one_channel_that_is_down_keeps_no_other_waiting(house: House) -> None:
    down, up = Mailbox("down"), Mailbox("up")
    told = Told(house, down, up)
    await told.tell()
    down.is_down = True

    for subject in ("a", "b", "c"):
        told.notice(subject)
    await told.tell()

    assert up.subjects == ["a", "b", "c"]
    assert down.tries == 1


async def test_sending_that_was_cut_off_is_repeated_under_the_same_id(house: House) -> None:
    class Dying(Mailbox):
        def send(self, notice: NoticeRecord, *, now: datetime) -> None:
            super().send(notice, now=now)
            raise KeyboardInterrupt

    dying = Dying("mailbox")
    told = Told(house, Mailbox("mailbox"))
    await told.tell()
    told.notice("a")
    with pytest.raises(KeyboardInterrupt):
        await Told(house, dying).tell()

    successor = Mailbox("mailbox")
    await Told(house, successor).tell()

    assert [one.id for one in successor.taken] == [one.id for one in dying.taken]

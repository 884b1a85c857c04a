"""The operator is told once of what becomes wrong slowly, and once when it is over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from chargehand.bootstrap.configured import connections_by_settings
from chargehand.domain.connection import Health
from chargehand.domain.ids import ConnectionId
from chargehand.pipeline.connection_health import list_connections
from chargehand.pipeline.guarding import STALLED, GuardRules, Guards
from chargehand.pipeline.watching import CLOCK_OFFSET_MS, Watching
from chargehand.plugins.secret import FoundSecret
from tests.house import CONNECTION, House

pytestmark = pytest.mark.anyio
MEBIBYTE = 1024 * 1024


class Guarded:
    """A house with its guards; `free_bytes` is what the disk has left."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.free_bytes = 1000 * MEBIBYTE
        self._watching = Watching(
            house.stores.database,
            house.stores.queue,
            {CONNECTION: house.connection},
            worker_pid=1,
            clock=house.clock,
        )
        self.rules = GuardRules(
            reserve_bytes=100 * MEBIBYTE,
            free_bytes=lambda: self.free_bytes,
            sources={CONNECTION: ("webhook",)},
            zone=ZoneInfo("UTC"),
        )
        self._guards = Guards(house.stores.database, self.rules, clock=house.clock)

    def knowing(self, *secrets: FoundSecret) -> "Guarded":
        """The same with other secrets, as after a reload."""
        self.rules = replace(self.rules, secrets=secrets)
        self._guards = Guards(self.house.stores.database, self.rules, clock=self.house.clock)
        return self

    def look(self, *, after_s: float = 15) -> list[str]:
        """The codes of what is told newly, oldest first."""
        self.house.clock.advance(after_s)
        before = {one.id for one in self.house.told}
        self._guards.look(self._watching.watch())
        return [one.code for one in reversed(self.house.told) if one.id not in before]

    def observe_clock(self, offset_s: float) -> None:
        now = self.house.clock.now()
        self.house.stores.database.write(
            lambda tx: tx.observations.note(
                CLOCK_OFFSET_MS, CONNECTION, round(offset_s * 1000), now=now
            )
        )


@pytest.fixture
def guarded(house: House) -> Guarded:
    return Guarded(house)


async def test_healthy_house_is_told_nothing_of(guarded: Guarded) -> None:
    await guarded.house.ask("@bot when is it due?")

    assert [guarded.look() for _ in range(3)] == [[], [], []]


async def test_low_disk_is_told_once_and_when_it_is_over(guarded: Guarded) -> None:
    guarded.look()

    guarded.free_bytes = 99 * MEBIBYTE
    low = [guarded.look(), guarded.look()]
    guarded.free_bytes = 105 * MEBIBYTE
    barely_above = guarded.look()
    guarded.free_bytes = 500 * MEBIBYTE
    over = [guarded.look(), guarded.look()]
    guarded.free_bytes = 50 * MEBIBYTE
    again = guarded.look()

    assert low == [["disk_low"], []]
    assert barely_above == []
    assert over == [["guard_over"], []]
    assert again == ["disk_low"]


async def test_worker_that_starts_again_does_not_tell_again(guarded: Guarded) -> None:
    guarded.free_bytes = 50 * MEBIBYTE
    guarded.look()

    successor = Guarded(guarded.house)
    successor.free_bytes = 50 * MEBIBYTE

    assert successor.look() == []


async def test_disk_that_fills_is_told_before_it_is_low(guarded: Guarded) -> None:
    told = []
    for free in (1000, 800, 600, 400):
        guarded.free_bytes = free * MEBIBYTE
        told += guarded.look(after_s=86_400)

    assert told == ["disk_filling"]


async def test_disk_that_fills_slowly_is_told_nothing_of(guarded: Guarded) -> None:
    told = []
    for day in range(8):
        guarded.free_bytes = (1000 - 10 * day) * MEBIBYTE
        told += guarded.look(after_s=86_400)

    assert told == []


@pytest.mark.parametrize("sign", [1, -1], ids=["behind", "ahead"])
async def test_clock_that_drifts_is_told_by_its_connection(guarded: Guarded, sign: int) -> None:
    guarded.observe_clock(29 * sign)
    near = guarded.look()
    guarded.observe_clock(31 * sign)
    far = [guarded.look(), guarded.look()]
    guarded.observe_clock(5 * sign)
    back = guarded.look()

    assert (near, far, back) == ([], [["clock_drifts"], []], ["guard_over"])


async def test_delivery_nobody_looks_at_is_told(guarded: Guarded) -> None:
    await guarded.house.say("@bot when is it due?")

    waiting = [guarded.look(after_s=60) for _ in range(7)]
    await guarded.house.settle()
    over = guarded.look()

    assert [codes for codes in waiting if codes] == [["worker_lags"]]
    assert over == ["guard_over"]


async def test_given_up_delivery_is_a_dead_letter_for_a_day(guarded: Guarded) -> None:
    posted = await guarded.house.say("@bot when is it due?")
    delivery_id = posted.response.json()["delivery"]
    guarded.house.queue.mark_dead(delivery_id, "broken", now=guarded.house.clock.now())

    told = [guarded.look(), guarded.look(), guarded.look(after_s=86_400)]

    assert told == [["dead_letters"], [], ["guard_over"]]


async def busy_weeks(guarded: Guarded, until_hour: Callable[[int], bool], *, weeks: int) -> None:
    """Hours as the worker keeps them: twelve webhooks in each hour the day has work."""
    house, hour = guarded.house, timedelta(hours=1)
    end = house.clock.now().replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(weeks=weeks)
    rows = [
        start + hour * number
        for number in range(weeks * 7 * 24)
        if until_hour((start + hour * number).hour)
    ]
    for at in rows:
        house.sql(
            "INSERT INTO traffic_hours VALUES "
            "(:organization, :at, 'jira', 'webhook', 'comment.created', 12, 12)",
            organization=house.stores.database.organization_id,
            at=int(at.timestamp() * 1_000_000),
        )


def state_of(house: House) -> Health:
    """How the connection is, of which only its webhooks are looked at."""
    (known,) = connections_by_settings(house.settings)
    only = [replace(known, sources=("webhook",), polled_every=None)]
    now = house.clock.now()
    found = house.stores.database.read(lambda tx: list_connections(tx, only, now=now))
    return found.connections[0].state


async def test_silence_against_usual_traffic_is_told_once_and_ends_with_a_delivery(
    guarded: Guarded,
) -> None:
    house = guarded.house
    await busy_weeks(guarded, lambda hour: 8 <= hour < 18, weeks=6)
    guarded.look()

    hours = [(guarded.look(after_s=3600), state_of(house)) for _ in range(5)]
    await house.ask("@bot when is it due?")
    back = guarded.look()

    told = hours.index((["intake_silent"], Health.YELLOW))
    assert [codes for codes, _ in hours if codes] == [["intake_silent"]]
    assert [state for _, state in hours[:told]] == [Health.GREEN] * told
    assert {state for _, state in hours[told:]} == {Health.YELLOW}
    assert state_of(house) is Health.GREEN
    assert back == ["guard_over"]
    assert "jira by webhook" in next(one.text for one in house.told if one.code == "intake_silent")


async def test_silence_at_night_and_with_little_history_is_told_nothing_of(
    guarded: Guarded,
) -> None:
    await busy_weeks(guarded, lambda hour: 8 <= hour < 18, weeks=3)

    assert [guarded.look(after_s=3600) for _ in range(20)] == [[]] * 20


async def test_connection_that_is_gone_is_not_guarded(guarded: Guarded) -> None:
    now = guarded.house.clock.now()
    guarded.house.stores.database.write(
        lambda tx: tx.observations.note(CLOCK_OFFSET_MS, ConnectionId("old"), 999_999, now=now)
    )

    assert guarded.look() == []


async def test_secret_is_told_of_four_times_and_once_more_when_it_was_renewed(
    guarded: Guarded,
) -> None:
    house, day = guarded.house, 86_400
    ends_at = house.clock.now() + timedelta(days=40)
    token = FoundSecret("connections.jira.api_token", "file:token", ends_at)
    guarded.knowing(token, FoundSecret("connections.jira.path_token", "chargehand.toml"))

    told = {number: guarded.look(after_s=day) for number in range(1, 43)}
    renewed = guarded.knowing(replace(token, expires_at=ends_at + timedelta(days=365))).look()

    assert [number for number, codes in told.items() if codes] == [10, 33, 39, 40]
    assert {codes[0] for codes in told.values() if codes} == {"secret_expires"}
    assert renewed == ["guard_over"]
    words = [one.text for one in house.told if one.code == "secret_expires"]
    assert sum("in 30 day(s)" in text for text in words) == 1
    assert sum("has expired" in text for text in words) == 1


async def test_restart_and_taking_a_secret_away_are_no_news_of_their_own(
    guarded: Guarded,
) -> None:
    ends_at = guarded.house.clock.now() + timedelta(days=5)
    first = guarded.knowing(FoundSecret("vault.token", "env:VAULT_TOKEN", ends_at)).look()

    again = Guarded(guarded.house).knowing(*guarded.rules.secrets).look()
    gone = guarded.knowing().look()

    assert (first, again, gone) == (["secret_expires"], [], ["guard_over"])


async def test_ask_nobody_works_on_is_told_once_and_when_it_is_over(guarded: Guarded) -> None:
    await guarded.house.say("@bot when is it due?")
    guarded.house.dispatcher.dispatch()

    soon = guarded.look(after_s=STALLED.total_seconds() - 60)
    late = [guarded.look(after_s=120), guarded.look(after_s=120)]
    await guarded.house.settle()
    over = guarded.look()

    assert soon == []
    assert late == [["work_stalled"], []]
    assert over == ["guard_over"]


async def test_action_is_due_from_its_approval_on_and_not_while_it_waits(guarded: Guarded) -> None:
    house = guarded.house
    house.mode("approve")
    await house.ask("@bot when is it due?")
    house.clock.advance(3600)
    [approval] = house.approvals
    house.approve(approval)

    waited = guarded.look()
    stalled = guarded.look(after_s=STALLED.total_seconds())

    assert waited == []
    assert stalled == ["work_stalled"]

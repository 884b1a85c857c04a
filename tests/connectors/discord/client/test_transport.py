"""Reads are asked again, writes are sent once; Discord's limits are learned and kept."""

import pytest

from chargehand.connectors.discord.buckets import Buckets
from chargehand.domain.action import ActionKind, Done, Refused, RetryAfter, Undecided
from chargehand.kit.masked import MaskedText
from chargehand.plugins.errors import CredentialsRefused, VendorBusy, VendorFailing
from tests.connectors.discord.client.world import World

pytestmark = [pytest.mark.anyio, pytest.mark.contract]


@pytest.mark.parametrize(
    "failure", [{"status": 503}, {"status": 500}, {"cut": "before"}, {"cut": "after"}], ids=str
)
async def test_a_read_is_repeated_after_a_passing_failure(world: World, failure: dict) -> None:
    world.discord.inject(**failure, times=2)

    bot = await world.client.identify_bot()

    assert bot.name == "chargehand"
    assert world.waits == [0.25, 0.5]


async def test_a_read_gives_up_after_five_attempts(world: World) -> None:
    world.discord.inject(status=503, times=9)

    with pytest.raises(VendorFailing):
        await world.client.identify_bot()

    assert len(world.seen) == 5


async def test_a_read_waits_as_long_as_discord_asks(world: World) -> None:
    world.discord.inject(status=429, retry_after=3)

    await world.client.identify_bot()

    assert sum(world.waits) == pytest.approx(3.25)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        ({"status": 429, "retry_after": 7}, RetryAfter(7.0, "vendor_busy")),
        ({"status": 500}, Undecided("vendor_failing", 30.0)),
        ({"cut": "after"}, Undecided("vendor_unreachable", 30.0)),
        ({"status": 401}, RetryAfter(60.0, "credentials_refused", is_sign_in_refused=True)),
    ],
    ids=["busy", "failing", "cut", "signed out"],
)
async def test_a_write_is_sent_once(world: World, failure: dict, outcome: object) -> None:
    world.discord.inject(method="POST", **failure)

    result = await world.client.perform(world.post("PAY-7 is late."))

    assert result == outcome
    assert len(world.discord.writes()) == 1


async def test_a_pause_for_everything_stops_every_route(world: World) -> None:
    world.discord.parts.limits.pause(30)

    first = await world.client.perform(world.post("one"))
    asked = len(world.discord.requests)
    second = await world.client.perform(world.post("two", channel="random"))
    with pytest.raises(VendorBusy):
        await world.client.identify_bot()

    assert isinstance(first, RetryAfter)
    assert isinstance(second, RetryAfter)
    assert first.after_s == pytest.approx(30)
    assert len(world.discord.requests) == asked
    world.clock.advance(31)
    assert isinstance(await world.client.perform(world.post("one")), Done)


async def test_a_short_wait_is_waited_here(world: World) -> None:
    """Reactions are allowed one in a quarter of a second."""
    asked = world.discord.say("?", author="Mei Tanaka", channel="payments")
    target = f"{asked.channel_id}/{asked.id}"

    for emoji in ("👀", "✅"):
        action = world.action(ActionKind.DISCORD_ADD_REACTION, target, {"emoji": emoji})
        assert isinstance(await world.client.perform(action), Done)

    assert world.waits == [0.25]
    assert [one.status for one in world.discord.writes()] == [204, 204]


async def test_a_wrong_token_is_said_and_not_shown(world: World) -> None:
    config = world.configured(bot_token=MaskedText("not-the-token"))
    client = world.connect(config)

    with pytest.raises(CredentialsRefused) as caught:
        await client.identify_bot()

    assert "not-the-token" not in str(caught.value) + repr(caught.value.fields) + repr(config)
    await client.aclose()


@pytest.mark.parametrize("target", ["..", "1/..", "x", "1/2/3"])
async def test_a_target_can_not_leave_its_place(world: World, target: str) -> None:
    kind = ActionKind.DISCORD_EDIT_MESSAGE if "/" in target else ActionKind.DISCORD_POST_MESSAGE

    result = await world.client.perform(world.action(kind, target, {"markdown": "x"}))

    assert not isinstance(result, Done | Refused)
    assert world.discord.requests == []


async def test_a_member_is_told_from_a_stranger(world: World) -> None:
    mei = world.discord.person("Mei Tanaka")
    gone = world.discord.add_person("Gone", is_member=False)

    assert await world.client.is_member(mei.id) is True  # type: ignore[arg-type]
    assert await world.client.is_member(gone.id) is False  # type: ignore[arg-type]


def test_requests_under_way_count_before_their_answers_come() -> None:
    buckets = Buckets()
    buckets.note(
        "POST /channels/1/messages",
        {
            "x-ratelimit-bucket": "b",
            "x-ratelimit-remaining": "2",
            "x-ratelimit-reset-after": "5",
        },
        now_s=100.0,
    )

    for _ in range(2):
        assert buckets.wait_s("POST /channels/1/messages", now_s=100.0) == 0
        buckets.leave("POST /channels/1/messages", now_s=100.0)

    assert buckets.wait_s("POST /channels/1/messages", now_s=101.0) == 4
    assert buckets.wait_s("POST /channels/2/messages", now_s=101.0) == 0
    assert buckets.wait_s("POST /channels/1/messages", now_s=105.0) == 0


def test_the_bot_as_a_whole_stays_below_fifty_a_second() -> None:
    buckets = Buckets()

    sent = 0
    while buckets.wait_s(f"GET /channels/{sent}", now_s=100.0) == 0:
        buckets.leave(f"GET /channels/{sent}", now_s=100.0)
        sent += 1

    assert sent == 40
    assert buckets.wait_s("GET /channels/x", now_s=100.4) == pytest.approx(0.6)
    assert buckets.wait_s("GET /channels/x", now_s=101.0) == 0

"""How a connection is said to be, from the first call to a revoked token."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chargehand.bootstrap.configured import connections_by_settings, guard_rules
from chargehand.domain.connection import ConnectionHealth, Health
from chargehand.pipeline.connecting import look_again
from chargehand.pipeline.connection_health import KnownConnection, find_connection
from chargehand.pipeline.guarding import Guards
from chargehand.pipeline.watching import Watching
from chargehand.plugins.secret import FoundSecret
from tests.chat_house import SLACK, ChatHouse
from tests.house import CONNECTION

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


def known_as(house: ChatHouse, name: str) -> KnownConnection:
    return next(one for one in connections_by_settings(house.settings) if one.id == name)


def health(
    house: ChatHouse, name: str = SLACK, *, secrets: tuple[FoundSecret, ...] = ()
) -> ConnectionHealth:
    known = replace(known_as(house, name), secrets=secrets)
    now = house.clock.now()
    return house.stores.database.read(lambda tx: find_connection(tx, [known], name, now=now))


def look_around(house: ChatHouse) -> None:
    """What the worker does beside its work."""
    database, clock = house.stores.database, house.clock
    watching = Watching(database, house.stores.queue, house.connections, worker_pid=1, clock=clock)
    rules = replace(guard_rules(house.settings), reserve_bytes=0, zone=ZoneInfo("UTC"))
    Guards(database, rules, clock=clock).look(watching.watch())


async def call(house: ChatHouse) -> None:
    await look_again(house.connections[SLACK], house.stores.database, clock=house.clock)


async def test_what_only_polling_found_is_counted_once_the_webhook_had_its_time(
    chats: ChatHouse,
) -> None:
    await chats.ask("@bot when is it due?")
    await chats.poll()
    chats.jira.comment("PAY-7", author="Mei Tanaka", body=f"{chats.mention} status?")
    await chats.poll()
    late = chats.jira.comment("PAY-7", author="Tom Berg", body="no question at all")
    await chats.poll()
    soon = health(chats, CONNECTION)
    await chats.deliver(late)
    await chats.settle()

    chats.clock.advance(700)
    await chats.poll()
    look_around(chats)
    found = health(chats, CONNECTION)
    chats.clock.advance(DAY.total_seconds())
    await chats.poll()
    after_a_day = health(chats, CONNECTION)

    assert (soon.state, soon.missed and soon.missed.lately) == (Health.GREEN, 0)
    assert found.state is Health.YELLOW
    assert "Polling found 1 event(s) within a day that no webhook brought." in found.reason
    assert found.missed is not None
    assert found.missed.lately == 1
    (event,) = [one for one in chats.events if one.id == found.missed.last_event_id]
    assert event.text is not None
    assert "status?" in event.text
    assert after_a_day.state is Health.GREEN
    assert after_a_day.missed is not None
    assert (after_a_day.missed.lately, after_a_day.missed.last_at) == (0, found.missed.last_at)


async def test_revoked_token_is_told_with_since_when_until_it_works_again(
    chats: ChatHouse,
) -> None:
    await chats.chat("@bot status PAY-7")
    before = health(chats)
    chats.slack.desk.is_revoked = True
    since: datetime = chats.clock.now()
    await call(chats)
    chats.clock.advance(3600)
    await call(chats)
    revoked = health(chats)

    chats.slack.desk.is_revoked = False
    await call(chats)
    back = health(chats)

    assert (before.state, before.reason) == (Health.GREEN, "")
    assert before.last_delivery_at is not None
    assert (revoked.state, revoked.refused_since) == (Health.RED, since)
    assert f"since {since:%Y-%m-%d at %H:%M} UTC" in revoked.reason
    assert chats.notices.count("connection_failing") == 1
    assert (back.state, back.refused_since) == (Health.GREEN, None)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ({"type": "app_uninstalled"}, Health.RED),
        ({"type": "tokens_revoked", "tokens": {"bot": ["U0CHARGEHAND"]}}, Health.RED),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U0MEI"], "bot": []}}, Health.GREEN),
    ],
    ids=["uninstalled", "revoked", "of-people"],
)
async def test_vendor_that_tells_of_a_revocation_is_believed(
    chats: ChatHouse, event: dict[str, object], state: Health
) -> None:
    chats.slack.sender.send_event(
        {"type": "event_callback", "team_id": "T0ACME00", "event_id": "Ev0GONE", "event": event}
    )
    await chats.hear()

    assert health(chats).state is state
    assert chats.notices.count("access_revoked") == (state is Health.RED)


async def test_action_that_meets_a_revoked_token_shows_in_the_state(chats: ChatHouse) -> None:
    chats.mode("approve", kind="slack.post_message")
    await chats.chat("@bot status PAY-7")
    chats.slack.desk.is_revoked = True

    chats.approve(chats.approvals[0])
    await chats.settle()

    assert health(chats).state is Health.RED


@pytest.mark.parametrize(
    ("days", "state", "warned"),
    [
        (40, Health.GREEN, None),
        (30, Health.YELLOW, 30),
        (7, Health.YELLOW, 7),
        (1, Health.YELLOW, 1),
        (0, Health.RED, 0),
    ],
)
async def test_secret_that_nears_its_end_changes_the_state(
    chats: ChatHouse, days: int, state: Health, warned: int | None
) -> None:
    ends_at = chats.clock.now() + days * DAY
    token = FoundSecret("connections.slack.bot_token", "file:token", ends_at)

    found = health(chats, secrets=(token,))

    (secret,) = found.secrets
    assert (found.state, secret.warning_days, secret.days_left) == (state, warned, days)
    assert ("bot_token" in found.reason) == (state is not Health.GREEN)


async def test_secret_has_the_age_of_its_text_whoever_changed_it(chats: ChatHouse) -> None:
    token = FoundSecret("connections.slack.bot_token", ".env")
    first_seen = chats.clock.now()
    look_around(chats)
    chats.clock.advance(5 * DAY.total_seconds())
    look_around(chats)
    old = health(chats, secrets=(token,)).secrets[0].known_since
    _, configured = chats.settings.connections
    renewed = configured.model_copy(update={"bot_token": type(configured.bot_token)("xoxb-new")})
    jira = chats.settings.connections[0]
    chats.settings = chats.settings.model_copy(update={"connections": (jira, renewed)})
    look_around(chats)
    new = health(chats, secrets=(token,)).secrets[0].known_since

    assert old == first_seen
    assert new == chats.clock.now()


async def test_connection_nobody_called_or_whose_polling_stopped_is_yellow(
    chats: ChatHouse,
) -> None:
    await chats.poll()
    chats.clock.advance(1200)

    stopped = health(chats, CONNECTION)
    chats.stores.database.write(lambda tx: tx.connections.retire(SLACK))
    unknown = health(chats)

    assert (stopped.state, unknown.state) == (Health.YELLOW, Health.YELLOW)
    assert "does a worker run?" in stopped.reason
    assert "not called yet" in unknown.reason

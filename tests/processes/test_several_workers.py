"""Two services on one PostgreSQL: killed, frozen, drained, cut off; nothing lost or sent twice."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.ids import ActionId, ConnectionId, DecisionId, ProjectKey
from chargehand.domain.policy import Cause
from chargehand.domain.process import ProcessRecord, ProcessRole, ProcessState
from chargehand.kit.clock import SystemClock
from chargehand.kit.ids import derive_id
from chargehand.pipeline.proposing import propose
from chargehand.pipeline.taking_over import DEAD_AFTER_S, FROZEN_AFTER_S
from tests.postgres import PostgresServer, running_postgres
from tests.processes.service import (
    SECRET,
    FakeSite,
    Service,
    installed_service,
    running_chat,
    running_fake,
    wait_until,
)

pytestmark = [pytest.mark.process, pytest.mark.postgres]
_ASKERS = ("Mei Tanaka", "Tom Berg", "Ana Ruiz", "Lena Novak")
_GENEROUS_S = 60.0
_SLACK = """
[[connections]]
connector = "slack"
bot_token = "{bot_token}"
team_id = "{team_id}"
webhook_secrets = ["{signing_secret}"]
api_url = "{api_url}"
request_timeout = "PT5S"
"""
_DISCORD = """
[[connections]]
connector = "discord"
bot_token = "{bot_token}"
application_id = "{application_id}"
public_key = "{public_key}"
guild_id = "{guild_id}"
api_url = "{api_url}"
request_timeout = "PT5S"
"""


@dataclass
class Cluster:
    """Two services that share a database and a fake Jira."""

    site: FakeSite
    first: Service
    second: Service
    server: PostgresServer
    url: URL
    numbers: "count[int]"
    slack: FakeSite
    discord: FakeSite

    @property
    def services(self) -> tuple[Service, Service]:
        return self.first, self.second

    def ask(self, asks: int) -> list[list[str]]:
        """People ask, and both fronts are told; the ids of the webhooks of each comment."""
        sent: list[list[str]] = []
        for _ in range(asks):
            number = next(self.numbers)
            body = {"project": "PAY", "summary": f"Item {number}"}
            item = self.site.post("/__fake__/issues", body)["key"]
            asker = _ASKERS[number % len(_ASKERS)]
            sent.append(self.site.comment(item, asker, "status")["webhooks"])
        return sent

    def processes(self) -> list[ProcessRecord]:
        return list(self.first.stores.database.read(lambda tx: tx.processes.all()))

    def workers(self) -> list[ProcessRecord]:
        return [one for one in self.processes() if one.role is ProcessRole.WORKER]

    def worker_of(self, service: Service) -> ProcessRecord:
        pid = service.pid_of("worker")
        [found] = [one for one in self.workers() if one.pid == pid]
        return found

    def worker_with(self, known: ProcessRecord) -> ProcessRecord:
        [found] = [one for one in self.workers() if one.id == known.id]
        return found

    def intended(self) -> int:
        """How many sends were ever written down."""
        query = text("SELECT count(*) FROM effects")
        with self.first.stores.database.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def received(self, service: Service) -> int:
        """How many webhooks about comments a front has acknowledged."""
        return sum(
            one["url"] == service.webhook_url
            and one["event"] == "comment_created"
            and one["status"] in (200, 202)
            for one in self.site.get("/__fake__/webhooks")["webhooks"]
        )

    def asks(self) -> int:
        return len(self.first.stores.database.read(lambda tx: tx.asks.page(limit=200)).items)

    def wait_until_both_work(self) -> None:
        def both_work() -> bool:
            working = {one.pid for one in self.workers() if one.state is ProcessState.WORKING}
            return {service.pid_of("worker") for service in self.services} == working

        wait_until(both_work, "both workers work", on_failure=self.log)

    def wait_until_answered(self, asks: int) -> None:
        wait_until(
            lambda: self.counts()["executed"] == asks,
            f"{asks} answers were sent",
            on_failure=lambda: f"{self.counts()}\n{self.log()}",
            s=2 * _GENEROUS_S,
        )

    def counts(self) -> Counter[str]:
        """How many answers on tickets are in each state; the chats get messages of their own."""

        def states(tx) -> Counter[str]:
            found = Counter({"asks": 0})
            cursor = None
            while True:
                page = tx.actions.page(limit=200, cursor=cursor)
                found.update(
                    action.state.value
                    for action in page.items
                    if action.kind is ActionKind.JIRA_ADD_COMMENT
                )
                cursor = page.next_cursor
                if cursor is None:
                    return found

        return self.first.stores.database.read(states)

    def assert_sent_once(self) -> None:
        """The fake counts every request and never recognises a repeated one."""
        posted = Counter(
            mark["value"]["action_id"]
            for body in self.site.replies()
            for mark in json.loads(body)["properties"]
        )
        assert set(self.counts()) - {"asks"} <= {ActionState.EXECUTED.value}, self.counts()
        assert max(posted.values()) == 1
        assert len(posted) == self.counts()["executed"]

    def log(self) -> str:
        return "\n".join(service.log() for service in self.services)


def propose_message(cluster: Cluster, connection: str, channel: str, number: int) -> str:
    """A message that may leave at once; its text, which no other has."""
    text = f"Message {number} to {channel}"
    action_id = ActionId(derive_id("act", text))
    action = ProposedAction(
        ActionKind(f"{connection}.post_message"),
        ConnectionId(connection),
        ProjectKey("PAY"),
        channel,
        {"markdown": text},
        {},
        text,
    )
    now = SystemClock().now()
    cluster.first.stores.database.write(
        lambda tx: propose(
            tx,
            action_id,
            action,
            decision_id=DecisionId(derive_id("dec", text)),
            ask_id=None,
            mode=Mode.AUTO,
            policy_version=1,
            cause=Cause(),
            approval_lasts=timedelta(days=1),
            now=now,
        )
    )
    return text


def posted_at(cluster: Cluster) -> list[tuple[str, str, float]]:
    """The text, the channel and the moment of every message that a chat took."""
    calls = cluster.slack.get("/__fake__/requests?writes=1")["requests"]
    found = [
        (one["arguments"]["text"], one["arguments"]["channel"], moment_of(one["at"]))
        for one in calls
        if one["method"] == "chat.postMessage" and one["status"] == 200
    ]
    requests = cluster.discord.get("/__fake__/requests?writes=1")["requests"]
    return found + [
        (json.loads(one["body"])["content"], one["path"].split("/")[-2], moment_of(one["at"]))
        for one in requests
        if one["method"] == "POST" and one["path"].endswith("/messages") and one["status"] == 200
    ]


def moment_of(told: str) -> float:
    return datetime.fromisoformat(told).timestamp()


def most_in(moments: list[float], window_s: float) -> int:
    """The most of some moments that lie in one window, wherever it begins."""
    return max(sum(at <= one < at + window_s for one in moments) for at in moments)


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """A process that does not move, as on a machine that swaps or was suspended."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with ExitStack() as running:
        # Its own server: one of these tests takes it away.
        server = running.enter_context(running_postgres())
        url = server.create()
        environ = {
            "DATABASE_URL": url.set(drivername="postgresql").render_as_string(hide_password=False)
        }
        site = running.enter_context(running_fake(folder / "jira.json"))
        slack, of_slack = running.enter_context(running_chat("slack"))
        discord, of_discord = running.enter_context(running_chat("discord"))
        chats = _SLACK.format(**of_slack) + _DISCORD.format(**of_discord)
        services = [
            running.enter_context(
                installed_service(folder / name, site, environ=environ, chats=chats)
            )
            for name in ("first", "second")
        ]
        cluster = Cluster(site, services[0], services[1], server, url, count(), slack, discord)
        targets = [{"url": one.webhook_url, "secret": SECRET} for one in services]
        site.put("/__fake__/webhooks/targets", targets)
        for service in services:
            service.start()
        for service in services:
            service.wait_until_ready()
        cluster.wait_until_both_work()
        services[0].set_mode("auto")
        yield cluster


def test_two_workers_share_the_work_and_one_survives_the_other(cluster: Cluster) -> None:
    before = cluster.counts()["executed"]
    killed = cluster.worker_of(cluster.second)
    supervisor = cluster.second.pid_of("supervisor")
    assert supervisor is not None
    # Its supervisor would start it again, and that one knows at once that the other is dead.
    with standing_still(supervisor):
        cluster.ask(200)
        wait_until(
            lambda: all(service.log_lines("action.executed") for service in cluster.services),
            "both have sent something",
            on_failure=cluster.log,
        )
        os.kill(killed.pid, signal.SIGKILL)
        cluster.wait_until_answered(before + 200)
        gone = cluster.worker_with(killed)
    cluster.wait_until_both_work()

    received = [cluster.received(service) for service in cluster.services]
    taken_after_s = (gone.state_at - gone.seen_at).total_seconds()
    assert gone.state is ProcessState.TAKEN_OVER
    assert DEAD_AFTER_S - 1 <= taken_after_s < FROZEN_AFTER_S
    assert min(received) >= 200, "each front was told of everything"
    assert cluster.asks() == 200, "and what both were told of was asked once"
    cluster.assert_sent_once()


def test_frozen_worker_is_taken_over_and_writes_nothing_when_it_wakes(cluster: Cluster) -> None:
    """It is stopped while it reads what it is about to send on, so its next step is the send."""
    before, intended = cluster.counts()["executed"], cluster.intended()
    frozen = cluster.worker_of(cluster.second)
    delay = {"method": "GET", "path": ".*/comment/.*", "times": 24, "delay_s": 3}
    cluster.site.post("/__fake__/failures", delay)

    cluster.ask(24)
    wait_until(lambda: cluster.intended() == intended + 24, "all sends are under way")
    with standing_still(frozen.pid):
        cluster.wait_until_answered(before + 24)
        sent = len(cluster.site.replies())
        taken = cluster.worker_with(frozen)
    wait_until(lambda: not Path(f"/proc/{frozen.pid}").exists(), "it ends", on_failure=cluster.log)
    cluster.wait_until_both_work()

    assert taken.state is ProcessState.TAKEN_OVER
    assert (taken.state_at - taken.seen_at).total_seconds() >= FROZEN_AFTER_S - 1
    assert len(cluster.site.replies()) == sent
    cluster.assert_sent_once()


def test_two_workers_together_stay_within_what_vendors_allow(cluster: Cluster) -> None:
    """One is killed on the way, and the other goes on with what waited under it."""
    channels = [
        cluster.discord.post("/__fake__/channels", {"name": f"channel-{number}"})["id"]
        for number in range(24)
    ]
    wanted = {
        *(propose_message(cluster, "slack", "C0PAY0001", number) for number in range(12)),
        *(
            propose_message(cluster, "discord", one, number)
            for one in channels
            for number in (0, 1, 2)
        ),
        *(propose_message(cluster, "discord", channels[0], number) for number in range(3, 7)),
    }

    def sent(least: int) -> bool:
        return len(posted_at(cluster)) >= least

    wait_until(lambda: sent(20), "some are sent", on_failure=cluster.log)
    cluster.second.kill("worker")
    wait_until(lambda: sent(len(wanted)), "all are sent", on_failure=cluster.log)
    cluster.wait_until_both_work()

    at = posted_at(cluster)
    assert Counter(text for text, _, _ in at) == Counter(wanted)
    slack = [moment for _, channel, moment in at if channel == "C0PAY0001"]
    assert most_in(slack, 10.0) <= 10
    discord = [moment for _, channel, moment in at if channel != "C0PAY0001"]
    assert most_in(discord, 1.0) <= 50
    first = [moment for _, channel, moment in at if channel == channels[0]]
    assert most_in(first, 5.0) <= 5
    refused = [
        one
        for fake in (cluster.slack, cluster.discord)
        for one in fake.get("/__fake__/requests?writes=1")["requests"]
        if one["status"] == 429
    ]
    assert refused == []


def test_worker_that_is_stopped_hands_its_work_back_at_once(cluster: Cluster) -> None:
    before = cluster.counts()["executed"]
    stopped = cluster.worker_of(cluster.second)
    front = cluster.second.pid_of("front")

    cluster.ask(40)
    wait_until(lambda: cluster.counts()["executed"] > before, "work is under way")
    code = cluster.second.stop()
    cluster.wait_until_answered(before + 40)
    ended = cluster.worker_with(stopped)
    [front_state] = [one.state for one in cluster.processes() if one.pid == front]
    cluster.second.start()
    cluster.wait_until_both_work()

    assert code == 0
    assert ended.state is front_state is ProcessState.ENDED
    cluster.assert_sent_once()


def test_database_that_is_taken_away_and_given_back_costs_nothing(cluster: Cluster) -> None:
    before = cluster.counts()["executed"]

    sent = cluster.ask(40)
    wait_until(lambda: cluster.counts()["executed"] > before, "work is under way")
    cluster.server.stop()
    wait_until(
        lambda: not any(service.answers_ready() for service in cluster.services),
        "the fronts say that they are not ready",
    )
    cluster.server.start()
    asked = sum(bool(cluster.site.acknowledged(webhooks)) for webhooks in sent)
    cluster.wait_until_answered(before + asked)
    cluster.wait_until_both_work()

    assert [service.process.poll() for service in cluster.services] == [None, None]
    cluster.assert_sent_once()

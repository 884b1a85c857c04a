"""kill -9 anywhere: nothing acknowledged is lost, nothing outside happens twice."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.domain.action import ActionState
from chargehand.domain.records import ActionRecord
from tests.processes.service import FakeSite, Service, installed_service, running_fake, wait_until

pytestmark = pytest.mark.process
_ASKERS = ("Mei Tanaka", "Tom Berg", "Ana Ruiz", "Lena Novak")
_ITEMS = ("PAY-1", "PAY-3", "PAY-7", "PAY-12")
_QUESTIONS = ("status", "who is working on this?", "when is it due?", "what is blocking this?")
_ROLES = ("supervisor", "front", "worker")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FakeSite]:
    with running_fake(tmp_path / "jira.json") as site:
        yield site


@pytest.fixture
def service(tmp_path: Path, site: FakeSite) -> Iterator[Service]:
    with installed_service(tmp_path / "service", site) as service:
        service.start()
        service.wait_until_ready()
        service.set_mode("auto")
        yield service


def test_kills_at_random_moments_lose_nothing_and_repeat_nothing(
    service: Service, site: FakeSite
) -> None:
    choice = random.Random(20261120)
    sent: list[str] = []

    for number in range(9):
        for _ in range(choice.randint(1, 3)):
            sent += site.comment(
                choice.choice(_ITEMS), choice.choice(_ASKERS), choice.choice(_QUESTIONS)
            )["webhooks"]
        kill_and_start_again(service, _ROLES[number % 3])

    wait_until(
        lambda: is_at_rest(service, len(site.acknowledged(sent))),
        "every acknowledged ask came to its end",
        on_failure=lambda: f"{site.acknowledged(sent)} of {sent}\n{service.log()}",
        s=120,
    )
    assert len(site.acknowledged(sent)) > len(sent) / 2
    assert_sent_once(service, site)


def test_kills_around_the_send_repeat_nothing(service: Service, site: FakeSite) -> None:
    """Before the request leaves, while it is under way, and after Jira stored it."""
    site.post("/__fake__/failures", failure("GET", "PAY-1/comment/", delay_s=2))
    site.post("/__fake__/failures", failure("POST", "PAY-3/comment", delay_s=2))
    site.post("/__fake__/failures", failure("POST", "PAY-7/comment", cut="after"))

    for item in ("PAY-1", "PAY-3", "PAY-7"):
        site.comment(item, "Mei Tanaka", "status")
    wait_until(lambda: intended(service) == 3, "three sends are under way", on_failure=service.log)
    kill_and_start_again(service, "worker")

    wait_until(lambda: is_at_rest(service, 3), "all three came to their end", s=120)
    assert_sent_once(service, site)
    assert len(all_actions(service)) == 3


def kill_and_start_again(service: Service, role: str) -> None:
    service.kill(role)
    if role == "supervisor":
        wait_until(lambda: not service.everyone(), "orphans end by themselves", s=30)
        service.start()
    service.wait_until_ready()


def failure(method: str, path: str, **what: object) -> dict[str, object]:
    return {"method": method, "path": f".*{path}.*", "times": 1, **what}


def intended(service: Service) -> int:
    def count(tx) -> int:
        found = [tx.effects.of_action(action.id) for action in tx.actions.page(limit=200).items]
        return sum(effect is not None for effect in found)

    return service.stores.database.read(count)


def is_at_rest(service: Service, written: int) -> bool:
    asked = service.stores.database.read(lambda tx: tx.asks.page(limit=200).items)
    open_work = service.stores.database.read(lambda tx: tx.stats.open_work())
    is_idle = open_work["asks_open"] + open_work["actions_under_way"] == 0
    return len(asked) == written and is_idle


def all_actions(service: Service) -> tuple[ActionRecord, ...]:
    return service.stores.database.read(lambda tx: tx.actions.page(limit=200).items)


def assert_sent_once(service: Service, site: FakeSite) -> None:
    """The fake counts every request and never recognises a repeated one."""
    posted = Counter(
        mark["value"]["action_id"]
        for body in site.replies()
        for mark in json.loads(body)["properties"]
    )
    states = Counter(action.state for action in all_actions(service))
    executed = {a.id for a in all_actions(service) if a.state is ActionState.EXECUTED}

    assert set(states) == {ActionState.EXECUTED}, states
    assert set(posted) == executed
    assert max(posted.values()) == 1

"""`health`: two exit codes, and one line for each reason why it is not 0."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from chargehand.bootstrap.stores import open_stores
from chargehand.pipeline.watching import DEAD_AFTER, WORKER_BEAT
from chargehand.testing.clock import FakeClock
from tests.cli.answering import answering
from tests.cli.terminal import Terminal, write_config
from tests.house import START, house_settings

READY = {"status": "ready", "checks": {"inbox": {"ok": True, "found": "last commit 1 s ago"}}}
NOT_READY = {
    "status": "not_ready",
    "checks": {
        "inbox": {"ok": False, "found": "unavailable: disk is full"},
        "database": {"ok": False, "found": "no answer"},
    },
}


@pytest.fixture
def at_port(data_dir: Path, tmp_path: Path) -> Callable[[int], Terminal]:
    def terminal(port: int) -> Terminal:
        settings = house_settings(data_dir, server={"port": port})
        return Terminal(write_config(settings, tmp_path), FakeClock(START))

    return terminal


def heard_of_worker(data_dir: Path, *, seconds_ago: float) -> None:
    stores = open_stores(house_settings(data_dir))
    clock = FakeClock(START)
    clock.advance(-seconds_ago)
    stores.database.write(lambda tx: tx.observations.note(WORKER_BEAT, "", 4711, now=clock.now()))
    stores.close()


def test_running_service_is_healthy(at_port: Callable[[int], Terminal], data_dir: Path) -> None:
    heard_of_worker(data_dir, seconds_ago=10)
    with answering(200, json.dumps(READY).encode()) as port:
        ended = at_port(port).run("health")

    assert (ended.code, ended.lines) == (0, ["healthy: front, front inbox, worker"])


def test_front_that_is_not_ready_gives_one_line_a_reason(
    at_port: Callable[[int], Terminal], data_dir: Path
) -> None:
    heard_of_worker(data_dir, seconds_ago=10)
    with answering(503, json.dumps(NOT_READY).encode()) as port:
        ended = at_port(port).run("health")

    assert ended.code == 1
    assert ended.lines == [
        "front inbox: unavailable: disk is full",
        "front database: no answer",
    ]


@pytest.mark.parametrize(
    ("seconds_ago", "code"),
    [
        pytest.param(DEAD_AFTER.total_seconds(), 0, id="a-minute-ago"),
        pytest.param(DEAD_AFTER.total_seconds() + 1, 1, id="longer-ago"),
        pytest.param(None, 1, id="never"),
    ],
)
def test_worker_is_asked_about_alone(
    quiet_terminal: Terminal, data_dir: Path, seconds_ago: float | None, code: int
) -> None:
    if seconds_ago is not None:
        heard_of_worker(data_dir, seconds_ago=seconds_ago)

    ended = quiet_terminal.run("health", "--role", "worker")

    assert (ended.code, len(ended.lines)) == (code, 1)


def test_clock_that_nobody_has_is_not_healthy_and_no_worker_makes_it_so(
    quiet_terminal: Terminal, data_dir: Path
) -> None:
    heard_of_worker(data_dir, seconds_ago=10)

    ended = quiet_terminal.run("health", "--role", "clock")

    assert (ended.code, ended.lines) == (1, ["clock: no clock was heard of yet"])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(500, b"", id="500"),
        pytest.param(200, b"<html>", id="no-json"),
        pytest.param(200, b"[]", id="array"),
        pytest.param(200, b'{"checks": {}}', id="another-service"),
    ],
)
def test_whatever_else_answers_is_not_healthy(
    at_port: Callable[[int], Terminal], status: int, body: bytes
) -> None:
    with answering(status, body) as port:
        ended = at_port(port).run("health", "--role", "web")

    assert (ended.code, len(ended.lines), ended.err) == (1, 1, "")


def test_front_that_never_answers_is_not_waited_for(at_port: Callable[[int], Terminal]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        ended = at_port(port).run("health", "--role", "web", "--timeout", "0.2")

    assert ended.code == 1
    assert "timed out" in ended.out


def test_json_names_every_check(at_port: Callable[[int], Terminal], data_dir: Path) -> None:
    with answering(200, json.dumps(READY).encode()) as port:
        ended = at_port(port).run("health", "--json")

    assert ended.code == 1
    assert ended.json["healthy"] is False
    assert {name: one["ok"] for name, one in ended.json["checks"].items()} == {
        "front": True,
        "front inbox": True,
        "worker": False,
    }


def test_wrong_configuration_is_exit_1_and_a_reason(tmp_path: Path) -> None:
    ended = Terminal(tmp_path / "none.toml", FakeClock(START)).run("health")

    assert ended.code == 1
    assert ended.out.startswith("configuration: There is no configuration at")

"""`events parse`: any file becomes one line, and only an unreadable one is a failure."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chargehand.testing.clock import FakeClock
from tests.cli.terminal import Ended, Terminal
from tests.house import START

FIXTURES = Path(__file__).parents[1] / "connectors" / "jira" / "fixtures"
MENTION = FIXTURES / "comment_created__mention.json"
STATUS = FIXTURES / "issue_updated__status.json"
KEYS = [
    "kind",
    "event_key",
    "connector",
    "occurred_at",
    "project",
    "work_item",
    "actor",
    "text",
    "mentions",
    "data",
]


def parse(*files: str | Path) -> Ended:
    """Where there is no configuration."""
    nowhere = Terminal(Path("no-such-folder") / "chargehand.toml", FakeClock(START))
    return nowhere.run("events", "parse", "--connector", "jira", *map(str, files))


def events_of(ended: Ended) -> list[Any]:
    return [json.loads(line) for line in ended.lines]


def test_parse_prints_exactly_the_promised_keys() -> None:
    ended = parse(MENTION)

    (event,) = events_of(ended)
    assert ended.code == 0
    assert list(event) == KEYS
    assert event["kind"] == "comment.created"
    assert event["event_key"] == "jira:comment:20001:created"
    assert event["occurred_at"] == "2026-11-16T09:02:03.123000Z"
    assert (event["project"], event["work_item"]) == ("ATLAS", "ATLAS-7")
    assert event["actor"]["name"] == "Example Asker"
    assert event["mentions"] == ["712020:b0b0b0b0-0000-4000-8000-0000000000b0"]


def test_parse_takes_what_data_center_sends() -> None:
    ended = parse(FIXTURES / "comment_created__data_center.json")

    (event,) = events_of(ended)
    assert (ended.code, event["kind"]) == (0, "comment.created")
    assert event["actor"]["account_id"] == "JIRAUSER10104"
    assert event["mentions"] == ["chargehand", "tom.berg"]


@pytest.mark.contract
def test_parse_takes_every_contract_payload(contracts: Path) -> None:
    files = sorted((contracts / "jira" / "webhooks").rglob("*.json"))

    ended = parse(*files)

    assert len(files) == 36
    assert (ended.code, ended.err) == (0, "")
    assert [list(event) for event in events_of(ended)] == [KEYS] * len(files)


DISCORD = Path(__file__).parents[1] / "connectors" / "discord" / "fixtures"


def parse_discord(*arguments: str | Path) -> Ended:
    nowhere = Terminal(Path("no-such-folder") / "chargehand.toml", FakeClock(START))
    return nowhere.run("events", "parse", "--connector", "discord", *map(str, arguments))


def test_parse_takes_what_discord_sends() -> None:
    ended = parse_discord(
        DISCORD / "command__status.json", DISCORD / "message_create__mention.json"
    )

    command, message = events_of(ended)
    assert (ended.code, ended.err) == (0, "")
    assert [list(command), list(message)] == [[*KEYS, "place"]] * 2
    assert (command["kind"], command["text"]) == ("command.invoked", "status PAY-3")
    assert command["event_key"] == "discord:command:1572568720998400002"
    assert (message["kind"], message["connector"]) == ("message.created", "discord")


def test_parse_takes_the_name_of_the_event_beside_the_payload(tmp_path: Path) -> None:
    named = json.loads((DISCORD / "message_create__mention.json").read_text(encoding="utf-8"))
    bare = tmp_path / "message.json"
    bare.write_text(json.dumps(named["d"]), encoding="utf-8")

    alone, told = parse_discord(bare), parse_discord("--type", "MESSAGE_CREATE", bare)
    named_anyway = parse_discord("--type", "MESSAGE_DELETE", DISCORD / "message_create__bot.json")
    posted = parse_discord("--type", "APPLICATION_COMMAND", DISCORD / "command__status.json")

    assert [event["kind"] for event in events_of(alone)] == ["unsupported"]
    assert [event["kind"] for event in events_of(told)] == ["message.created"]
    # What the payload says of itself is not outvoted.
    assert [event["kind"] for event in events_of(named_anyway)] == ["message.created"]
    assert [event["kind"] for event in events_of(posted)] == ["command.invoked"]


@pytest.mark.contract
def test_parse_takes_every_captured_interaction(contracts: Path) -> None:
    files = sorted((contracts / "discord" / "interactions").rglob("*.json"))

    ended = parse_discord(*files)

    assert files
    assert (ended.code, ended.err) == (0, "")
    assert [list(event) for event in events_of(ended)] == [[*KEYS, "place"]] * len(files)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not json", id="no-json"),
        pytest.param(b'{"webhookEvent": "comment_crea', id="truncated"),
        pytest.param(b"[1, 2]", id="an-array"),
        pytest.param(b"\xff\xfe\x00", id="not-utf-8"),
        pytest.param(b'{"webhookEvent": "never_heard_of"}', id="unknown-event"),
    ],
)
def test_parse_calls_what_it_does_not_understand_unsupported(tmp_path: Path, body: bytes) -> None:
    payload = tmp_path / "payload.json"
    payload.write_bytes(body)

    ended = parse(payload)

    assert ended.code == 0
    assert [event["kind"] for event in events_of(ended)] == ["unsupported"]


def test_parse_of_unreadable_files_prints_the_others_and_exits_2(tmp_path: Path) -> None:
    ended = parse(MENTION, tmp_path / "missing.json", tmp_path, STATUS)

    assert ended.code == 2
    assert [event["kind"] for event in events_of(ended)] == ["comment.created", "work_item.updated"]
    assert "missing.json can not be read: No such file or directory." in ended.err
    assert f"{tmp_path} can not be read: Is a directory." in ended.err


def test_parse_reads_standard_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chargehand", "events", "parse", "-"]

    ended = subprocess.run(
        command, input=MENTION.read_bytes(), capture_output=True, check=True, cwd=tmp_path
    )

    assert json.loads(ended.stdout)["work_item"] == "ATLAS-7"
    assert list(tmp_path.iterdir()) == []


def test_parse_means_the_same_each_time(tmp_path: Path) -> None:
    payload = tmp_path / "payload.json"
    payload.write_bytes(b'{"webhookEvent": "never_heard_of"}')

    assert parse(payload).out == parse(payload).out


def test_parse_prints_hostile_text_as_escapes(tmp_path: Path) -> None:
    payload = json.loads(MENTION.read_text(encoding="utf-8"))
    payload["comment"]["author"]["displayName"] = "\x1b[2J\x9b31m\u202eevil\ud83d"
    hostile = tmp_path / "payload.json"
    hostile.write_text(json.dumps(payload), encoding="utf-8")

    ended = parse(hostile)

    assert ended.code == 0
    assert not set(ended.out) & set("\x1b\x9b\u202e")
    assert "evil" in events_of(ended)[0]["actor"]["name"]


def test_parse_refuses_a_connector_it_does_not_know(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("events", "parse", "--connector", "trello", str(MENTION))

    assert ended.code == 2
    assert "trello" in ended.err
    assert "jira" in ended.err


def test_parse_reads_what_slack_posts_and_says_where_it_was_said(tmp_path: Path) -> None:
    command = tmp_path / "command.txt"
    command.write_bytes(
        b"team_id=T0ACME&channel_id=D0ONE&channel_name=directmessage&user_id=U0MEI&user_name=mei"
        b"&command=%2Fchargehand&text=status+PAY-7&trigger_id=11.22.aa\n"
    )
    nowhere = Terminal(tmp_path / "chargehand.toml", FakeClock(START))

    ended = nowhere.run("events", "parse", "--connector", "slack", "--type", "x", str(command))

    (event,) = events_of(ended)
    assert (ended.code, list(event)) == (0, [*KEYS, "place"])
    assert (event["kind"], event["text"]) == ("command.invoked", "status PAY-7")
    assert event["place"] == {
        "channel_id": "D0ONE",
        "kind": "direct",
        "message_id": None,
        "thread_id": None,
        "is_outsider": False,
    }


def test_parse_reads_what_bitbucket_posts_with_its_event_beside_it(tmp_path: Path) -> None:
    push = tmp_path / "push.json"
    push.write_text(
        json.dumps(
            {
                "repository": {"full_name": "acme/payments", "is_private": True},
                "push": {"changes": [{"new": {"name": "main", "target": {"hash": "a" * 40}}}]},
            }
        )
    )
    nowhere = Terminal(tmp_path / "chargehand.toml", FakeClock(START))

    by_shape = nowhere.run("events", "parse", "--connector", "bitbucket", str(push))
    named = nowhere.run(
        "events", "parse", "--connector", "bitbucket", "--type", "repo:fork", str(push)
    )

    (event,), (unused,) = events_of(by_shape), events_of(named)
    assert event["event_key"] == f"bitbucket:push:acme/payments:refs/heads/main::{'a' * 40}"
    assert event["place"]["channel_id"] == "acme/payments"
    assert (unused["kind"], unused["data"]["reason"]) == ("unsupported", "unused_event")

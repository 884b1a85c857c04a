"""Outgoing webhooks: what a program of the team is told, signed; what when it does not listen."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chargehand.audit.tags import AuditTag
from chargehand.bootstrap.configured import budget_rules
from chargehand.bootstrap.outgoing import OutgoingSender, outgoing_webhooks
from chargehand.config.settings import Settings
from chargehand.domain.budget import BudgetKey, BudgetPeriod, BudgetScope, BudgetUnit
from chargehand.domain.ids import BackupId
from chargehand.domain.json import JSONObject
from chargehand.domain.outgoing import OutgoingEvent
from chargehand.kit.signing import standard_webhook_signature
from chargehand.pipeline.budgeting import set_budget
from chargehand.pipeline.holding import RestoredFrom, hold_after_restore, lift_hold
from chargehand.pipeline.outgoing import EVENTS, LEFT_OUT, Outgoing
from chargehand.pipeline.spending import Spending
from chargehand.storage.transaction import Writing
from chargehand.testing.clock import FakeClock
from tests.bootstrap.hook_server import HookServer, hook_server
from tests.budgets.requests import request
from tests.cli.terminal import Terminal, write_config
from tests.house import START, Doubles, House, house_settings, open_house

pytestmark = pytest.mark.anyio
KEY = b"a key of twenty-four byte"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@pytest.fixture
def hook() -> Iterator[HookServer]:
    with hook_server() as server:
        yield server


def configured(data_dir: Path, hook: HookServer, **more: Any) -> Settings:
    host = hook.url.split("/")[2]
    told = {"id": "ci", "url": hook.url, "secret": SECRET, "private_hosts": [host], **more}
    return house_settings(data_dir, outgoing_webhooks=[told])


def outgoing(house: House) -> Outgoing:
    return Outgoing(
        house.stores.database,
        outgoing_webhooks(house.settings),
        OutgoingSender(house.settings),
        clock=house.clock,
    )


def told(hook: HookServer) -> list[dict[str, Any]]:
    return [json.loads(body) for _, _, body in hook.posts]


async def test_ask_approved_and_sent_is_told_signed_and_without_a_word(
    data_dir: Path, hook: HookServer
) -> None:
    async with open_house(configured(data_dir, hook), Doubles()) as house:
        telling = outgoing(house)
        await telling.tell()
        house.mode("approve")
        await house.ask("@bot when is it due?")
        house.approve(house.approvals[0])
        await house.settle()

        await telling.tell()
        await telling.tell()

        assert [one["type"] for one in told(hook)] == [
            "decision.recorded",
            "approval.opened",
            "approval.decided",
            "action.executed",
        ]
        decided, done = told(hook)[2]["data"], told(hook)[3]["data"]
        assert (decided["decision"], decided["project"]) == ("approved", "PAY")
        assert decided["digest"] == house.actions[0].digest
        assert done["id"] == house.actions[0].id
        texts = b"".join(body for _, _, body in hook.posts)
        assert b"Due" not in texts
        assert b"lead" not in texts
        assert {"by", "via"}.isdisjoint(decided)
        for _, headers, body in hook.posts:
            sent_at = int(headers["webhook-timestamp"])
            expected = standard_webhook_signature(KEY, headers["webhook-id"], sent_at, body)
            assert headers["webhook-signature"] == expected


async def test_texts_are_told_where_the_setting_says_so(data_dir: Path, hook: HookServer) -> None:
    settings = configured(data_dir, hook, include_text=True, events=["approval.opened"])
    async with open_house(settings, Doubles()) as house:
        telling = outgoing(house)
        await telling.tell()
        house.mode("approve")
        await house.ask("@bot when is it due?")

        await telling.tell()

        [post] = told(hook)
        assert post["data"]["text"] == house.actions[0].preview


async def test_no_text_of_an_item_with_a_security_level_is_told(
    data_dir: Path, hook: HookServer
) -> None:
    settings = configured(data_dir, hook, include_text=True)
    async with open_house(settings, Doubles()) as house:
        telling = outgoing(house)
        await telling.tell()
        house.mode("approve")
        await house.ask("@bot when is it due?", item="PAY-15")
        assert house.jira.issue("PAY-15").security is not None
        assert house.actions[0].preview

        await telling.tell()

        assert {one["type"] for one in told(hook)} == {"decision.recorded", "approval.opened"}
        assert [one for one in told(hook) if "text" in one["data"]] == []


async def test_only_what_a_webhook_wants_of_its_projects_is_told(
    data_dir: Path, hook: HookServer
) -> None:
    async with open_house(configured(data_dir, hook, projects=["HELP"]), Doubles()) as house:
        telling = outgoing(house)
        await telling.tell()
        await house.ask("@bot when is it due?")

        await telling.tell()

        assert hook.posts == []


async def test_warning_of_a_budget_is_told_once(data_dir: Path, hook: HookServer) -> None:
    async with open_house(configured(data_dir, hook), Doubles()) as house:
        telling, rules = outgoing(house), budget_rules(house.settings)
        await telling.tell()
        door = Spending(house.stores.database, rules=rules, clock=house.clock)
        for _ in range(3):
            wanted = request("6", now=house.clock.now())
            if not hook.posts:
                await door.reserve(wanted)
                await door.settle_unknown(wanted.reservation_id)
                await telling.tell()

        [post] = told(hook)
        assert post["type"] == "budget.warning"
        assert (post["data"]["percent"], post["data"]["scope"]) == (50, "organization")
        key = BudgetKey(BudgetScope.ORGANIZATION, "", BudgetPeriod.DAY)
        house.stores.database.write(
            lambda tx: set_budget(
                tx, key, {BudgetUnit.USD: 6_000_000}, rules=rules, by="x", now=house.clock.now()
            )
        )
        await telling.tell()
        assert [one["data"].get("percent") for one in told(hook)] == [50, None, 100]
        changed = told(hook)[1]
        assert (changed["type"], changed["data"]["project"]) == ("budget.changed", None)
        assert changed["data"]["cap_micro_usd"] == 6_000_000


async def test_budget_of_a_member_is_told_without_saying_whose(
    data_dir: Path, hook: HookServer
) -> None:
    async with open_house(configured(data_dir, hook), Doubles()) as house:
        telling = outgoing(house)
        await telling.tell()
        key = BudgetKey(BudgetScope.MEMBER, "mem_1", BudgetPeriod.DAY)
        rules = budget_rules(house.settings)
        house.stores.database.write(
            lambda tx: set_budget(
                tx, key, {BudgetUnit.USD: 1}, rules=rules, by="x", now=house.clock.now()
            )
        )

        await telling.tell()

        [post] = told(hook)
        assert (post["type"], post["data"]["scope"]) == ("budget.changed", "member")
        assert (post["data"]["id"], post["data"]["scope_id"]) == ("budget:member::day", None)
        assert b"mem_1" not in hook.posts[0][2]


async def test_vote_is_told_and_what_was_taken_back_before_enough_voted(
    data_dir: Path, hook: HookServer
) -> None:
    async with open_house(configured(data_dir, hook), Doubles()) as house:
        telling = outgoing(house)
        await telling.tell()
        house.mode("approve")
        take_two(house)
        posted = await house.ask("@bot when is it due?")
        house.approve(house.approvals[0])
        await house.delete(posted.id)
        await house.settle()

        await telling.tell()

        told_of = {one["type"]: one["data"] for one in told(hook)}
        assert told_of.keys() == {
            "decision.recorded",
            "approval.opened",
            "approval.voted",
            "approval.voided",
        }
        voted, voided = told_of["approval.voted"], told_of["approval.voided"]
        assert voted["id"] == voided["id"] == house.approvals[0].id
        assert (voted["project"], voided["why"]) == ("PAY", "ask_withdrawn")
        assert b"lead" not in b"".join(body for _, _, body in hook.posts)


def take_two(house: House) -> None:
    """Everything takes two people from now on."""
    document: JSONObject = {
        "format": 2,
        "defaults": {"approvers": {"quorum": 2}},
        "rules": [{"name": "all", "mode": "approve"}],
    }
    now = house.clock.now()

    def work(tx: Writing) -> None:
        current = tx.policies.current()
        assert current is not None
        tx.policies.add(current.version + 1, document, by="cli:lead", now=now)

    house.stores.database.write(work)


def test_every_tag_of_what_matters_outside_is_told_or_left_out_on_purpose() -> None:
    """A new tag about one of these is put into one list or the other by whoever adds it."""
    matters = re.compile(r"\w+:(action|approval|budget|decision|effect|undo|vote)s?:\w+")
    tags = {tag.value for tag in AuditTag if matters.fullmatch(tag.value)}

    assert EVENTS.keys() | LEFT_OUT.keys() == tags
    assert EVENTS.keys() & LEFT_OUT.keys() == set()
    assert set(EVENTS.values()) == set(OutgoingEvent)
    assert all(LEFT_OUT.values())


async def test_post_is_tried_again_until_a_day_is_over_and_that_is_told(
    data_dir: Path, tmp_path: Path, hook: HookServer
) -> None:
    settings = configured(data_dir, hook, events=["decision.recorded"])
    terminal_config = write_config(settings, tmp_path)
    async with open_house(settings, Doubles()) as house:
        telling = outgoing(house)
        await telling.tell()
        await house.ask("@bot when is it due?")
        hook.status = 500
        await telling.tell()
        house.clock.advance(4)
        await telling.tell()
        assert len(hook.posts) == 1
        for _ in range(40):
            house.clock.advance(3600)
            await telling.tell()

        ids = {headers["webhook-id"] for _, headers, _ in hook.posts}
        assert len(ids) == 1
        assert 8 <= len(hook.posts) <= 20
        assert "outgoing_post_given_up" in house.notices
        terminal = Terminal(terminal_config, house.clock)
        log = terminal.done("outgoing-webhooks", "log", "--json").json["items"]
        assert [(one["state"], one["problem"]) for one in log] == [
            ("given_up", "it answered with HTTP 500")
        ]


async def test_post_goes_on_once_the_webhook_is_back(data_dir: Path, hook: HookServer) -> None:
    settings = configured(data_dir, hook, events=["decision.recorded"])
    async with open_house(settings, Doubles()) as house:
        telling = outgoing(house)
        await telling.tell()
        await house.ask("@bot when is it due?")
        hook.status = 302
        hook.headers["location"] = hook.url
        await telling.tell()
        hook.status = 204
        house.clock.advance(6)
        await telling.tell()

        assert len(hook.posts) == 2
        [post] = house.stores.database.read(lambda tx: tx.outgoing.page()).items
        assert (post.state.value, post.attempts) == ("sent", 2)


async def test_held_database_posts_nothing_and_gives_up_what_is_a_day_old(
    data_dir: Path, hook: HookServer
) -> None:
    settings = configured(data_dir, hook, events=["decision.recorded"])
    async with open_house(settings, Doubles()) as house:
        telling, database = outgoing(house), house.stores.database
        await telling.tell()
        await house.ask("@bot when is it due?")
        hook.status = 500
        await telling.tell()
        hook.status = 204
        asked = len(hook.posts)
        source = RestoredFrom(BackupId("bkp_1"), house.clock.now(), None)
        hold = database.write(
            lambda tx: hold_after_restore(tx, source, by="cli:op", now=house.clock.now())
        )
        house.clock.advance(3600)
        await telling.tell()
        assert len(hook.posts) == asked

        house.clock.advance(25 * 3600)
        database.write(lambda tx: lift_hold(tx, hold, by="cli:op", now=house.clock.now()))
        await telling.tell()

        assert len(hook.posts) == asked
        [post] = database.read(lambda tx: tx.outgoing.page()).items
        assert post.state.value == "given_up"


async def test_webhook_that_is_added_again_is_not_told_of_what_was_before(
    data_dir: Path, hook: HookServer
) -> None:
    settings = configured(data_dir, hook, events=["decision.recorded"])
    async with open_house(settings, Doubles()) as house:
        telling = outgoing(house)
        without = Outgoing(
            house.stores.database, (), OutgoingSender(house.settings), clock=house.clock
        )
        await telling.tell()
        await house.ask("@bot when is it due?")
        await without.tell()
        await telling.tell()
        await telling.tell()
        assert hook.posts == []

        await house.ask("@bot what blocks this?")
        house.clock.advance(25 * 3600)
        await telling.tell()
        assert hook.posts == []


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        pytest.param({"url": "http://127.0.0.1:8080/x"}, "not public", id="loopback"),
        pytest.param({"url": "http://169.254.169.254/latest"}, "not public", id="metadata"),
        pytest.param({"url": "https://hooks.internal/x"}, "inner network", id="inner-name"),
        pytest.param({"url": "ftp://example.com/x"}, "begins with neither", id="scheme"),
        pytest.param({"secret": "short"}, "whsec_", id="secret"),
        pytest.param({"events": ["ticket.closed"]}, "approval.opened", id="event"),
        pytest.param({"projects": ["NOPE"]}, "no tracker serves NOPE", id="project"),
    ],
)
def test_webhook_that_may_not_be_is_refused_by_its_field(
    data_dir: Path, more: dict[str, Any], problem: str
) -> None:
    whole = {"id": "ci", "url": "https://example.com/hook", "secret": SECRET, **more}

    with pytest.raises(ValueError, match=problem):
        house_settings(data_dir, outgoing_webhooks=[whole])


def test_test_says_which_webhook_takes_a_post(
    data_dir: Path, tmp_path: Path, hook: HookServer
) -> None:
    config = write_config(house_settings(data_dir), tmp_path)
    with config.open("a", encoding="utf-8") as file:
        file.write(_block(hook))
    terminal = Terminal(config, FakeClock(START))

    taken = terminal.done("outgoing-webhooks", "test")
    listed = terminal.done("outgoing-webhooks", "list")
    hook.status = 401
    failed = terminal.run("outgoing-webhooks", "test", "--id", "ci")

    assert taken.out.startswith("ok    ci: it took the post out_")
    assert listed.lines[1].split()[:2] == ["ci", hook.url]
    assert (failed.code, failed.out) == (1, "FAIL  ci: it answered with HTTP 401\n")
    assert told(hook)[0]["type"] == "test"


def _block(hook: HookServer) -> str:
    host = hook.url.split("/")[2]
    return f"""
[[outgoing_webhooks]]
id = "ci"
url = "{hook.url}"
secret = "{SECRET}"
private_hosts = ["{host}"]
"""

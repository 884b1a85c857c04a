"""Somebody asks on a pull request of Bitbucket, and is answered there once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import pytest
from pydantic import SecretStr

from chargehand.bootstrap.bitbucket import live_bitbucket, open_client
from chargehand.config.bitbucket_settings import BitbucketConnection
from chargehand.connectors.bitbucket.client import BitbucketClient
from chargehand.connectors.bitbucket.webhook import BitbucketWebhook
from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.ids import ConnectionId
from chargehand.domain.member import Role
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import IntakeSecrets, RawRequest
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.bitbucket import FakeBitbucket, seed_demo
from chargehand.testing.bitbucket.fake import API_TOKEN, BOT_EMAIL
from chargehand.testing.bitbucket.records import ChangedFile, Webhook
from chargehand.testing.jira.failures import Failure
from tests.acceptance.code.policies import DOCS_ALONE, follow
from tests.chat_house import add_to_team, slack_settings
from tests.code_house import CodeHouse, references
from tests.house import Doubles, house_settings, open_house
from tests.wire import ContractCheck

pytestmark = pytest.mark.anyio
REPOSITORY, BITBUCKET, SECRET = "acme/payments", ConnectionId("bitbucket"), "the-signing-secret"


class BitbucketHouse(CodeHouse):
    """A house with the real connector, beside a fake Bitbucket."""

    bitbucket: FakeBitbucket
    client: BitbucketClient

    def furnish(self) -> None:
        super().furnish()
        self.bitbucket = FakeBitbucket(clock=self.clock, retry_delays_s=())
        seed_demo(self.bitbucket)
        self.bitbucket.sender.further = [Webhook("{1}", "http://127.0.0.1:9/", SECRET, [])]

    def connect_all(self) -> dict[ConnectionId, LiveConnection]:
        configured = BitbucketConnection(
            api_token=SecretStr(API_TOKEN),
            email=BOT_EMAIL,
            repositories={REPOSITORY: ("PAY",)},
        )
        live = live_bitbucket(configured, Surroundings(self.clock))
        transport = self.bitbucket.transport()
        self.client = open_client(configured, Surroundings(self.clock, transport))
        ours = replace(live, client=self.client, code=self.client)
        return {**super().connect_all(), BITBUCKET: ours}

    async def hear(self) -> None:
        """Everything the webhooks told so far arrives, again too."""
        for sending in self.bitbucket.sender.sendings:
            headers = self.bitbucket.sender.headers_of(sending).items()
            request = RawRequest(
                connection_id=BITBUCKET,
                headers={name.lower(): value for name, value in headers},
                body=sending.body,
                path_token=None,
                received_at=self.clock.now(),
            )
            await self._store((BitbucketWebhook().verify(request, IntakeSecrets((SECRET,))),))
        await self.settle()

    async def look(self, cursor: str | None) -> str | None:
        """One round of polling."""
        async for page in self.client.poll((), cursor, now=self.clock.now()):
            await self._store(page.deliveries)
            cursor = page.cursor
        await self.settle()
        return cursor

    def answers(self) -> list[Any]:
        """What the bot wrote on the first pull request."""
        comments = self.bitbucket.host.repository(REPOSITORY).pull_requests[1].comments
        return [one for one in comments.values() if one.author == "chargehand"]


@asynccontextmanager
async def open_bitbucket_house(
    storage: dict[str, Any], contract_if_any: ContractCheck | None, **changes: Any
) -> AsyncIterator[BitbucketHouse]:
    settings = house_settings(
        storage["data_dir"], storage=storage, chats=[slack_settings()], **changes
    )
    async with open_house(
        settings, Doubles(contract=contract_if_any), kind=BitbucketHouse
    ) as opened:
        house = cast("BitbucketHouse", opened)
        house.mode("auto", kind="bitbucket.add_comment")
        add_to_team(house, "Mei Tanaka", {BITBUCKET: "712020:mei"}, Role.DEVELOPER)
        yield house
        await house.bitbucket.aclose()


@pytest.fixture
async def house(
    storage: dict[str, Any], contract_if_any: ContractCheck | None
) -> AsyncIterator[BitbucketHouse]:
    async with open_bitbucket_house(storage, contract_if_any) as opened:
        yield opened


@pytest.fixture
async def updating(
    storage: dict[str, Any], contract_if_any: ContractCheck | None
) -> AsyncIterator[BitbucketHouse]:
    """Where the bot words its last comment anew."""
    answers = {"repeat": "update"}
    async with open_bitbucket_house(storage, contract_if_any, answers=answers) as opened:
        yield opened


async def test_a_question_beside_a_line_is_answered_once_in_its_conversation(
    house: BitbucketHouse,
) -> None:
    host = house.bitbucket.host
    cursor = await house.look(None)
    house.clock.advance(60)
    host.open_pull_request(REPOSITORY, "mei", title="Round", source="feature/PAY-7")
    asked = host.comment(
        REPOSITORY, 1, "mei", text="@{712020:chargehand} status", path="pay.py", line=3
    )

    await house.hear()
    await house.look(cursor)
    await house.hear()

    (answer,) = house.answers()
    assert (answer.parent, answer.path) == (asked.id, "pay.py")
    assert "PAY-7" in answer.text
    assert "In Progress" in answer.text


async def test_a_comment_that_landed_unseen_is_not_written_twice(house: BitbucketHouse) -> None:
    host = house.bitbucket.host
    await house.look(None)
    house.clock.advance(60)
    host.open_pull_request(REPOSITORY, "mei", title="Round", source="feature/PAY-7")
    host.comment(REPOSITORY, 1, "mei", text="@{712020:chargehand} status")
    cut = {"method": "POST", "path": ".*/comments", "cut": "after"}
    house.bitbucket.desk.failures.add(Failure(**cut))  # type: ignore[arg-type] # its own fields.

    await house.hear()
    house.clock.advance(600)
    await house.settle()

    assert len(house.answers()) == 1


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        pytest.param("docs/a.md", (ActionState.EXECUTED, True), id="docs"),
        pytest.param("src/a.py", (ActionState.WAITING, False), id="code"),
    ],
)
async def test_policy_lets_the_bot_approve_changes_to_the_docs_alone(
    house: BitbucketHouse, path: str, outcome: tuple[ActionState, bool]
) -> None:
    add_to_team(house, "Ana Ruiz", {BITBUCKET: "712020:ana"}, Role.ADMIN)
    follow(house, DOCS_ALONE)
    await house.look(None)
    house.clock.advance(60)
    host = house.bitbucket.host
    opened = host.open_pull_request(
        REPOSITORY, "tom", title="Words", source="words", files=[ChangedFile(path)]
    )

    host.comment(REPOSITORY, 1, "mei", text="@{712020:chargehand} approve this PR")
    await house.hear()

    (action,) = (one for one in house.actions if one.kind is ActionKind.BITBUCKET_APPROVE)
    assert (action.state, "chargehand" in opened.approvals) == outcome, action.preview


async def test_forced_push_and_deleted_branch_leave_nothing_claimed(house: BitbucketHouse) -> None:
    host, branch = house.bitbucket.host, "feature/PAY-7-x"
    cursor = await house.look(None)
    house.clock.advance(60)
    host.push(REPOSITORY, "mei", branch, message="PAY-7: round")
    await house.hear()
    assert f"branch {REPOSITORY} {branch}" in references(house)
    house.clock.advance(60)
    host.push(REPOSITORY, "mei", branch, message="Elsewhere", force=True)
    await house.hear()
    cursor = await house.look(cursor)
    assert f"branch {REPOSITORY} {branch}" in references(house)
    house.clock.advance(60)
    host.push(REPOSITORY, "mei", branch, delete=True)

    # No webhook tells of the end of the branch; polling does.
    await house.look(cursor)

    assert not any(one.startswith("branch ") for one in references(house))


async def test_pull_request_of_a_fork_is_one_as_any_other(house: BitbucketHouse) -> None:
    host = house.bitbucket.host
    cursor = await house.look(None)
    house.clock.advance(60)
    made = host.open_pull_request(
        REPOSITORY,
        "tom",
        title="PAY-7 by a stranger",
        source="topic",
        source_repository="mallory/p",
    )
    host.repository(REPOSITORY).branches.pop("topic")
    host.comment(REPOSITORY, made.number, "mei", text="@{712020:chargehand} status")

    await house.look(cursor)
    await house.hear()

    (answer,) = house.answers()
    assert "PAY-7" in answer.text
    assert references(house) == [f"pull_request {REPOSITORY} {made.number}"]


async def test_renamed_repository_is_left_alone_and_the_operator_is_told(
    house: BitbucketHouse,
) -> None:
    host = house.bitbucket.host
    cursor = await house.look(None)
    house.clock.advance(60)
    host.open_pull_request(REPOSITORY, "mei", title="Round", source="feature/PAY-7")
    await house.hear()
    told = len(house.bitbucket.sender.sendings)
    host.rename(REPOSITORY, "acme/money")
    host.comment("acme/money", 1, "mei", text="@{712020:chargehand} status")

    await house.look(cursor)
    await house.hear()

    assert len(house.bitbucket.sender.sendings) > told
    comments = host.repository("acme/money").pull_requests[1].comments.values()
    assert [one.author for one in comments] == ["mei"]
    assert house.bitbucket.writes() == []
    checks = {one.name: one for one in await house.client.check()}
    shown = checks[f"repository {REPOSITORY}"]
    assert "acme/money" in f"{shown.found} {shown.mend}"


async def test_token_that_is_taken_back_sends_nothing_and_what_waits_is_answered_after(
    house: BitbucketHouse,
) -> None:
    """Bitbucket has no App to uninstall: its token is revoked."""
    host = house.bitbucket.host
    await house.look(None)
    house.clock.advance(60)
    host.open_pull_request(REPOSITORY, "mei", title="Round", source="feature/PAY-7")
    bot = host.person("chargehand")
    bot.token, token = "another", bot.token
    host.comment(REPOSITORY, 1, "mei", text="@{712020:chargehand} status")

    await house.hear()
    assert house.answers() == []
    bot.token = token
    for _ in range(3):
        house.clock.advance(3_600)
        await house.settle()

    assert len(house.answers()) == 1


async def test_the_same_question_in_a_thread_updates_the_answer_there(
    updating: BitbucketHouse,
) -> None:
    house, host, words = updating, updating.bitbucket.host, "@{712020:chargehand} status"
    await house.look(None)
    house.clock.advance(60)
    host.open_pull_request(REPOSITORY, "mei", title="Round", source="feature/PAY-7")
    asked = host.comment(REPOSITORY, 1, "mei", text=words)
    await house.hear()
    (first,) = house.answers()
    before = first.text
    house.jira.transition("PAY-7", author="Tom Berg", to="Done")
    house.clock.advance(60)

    # Below the question, and below the answer to it.
    for parent in (asked.id, first.id):
        host.comment(REPOSITORY, 1, "mei", text=words, parent=parent)
        await house.hear()
        house.clock.advance(60)

    (answer,) = house.answers()
    assert answer.id == first.id
    assert "Updated on" in answer.text
    updates = [one for one in house.actions if one.kind is ActionKind.BITBUCKET_UPDATE_COMMENT]
    assert [one.state for one in updates] == [ActionState.EXECUTED] * 2
    assert f"Update comment {first.id} on acme/payments#1" in updates[0].preview
    house.undo(updates[0].id)
    await house.settle()
    assert before != answer.text
    assert house.actions[0].state is ActionState.EXECUTED
    # Who asks elsewhere, or after others, is answered there.
    host.comment(REPOSITORY, 1, "tom", text="I see.", parent=first.id)
    house.clock.advance(60)
    for parent in (first.id, None):
        host.comment(REPOSITORY, 1, "mei", text=words, parent=parent)
        await house.hear()
        house.clock.advance(60)
    assert len(house.answers()) == 3

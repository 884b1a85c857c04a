"""What a code host or wiki may answer: a typed outcome, a bounded number of requests, no storm."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chargehand.connectors.bitbucket.client import BitbucketClient
from chargehand.connectors.bitbucket.config import BitbucketConfig, Deployment
from chargehand.connectors.confluence.client import ConfluenceClient
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.github.client import GitHubClient
from chargehand.connectors.github.config import GitHubConfig
from chargehand.domain.action import (
    ActionResult,
    ApprovedAction,
    Refused,
    RetryAfter,
    Undecided,
)
from chargehand.domain.errors import ChargehandError, Fault, Rejected, Retryable
from chargehand.domain.ids import ConnectionId
from chargehand.kit.masked import MaskedText
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing import bitbucket as fake_bitbucket
from chargehand.testing import bitbucket_data_center as fake_data_center
from chargehand.testing import confluence as fake_confluence
from chargehand.testing import confluence_data_center as fake_wiki_center
from chargehand.testing import github as fake_github
from chargehand.testing.bitbucket.fake import API_TOKEN
from chargehand.testing.bitbucket.fake import BOT_EMAIL as BITBUCKET_EMAIL
from chargehand.testing.clock import FakeClock
from chargehand.testing.confluence.fake import BOT_EMAIL, BOT_TOKEN
from chargehand.testing.github.state import BOT_TOKEN as GITHUB_TOKEN
from chargehand.testing.jira.failures import Failure
from tests.connectors.bitbucket.client.world import action as of_bitbucket
from tests.connectors.confluence.world import action as of_confluence
from tests.connectors.github.client.world import approved as of_github
from tests.house import START

pytestmark = pytest.mark.anyio
# The only time that really passes: of a vendor that never answers.
TIMEOUT_S = 0.2
PATIENT_S = 20.0
NAME = "acme/payments"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Vendor:
    """A fake, a client of it, and one write of each kind of answer."""

    client: Any
    fail: Callable[[Failure], None]
    requests: Callable[[], list[Any]]
    comment: ApprovedAction
    slept: list[float]

    async def polled(self, now: Any) -> None:
        """A whole round from the first connection on."""
        cursor: str | None = None
        for _ in range(2):
            async for page in self.client.poll((), cursor, now=now):
                cursor = page.cursor


def make_github(clock: FakeClock, how: dict[str, Any], timeout_s: float) -> tuple[Any, ...]:
    fake = fake_github.FakeGitHub(clock=clock, sleep=never_again)
    fake_github.seed_demo(fake)
    config = GitHubConfig(
        connection_id=ConnectionId("github"),
        token=MaskedText(GITHUB_TOKEN),
        repositories=(NAME,),
        api_url=fake.url,
        request_timeout_s=timeout_s,
    )
    client = GitHubClient(config, Surroundings(clock, fake.transport(), **how))
    sent = of_github("github.add_comment", f"{NAME}#2", {"markdown": "hi"})  # type: ignore[arg-type]
    return client, fake.desk.failures.add, fake.desk.calls, sent


def make_bitbucket(
    clock: FakeClock, how: dict[str, Any], timeout_s: float, deployment: Deployment
) -> tuple[Any, ...]:
    is_cloud = deployment is Deployment.CLOUD
    kind: Any = (
        fake_bitbucket.FakeBitbucket if is_cloud else fake_data_center.FakeBitbucketDataCenter
    )
    name = NAME if is_cloud else "PAY/payments"
    fake = kind(clock=clock, retry_delays_s=(), sleep=never_again)
    fake_bitbucket.seed_demo(fake, **({} if is_cloud else {"repository": name}))
    fake.host.open_pull_request(name, "mei", title="PAY-7", source="feature/PAY-7")
    config = BitbucketConfig(
        connection_id=ConnectionId("bitbucket"),
        token=MaskedText(API_TOKEN),
        email=BITBUCKET_EMAIL if is_cloud else None,
        deployment=deployment,
        api_url="https://api.bitbucket.org/2.0" if is_cloud else "https://git.example.com",
        repositories=(name,),
        request_timeout_s=timeout_s,
    )
    client = BitbucketClient(config, Surroundings(clock, fake.transport(), **how))
    sent = of_bitbucket("add_comment", f"{name}#1", {"markdown": "hi"})
    return client, fake.desk.failures.add, lambda: fake.desk.log.entries, sent


def make_confluence(
    clock: FakeClock, how: dict[str, Any], timeout_s: float, *, is_cloud: bool = True
) -> tuple[Any, ...]:
    kind: Any = fake_confluence if is_cloud else fake_wiki_center
    name = "FakeConfluence" if is_cloud else "FakeConfluenceDataCenter"
    fake = getattr(kind, name)(clock=clock, sleep=never_again)
    page_id = kind.seed_demo(fake)
    config = ConfluenceConfig(
        connection_id=ConnectionId("confluence"),
        site="https://example.atlassian.net" if is_cloud else "https://wiki.example/confluence",
        api_token=MaskedText(BOT_TOKEN),
        email=BOT_EMAIL if is_cloud else None,
        is_data_center=not is_cloud,
        spaces=("ENG",),
        request_timeout_s=timeout_s,
    )
    client = ConfluenceClient(config, Surroundings(clock, fake.transport(), **how))
    sent = of_confluence("add_comment", page_id, {"markdown": "hi"})
    return client, fake.failures.add, fake.requests, sent


MAKERS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "github": make_github,
    "bitbucket": lambda *one: make_bitbucket(*one, Deployment.CLOUD),
    "bitbucket-data-center": lambda *one: make_bitbucket(*one, Deployment.DATA_CENTER),
    "confluence": make_confluence,
    "confluence-data-center": lambda *one: make_confluence(*one, is_cloud=False),
}


async def never_again(_delay_s: float) -> None:
    """A vendor that never answers."""
    await asyncio.Event().wait()


@pytest.fixture(params=list(MAKERS))
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[float], Vendor]]:
    clock, slept, opened = FakeClock(START), [], []

    async def sleep(wait_s: float) -> None:
        slept.append(wait_s)
        clock.advance(wait_s)

    def made(timeout_s: float = PATIENT_S) -> Vendor:
        how = {"sleep": sleep, "chance": lambda: 1.0}
        client, fail, requests, comment = MAKERS[request.param](clock, how, timeout_s)
        opened.append(client)
        return Vendor(client, fail, requests, comment, slept)

    yield made
    for client in opened:
        await client.aclose()


WRITES: dict[str, tuple[dict[str, Any], type[Any]]] = {
    "401": ({"status": 401}, RetryAfter),
    "403": ({"status": 403}, Refused),
    "404": ({"status": 404}, Refused),
    "409": ({"status": 409}, Refused),
    "429": ({"status": 429, "retry_after": 7}, RetryAfter),
    "500": ({"status": 500}, Undecided),
    "cut before": ({"cut": "before"}, Undecided),
    "cut after": ({"cut": "after"}, Undecided),
    "hang": ({"delay_s": 1.0}, Undecided),
}


@pytest.mark.parametrize("name", list(WRITES))
async def test_a_write_is_sent_once_and_its_outcome_is_one_of_five(
    make: Callable[..., Vendor], name: str
) -> None:
    how, expected = WRITES[name]
    vendor = make(TIMEOUT_S if name == "hang" else PATIENT_S)
    vendor.fail(Failure(method="POST", path=".*(comments|/content)", times=9, **how))

    result: ActionResult = await vendor.client.perform(vendor.comment)

    posts = [one for one in vendor.requests() if _method(one) == "POST"]
    assert isinstance(result, expected), result
    assert len(posts) == 1
    if isinstance(result, RetryAfter):
        assert result.is_sign_in_refused == (name == "401")
        assert name == "401" or result.after_s == 7.0


READS: dict[str, tuple[dict[str, Any], type[ChargehandError] | None]] = {
    "401": ({"status": 401}, Rejected),
    "429": ({"status": 429, "retry_after": 3_000}, Retryable),
    "500": ({"status": 500}, Retryable),
    "cut": ({"cut": "before"}, Retryable),
    "hang": ({"delay_s": 1.0}, Retryable),
}


@pytest.mark.parametrize("name", list(READS))
async def test_a_poll_ends_in_a_known_error_after_a_few_requests(
    make: Callable[..., Vendor], name: str
) -> None:
    how, expected = READS[name]
    vendor = make(TIMEOUT_S if name == "hang" else PATIENT_S)
    vendor.fail(Failure(method="GET", path=".*", times=1_000, **how))

    with pytest.raises(ChargehandError) as caught:
        await vendor.polled(START)

    assert isinstance(caught.value, expected), caught.value
    assert not isinstance(caught.value, Fault)
    most = 1 if name in ("401", "429", "hang") else 6
    assert len(vendor.requests()) <= most
    assert sum(vendor.slept) <= PATIENT_S


async def test_a_passing_failure_of_a_poll_is_waited_out(make: Callable[..., Vendor]) -> None:
    vendor = make()
    vendor.fail(Failure(method="GET", path=".*", status=503))
    vendor.fail(Failure(method="GET", path=".*", status=429, retry_after=3))

    await vendor.polled(START)

    assert 3 <= sum(vendor.slept) <= PATIENT_S


def _method(request: Any) -> str:
    return str(request["method"] if isinstance(request, dict) else request.method)

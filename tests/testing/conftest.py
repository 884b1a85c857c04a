"""A demo site at a fixed moment, and clients whose every exchange is checked by the contract."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.contracts import Conduct, Contract, ContractTransport
from chargehand.testing.jira import FakeJira, seed_demo

START = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def fake(clock: FakeClock) -> FakeJira:
    jira = FakeJira(clock=clock)
    seed_demo(jira)
    return jira


@pytest.fixture
async def connect(fake: FakeJira, jira_contract: Contract) -> AsyncIterator[Connect]:
    """Builds a client for somebody, checked both ways by Jira's contract."""
    async with AsyncExitStack() as stack:

        def build(
            who: str = "Chargehand", *, conduct: Conduct = "as_documented"
        ) -> httpx.AsyncClient:
            person = fake.person(who)
            if not person.token:
                person = replace(person, token=f"token of {person.name}")
                fake.state.people[person.account_id] = person
            client = httpx.AsyncClient(
                transport=ContractTransport(fake.transport(), jira_contract, conduct=conduct),
                base_url=fake.site_url,
                auth=(person.email, person.token),
            )
            stack.push_async_callback(client.aclose)
            return client

        yield build


@pytest.fixture
def bot(connect: Connect) -> httpx.AsyncClient:
    return connect()


@pytest.fixture
def wrong(connect: Connect) -> httpx.AsyncClient:
    """The bot's client for requests that break the contract on purpose."""
    return connect(conduct="wrong_on_purpose")

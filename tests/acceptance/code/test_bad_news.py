"""What goes wrong at GitHub is seen by the operator, and asked about no more than needed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehand.bootstrap.configured import connections_by_settings
from chargehand.domain.connection import ConnectionHealth, Health
from chargehand.pipeline.connection_health import list_connections
from chargehand.testing.contracts import Contract
from chargehand.testing.github import people
from chargehand.testing.github.app_key import key_pair
from chargehand.testing.github.state import APP_ID, APP_LOGIN, INSTALLATION_ID
from tests.connectors.github.client.conftest import github_contract
from tests.github_house import GITHUB, PAYMENTS, GitHubHouse, open_github_house
from tests.wire import ContractCheck

__all__ = ["github_contract"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(
    storage: dict[str, Any],
    contract_if_any: ContractCheck | None,
    github_contract: Contract | None,
) -> AsyncIterator[GitHubHouse]:
    async with open_github_house(storage, contract_if_any, github_contract) as opened:
        yield opened


@pytest.fixture
async def app_house(
    storage: dict[str, Any],
    contract_if_any: ContractCheck | None,
    github_contract: Contract | None,
) -> AsyncIterator[GitHubHouse]:
    """Signed in as an App."""
    app = {
        "token": None,
        "login": APP_LOGIN,
        "app_id": str(APP_ID),
        "installation_id": str(INSTALLATION_ID),
        "private_key": key_pair()[0],
    }
    async with open_github_house(storage, contract_if_any, github_contract, **app) as opened:
        yield opened


def shown(house: GitHubHouse) -> ConnectionHealth:
    """What `connections show github` says."""
    known = [one for one in connections_by_settings(house.settings) if one.id == GITHUB]
    now = house.clock.now()
    (found,) = house.stores.database.read(
        lambda tx: list_connections(tx, known, now=now).connections
    )
    return found


async def test_app_that_is_uninstalled_is_red_and_asked_once_a_round(
    app_house: GitHubHouse,
) -> None:
    await app_house.look_around()
    assert shown(app_house).state is Health.GREEN
    people.remove_installation(app_house.hub_site, is_suspended=False)
    await app_house.hear_hub()
    before = len(app_house.github.desk.calls())

    for _ in range(3):
        app_house.clock.advance(300)
        await app_house.look_around()

    health = shown(app_house)
    assert health.state is Health.RED
    assert "has not taken the sign-in since" in health.reason
    assert health.last_failure == "github_sign_in_refused"
    assert {"access_revoked", "poll_failing"} <= set(app_house.notices)
    assert app_house.notices.count("poll_failing") == 1
    # A token that is gone, and the wish for another one.
    assert len(app_house.github.desk.calls()) - before <= 2 * 3 + 1


async def test_ask_that_came_before_is_answered_once_the_app_is_back(
    app_house: GitHubHouse,
) -> None:
    people.remove_installation(app_house.hub_site, is_suspended=True)
    people.comment_on(
        app_house.hub_site,
        app_house.payments,
        2,
        author="tom-berg",
        body="@chargehand status PAY-7",
    )
    await app_house.hear_hub()
    comments = app_house.payments.issues[2].comments
    assert [one.author for one in comments] == ["tom-berg"]
    tries = len(app_house.github.desk.calls())

    app_house.hub_site.state.is_suspended = False
    await app_house.wait(120)
    await app_house.wait(3_600)

    assert tries < 20
    assert [one.author for one in comments].count(APP_LOGIN) == 1


async def test_renamed_repository_is_read_on_and_nothing_is_sent_there(
    storage: dict[str, Any], contract_if_any: ContractCheck | None
) -> None:
    # The address a renamed repository is redirected to is not in GitHub's description.
    async with open_github_house(storage, contract_if_any, None) as house:
        await ask_under_the_old_name(house)


async def ask_under_the_old_name(house: GitHubHouse) -> None:
    await house.look_around()
    house.clock.advance(60)
    house.hub_site.rename(house.payments, "acme/money")
    moved = house.hub_site.repository("acme/money")

    people.comment_on(house.hub_site, moved, 2, author="tom-berg", body="@chargehand-bot status")
    await house.look_around()

    assert [one.author for one in moved.issues[2].comments] == ["tom-berg"]
    # A write is not followed to another name, and the operator is told.
    assert [one["status"] for one in house.github.writes()] == [301]
    assert "action_failed" in house.notices
    checks = {one.name: one for one in await house.client.check()}
    mend = checks[f"repository {PAYMENTS}"].mend
    assert "acme/money" in mend


async def test_long_and_hidden_words_are_answered_in_plain_ones(house: GitHubHouse) -> None:
    hidden = "\u202e\u200d\u2066\x07"

    await house.remark(f"@bot status PAY-7 {hidden}\n\n" + "very long words " * 1_900)
    await house.remark(f"@bot st{hidden}atus PAY-7")

    said = house.answers()
    assert 1 <= len(said) <= 2
    assert not set(hidden) & set("".join(said))
    assert all(len(one) < 10_000 for one in said)


async def test_what_polling_found_and_no_webhook_brought_is_shown(house: GitHubHouse) -> None:
    await house.look_around()
    house.clock.advance(60)
    house.github.sender.is_silent = True
    people.comment_on(house.hub_site, house.payments, 2, author="tom-berg", body="Hm.")

    await house.look_around()
    house.clock.advance(3_600)

    health = shown(house)
    assert health.missed is not None
    assert health.missed.lately >= 1
    assert health.state is Health.YELLOW
    assert "that no webhook brought" in health.reason


async def test_what_webhooks_brought_is_not_said_to_be_missed(house: GitHubHouse) -> None:
    """A comment changes the time of what it stands on, which no webhook tells."""
    for _ in range(2):
        await house.look_around()
        # What the fake began with was told by no webhook, and is forgotten after a day.
        house.clock.advance(90_000)
    for number in (1, 2):
        people.comment_on(house.hub_site, house.payments, number, author="tom-berg", body="Hm.")
    (workflow, *_) = house.payments.workflows
    run = people.start_run(
        house.hub_site, house.payments, workflow, actor="tom-berg", branch="main", inputs={}
    )
    people.complete_run(house.hub_site, house.payments, run.id, conclusion="failure")
    await house.hear_hub()
    known = len(house.events)

    found = await house.look_around()
    house.clock.advance(3_600)

    assert found >= 3
    newest = house.events[: len(house.events) - known]
    assert [one.kind for one in newest] == ["work_item.updated"]
    health = shown(house)
    assert health.missed is not None
    assert health.missed.lately == 0
    assert "that no webhook brought" not in health.reason

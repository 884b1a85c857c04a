"""Accounts that a vendor deactivated lose their rights; what is unclear changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chargehand.bootstrap.configured import connections_by_settings
from chargehand.domain.account import AccountRef
from chargehand.domain.connection import Health
from chargehand.domain.ids import AccountId
from chargehand.domain.member import Identity, Role
from chargehand.pipeline.account_checks import MOST_ACCOUNTS, AccountChecks, accounts_to_ask
from chargehand.pipeline.asking_accounts import PACE_S
from chargehand.pipeline.confirming import confirm_as_operator
from chargehand.pipeline.connection_health import list_connections
from chargehand.pipeline.guarding import ACCOUNTS_VANISHED, raise_guard
from chargehand.pipeline.identifying import link_account, refuse_account
from chargehand.pipeline.members import add_member, leave
from tests.chat_house import add_to_team
from tests.house import CONNECTION, House

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1).total_seconds()
NAMES = ("Ana Ruiz", "Mei Tanaka", "Tom Berg")


class Checked:
    """A house whose members have accounts in Jira, and what looks after these."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rests: list[float] = []
        self.stops_after: int | None = None
        self.checks = self.anew()

    def anew(self) -> AccountChecks:
        """As after a start of the worker."""
        database, clock = self.house.stores.database, self.house.clock
        self.checks = AccountChecks(database, self.house.connections, clock=clock)
        return self.checks

    def team(self, *names: str) -> None:
        for name in names:
            add_to_team(self.house, name, {}, Role.APPROVER, jira=True)

    def person(self, name: str) -> Any:
        return next(p for p in self.house.jira.state.people.values() if p.name == name)

    def deactivate(self, *names: str, active: bool = False) -> None:
        for name in names:
            person = self.person(name)
            self.house.jira.state.people[person.account_id] = replace(person, active=active)

    async def look(self, *, after_s: float = 0.0) -> None:
        self.house.clock.advance(after_s)
        await self.checks.look(self.rest)

    async def rest(self, seconds: float) -> bool:
        self.rests.append(seconds)
        self.house.clock.advance(seconds)
        return self.stops_after is None or len(self.rests) <= self.stops_after

    def identity(self, name: str) -> Identity:
        account = self.person(name).account_id
        found = self.house.stores.database.read(lambda tx: tx.members.by_account("jira", account))
        assert found is not None
        identity: Identity = found[1]
        return identity

    @property
    def carrying(self) -> list[str]:
        """Whose account carries rights."""
        return [name for name in NAMES if self._carries(name)]

    def _carries(self, name: str) -> bool:
        account = self.person(name).account_id
        found = self.house.stores.database.read(lambda tx: tx.members.by_account("jira", account))
        return found is not None and found[1].carries_rights

    @property
    def told(self) -> list[str]:
        return [one.code for one in reversed(self.house.told)]

    def tags(self) -> list[str]:
        found = self.house.stores.database.read(lambda tx: tx.audit.newest(limit=200))
        return [one.tag for one in found if one.tag.startswith("worker:identity")]

    def do(self, work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        now = self.house.clock.now()
        return self.house.stores.database.write(lambda tx: work(tx, *arguments, now=now, **named))

    def health(self) -> tuple[Health, str]:
        known, now = connections_by_settings(self.house.settings), self.house.clock.now()
        database = self.house.stores.database
        (one,) = database.read(lambda tx: list_connections(tx, known, now=now)).connections
        return one.state, one.reason


@pytest.fixture
def checked(house: House) -> Checked:
    found = Checked(house)
    found.team(*NAMES)
    return found


async def test_a_deactivated_account_carries_nothing_and_comes_back_as_matched(
    checked: Checked,
) -> None:
    await checked.look()
    assert checked.carrying == list(NAMES)

    checked.deactivate("Ana Ruiz")
    await checked.look(after_s=DAY)
    assert checked.carrying == ["Mei Tanaka", "Tom Berg"]
    assert checked.tags() == ["worker:identity:deactivated"]
    assert checked.told == ["account_deactivated"]
    assert "chargehand members leave mbr_" in checked.house.told[0].text
    assert "Ana" not in checked.house.told[0].text

    checked.deactivate("Ana Ruiz", active=True)
    await checked.look(after_s=DAY)
    assert checked.carrying == ["Mei Tanaka", "Tom Berg"]
    back = checked.identity("Ana Ruiz")
    assert (back.is_active, back.state.value) == (True, "matched")
    assert checked.tags() == ["worker:identity:activated", "worker:identity:deactivated"]

    checked.do(confirm_as_operator, back.member_id, CONNECTION, by="cli:tester")
    assert checked.carrying == list(NAMES)


async def test_an_account_that_was_deleted_is_gone(checked: Checked) -> None:
    tom = checked.person("Tom Berg")
    identity = checked.identity("Tom Berg")
    del checked.house.jira.state.people[tom.account_id]

    await checked.look()

    checked.house.jira.state.people[tom.account_id] = tom
    found = checked.house.stores.database.read(
        lambda tx: tx.members.identity_at(identity.member_id, "jira")
    )
    assert found is not None
    assert not found.carries_rights


async def test_each_connection_is_asked_once_a_day_in_peace(checked: Checked) -> None:
    await checked.look()
    asked = len(checked.rests)
    await checked.look(after_s=DAY / 2)
    checked.anew()
    await checked.look()
    assert len(checked.rests) == asked == len(NAMES) + 1
    assert set(checked.rests) == {PACE_S}

    await checked.look(after_s=DAY / 2)
    assert len(checked.rests) == 2 * asked


@pytest.mark.parametrize(
    "failure",
    [{"status": 500}, {"status": 403}, {"cut": "before"}, {"status": 401}],
    ids=["failing", "forbidden", "unreachable", "refused"],
)
async def test_a_vendor_that_does_not_tell_changes_nothing_and_is_asked_again(
    checked: Checked, failure: Any
) -> None:
    checked.deactivate("Ana Ruiz")
    checked.house.jira.inject(path=".*/user", times=50, **failure)

    await checked.look()
    assert checked.carrying == list(NAMES)
    asked = len(checked.rests)
    await checked.look(after_s=60)
    assert len(checked.rests) == asked

    checked.house.jira.failures.clear()
    await checked.look(after_s=3600)
    assert checked.carrying == ["Mei Tanaka", "Tom Berg"]


async def test_answers_before_a_failure_do_not_count(checked: Checked) -> None:
    checked.deactivate(min(NAMES, key=lambda name: checked.person(name).account_id))

    async def fail_in_the_middle(seconds: float) -> bool:
        if len(checked.rests) == len(NAMES):
            checked.house.jira.inject(path=".*/user", status=500)
        return await checked.rest(seconds)

    await checked.checks.look(fail_in_the_middle)

    assert len(checked.rests) == len(NAMES) + 1
    assert checked.carrying == list(NAMES)


async def test_a_limit_of_the_vendor_is_waited_out(checked: Checked) -> None:
    checked.deactivate("Ana Ruiz")
    checked.house.jira.inject(path=".*/user", status=429, retry_after=90)

    await checked.look()

    assert max(checked.rests) >= 60
    assert checked.carrying == ["Mei Tanaka", "Tom Berg"]


async def test_a_connection_that_points_elsewhere_deactivates_nobody(checked: Checked) -> None:
    kept = dict(checked.house.jira.state.people)
    for name in NAMES:
        del checked.house.jira.state.people[checked.person(name).account_id]

    await checked.look()
    await checked.look(after_s=DAY)
    checked.house.jira.state.people.update(kept)

    assert checked.carrying == list(NAMES)
    assert checked.told == ["accounts_vanished"]
    assert "3 of 3 accounts" in checked.house.told[0].text
    state, reason = checked.health()
    assert state is Health.YELLOW
    assert "said to be gone at once" in reason

    await checked.look(after_s=DAY)
    assert checked.told == ["accounts_vanished", "guard_over"]
    assert "said to be gone at once" not in checked.health()[1]


async def test_answers_are_believed_only_from_who_knows_the_bot(checked: Checked) -> None:
    """Whatever stands in front of a vendor may say of everybody that they are not there."""
    for name in ("Ana Ruiz", "Mei Tanaka"):
        identity = checked.identity(name)
        ref = AccountRef(CONNECTION, identity.account_id)
        checked.do(refuse_account, identity.member_id, ref, by="cli:tester")
    checked.house.jira.inject(path=".*/user", status=404, times=50)

    await checked.look()

    assert checked.carrying == ["Tom Berg"]
    assert checked.told == ["accounts_vanished"]


async def test_who_left_and_what_was_refused_is_not_asked_about(checked: Checked) -> None:
    ana, mei = checked.identity("Ana Ruiz"), checked.identity("Mei Tanaka")
    checked.do(leave, ana.member_id, by="cli:tester")
    ref = AccountRef(CONNECTION, mei.account_id)
    checked.do(refuse_account, mei.member_id, ref, by="cli:tester")

    wanted = checked.house.stores.database.read(
        lambda tx: accounts_to_ask(tx, CONNECTION, now=checked.house.clock.now())
    )

    assert wanted == (checked.person("Tom Berg").account_id,)


async def test_of_very_many_accounts_another_part_is_asked_about_each_day(
    checked: Checked,
) -> None:
    def crowd(tx: Any, *, now: Any) -> None:
        for number in range(MOST_ACCOUNTS):
            member = add_member(tx, f"Member {number}", by="cli:tester", now=now)
            ref = AccountRef(CONNECTION, AccountId(f"crowd-{number}"))
            link_account(tx, member.id, ref, connections={CONNECTION}, by="cli:tester", now=now)

    checked.do(crowd)

    def asked_after(days: int) -> set[str]:
        now = checked.house.clock.now() + timedelta(days=days)
        return set(
            checked.house.stores.database.read(lambda tx: accounts_to_ask(tx, CONNECTION, now=now))
        )

    first, second = asked_after(0), asked_after(1)
    assert max(len(first), len(second)) <= MOST_ACCOUNTS
    assert len(first | second) == MOST_ACCOUNTS + len(NAMES)
    assert not first & second


async def test_a_doubt_ends_with_its_connection(checked: Checked) -> None:
    checked.do(raise_guard, ACCOUNTS_VANISHED, "another")

    await checked.look()

    observed = checked.house.stores.database.read(
        lambda tx: tx.observations.all_of(f"guard:{ACCOUNTS_VANISHED}")
    )
    assert observed == {}


async def test_told_to_stop_nothing_is_changed(checked: Checked) -> None:
    checked.deactivate("Ana Ruiz")
    checked.stops_after = 1

    await checked.look()

    assert checked.carrying == list(NAMES)
    assert checked.told == []

"""Whatever people, clocks and processes do: nothing runs unapproved, nothing runs twice.

A machine makes up stories of a team: people ask, vote, vote again, edit, reject, lose roles, leave,
go away and come back; two processes share one database, are started anew, and lose the vendor's
answers. A model of our own says at every request whether it may leave.
"""

import asyncio
import shutil
import tempfile
from collections import defaultdict
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chargehand.bootstrap.stores import database_url
from chargehand.connectors.jira.preview import JiraPreviewer
from chargehand.domain.account import AccountRef
from chargehand.domain.action import (
    ActionResult,
    ActionState,
    ApprovedAction,
    Done,
    Undecided,
)
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import AccountId, ActionId, MemberId
from chargehand.domain.json import JSONObject
from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalState
from chargehand.pipeline import approving
from chargehand.pipeline.absences import come_back, go_away
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.executing import Executing
from chargehand.pipeline.identifying import link_account
from chargehand.pipeline.members import leave, set_roles
from chargehand.plugins.connector import LookUp, LookUpState
from chargehand.storage.database import Database
from chargehand.storage.transaction import Writing
from tests.web.api.world import PAY, RULES, SITE, open_world

PEOPLE = ("asker", "anna", "ben", "cem")
MAY = (((PAY, Role.APPROVER),), ())
_LATE_CLICKS = 6
_MOST_ASKED = 12
person = st.sampled_from(PEOPLE)
process = st.integers(0, 1)
any_one = st.integers(0, 7)


@cache
def migrated() -> Path:
    """Migrated stores to begin with, since migrating takes longer than a story."""
    folder = Path(tempfile.mkdtemp(prefix="machine-")) / "data"
    open_world(folder).close()
    return folder


class Vendor:
    """What the machine sends to; it says of every request whether the model allows it."""

    def __init__(self, machine: "Approvals") -> None:
        self.machine = machine
        self.there: list[ActionId] = []
        self.how = "done"

    async def perform(self, action: ApprovedAction) -> ActionResult:
        self.machine.assert_allowed(action)
        if self.how != "cut":
            assert action.action_id not in self.there, "sent twice"
            self.there.append(action.action_id)
        if self.how == "done":
            return Done(external_id="9", url="https://acme.example/9")
        return Undecided("cut", settle_s=30.0)

    async def look_up(self, action: Any, _past: Any) -> LookUp:
        state = LookUpState.FOUND if action.action_id in self.there else LookUpState.ABSENT
        return LookUp(state, external_id="9", url="https://acme.example/9")


class Approvals(RuleBasedStateMachine):
    """Stories of a team."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="story-"))
        folder = shutil.copytree(migrated(), self.root / "data")
        self.world = open_world(folder, is_migrated=True)
        self.vendor = Vendor(self)
        self.databases = [self.world.database, self._open()]
        self.members: dict[str, MemberId] = {}
        self.approvers: set[str] = set()
        self.gone: set[str] = set()
        # Who said yes in whose place, by approval; and what was ever seen closed.
        self.said: dict[str, dict[str, str | None]] = defaultdict(dict)
        self.closed: dict[str, ApprovalState] = {}
        for name in PEOPLE:
            self.members[name] = self.world.member(name).id
            self._give(name, 0)
        now = self.world.clock.now()
        asker = AccountRef(SITE, AccountId("712020:ana"))
        self.databases[0].write(
            lambda tx: link_account(
                tx, self.members["asker"], asker, connections={SITE}, by="cli:lead", now=now
            )
        )
        self.quorum = 0
        self._take(1)

        self.ask()
        self.ask()

    def teardown(self) -> None:
        self.databases[1].close()
        self.world.close()
        shutil.rmtree(self.root)

    # One of them happens at every step: with a rule for each, most stories would lack some.

    @rule(
        what=st.sampled_from(("approve",) * 6 + ("ask",) * 3 + ("edit", "reject", "role", "away")),
        who=person,
        which=any_one,
        where=process,
    )
    def somebody_does(self, what: str, who: str, which: int, where: int) -> None:
        match what:
            case "ask":
                self.ask()
            case "approve":
                self.approve(who, which, where, times=1 + which % 2)
            case "edit":
                self.edit(who, which, where, words=f"words {which % 3}")
            case "reject":
                self.reject(who, which, where)
            case "role":
                self.give_or_take_the_role(who, which % 2)
            case _:
                self.go_away(who, PEOPLE[which % len(PEOPLE)])

    @rule(
        what=st.sampled_from(("send",) * 4 + ("both", "unrightful", "policy", "time", "anew")),
        how=st.sampled_from(("done", "done", "lost", "cut")),
        who=st.sampled_from(PEOPLE),
        hours=st.sampled_from((0.001, 0.001, 1, 5, 80)),
        where=process,
    )
    def world_goes_on(self, what: str, how: str, who: str, hours: float, where: int) -> None:
        match what:
            case "send":
                self.send(where, how)
            case "both":
                self.send_from_both("lost" if how == "cut" else how)
            case "unrightful":
                self.send_what_voters_may_no_longer_decide(where, is_for_good=how == "lost")
            case "policy":
                self._take(1 + PEOPLE.index(who) % 2)
            case "time":
                self.let_pass(hours)
                self.come_back(who)
            case _:
                self.start_anew()

    # What people do

    def ask(self) -> None:
        if len(self._approvals()) < _MOST_ASKED:
            self.world.comment()

    def approve(self, who: str, which: int, where: int, times: int) -> None:
        approval = self._some(which)
        for _ in range(times if approval else 0):
            now = self.world.clock.now()
            try:
                self.databases[where].write(
                    lambda tx, now=now: approving.approve(
                        tx, approval.id, by=f"member:{self.members[who]}", via="slack", now=now
                    )
                )
            except Rejected:
                continue
            votes = self.databases[0].read(lambda tx: tx.votes.of_approval(approval.id))
            mine = next(one for one in votes if one.by == f"member:{self.members[who]}")
            self.said[approval.id][who] = self._name(mine.deputy_of)
            assert who != "asker", "approved what they asked for"

    def reject(self, who: str, which: int, where: int) -> None:
        approval, now = self._some(which), self.world.clock.now()
        if approval is not None:
            self._try(
                lambda tx: approving.reject(
                    tx,
                    approval.id,
                    by=f"member:{self.members[who]}",
                    via="rest",
                    reason="",
                    now=now,
                ),
                where,
            )

    def edit(self, who: str, which: int, where: int, words: str) -> None:
        approval, now = self._some(which), self.world.clock.now()
        if approval is not None:
            self._try(
                lambda tx: approving.edit(
                    tx,
                    approval.id,
                    text=words,
                    previewer=JiraPreviewer(),
                    by=f"member:{self.members[who]}",
                    via="cli",
                    lasts=RULES.approval_expires_after,
                    now=now,
                ),
                where,
            )

    def give_or_take_the_role(self, who: str, which: int) -> None:
        if who not in self.gone:
            self._give(who, which)

    def leave(self, who: str) -> None:
        now = self.world.clock.now()
        self.databases[0].write(lambda tx: leave(tx, self.members[who], by="cli:lead", now=now))
        self.gone.add(who)
        self.approvers.discard(who)

    def go_away(self, who: str, deputy: str) -> None:
        now = self.world.clock.now()
        self._try(
            lambda tx: go_away(
                tx,
                self.members[who],
                starts_at=now,
                ends_at=now + timedelta(hours=5),
                deputy_id=self.members[deputy],
                by="cli:lead",
                now=now,
            ),
            0,
        )

    def come_back(self, who: str) -> None:
        now = self.world.clock.now()
        self._try(lambda tx: come_back(tx, self.members[who], by="cli:lead", now=now), 0)

    # What clocks and processes do

    def let_pass(self, hours: float) -> None:
        self.world.clock.advance(hours * 3600)
        now = self.world.clock.now()
        self.databases[1].write(lambda tx: approving.expire_approvals(tx, now=now))

    def send(self, where: int, how: str) -> None:
        self.vendor.how = how
        self.world.clock.advance(60)
        asyncio.run(self._execute(where))

    def send_from_both(self, how: str) -> None:
        self.vendor.how = how
        self.world.clock.advance(60)

        async def both() -> None:
            await asyncio.gather(self._execute(0), self._execute(1))

        asyncio.run(both())

    def send_what_voters_may_no_longer_decide(self, where: int, *, is_for_good: bool) -> None:
        """Whoever approved what is about to be sent loses the right a moment before."""
        approved = {one.id for one in self._approvals() if one.state is ApprovalState.APPROVED}
        for who in {who for one in approved for who in self.said[one]} - self.gone:
            if is_for_good and who in PEOPLE[2:]:
                self.leave(who)
            else:
                self._give(who, 1)
        self.send(where, "done")

    def start_anew(self) -> None:
        self.databases[1].close()
        self.databases[1] = self._open()

    # What must hold

    def assert_allowed(self, action: ApprovedAction) -> None:
        assert action.approval_id is not None, "sent without an approval"
        approval = self.databases[0].read(lambda tx: tx.approvals.find(action.approval_id or ""))
        assert approval is not None
        assert approval.state is ApprovalState.APPROVED
        assert approval.digest == action.digest
        seats = {
            who if who in self.approvers else principal
            for who, principal in self.said[approval.id].items()
            if who not in self.gone and {who, principal} & self.approvers
        }
        assert len(seats) >= self.quorum, "sent without enough live votes"

    @invariant()
    def closed_stays_closed(self) -> None:
        for one in self._approvals():
            before = self.closed.get(one.id)
            assert before in (None, one.state)
            if one.state is not ApprovalState.OPEN:
                self.closed[one.id] = one.state

    @invariant()
    def each_is_there_once(self) -> None:
        assert len(self.vendor.there) == len(set(self.vendor.there))

    # How it is done

    async def _execute(self, where: int) -> None:
        database = self.databases[where]
        connection = LiveConnection(
            id=SITE,
            connector="jira",
            site="https://acme.example",
            projects=frozenset({PAY}),
            parser=cast("Any", None),
            previewer=JiraPreviewer(),
            client=cast("Any", self.vendor),
            poll_interval=None,
            send_within=timedelta(seconds=10),
            settle_after=timedelta(seconds=20),
        )
        executing = Executing(database, {SITE: connection}, rules=RULES, clock=self.world.clock)
        runnable = [
            action.id
            for state in (ActionState.APPROVED, ActionState.EXECUTING)
            for action in database.read(
                lambda tx, state=state: tx.actions.page(state=state.value)
            ).items
        ]
        if runnable:
            await executing.execute(runnable)

    def _give(self, who: str, which: int) -> None:
        now, roles = self.world.clock.now(), MAY[which]
        self.databases[0].write(
            lambda tx: set_roles(tx, self.members[who], roles, by="cli:lead", now=now)
        )
        (self.approvers.discard if which else self.approvers.add)(who)

    def _take(self, quorum: int) -> None:
        """Let everything take so many people from now on."""
        document: JSONObject = {
            "format": 2,
            "defaults": {"approvers": {"quorum": quorum}},
            "rules": [{"name": "all", "mode": "approve"}],
        }
        now = self.world.clock.now()

        def work(tx: Writing) -> None:
            current = tx.policies.current()
            version = current.version if current is not None else 0
            tx.policies.add(version + 1, document, by="cli:lead", now=now)

        self.databases[0].write(work)
        self.quorum = quorum

    def _try(self, work: Any, where: int) -> None:
        try:
            self.databases[where].write(work)
        except Rejected:
            return

    def _approvals(self) -> Any:
        return self.databases[0].read(lambda tx: tx.approvals.page(limit=100)).items

    def _some(self, which: int) -> Any:
        """Mostly one that is open; now and then a late click on one that was closed."""
        found = self._approvals()
        still_open = [one for one in found if one.state is ApprovalState.OPEN]
        chosen = still_open if still_open and which < _LATE_CLICKS else found
        return chosen[which % len(chosen)] if chosen else None

    def _name(self, member_id: MemberId | None) -> str | None:
        return next((name for name, one in self.members.items() if one == member_id), None)

    def _open(self) -> Database:
        stores, settings_ = self.world.stores, self.world.settings
        return Database(database_url(settings_), checkpoint=stores.checkpoint)


TestApprovals = Approvals.TestCase
TestApprovals.settings = settings(
    max_examples=10, stateful_step_count=25, deadline=None, derandomize=True
)

"""What the service costs while nothing happens, and whether open approvals change that."""

import time
from dataclasses import dataclass

from measuring import Plan, Row, below
from procfs import Memory, cpu_s, family_of, memory_of, role_of
from service import PROJECT, Service, installed_service

from chargehand.approvals.digest import action_digest
from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.ids import ActionId, ConnectionId, DecisionId
from chargehand.domain.member import Role
from chargehand.domain.policy import Cause
from chargehand.kit.clock import SystemClock
from chargehand.kit.ids import new_id
from chargehand.pipeline.members import add_member
from chargehand.pipeline.proposing import open_approval
from chargehand.storage.transaction import Writing

_CPU_BAR = 2.0
_MEMORY_BAR_MB = 240.0
_WATCHED_S = 30.0
_APPROVALS = 10_000
_PER_TRANSACTION = 500


@dataclass(frozen=True, slots=True)
class Idle:
    """One look at an idle service.

    Units: `cpu` is percent of one core.
    """

    cpu: float
    by_role: dict[str, Memory]

    @property
    def pss_mb(self) -> float:
        """The memory of all processes together."""
        return sum(one.pss_mb for one in self.by_role.values())

    def rows(self, suffix: str) -> list[Row]:
        """The two lines of the table."""
        rss_mb = sum(one.rss_mb for one in self.by_role.values())
        parts = ", ".join(f"{role} {one.pss_mb:.0f}" for role, one in self.by_role.items())
        extra = f" PSS ({parts}; RSS {rss_mb:.0f} MB)"
        return [
            below(f"idle, processor{suffix}", self.cpu, _CPU_BAR, unit="% of a core"),
            below(f"idle, memory{suffix}", self.pss_mb, _MEMORY_BAR_MB, unit="MB", extra=extra),
        ]


def measure(plan: Plan) -> list[Row]:
    """Look at a service with nothing in it, and at the same with many open approvals."""
    with installed_service(plan.folder / "idle") as service:
        with service.running() as pid:
            empty = _look(pid, plan.settle_s)
        _open_approvals(service)
        with service.running() as pid:
            filled = _look(pid, plan.settle_s)
    return [*empty.rows(""), *filled.rows(f", {_APPROVALS:,} open approvals")]


def _look(pid: int, settle_s: float) -> Idle:
    time.sleep(settle_s)
    family = family_of(pid)
    before_s, started_s = sum(map(cpu_s, family)), time.monotonic()
    time.sleep(_WATCHED_S)
    took_s, passed_s = sum(map(cpu_s, family)) - before_s, time.monotonic() - started_s
    return Idle(100 * took_s / passed_s, {role_of(one): memory_of(one) for one in family})


def _open_approvals(service: Service) -> None:
    clock = SystemClock()
    lasts = service.settings.answers.approval_expires_after
    with service.stores() as stores:

        def add_some(tx: Writing) -> None:
            for _ in range(_PER_TRANSACTION):
                now = clock.now()
                action_id = ActionId(new_id("act", now))
                proposed = _proposal(action_id)
                digest = action_digest(tx.organization_id, proposed)
                tx.actions.add(
                    action_id,
                    proposed,
                    decision_id=DecisionId(new_id("dec", now)),
                    ask_id=None,
                    digest=digest,
                    mode=Mode.APPROVE,
                    state=ActionState.WAITING,
                    policy_version=1,
                    cause=Cause(),
                    now=now,
                )
                open_approval(tx, action_id, digest=digest, lasts=lasts, now=now)

        # A team has somebody who may decide; what nobody may is put before others one by one.
        stores.database.write(
            lambda tx: add_member(
                tx, "Ana Ruiz", roles=[("", Role.APPROVER)], by="bench", now=clock.now()
            )
        )
        for _ in range(_APPROVALS // _PER_TRANSACTION):
            stores.database.write(add_some)


def _proposal(action_id: ActionId) -> ProposedAction:
    text = f"PAY-7 is in progress and waits for PAY-12, which is in review. ({action_id})"
    return ProposedAction(
        kind=ActionKind.JIRA_ADD_COMMENT,
        connection_id=ConnectionId("site"),
        project=PROJECT,
        target="PAY-7",
        params={"markdown": text, "more": "", "more_title": "", "mention": None},
        base={"comment_id": "10000", "asked_at_ms": 0},
        preview=text,
    )

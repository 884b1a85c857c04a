"""What the service costs while nothing happens, and whether open approvals change that."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from measuring import Plan, Row, below
from procfs import Memory, cpu_s, family_of, memory_of, role_of
from service import PROJECT, Service, installed_service

from chargehand.approvals.digest import action_digest
from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.ids import ActionId, ApprovalId, ConnectionId, DecisionId
from chargehand.domain.member import Role
from chargehand.domain.policy import Cause
from chargehand.kit.clock import SystemClock
from chargehand.kit.ids import new_id
from chargehand.pipeline.members import add_member
from chargehand.pipeline.proposing import open_approval
from chargehand.storage.transaction import Writing

_CPU_BAR = 2.0
_MEMORY_BAR_MB = 240.0
# Pruning and the look at accounts come more rarely, all else several times.
_WATCHED_S = 120.0
_APPROVALS = 10_000
_PER_TRANSACTION = 500


@dataclass(frozen=True, slots=True)
class Idle:
    """One look at an idle service.

    Units: processor times are percent of one core.
    """

    cpu_by_role: dict[str, float]
    memory_by_role: dict[str, Memory]

    @property
    def cpu(self) -> float:
        """The processor time of all processes together."""
        return sum(self.cpu_by_role.values())

    @property
    def pss_mb(self) -> float:
        """The memory of all processes together."""
        return sum(one.pss_mb for one in self.memory_by_role.values())

    def rows(self, suffix: str) -> list[Row]:
        """The two lines of the table."""
        rss_mb = sum(one.rss_mb for one in self.memory_by_role.values())
        parts = ", ".join(f"{role} {one.pss_mb:.0f}" for role, one in self.memory_by_role.items())
        extra = f" PSS ({parts}; RSS {rss_mb:.0f} MB)"
        shares = ", ".join(f"{role} {share:.2f}" for role, share in self.cpu_by_role.items())
        return [
            below(
                f"idle, processor{suffix}",
                self.cpu,
                _CPU_BAR,
                unit="% of a core",
                extra=f" ({shares})",
            ),
            below(f"idle, memory{suffix}", self.pss_mb, _MEMORY_BAR_MB, unit="MB", extra=extra),
        ]


def measure(plan: Plan) -> list[Row]:
    """Look at a service with nothing in it, and in the same minute at one with many approvals."""
    with (
        installed_service(plan.folder / "idle") as empty,
        installed_service(plan.folder / "idle-filled") as filled,
    ):
        _open_approvals(filled)
        # It counts once what came about without it.
        with filled.running():
            time.sleep(plan.settle_s)
        with empty.running() as empty_pid, filled.running() as filled_pid:
            time.sleep(plan.settle_s)
            looks = _look([empty_pid, filled_pid])
    suffixes = ("", f", {_APPROVALS:,} open approvals")
    return [row for one, suffix in zip(looks, suffixes, strict=True) for row in one.rows(suffix)]


def _look(pids: Sequence[int]) -> list[Idle]:
    """What each service takes while time passes."""
    families = [family_of(pid) for pid in pids]
    started_s, before_s = time.monotonic(), {pid: cpu_s(pid) for one in families for pid in one}
    time.sleep(_WATCHED_S)
    passed_s = time.monotonic() - started_s
    return [
        Idle(
            {role_of(pid): 100 * (cpu_s(pid) - before_s[pid]) / passed_s for pid in family},
            {role_of(pid): memory_of(pid) for pid in family},
        )
        for family in families
    ]


def _open_approvals(service: Service) -> None:
    clock = SystemClock()
    lasts = service.settings.answers.approval_expires_after
    # A service that saw them come has put each off until somebody can have to be reminded.
    quiet = timedelta(hours=service.settings.approvals.remind_after_hours)
    with service.stores() as stores:

        def add_some(tx: Writing) -> None:
            early = dict[ApprovalId, datetime]()
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
                for one in tx.approvals.of_action(action_id):
                    early[one.id] = one.opened_at + quiet
            tx.approvals.look_again_at(early)

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

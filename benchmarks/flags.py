"""How long a change of a flag takes until every process goes by it, looked at from outside.

Two fronts are asked what they show, and the worker is given something to send: while the flag is
off it must keep it back, and once it is on the fake vendor must get it. Every change is made by the
command line or by REST, in turn; its moment is the one the program recorded as it was made.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from measuring import Plan, Row, below, percentile
from procfs import free_port, shipped_environment
from service import PEOPLE, PROJECT, Service, installed_service, wait_until

from chargehand.approvals.digest import action_digest
from chargehand.bootstrap.stores import Stores
from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.ids import ActionId, ConnectionId, DecisionId
from chargehand.domain.member import Role
from chargehand.domain.policy import Cause, Origin, Trust
from chargehand.kit.clock import SystemClock
from chargehand.kit.ids import new_id
from chargehand.pipeline.barriers import OFF
from chargehand.pipeline.keys import create_key
from chargehand.pipeline.members import add_member
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.policies import apply_policy

_BAR_S = 2.0
# An even number: every flag that is turned off is turned on again.
_CHANGES = int(os.environ.get("BENCH_FLAG_CHANGES", "20"))
_KIND = ActionKind.JIRA_ADD_LABELS
_COHORT = "pilots"
# The scopes, each with how the command line names it and how REST does.
_SCOPES = {
    "organization": "",
    "project": PROJECT,
    "agent": "chargehand",
    "kind": _KIND.value,
    "connector": "jira",
    "cohort": _COHORT,
}
_POLICY = """
format = 2

[cohorts]
{cohort} = ["{member}"]

[[rules]]
name = "labels"
mode = "auto"
when = {{ kind = "{kind}", trust = "team" }}
"""


@dataclass(frozen=True, slots=True)
class Front:
    """A process that answers REST."""

    port: int
    key: str

    def ask(self, path: str, body: object = None) -> Any:
        """What it answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"},
            method="GET" if body is None else "PUT",
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def seen_at(self, change: "Change") -> datetime | None:
        """When the change was made, once this process shows it."""
        (flag,) = [one for one in self.ask("/flags")["flags"] if one["flag"] == "sending"]
        for one in flag["settings"]:
            if one["reason"] == change.reason and one["is_on"] is change.is_on:
                return datetime.fromisoformat(one["set_at"])
        return None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the flag."""

    scope: str
    is_on: bool
    number: int

    @property
    def reason(self) -> str:
        """What tells it from all others."""
        return f"change {self.scope} {self.number}"

    def command(self, service: Service) -> list[str]:
        """How the command line makes it."""
        narrow = [] if self.scope == "organization" else [f"--{self.scope}", _SCOPES[self.scope]]
        position = "on" if self.is_on else "off"
        begun = [sys.executable, "-m", "chargehand", "-c", str(service.config), "flags", "set"]
        return [*begun, "sending", position, *narrow, "--reason", self.reason]

    def body(self) -> dict[str, object]:
        """How REST makes it."""
        scope = {"kind": self.scope, "name": _SCOPES[self.scope]}
        return {"is_on": self.is_on, "scope": scope, "reason": self.reason}


@dataclass(slots=True)
class Took:
    """Seconds until each process went by each change."""

    fronts: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)

    def row(self, scope: str) -> Row:
        """The line of the table."""
        whole = [max(pair) for pair in zip(self.fronts, self.worker, strict=True)]
        extra = (
            f" of {len(whole)} changes (p50 {percentile(whole, 0.5):.2f} s, most {max(whole):.2f} "
            f"s; fronts at most {max(self.fronts):.2f} s, worker {max(self.worker):.2f} s)"
        )
        what = f"flag of one {scope} in every process, p99"
        return below(what, percentile(whole, 0.99), _BAR_S, unit="s", extra=extra)


def measure(plan: Plan) -> list[Row]:
    """Turn sending off and on again in every scope, and see who goes by it when."""
    with installed_service(plan.folder / "flags") as service, service.stores() as stores:
        member, key = _prepare(stores)
        with service.running(), _second_front(service, key) as second:
            fronts = (Front(service.port, key), second)
            watched = _Watched(service, stores, fronts, member)
            return [watched.measure(scope).row(scope) for scope in _SCOPES]


@dataclass(slots=True)
class _Watched:
    service: Service
    stores: Stores
    fronts: tuple[Front, Front]
    member: str

    def measure(self, scope: str) -> Took:
        took = Took()
        for number in range(0, _CHANGES, 2):
            # Two changes by the command line, then two by REST.
            by_rest = number % 4 != 0
            off = Change(scope, is_on=False, number=number)
            on = Change(scope, is_on=True, number=number + 1)
            self._make(off, took, by_rest=by_rest)
            item, action_id, given_at = self._give_to_send()
            wait_until(lambda a=action_id: self._is_kept_back(a), "the worker kept it back")
            took.worker.append(time.time() - given_at)
            if self._is_sent(item):
                raise SystemExit(f"it was sent although sending was off: {off}")
            made_at = self._make(on, took, by_rest=by_rest, until=item)
            took.worker.append(time.time() - made_at)
        return took

    def _make(self, change: Change, took: Took, *, by_rest: bool, until: str = "") -> float:
        """Make a change and wait until both fronts show it, and a work item was changed."""
        process = None
        if by_rest:
            self.fronts[0].ask("/flags/sending", change.body())
        else:
            process = subprocess.Popen(
                change.command(self.service),
                stdout=subprocess.DEVNULL,
                env=shipped_environment(),
            )
        made_at = 0.0
        for front in self.fronts:
            wait_until(lambda one=front: one.seen_at(change) is not None, f"{front} shows {change}")
            made = front.seen_at(change)
            made_at = made.timestamp() if made is not None else 0.0
        took.fronts.append(time.time() - made_at)
        if until:
            wait_until(lambda: self._is_sent(until), "the worker sent what it kept back")
        if process is not None and process.wait(60) != 0:
            raise SystemExit(f"the command failed: {change.command(self.service)}")
        return made_at

    def _give_to_send(self) -> tuple[str, ActionId, float]:
        item, now = self.service.site.add_item("Refunds", PEOPLE[0]), SystemClock().now()
        action_id = ActionId(new_id("act", now))
        proposed = ProposedAction(
            kind=_KIND,
            connection_id=ConnectionId("site"),
            project=PROJECT,
            target=item,
            params={"labels": ["refunds"]},
            base={"labels": []},
            preview=f"Add labels to {item}: refunds",
        )
        self.stores.database.write(
            lambda tx: tx.actions.add(
                action_id,
                proposed,
                decision_id=DecisionId(new_id("dec", now)),
                ask_id=None,
                digest=action_digest(tx.organization_id, proposed),
                mode=Mode.AUTO,
                state=ActionState.APPROVED,
                policy_version=1,
                cause=Cause(f"member:{self.member}", origin=Origin.CHAT, trust=Trust.TEAM),
                now=now,
            )
        )
        return item, action_id, time.time()

    def _is_kept_back(self, action_id: ActionId) -> bool:
        found = self.stores.database.read(lambda tx: tx.actions.find(action_id))
        if found is None or found.state is not ActionState.APPROVED:
            raise SystemExit(f"the worker did not keep it back: {found}")
        return found.problem == OFF

    def _is_sent(self, item: str) -> bool:
        writes = self.service.site.get("/requests?writes=1")["requests"]
        return any(one["path"].endswith(f"/issue/{item}") for one in writes)


def _prepare(stores: Stores) -> tuple[str, str]:
    """A policy with a cohort, somebody in it, and a key; the member and the secret."""
    now = SystemClock().now()
    write = stores.database.write
    member = write(
        lambda tx: add_member(tx, "Ana Ruiz", roles=[("", Role.ADMIN)], by="cli:bench", now=now)
    )
    text = _POLICY.format(cohort=_COHORT, member=member.id, kind=_KIND.value).encode()
    based_on = stores.database.read(policy_in_force).version
    write(
        lambda tx: apply_policy(
            tx, text, based_on=based_on, served={PROJECT}, by="cli:bench", now=now
        )
    )
    key = write(lambda tx: create_key(tx, "bench", by="cli:bench", now=now))
    return member.id, key.secret


@contextmanager
def _second_front(service: Service, key: str) -> Iterator[Front]:
    """Another front beside the first, on the same databases."""
    port, config = free_port(), service.config.with_name("second.toml")
    text = service.config.read_text().replace(f"port = {service.port}", f"port = {port}")
    config.write_text(text)
    front = Front(port, key)
    command = [sys.executable, "-m", "chargehand", "-c", str(config), "serve", "--role", "web"]
    with (service.folder / "second.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=shipped_environment())
    try:
        wait_until(
            lambda: _answers(front), "the second front is ready", on_failure=lambda: _tail(log.name)
        )
        yield front
    finally:
        process.terminate()
        process.wait(40)


def _answers(front: Front) -> bool:
    try:
        return "flags" in front.ask("/flags")
    except OSError:
        return False


def _tail(path: str) -> str:
    return Path(path).read_text(errors="replace")[-4000:]

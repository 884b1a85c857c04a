"""Starts the processes of `chargehand serve` and keeps them going; imports nothing large.

Children that die are started again with a growing pause; five deaths of one role within a minute
end the whole. One that ends because the database is away, or took its lease from it, is started
again for as long as that lasts. Children end with the supervisor: they hold the reading end of a
pipe that only it can write to, so even a kill -9 of it is noticed.

At the start they load what they need while the databases are migrated, and wait at a gate until
that is done: most of a start is loading.

SIGHUP lets the children be replaced, after the configuration was read on trial: one that is wrong
changes nothing. Each finishes what is under way before its successor starts. Whoever calls
meanwhile waits, since the listening socket stays open here.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from chargehand.bootstrap.handover import KeptListener
from chargehand.bootstrap.processes import CHILD, GATE_OPENS, TRY_AGAIN, niceness_of

Role = Literal["front", "worker", "clock"]
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_MOST_DEATHS: Final = 5
_DEATH_WINDOW_S: Final = 60.0
_GRACE_S: Final = 20.0
_TRY_AGAIN_AFTER_S: Final = 1.0
_SIGNALS: Final = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run and what to hand it."""

    roles: tuple[Role, ...]
    config: Path | None
    clock_from: str | None


@dataclass(slots=True)
class _Child:
    role: Role
    process: "subprocess.Popen[bytes] | None" = None
    deaths: "deque[float]" = field(default_factory=deque)
    start_at_s: float = 0.0
    # Set while it is to end for its successor: when it is killed if it has not by then.
    kill_at_s: float | None = None


def supervise(plan: Plan) -> int:
    """Run until told to stop; the exit code.

    Shape: 0 after a clean stop, 1 when a role kept dying, 2 when starting was refused, 75 when the
    database or a place of secrets did not answer at the start.
    """
    return _Supervisor(plan).run()


class _Supervisor:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._children = [_Child(role) for role in plan.roles]
        self._lifeline = os.pipe()
        front_end, worker_end = socket.socketpair()
        # A clock neither stores deliveries for the others nor is woken by them.
        self._nudges: dict[Role, socket.socket] = {"front": front_end, "worker": worker_end}
        self._listener = KeptListener()
        self._has_reloaded = False

    def run(self) -> int:
        code = self._open_after_migrating()
        if code != 0:
            return code
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        while True:
            self._start_due()
            received = signal.sigtimedwait(_SIGNALS, self._pause_s())
            if received is not None and received.si_signo in (signal.SIGTERM, signal.SIGINT):
                self._stop()
                return 0
            if received is not None and received.si_signo == signal.SIGHUP:
                self._reload()
            self._kill_slow()
            refused = self._bury_dead()
            if refused is not None:
                self._stop()
                return refused

    def _open_after_migrating(self) -> int:
        """Migrate while the children load what they need, and then let them in; the exit code."""
        waits, opens = os.pipe()
        try:
            for child in self._children:
                child.process = self._start(child.role, gate=waits)
            migrated = subprocess.run(_migration(self._plan), check=False)  # noqa: S603
            if migrated.returncode == 0:
                os.write(opens, GATE_OPENS * len(self._children))
        finally:
            os.close(waits)
            os.close(opens)
        if migrated.returncode != 0:
            self._stop()
        return migrated.returncode

    def _reload(self) -> None:
        """Replace every child, unless the configuration on the disk would be refused."""
        tried = subprocess.run(  # noqa: S603 - our own interpreter and module.
            _migration(self._plan), check=False, capture_output=True
        )
        if tried.returncode != 0:
            words = " ".join(tried.stderr.decode(errors="replace").split())
            words = words.removeprefix("chargehand: ")
            _say(f"reload refused, everything goes on as before: {words}")
            return
        self._has_reloaded = True
        _say("reloading: the processes are replaced")
        for child in self._children:
            if child.process is not None and child.kill_at_s is None:
                child.kill_at_s = time.monotonic() + _GRACE_S
                child.process.terminate()
            child.deaths.clear()

    def _kill_slow(self) -> None:
        for child in self._children:
            is_slow = child.kill_at_s is not None and child.kill_at_s <= time.monotonic()
            if child.process is not None and is_slow:
                child.process.kill()

    def _start_due(self) -> None:
        now_s = time.monotonic()
        for child in self._children:
            if child.process is None and child.start_at_s <= now_s:
                child.process = self._start(child.role)

    def _start(self, role: Role, gate: int | None = None) -> "subprocess.Popen[bytes]":
        lifeline = self._lifeline[0]
        handed, passed = ["--lifeline-fd", str(lifeline)], [lifeline]
        if (nudge := self._nudges.get(role)) is not None:
            handed += ["--nudge-fd", str(nudge.fileno())]
            passed.append(nudge.fileno())
        if role == "front":
            more, descriptors = self._listener.for_a_front()
            handed, passed = handed + more, passed + descriptors
        handed += ["--niceness", str(niceness_of(role, self._plan.roles))]
        if gate is not None:
            handed += ["--gate-fd", str(gate)]
            passed.append(gate)
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module.
            _command(role, self._plan, handed), pass_fds=passed
        )

    def _pause_s(self) -> float:
        waiting = [child.start_at_s for child in self._children if child.process is None]
        waiting += [child.kill_at_s for child in self._children if child.kill_at_s is not None]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else _DEATH_WINDOW_S

    def _bury_dead(self) -> int | None:
        """Note who died; an exit code when going on is useless."""
        now_s = time.monotonic()
        for child in self._children:
            if child.process is None or child.process.poll() is None:
                continue
            code = child.process.returncode
            child.process = None
            if child.kill_at_s is not None:
                child.kill_at_s, child.start_at_s = None, now_s
                continue
            if code == 2:  # noqa: PLR2004 - refused to start: the same would happen again.
                if not self._has_reloaded:
                    return code
                # The others go on, and the next reload may bring what it needs.
                _say(f"{child.role} refused to start; it is tried again until it does")
                child.start_at_s = now_s + _LONGEST_PAUSE_S
                continue
            if code == TRY_AGAIN:
                _say(f"{child.role} can not go on yet; it is started again until it can")
                child.start_at_s = now_s + _TRY_AGAIN_AFTER_S
                continue
            child.deaths.append(now_s)
            while child.deaths and child.deaths[0] < now_s - _DEATH_WINDOW_S:
                child.deaths.popleft()
            _say(f"{child.role} ended with {code}; deaths within a minute: {len(child.deaths)}")
            if len(child.deaths) >= _MOST_DEATHS:
                _say(f"giving up: {child.role} died {_MOST_DEATHS} times within a minute")
                return 1
            pause_s = min(_FIRST_PAUSE_S * 2 ** (len(child.deaths) - 1), _LONGEST_PAUSE_S)
            child.start_at_s = now_s + pause_s
        return None

    def _stop(self) -> None:
        """End the children: each finishes what is under way; one that takes too long is killed."""
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        deadline_s = time.monotonic() + _GRACE_S
        for process in running:
            try:
                process.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _migration(plan: Plan) -> list[str]:
    return _command("migrate", plan, [word for role in plan.roles for word in ("--served", role)])


def _command(role: str, plan: Plan, handed: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "chargehand", CHILD, role, *handed]
    if plan.config is not None:
        command += ["--config", str(plan.config)]
    if plan.clock_from is not None:
        command += ["--clock-from", plan.clock_from]
    return command


def _say(text: str) -> None:
    # The logging library would be half of this process's memory.
    sys.stderr.write(f"chargehand: {text}\n")
    sys.stderr.flush()

"""Measures what "fast" means here, one thing after the other; `make bench` runs this.

Every figure is taken under the shipped defaults. Prints a table, and as the last line the same as
JSON; the exit code is 1 when a bar was missed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import actions
import audit
import busy_day
import busy_team
import chat_intake
import chats
import code_intake
import fixed_rate
import flags
import idle
import intake
import mentions
import mixed_rate
import policy
import polls
import reservations
import shadow
import start
from measuring import Plan, Row, as_json, describe_machine, table
from wrk import require_wrk

BENCHMARKS = {
    "start": start.measure,
    "idle": idle.measure,
    "mentions": mentions.measure,
    "actions": actions.measure,
    "audit": audit.measure,
    "reservations": reservations.measure,
    "policy": policy.measure,
    "flags": flags.measure,
    "polls": polls.measure,
    "intake": intake.measure,
    "fixed_rate": fixed_rate.measure,
    "mixed_rate": mixed_rate.measure,
    "chat_intake": chat_intake.measure,
    "code_intake": code_intake.measure,
    "chats": chats.measure,
    "busy_day": busy_day.measure,
    "busy_team": busy_team.measure,
    "shadow": shadow.measure,
}
_NEED_WRK = {"intake", "fixed_rate", "mixed_rate", "chat_intake", "code_intake"}
_SETTLE_S = 60.0


def main() -> int:
    """Run what was asked for; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument(
        "--settle-s", type=float, default=_SETTLE_S, help="seconds until idle is looked at"
    )
    chosen = parser.parse_args()
    names = chosen.names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(BENCHMARKS)}")
    if _NEED_WRK & set(names):
        require_wrk()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="chargehand-bench-") as folder:
        machine = describe_machine(Path(folder))
        print(f"bench: {machine}", flush=True)
        plan = Plan(Path(folder), chosen.settle_s, machine.fdatasync_p50_ms)
        for name in names:
            print(f"bench: {name} ...", flush=True)
            found = BENCHMARKS[name](plan)
            rows += found
            print(table(found), flush=True)
    print(f"\n{machine}\n\n{table(rows)}\n\n{as_json(machine, rows)}")
    return 0 if all(row.is_held for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""How many webhooks of code hosts, a wiki and a plain sender a second are stored durably.

Beside the same two baselines as everywhere, which prove the same signatures.
`python benchmarks/code_intake.py github` measures one of them.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chat_intake import judge_requests
from code_payloads import (
    SECRET,
    STANDARD_SECRET,
    Lines,
    bitbucket_lines,
    confluence_lines,
    github_lines,
    plain_lines,
)
from intake import Senders, measure_ways
from measuring import Plan, Row, table
from prepared import write_requests
from wrk import PREPARED_SCRIPT, require_wrk

# More than any way takes in a run; what wrk sends again counts as told twice.
_REQUESTS: Final = 15_000
_OF: Final[dict[str, tuple[str, str, Lines]]] = {
    "github": ("GitHub webhooks", SECRET, github_lines),
    "bitbucket": ("Bitbucket webhooks", SECRET, bitbucket_lines),
    "confluence": ("Confluence webhooks", SECRET, confluence_lines),
    "webhook": ("plain webhooks", STANDARD_SECRET, plain_lines),
}


def measure(plan: Plan) -> list[Row]:
    """Receive from each, one after the other."""
    return measure_some(plan.folder / "code-intake", list(_OF))


def measure_some(folder: Path, connectors: Sequence[str]) -> list[Row]:
    """Receive from some; plain webhooks are signed within their five minutes."""
    require_wrk()
    folder.mkdir()
    rows = []
    for connector in connectors:
        what, secret, lines = _OF[connector]
        path = folder / connector
        write_requests(path, lines(_REQUESTS))
        print(f"code_intake: {what}, {path.stat().st_size // _REQUESTS} bytes each", flush=True)
        runs = measure_ways(Senders(connector, secret, path, PREPARED_SCRIPT))
        rows += judge_requests(what, runs, prepared=_REQUESTS)
    return rows


def main() -> int:
    """Measure some; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="code_intake.py", description=__doc__)
    parser.add_argument("connectors", nargs="*", metavar="NAME", help=f"of {', '.join(_OF)}")
    chosen = parser.parse_args()
    if unknown := set(chosen.connectors) - set(_OF):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(_OF)}")
    with tempfile.TemporaryDirectory(prefix="chargehand-bench-") as folder:
        rows = measure_some(Path(folder) / "code-intake", chosen.connectors or list(_OF))
    print(table(rows))
    return 0 if all(row.is_held for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Webhooks of five senders mixed, at a fixed rate, while the worker dispatches and answers.

`python benchmarks/mixed_rate.py --per-s 200 --seconds 3` is a smaller one.
"""

import argparse
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from chat_payloads import slack_line, slack_messages
from code_payloads import (
    SECRET,
    STANDARD_SECRET,
    bitbucket_lines,
    github_lines,
    jira_lines,
    plain_lines,
    with_repetitions,
)
from fakes import Fake, running
from fixed_rate import CONNECTIONS, P99_BAR_MS, PER_S, SECONDS, Mentions, Pace, run_paced
from measuring import Plan, Row, below, table
from prepared import write_requests
from service import PROJECT, Service, installed_service, wait_until
from wrk import PREPARED_SCRIPT, Load, require_wrk, run_wrk

from chargehand.domain.action import Mode
from chargehand.testing.bitbucket.fake import REPOSITORY
from chargehand.testing.slack import FakeSlack
from chargehand.testing.slack import seed_demo as seed_slack

_FAKES: Final = ("slack", "github", "bitbucket")
_MANY: Final = 10**9
_SHARES: Final = {"jira": 0.3, "github": 0.25, "bitbucket": 0.15, "slack": 0.2, "webhook": 0.1}
_SETTINGS: Final = """
[[connections]]
connector = "slack"
bot_token = "{slack[bot_token]}"
team_id = "{slack[team_id]}"
webhook_secrets = ["{slack[signing_secret]}"]
api_url = "{slack[api_url]}"
channels = {{ "{slack[channels][pay]}" = ["{project}"] }}
[[connections]]
connector = "github"
token = "{github[token]}"
login = "{github[login]}"
api_url = "{github[api_url]}"
webhook_secrets = ["{secret}"]
repositories = {{ "acme/payments" = ["{project}"] }}
[[connections]]
connector = "bitbucket"
email = "{bitbucket[email]}"
api_token = "{bitbucket[api_token]}"
api_url = "{bitbucket[api_url]}"
intake = "webhook"
webhook_secrets = ["{secret}"]
repositories = {{ "{repository}" = ["{project}"] }}
[[connections]]
connector = "webhook"
projects = ["{project}"]
webhook_secrets = ["{standard_secret}"]
[[connections.events]]
kind = "work_item.updated"
key = "{{$.data.id}}"
work_item = "{{$.data.title}}"
text = "{{$.data.title}}"
"""


def measure(plan: Plan) -> list[Row]:
    """Load the service twice: at fixed moments, and by wrk at about the same rate."""
    return measure_rate(plan.folder / "mixed-rate", per_s=PER_S, seconds=SECONDS)


def measure_rate(folder: Path, *, per_s: int, seconds: int) -> list[Row]:
    """So many requests a second for so long; the bar is the same at every rate."""
    require_wrk()
    with ExitStack() as stack:
        fakes = {name: stack.enter_context(running(name)) for name in _FAKES}
        more = _settings(fakes)
        service = stack.enter_context(installed_service(folder, more=more))
        with service.running():
            service.set_mode(Mode.AUTO)
            return [_load(service, per_s, seconds)]


def _settings(fakes: dict[str, Fake]) -> str:
    return _SETTINGS.format(
        **{name: fake.ready for name, fake in fakes.items()},
        project=PROJECT,
        repository=REPOSITORY,
        secret=SECRET,
        standard_secret=STANDARD_SECRET,
    )


class _Mixture:
    """Requests of all senders, none of them like another."""

    def __init__(self, secret: str) -> None:
        slack = FakeSlack()
        seed_slack(slack)
        self._chance = random.Random(7)
        self._senders = {
            "jira": jira_lines(secret, _MANY),
            "github": github_lines(_MANY),
            "bitbucket": bitbucket_lines(_MANY),
            "slack": map(slack_line, slack_messages(slack, "pay", _MANY)),
            "webhook": plain_lines(_MANY),
        }

    def lines(self, count: int) -> list[str]:
        """So many more, each signed now."""
        names = self._chance.choices(list(_SHARES), list(_SHARES.values()), k=count)
        return [next(self._senders[name]) for name in names]


def _load(service: Service, per_s: int, seconds: int) -> Row:
    count, mixture = per_s * seconds, _Mixture(service.secret)
    paced_file, wrk_file = service.folder / "paced", service.folder / "wrk"
    write_requests(paced_file, with_repetitions(mixture.lines(count)))
    with Mentions(service.site) as mentions:
        size = paced_file.stat().st_size // count
        print(f"mixed_rate: {count:,} requests of {size:,} bytes", flush=True)
        pace = Pace(per_s, seconds, CONNECTIONS)
        paced = run_paced(service.port, "prepared", paced_file, pace)
        # Repetitions are wrk's own; Slack's and the plain sender's proofs last five minutes.
        write_requests(wrk_file, mixture.lines(2 * count))
        load = Load(seconds, CONNECTIONS, per_s)
        by_wrk = run_wrk(service.port, wrk_file, load, script=PREPARED_SCRIPT)
    if by_wrk.requests > 2 * count:
        raise SystemExit(f"{by_wrk.requests} were sent of {2 * count} that were prepared")
    answered_under_load = len(service.site.posted_comments())
    wait_until(
        lambda: len(service.site.posted_comments()) == mentions.sent,
        "every mention was answered",
        on_failure=service.log,
    )
    extra = (
        f" (p50 {paced.p50_ms:.1f} ms, most {paced.max_ms:.0f} ms; requests left up to "
        f"{paced.late_p99_ms:.1f} ms late, p99; wrk saw p99 {by_wrk.p99_ms:.1f} ms at "
        f"{by_wrk.per_s:.0f} /s; {answered_under_load} of {mentions.sent} mentions were answered "
        "meanwhile, the others right after)"
    )
    what = f"webhooks of {', '.join(_SHARES)} at {per_s:,} a second, worker busy, p99"
    return below(what, max(paced.p99_ms, by_wrk.p99_ms), P99_BAR_MS, unit="ms", extra=extra)


def main() -> int:
    """Measure once; 1 when the bar is missed."""
    parser = argparse.ArgumentParser(prog="mixed_rate.py", description=__doc__)
    parser.add_argument("--per-s", type=int, default=PER_S, help="requests a second")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for how long, twice")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chargehand-bench-") as folder:
        rows = measure_rate(Path(folder) / "rate", per_s=chosen.per_s, seconds=chosen.seconds)
    print(table(rows))
    return 0 if all(row.is_held for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""How many requests of Slack and of Discord a second are stored durably, beside two baselines.

Proving a request of Discord costs the same whoever does it, several times what the rest of the
intake costs; so that cost is measured apart, and taken out of each way before they are compared.
"""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chat_payloads import discord_line, discord_presses, slack_line, slack_messages
from intake import BARS, P99_BAR_MS, Runs, Senders, measure_ways, summarise
from measuring import Plan, Row, at_least, below
from prepared import write_requests
from wrk import PREPARED_SCRIPT, require_wrk

from chargehand.kit.ed25519 import SigningKey, is_signed_with
from chargehand.testing.discord import FakeDiscord
from chargehand.testing.discord import seed_demo as seed_discord
from chargehand.testing.slack import FakeSlack
from chargehand.testing.slack import seed_demo as seed_slack
from chargehand.testing.slack.workspace_ids import SIGNING_SECRET

# More than any way takes in a run; what wrk sends again counts as told twice.
_REQUESTS: Final = 15_000
_PROOFS, _TIMES = 500, 5
_BODY: Final = b"x" * 2_500


def measure(plan: Plan) -> list[Row]:
    """Receive from both, one after the other, all of it signed within five minutes."""
    require_wrk()
    folder = plan.folder / "chat-intake"
    folder.mkdir()
    slack = _receive_slack(folder / "slack")
    rows = judge_requests("Slack requests", slack, prepared=_REQUESTS)
    proof_s, discord = proof_takes_s(), _receive_discord(folder / "discord")
    rows += judge_requests("Discord requests", discord, prepared=_REQUESTS, proof_s=proof_s)
    return rows


def proof_takes_s() -> float:
    """Seconds that one verification of an Ed25519 signature takes here, now."""
    key = SigningKey()
    public, proof = key.public_key, bytes.fromhex(key.sign(_BODY))
    took = []
    for _ in range(_TIMES):
        started = time.process_time()
        for _ in range(_PROOFS):
            if not is_signed_with(public, signature=proof, message=_BODY):
                raise SystemExit("a right signature was taken for a wrong one")
        took.append((time.process_time() - started) / _PROOFS)
    return statistics.median(took)


def _receive_slack(path: Path) -> dict[str, Runs]:
    slack = FakeSlack()
    seed_slack(slack)
    write_requests(path, map(slack_line, slack_messages(slack, "pay", _REQUESTS)))
    return measure_ways(Senders("slack", SIGNING_SECRET, path, PREPARED_SCRIPT))


def _receive_discord(path: Path) -> dict[str, Runs]:
    discord = FakeDiscord()
    seed_discord(discord)
    presses = discord_presses(discord, "payments", _REQUESTS)
    write_requests(path, [discord_line(discord, one) for one in presses])
    return measure_ways(Senders("discord", discord.state.key.public_key, path, PREPARED_SCRIPT))


def judge_requests(
    what: str, runs: dict[str, Runs], *, prepared: int, proof_s: float = 0.0
) -> list[Row]:
    """The bars, and what was reached; `proof_s` is taken out of every way.

    Raises: SystemExit when a run took more requests than were prepared.
    """
    _require_enough(
        what, prepared, [outcome.requests for done in runs.values() for outcome, _ in done]
    )
    results = {way: summarise(done) for way, done in runs.items()}
    production = results["production"]
    rows = []
    for way, bar in BARS.items():
        per_s, other = production["per_s"], results[way]["per_s"]
        extra = f" ({per_s:.0f} /s beside {other:.0f} /s)"
        told = f"{what} stored and acknowledged, beside {way}"
        ratio = per_s / other
        if proof_s:
            told = f"{told}, without Ed25519"
            extra = f" ({ratio:.2f} times with its {1e6 * proof_s:.0f} us a request; {extra[2:]}"
            ratio = (1 / other - proof_s) / (1 / per_s - proof_s)
        rows.append(at_least(told, ratio, bar, unit="times", extra=extra))
    extra = f" (p50 {production['p50_ms']:.1f} ms, p99.9 {production['p999_ms']:.1f} ms)"
    most = f"{what}, p99 at the most it takes"
    return [*rows, below(most, production["p99_ms"], P99_BAR_MS, unit="ms", extra=extra)]


def _require_enough(what: str, prepared: int, sent: Sequence[int]) -> None:
    if max(sent) > prepared:
        raise SystemExit(f"{what}: {max(sent)} were sent of {prepared} that were prepared")

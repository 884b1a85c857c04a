"""From a mention leaving the vendor's socket to the reply arriving there, on an idle machine."""

import random
import time
from datetime import datetime, timedelta

from measuring import Plan, Row, below, percentile
from service import PEOPLE, FakeSite, installed_service, wait_until

from chargehand.domain.action import Mode

_SAMPLES = 80
_WARM_UP = 5
_P50_BAR_MS = 250.0
_P99_BAR_MS = 800.0
_QUESTIONS = ("what is blocking this?", "status", "who is working on this?", "when is it due?")


def measure(plan: Plan) -> list[Row]:
    """Ask one question after the other, each on a work item of its own."""
    chance = random.Random(5)
    with installed_service(plan.folder / "mentions") as service, service.running():
        service.set_mode(Mode.AUTO)
        took_ms = []
        for number in range(_SAMPLES + _WARM_UP):
            took_ms.append(_ask(service.site, number))
            # Spread over whatever the worker does at fixed times.
            time.sleep(chance.uniform(0.05, 0.35))
    kept = took_ms[_WARM_UP:]
    extra = f" ({_SAMPLES} mentions)"
    p50, p99 = percentile(kept, 0.5), percentile(kept, 0.99)
    what = "mention received to reply posted"
    return [
        below(f"{what}, p50", p50, _P50_BAR_MS, unit="ms", extra=extra),
        below(f"{what}, p99", p99, _P99_BAR_MS, unit="ms", extra=extra),
    ]


def _ask(site: FakeSite, number: int) -> float:
    """Milliseconds between the two moments, both read by the fake from one clock."""
    person = PEOPLE[number % len(PEOPLE)]
    item = site.add_item(f"Refund number {number}", person)
    webhook = site.mention(item, person, _QUESTIONS[number % len(_QUESTIONS)])
    wait_until(lambda: _arrived_at(site, item) is not None, f"{item} was answered")
    arrived_at = _arrived_at(site, item)
    assert arrived_at is not None
    return (arrived_at - _left_at(site, webhook)) / timedelta(milliseconds=1)


def _arrived_at(site: FakeSite, item: str) -> datetime | None:
    path = f"/rest/api/3/issue/{item}/comment"
    found = [one["at"] for one in site.posted_comments() if one["path"] == path]
    return datetime.fromisoformat(found[0]) if found else None


def _left_at(site: FakeSite, webhook: str) -> datetime:
    sent = [one for one in site.get("/webhooks")["webhooks"] if one["id"] == webhook]
    # Written with milliseconds cut off, so the figure may only be too large.
    return datetime.fromisoformat(sent[0]["attempts"][0]["at"])

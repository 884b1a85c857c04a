"""What is asked of a large installation: every list with every filter, timelines, words, counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from asking import get
from history import HOT_ITEM, LASTS, RARE_WORD
from large_service import LargeService

from chargehand.kit.ids import first_id

_DEEP = 10
_PREFIXES = {
    "events": "evt",
    "deliveries": "dlv",
    "asks": "ask",
    "decisions": "dec",
    "actions": "act",
    "approvals": "apv",
}
_LISTS = {
    "events": (
        "project=WEB",
        "kind=worklog.created",
        f"work_item={HOT_ITEM}",
        "project=HELP&kind=comment.updated",
        "kind=page.created",
    ),
    "deliveries": ("connection=site",),
    "asks": ("state=late", "state=stuck", "project=HELP", "project=WEB&state=dismissed"),
    "decisions": (
        "project=WEB",
        "verdict=respond",
        f"work_item={HOT_ITEM}",
        "project=HELP&verdict=respond",
    ),
    "actions": (
        "state=waiting",
        "kind=jira.assign_issue",
        "project=WEB",
        "kind=jira.assign_issue&state=failed",
        "project=HELP&state=waiting",
    ),
    "approvals": ("state=open", "state=rejected"),
    "audit": (),
    "notices": (),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the table, and the paths that are asked for in turn."""

    what: str
    paths: Sequence[str]


def questions(service: LargeService) -> Iterator[Question]:
    """Everything that is asked, as far as the history holds it."""
    for name, filters in _LISTS.items():
        first = f"/v1/{name}?limit=50"
        yield Question(name, [first])
        deep = _deep(name, service)
        if deep:
            yield Question(f"{name}, deep pages", [f"{first}&cursor={one}" for one in deep])
        for one in filters:
            yield Question(f"{name}?{one}", [f"{first}&{one}"])
    yield from _stories(service)
    yield from _words(service)
    yield Question("stats of a day", ["/v1/stats"])
    yield Question("stats of a year", ["/v1/stats?hours=8784"])
    yield Question("status", ["/v1/status"])


def _stories(service: LargeService) -> Iterator[Question]:
    executed = get(service, "/v1/actions?state=executed&limit=50")["items"]
    events = get(service, "/v1/events?limit=50")["items"]
    yield Question("trace of an action", [f"/v1/trace/{one['id']}" for one in executed])
    yield Question("trace of an event", [f"/v1/trace/{one['id']}" for one in events])
    items = sorted({one["work_item"] for one in events} - {HOT_ITEM})
    yield Question("timeline of a work item", [f"/v1/timeline?work_item={one}" for one in items])
    busy = f"/v1/timeline?work_item={HOT_ITEM}"
    yield Question("timeline of the busiest work item", [busy])
    deep = _deep("events", service)
    pages = [f"{busy}&cursor={one}" for one in deep]
    yield Question("timeline of the busiest work item, deep pages", pages)


def _words(service: LargeService) -> Iterator[Question]:
    common, seldom = service.words["common"], service.words["seldom"]
    sought = {
        "a word that is nowhere": ["nowhereatall"],
        "a rare word": [RARE_WORD],
        "a seldom word": seldom,
        "a common word": common,
        "two common words": [f"{one} {common[0]}" for one in common[1:]],
        "a common and a seldom word": [f"{one} {common[0]}" for one in seldom],
        "two seldom words": [f"{one} {seldom[0]}" for one in seldom[1:]],
        "eight common words": [" ".join(common)],
    }
    for what, texts in sought.items():
        yield Question(f"words: {what}", [f"/v1/events?text={quote(one)}" for one in texts])
    paths = [f"/v1/events?text={common[0]}&cursor={one}" for one in _deep("events", service)]
    yield Question("words: a common word, deep pages", paths)
    scoped = [f"/v1/events?text={one}&project=HELP&kind=worklog.created" for one in common]
    yield Question("words: a common word of one project and kind", scoped)


def _deep(name: str, service: LargeService) -> list[str]:
    """Cursors halfway back; none for a list that is short."""
    if name == "audit":
        newest = int(get(service, "/v1/audit?limit=1")["items"][0]["seq"])
        return [str(newest // 2 + one) for one in range(_DEEP)]
    if name not in _PREFIXES:
        return []
    middle = datetime.now(UTC) - LASTS / 2
    return [first_id(_PREFIXES[name], middle + timedelta(hours=one)) for one in range(_DEEP)]

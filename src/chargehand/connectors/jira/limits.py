"""Jira's limits: it counts points whose price it does not tell, and says when to wait.

Source: developer.atlassian.com/cloud/jira/platform/rate-limiting (read 2026-11)
"""

import re
from collections.abc import Mapping
from typing import Final

from chargehand.plugins.connector import SentAction
from chargehand.plugins.limits import Limit

EVERYTHING: Final = "requests"
_REASON: Final = "ratelimit-reason"
# Too many changes of one work item stop the changes of that one alone.
_PER_ISSUE: Final = "jira-per-issue-on-write"
_ISSUE: Final = re.compile(r"/(?:issue|request)/([^/?]{1,64})")


def limits_of(action: SentAction) -> tuple[Limit, ...]:
    """What an action counts against: no number of ours, and both of Jira's stops."""
    return Limit(EVERYTHING), Limit(_changes_of(action.target))


def buckets_of_write(path: str) -> tuple[str, ...]:
    """What stops a change."""
    found = _ISSUE.search(path)
    return (EVERYTHING, _changes_of(found[1])) if found else (EVERYTHING,)


def stopped_bucket(path: str, headers: Mapping[str, str]) -> str:
    """What a refusal for a while is about."""
    is_of_one = headers.get(_REASON) == _PER_ISSUE
    return buckets_of_write(path)[-1] if is_of_one else EVERYTHING


def _changes_of(key: str) -> str:
    return f"changes of {key}"

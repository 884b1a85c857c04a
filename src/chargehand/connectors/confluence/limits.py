"""Confluence's limits: it counts points whose price it does not tell, and says when to wait.

Source: developer.atlassian.com/cloud/confluence/rate-limiting (read 2026-11)
"""

from typing import Final

from chargehand.plugins.connector import SentAction
from chargehand.plugins.limits import Limit

EVERYTHING: Final = "requests"


def limits_of(action: SentAction) -> tuple[Limit, ...]:
    """What an action counts against: no number of ours, and Confluence's stops."""
    _ = action
    return (Limit(EVERYTHING),)

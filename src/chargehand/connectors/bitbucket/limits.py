"""Bitbucket's limits: counted by the hour and the token, told by its refusals alone.

Source: support.atlassian.com/bitbucket-cloud/docs/api-request-limits (read 2026-11)
"""

from typing import Final

from chargehand.plugins.connector import SentAction
from chargehand.plugins.limits import Limit

EVERYTHING: Final = "requests"


def limits_of(action: SentAction) -> tuple[Limit, ...]:
    """What an action counts against: no number of ours, since tokens have different ones."""
    _ = action
    return (Limit(EVERYTHING),)

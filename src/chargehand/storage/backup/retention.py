"""Which scheduled backups are kept: the newest of each of some days, and of each of some weeks."""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime


def kept(moments: Sequence[datetime], *, daily: int, weekly: int) -> set[datetime]:
    """The moments whose backups stay; the newest always does.

    Shape: days and weeks are those of UTC, weeks begin on Monday; only days and weeks that have a
    backup count, so a machine that was off for a month loses none of its old ones meanwhile.
    """
    newest_first = sorted(set(moments), reverse=True)
    days = _newest_of_each(newest_first, lambda one: one.date())[:daily]
    weeks = _newest_of_each(newest_first, lambda one: one.isocalendar()[:2])[:weekly]
    return {*newest_first[:1], *days, *weeks}


def _newest_of_each(
    newest_first: Sequence[datetime], period: Callable[[datetime], Hashable]
) -> list[datetime]:
    newest: dict[Hashable, datetime] = {}
    for moment in newest_first:
        newest.setdefault(period(moment), moment)
    return list(newest.values())

"""Reads several work items at once."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from chargehand.domain.ids import WorkItemKey
from chargehand.domain.work_item import FactNeeds, Facts
from chargehand.plugins.connector import FactSource


async def read_all(
    source_of: Callable[[FactNeeds], FactSource], needs: Sequence[FactNeeds], *, now: datetime
) -> dict[WorkItemKey, Facts]:
    """The facts of every wanted work item; what can not be read is Unknown, never raised."""
    async with asyncio.TaskGroup() as group:
        reads = [group.create_task(source_of(one).read_facts(one, now=now)) for one in needs]
    return {one.work_item: read.result() for one, read in zip(needs, reads, strict=True)}

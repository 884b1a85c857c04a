"""Reads several work items at once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from chargehand.domain.ids import WorkItemKey
from chargehand.domain.work_item import FactNeeds, Facts
from chargehand.pipeline.connection import LiveConnection


async def read_all(
    connection: LiveConnection, needs: Sequence[FactNeeds], *, now: datetime
) -> dict[WorkItemKey, Facts]:
    """The facts of every wanted work item; what can not be read is Unknown, never raised."""
    async with asyncio.TaskGroup() as group:
        reads = [group.create_task(connection.tracker.read_facts(one, now=now)) for one in needs]
    return {one.work_item: read.result() for one, read in zip(needs, reads, strict=True)}

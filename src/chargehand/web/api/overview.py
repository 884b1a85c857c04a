"""How things stand now, how much happened lately, and what the operator was told."""

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline import looking
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asking, needs
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems
from chargehand.web.api.inputs import Nothing, NoticeQuery, StatsQuery
from chargehand.web.api.operating_models import NoticePage, Stats, Status
from chargehand.web.api.pages import answer_page


def add_overview_routes(router: APIRouter, deps: APIDeps) -> None:
    """Status, statistics and notices."""

    @router.get(
        "/status",
        response_model=Status,
        responses=problems(),
        tags=[Tag.OVERVIEW],
        openapi_extra=needs(Permission.STATUS_VIEW),
    )
    async def read_status(caller: Asking, _query: Nothing) -> JSONValue:
        """Connections, what waits, and how long the audit chain is."""
        counts = await asyncio.to_thread(deps.queue.counts)
        now, retention = deps.clock.now(), deps.rules.retention
        return await caller.read(
            lambda asked: to_json(
                looking.read_status(
                    asked.tx, inbox=counts, retention=retention, version=deps.version, now=now
                )
            )
        )

    @router.get(
        "/stats",
        response_model=Stats,
        responses=problems(),
        tags=[Tag.OVERVIEW],
        openapi_extra=needs(Permission.STATUS_VIEW),
    )
    async def read_stats(caller: Asking, query: Annotated[StatsQuery, Query()]) -> JSONValue:
        """How much happened in the last hours, by kind of row and its closed word."""
        now = deps.clock.now()
        since = now - timedelta(hours=query.hours)
        return await caller.read(
            lambda asked: to_json(looking.read_stats(asked.tx, since=since, until=now))
        )

    @router.get(
        "/notices",
        response_model=NoticePage,
        responses=problems(),
        tags=[Tag.OVERVIEW],
        openapi_extra=needs(Permission.NOTICE_VIEW),
    )
    async def list_notices(caller: Asking, query: Annotated[NoticeQuery, Query()]) -> Response:
        """What the operator was told, newest first: each cause once, with how often it happened."""
        return await answer_page(
            caller,
            lambda asked: looking.list_notices(asked.tx, cursor=query.cursor, limit=query.limit),
        )

"""Decisions made again, without effects: one, or every answer of a stretch of time."""

import asyncio
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline.looking import Looking
from chargehand.pipeline.replaying import decision_to_replay, replay
from chargehand.pipeline.replaying_many import replay_many
from chargehand.pipeline.showing import to_json
from chargehand.pipeline.stretches import read_stretch
from chargehand.web.api.asking import Asked, Asking, needs_in_project
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems
from chargehand.web.api.inputs import Identifier, Nothing
from chargehand.web.api.replay_models import Replay, ReplayQuery, ReplaySummary

_DAYS = 7


def add_replay_routes(router: APIRouter, deps: APIDeps) -> None:
    """Replays; nothing is sent, asked or written."""

    @router.get(
        "/replay/{identifier}",
        response_model=Replay,
        responses=problems(404),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.DECISION_VIEW),
    )
    async def replay_decision(caller: Asking, identifier: Identifier, _query: Nothing) -> JSONValue:
        """One decision made again from what it was made from.

        `identifier` names an event, ask or decision.
        """

        def look(asked: Asked[Looking]) -> JSONValue:
            decision = decision_to_replay(asked.tx, identifier)
            kind = "event, ask or decision"
            asked.see(Permission.DECISION_VIEW, decision.project, kind=kind, identifier=identifier)
            return to_json(replay(asked.tx, decision, previewers=deps.previewers))

        return await caller.read(look)

    @router.get(
        "/replay",
        response_model=ReplaySummary,
        responses=problems(),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.DECISION_VIEW),
    )
    async def replay_stretch(caller: Asking, query: Annotated[ReplayQuery, Query()]) -> JSONValue:
        """How many answers of a stretch would be others if they were made again now."""
        zone, now = ZoneInfo(deps.rules.team_zone), deps.clock.now()
        since, until = read_stretch(
            query.since, query.until, days=_DAYS, zone=zone, now=now, names=("since", "until")
        )
        project = ProjectKey(query.project.upper()) if query.project is not None else None
        await caller.read(lambda asked: asked.require(project))
        summary = await asyncio.to_thread(
            replay_many,
            deps.database,
            since=since,
            until=until,
            previewers=deps.previewers,
            project=project,
            most=query.limit,
        )
        return to_json(summary)

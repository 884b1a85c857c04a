"""What would have been done, next to what people did."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline.looking import Looking
from chargehand.pipeline.shadow import SHADOW_DAYS, read_shadow
from chargehand.pipeline.showing import to_json
from chargehand.pipeline.stretches import read_stretch, read_window
from chargehand.web.api.asking import Asked, Asking, needs_in_project
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems
from chargehand.web.api.shadow_models import ShadowQuery, ShadowReport


def add_shadow_routes(router: APIRouter, deps: APIDeps) -> None:
    """The shadow report."""

    @router.get(
        "/shadow",
        response_model=ShadowReport,
        responses=problems(),
        tags=[Tag.LOOKING_BACK],
        openapi_extra=needs_in_project(Permission.DECISION_VIEW),
    )
    async def read_shadow_report(
        caller: Asking, query: Annotated[ShadowQuery, Query()]
    ) -> JSONValue:
        """What people did next to what would have been done, and which modes that speaks for.

        Figures come from recorded events alone: the same stretch gives the same report.
        """
        zone, now = ZoneInfo(deps.rules.team_zone), deps.clock.now()
        since, until = read_stretch(
            query.since,
            query.until,
            days=SHADOW_DAYS,
            zone=zone,
            now=now,
            names=("since", "until"),
        )
        window = read_window(query.window)
        project = ProjectKey(query.project.upper()) if query.project is not None else None

        def look(asked: Asked[Looking]) -> JSONValue:
            asked.require(project)
            return to_json(
                read_shadow(
                    asked.tx,
                    since=since,
                    until=until,
                    window=window,
                    project=project,
                    kind=query.kind,
                    examples=query.examples,
                )
            )

        return await caller.read(look)

"""Modes: which actions are simulated, which wait for a person, and which are sent at once."""

from typing import Annotated

from fastapi import APIRouter, Depends

from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.pipeline import looking
from chargehand.pipeline.modes import set_mode
from chargehand.pipeline.showing import to_json
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.guard import Caller, current_caller
from chargehand.web.api.inputs import ModeBody, Nothing
from chargehand.web.api.models_operating import Modes


def add_mode_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows and changes modes."""

    @router.get("/modes", response_model=Modes, responses=problems(), tags=[Tag.MODES])
    async def read_modes(_query: Nothing) -> JSONValue:
        """The policy in force, and the mode of every action kind in every served project."""
        return await deps.database.aread(
            lambda tx: to_json(looking.read_modes(tx, deps.served_projects))
        )

    @router.put("/modes", response_model=Modes, responses=problems_with_body(409), tags=[Tag.MODES])
    async def change_mode(
        caller: Annotated[Caller, Depends(current_caller)], _query: Nothing, body: ModeBody
    ) -> JSONValue:
        """Put a new policy version in force that differs in one scope.

        Effective at once in every process. What was simulated before is never sent because of it.
        """
        now = deps.clock.now()
        project = ProjectKey(body.project) if body.project is not None else None

        def work(tx: looking.Changing) -> JSONValue:
            set_mode(
                tx,
                body.mode,
                project=project,
                kind=body.kind,
                served=deps.served_projects,
                by=caller.actor,
                now=now,
            )
            return to_json(looking.read_modes(tx, deps.served_projects))

        return await deps.database.awrite(work)

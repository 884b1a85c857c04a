"""Commands: the lines people say in a chat, from a program."""

from typing import Annotated

from fastapi import APIRouter, Depends

from chargehand.domain.command import Surface
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.json import JSONValue
from chargehand.pipeline.commanding import operator_caller, run_text
from chargehand.pipeline.showing import to_json
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems_with_body
from chargehand.web.api.guard import Caller, current_caller
from chargehand.web.api.inputs import CommandBody, Nothing
from chargehand.web.api.models_operating import CommandAnswer


def add_command_routes(router: APIRouter, deps: APIDeps) -> None:
    """Runs command lines."""

    @router.post(
        "/commands",
        response_model=CommandAnswer,
        responses=problems_with_body(),
        tags=[Tag.COMMANDS],
    )
    async def run_command(
        caller: Annotated[Caller, Depends(current_caller)], _query: Nothing, body: CommandBody
    ) -> JSONValue:
        """Run one line of the command registry, as `approve 7h2k9d` or `mute here for 2d`.

        What became of it is in `outcome`; a line that is none, or is not allowed now, changes
        nothing and says why.
        """
        now = deps.clock.now()
        speaker = operator_caller(
            Surface.REST,
            caller.actor,
            project=ProjectKey(body.project) if body.project is not None else None,
            work_item=WorkItemKey(body.work_item) if body.work_item is not None else None,
            served=deps.commands.served,
        )
        return await deps.database.awrite(
            lambda tx: to_json(run_text(tx, body.line, speaker, now=now, deps=deps.commands))
        )

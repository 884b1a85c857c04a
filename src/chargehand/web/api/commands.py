"""Commands: the lines people say in a chat, from a program."""

from fastapi import APIRouter

from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline.commanding import caller_of, run_text
from chargehand.pipeline.looking import Changing
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Asking, needs_in_project
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems_with_body
from chargehand.web.api.inputs import CommandBody, Nothing
from chargehand.web.api.operating_models import CommandAnswer


def add_command_routes(router: APIRouter, deps: APIDeps) -> None:
    """Runs command lines."""

    @router.post(
        "/commands",
        response_model=CommandAnswer,
        responses=problems_with_body(),
        tags=[Tag.COMMANDS],
        openapi_extra=needs_in_project(Permission.COMMAND_RUN),
    )
    async def run_command(caller: Asking, _query: Nothing, body: CommandBody) -> JSONValue:
        """Run one line of the command registry, as `approve 7h2k9d` or `mute here for 2d`.

        What became of it is in `outcome`; a line that is none, or is not allowed now, changes
        nothing and says why.
        """
        now = deps.clock.now()
        project = ProjectKey(body.project) if body.project is not None else None
        work_item = WorkItemKey(body.work_item) if body.work_item is not None else None

        def work(asked: Asked[Changing]) -> JSONValue:
            speaker = caller_of(
                asked.authority,
                project=project,
                work_item=work_item,
                served=asked.among(deps.commands.served),
            )
            return to_json(run_text(asked.tx, body.line, speaker, now=now, deps=deps.commands))

        return await caller.change(work)

"""Modes: which actions are simulated, which wait for a person, and which are sent at once."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter

from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline import looking
from chargehand.pipeline.modes import set_mode
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Asking, needs_in_project
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.inputs import ModeBody, Nothing
from chargehand.web.api.operating_models import Modes


def add_mode_routes(router: APIRouter, deps: APIDeps) -> None:
    """Shows and changes modes."""

    @router.get(
        "/modes",
        response_model=Modes,
        responses=problems(),
        tags=[Tag.MODES],
        openapi_extra=needs_in_project(Permission.MODE_VIEW),
    )
    async def read_modes(caller: Asking, _query: Nothing) -> JSONValue:
        """The policy in force, and the mode of every action kind in every served project."""
        return await caller.read(lambda asked: _shown(asked, deps))

    @router.put(
        "/modes",
        response_model=Modes,
        responses=problems_with_body(409),
        tags=[Tag.MODES],
        openapi_extra=needs_in_project(Permission.MODE_SET),
    )
    async def change_mode(caller: Asking, _query: Nothing, body: ModeBody) -> JSONValue:
        """Put a new policy version in force that differs in one scope.

        Effective at once in every process. What was simulated before is never sent because of it.
        """
        now = deps.clock.now()
        project = ProjectKey(body.project) if body.project is not None else None

        def work(asked: Asked[looking.Changing]) -> JSONValue:
            asked.require(project)
            set_mode(
                asked.tx,
                body.mode,
                project=project,
                kind=body.kind,
                served=deps.served_projects,
                by=asked.by,
                now=now,
            )
            return _shown(asked, deps)

        return await caller.change(work)


def _shown(asked: Asked[Any], deps: APIDeps) -> JSONValue:
    """The modes of the projects the caller may do it in, without the rules of others."""
    found = looking.read_modes(asked.tx, asked.among(deps.served_projects))
    allowed = asked.projects
    if allowed is not None:
        rules = (one for one in found.rules if one.project is None or one.project in allowed)
        found = replace(found, rules=tuple(rules))
    return to_json(found)

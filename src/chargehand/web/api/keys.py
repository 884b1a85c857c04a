"""API keys: which there are, making one, ending one."""

from typing import Annotated

from fastapi import APIRouter, Query

from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.members.fields import read_projects
from chargehand.pipeline.delegating import delegate_key
from chargehand.pipeline.keys import KeyLimits, find_key, list_keys, revoke_key
from chargehand.pipeline.looking import Changing
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asked, Asking, needs
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems, problems_with_body
from chargehand.web.api.inputs import Identifier, KeyQuery, Nothing, NothingSaid
from chargehand.web.api.key_inputs import KeyBody
from chargehand.web.api.key_models import ApiKey, ApiKeyPage, NewApiKey


def add_key_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists, makes and ends API keys."""

    @router.get(
        "/keys",
        response_model=ApiKeyPage,
        responses=problems(),
        tags=[Tag.KEYS],
        openapi_extra=needs(Permission.KEY_MANAGE),
    )
    async def list_api_keys(caller: Asking, query: Annotated[KeyQuery, Query()]) -> JSONValue:
        """Every key without its secret, newest first, revoked ones included."""
        return await caller.read(
            lambda asked: to_json(list_keys(asked.tx, cursor=query.cursor, limit=query.limit))
        )

    _add_making(router, deps)
    _add_ending(router, deps)


def _add_making(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/keys",
        response_model=NewApiKey,
        responses=problems_with_body(409),
        tags=[Tag.KEYS],
        openapi_extra=needs(Permission.KEY_MANAGE),
    )
    async def make_api_key(caller: Asking, _query: Nothing, body: KeyBody) -> JSONValue:
        """Make a key, and tell its secret this once.

        It never has more rights than its maker has now, acts for whom its maker acts for, and ends
        no later than the key it was made with.
        """
        now, limits = deps.clock.now(), _limits(body, deps)

        def work(asked: Asked[Changing]) -> JSONValue:
            made = delegate_key(asked.tx, body.name, maker=asked.authority, limits=limits, now=now)
            return {"key": to_json(find_key(asked.tx, made.secret)), "secret": made.secret}

        return await caller.change(work)


def _add_ending(router: APIRouter, deps: APIDeps) -> None:
    @router.post(
        "/keys/{key_id}/revoke",
        response_model=ApiKey,
        responses=problems_with_body(404),
        tags=[Tag.KEYS],
        openapi_extra=needs(Permission.KEY_MANAGE),
    )
    async def revoke_api_key(
        caller: Asking, key_id: Identifier, _query: Nothing, _body: NothingSaid = None
    ) -> JSONValue:
        """End a key at once, in every process; ending it twice is no error."""
        now = deps.clock.now()
        return await caller.change(
            lambda asked: to_json(revoke_key(asked.tx, key_id, by=asked.by, now=now))
        )


def _limits(body: KeyBody, deps: APIDeps) -> KeyLimits:
    projects = None
    if body.projects is not None:
        named = " ".join(body.projects)
        projects = frozenset(read_projects(named, deps.served_projects, field="projects"))
    return KeyLimits(
        permissions=frozenset(body.permissions) if body.permissions is not None else None,
        projects=projects,
        expires_at=body.expires_at,
    )

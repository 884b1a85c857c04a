"""Who the caller is, and what they may do."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chargehand.domain.json import JSONValue
from chargehand.pipeline.authority import SessionProof
from chargehand.pipeline.sessions import csrf_token
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asking, needs_nothing
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems
from chargehand.web.api.inputs import Nothing
from chargehand.web.api.me_models import Me


def add_me_routes(router: APIRouter, deps: APIDeps) -> None:
    """The caller to themselves."""

    @router.get(
        "/me",
        response_model=Me,
        responses=problems(),
        tags=[Tag.OVERVIEW],
        openapi_extra=needs_nothing(),
    )
    async def read_me(
        caller: Asking, _query: Nothing, request: Request, response: Response
    ) -> JSONValue:
        """Who the caller is, their roles, and what they may do in which project at this moment.

        Who is signed in finds in the header `X-CSRF` what their writes have to send back in it.
        """
        secret = deps.cookie.secret_in(request.cookies)
        if secret is not None and isinstance(caller.proof, SessionProof):
            response.headers["x-csrf"] = csrf_token(secret)
        return await caller.read(lambda asked: to_json(asked.authority))

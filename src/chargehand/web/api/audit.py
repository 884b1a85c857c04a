"""The audit chain: its records, and whether it holds."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from chargehand.domain.json import JSONValue
from chargehand.domain.permission import Permission
from chargehand.pipeline import looking
from chargehand.pipeline.showing import to_json
from chargehand.web.api.asking import Asking, needs
from chargehand.web.api.audit_models import AuditPage, Verification
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems
from chargehand.web.api.inputs import AuditQuery, Nothing
from chargehand.web.api.pages import answer_page


def add_audit_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists audit records and verifies the chain."""
    # A walk over a long chain takes seconds, and the threads for the database are few.
    one_at_a_time = asyncio.Lock()

    @router.get(
        "/audit",
        response_model=AuditPage,
        responses=problems(),
        tags=[Tag.AUDIT],
        openapi_extra=needs(Permission.AUDIT_READ),
    )
    async def list_audit(caller: Asking, query: Annotated[AuditQuery, Query()]) -> Response:
        """Audit records, newest first."""
        return await answer_page(
            caller,
            lambda asked: looking.list_audit(asked.tx, cursor=query.cursor, limit=query.limit),
        )

    @router.get(
        "/audit/verification",
        response_model=Verification,
        responses=problems(),
        tags=[Tag.AUDIT],
        openapi_extra=needs(Permission.AUDIT_READ),
    )
    async def verify_audit(caller: Asking, _query: Nothing) -> JSONValue:
        """Walk the whole chain and name every record that was edited, moved, deleted or cut off."""
        async with one_at_a_time:
            return await caller.read(
                lambda asked: to_json(looking.read_verification(asked.tx, deps.checkpoint))
            )

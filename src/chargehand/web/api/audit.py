"""The audit chain: its records, and whether it holds."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from chargehand.domain.json import JSONValue
from chargehand.pipeline import looking
from chargehand.pipeline.showing import to_json
from chargehand.web.api.deps import APIDeps
from chargehand.web.api.describing import Tag, problems
from chargehand.web.api.inputs import AuditQuery, Nothing
from chargehand.web.api.models_audit import AuditPage, Verification
from chargehand.web.api.pages import answer_page


def add_audit_routes(router: APIRouter, deps: APIDeps) -> None:
    """Lists audit records and verifies the chain."""
    # A walk over a long chain takes seconds, and the threads for the database are few.
    one_at_a_time = asyncio.Lock()

    @router.get("/audit", response_model=AuditPage, responses=problems(), tags=[Tag.AUDIT])
    async def list_audit(query: Annotated[AuditQuery, Query()]) -> Response:
        """Audit records, newest first."""
        return await answer_page(
            deps.database, lambda tx: looking.list_audit(tx, cursor=query.cursor, limit=query.limit)
        )

    @router.get(
        "/audit/verification", response_model=Verification, responses=problems(), tags=[Tag.AUDIT]
    )
    async def verify_audit(_query: Nothing) -> JSONValue:
        """Walk the whole chain and name every record that was edited, moved, deleted or cut off."""
        async with one_at_a_time:
            return await deps.database.aread(
                lambda tx: to_json(looking.read_verification(tx, deps.checkpoint))
            )

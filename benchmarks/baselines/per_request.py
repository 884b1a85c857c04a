"""The design to beat: FastAPI, one ORM session and one commit for every request.

Proves the same signature and writes to the same kind of file (WAL, synchronous=FULL).
"""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from baselines.proofs import Proof
from fastapi import Depends, FastAPI, HTTPException, Request
from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from chargehand.storage.engines import open_engine, sqlite_url


class Base(DeclarativeBase):
    """Declares the table."""


class WebhookEvent(Base):
    """One received webhook."""

    __tablename__ = "webhook_events"
    __table_args__ = (UniqueConstraint("connection", "delivery_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(String(40), unique=True)
    connection: Mapped[str]
    delivery_key: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    received_at: Mapped[datetime]
    body: Mapped[bytes]


def build(path: Path, prove: Proof) -> FastAPI:
    """The application on a fresh file."""
    engine = open_engine(sqlite_url(path))
    Base.metadata.create_all(engine)
    sessions = sessionmaker(engine)
    app = FastAPI()

    # Not a plain generator: that would hop to a thread and back, and be slower still.
    async def open_session() -> AsyncIterator[Session]:
        with sessions() as session:
            yield session

    @app.post("/webhooks/{connector}/{connection}", status_code=202)
    @app.post("/webhooks/{connector}", status_code=202)
    async def receive(
        connector: str,
        request: Request,
        session: Annotated[Session, Depends(open_session)],
        connection: str | None = None,
    ) -> dict[str, str]:
        body = await request.body()
        key = prove(request.headers, body)
        if key is None:
            raise HTTPException(status_code=401)
        connection = connection or connector
        known = session.scalar(
            select(WebhookEvent).where(
                WebhookEvent.connection == connection, WebhookEvent.delivery_key == key
            )
        )
        if known is not None:
            return {"status": "duplicate", "delivery": known.delivery_id}
        event = WebhookEvent(
            delivery_id=str(uuid.uuid4()),
            connection=connection,
            delivery_key=key,
            status="stored",
            received_at=datetime.now(UTC),
            body=body,
        )
        session.add(event)
        session.commit()
        return {"status": "stored", "delivery": event.delivery_id}

    return app

"""The design to beat: FastAPI, one ORM session and one commit for every request.

Proves the same signature and writes to the same kind of file (WAL, synchronous=FULL).
"""

import hashlib
import hmac
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

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


def build(path: Path, secret: str) -> FastAPI:
    """The application on a fresh file."""
    engine = open_engine(sqlite_url(path))
    Base.metadata.create_all(engine)
    sessions = sessionmaker(engine)
    app = FastAPI()

    # Not a plain generator: that would hop to a thread and back, and be slower still.
    async def open_session() -> AsyncIterator[Session]:
        with sessions() as session:
            yield session

    @app.post("/webhooks/jira/{connection}", status_code=202)
    async def receive(
        connection: str, request: Request, session: Annotated[Session, Depends(open_session)]
    ) -> dict[str, str]:
        body = await request.body()
        shown = request.headers.get("x-hub-signature", "")
        expected = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
        if not hmac.compare_digest(shown, expected):
            raise HTTPException(status_code=401)
        key = request.headers["x-atlassian-webhook-identifier"]
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

"""The table of messages in chats that show how approvals stand; a view, never the truth."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, SmallInteger, String, Table

from chargehand.storage.tables import metadata

# `action_id` is the change the approval is about, `message_id` the action that posted the message;
# `is_outdated` is set by the transaction that decides the approval.
chat_views = Table(
    "chat_views",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("approval_id", String(40), nullable=False),
    Column("action_id", String(40), nullable=False),
    Column("message_id", String(40), nullable=False),
    Column("is_outdated", SmallInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "approval_id"),
    Index("chat_views_by_message", "organization_id", "message_id"),
    Index("chat_views_outdated", "organization_id", "is_outdated"),
)

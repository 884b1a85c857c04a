"""The tables of what chats show: how approvals stand, and that an answer is worked on.

Both are views, never the truth.
"""

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
    Index("chat_views_by_action", "organization_id", "action_id"),
    Index("chat_views_by_message", "organization_id", "message_id"),
    Index("chat_views_outdated", "organization_id", "is_outdated"),
)

# `action_id` put the sign there; the row goes with the proposal to take the sign away again.
working_signs = Table(
    "working_signs",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("ask_id", String(40), nullable=False),
    Column("action_id", String(40), nullable=False),
    PrimaryKeyConstraint("organization_id", "ask_id"),
)

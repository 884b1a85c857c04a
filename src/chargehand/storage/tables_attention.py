"""Whom the bot may disturb: tables of `main`, see `tables` for the rules of all of them.

`actor_id` is the account something was said from; a member's id tells nothing once the member was
erased.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)
_ACCOUNT = String(200)
_KEY = String(400)


def _person() -> "tuple[Column[str], ...]":
    return (
        Column("member_id", _ID),
        Column("connection_id", _ID),
        Column("actor_id", _ACCOUNT),
    )


quiets = Table(
    "quiets",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("quiet_id", _ID, nullable=False),
    Column("kind", _WORD, nullable=False),
    Column("scope", _WORD, nullable=False),
    Column("scope_id", _KEY, nullable=False),
    *_person(),
    Column("ends_at", BigInteger, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("set_by", _WORD, nullable=False),
    PrimaryKeyConstraint("organization_id", "quiet_id"),
    UniqueConstraint("organization_id", "scope", "scope_id", "kind", name="quiets_by_scope"),
    Index("quiets_by_end", "organization_id", "ends_at"),
    Index("quiets_by_owner", "organization_id", "set_by", "ends_at"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("subscription_id", _ID, nullable=False),
    *_person(),
    Column("topic", _WORD, nullable=False),
    Column("project", _WORD, nullable=False),
    Column("since_at", BigInteger, nullable=False),
    Column("work_item", _WORD, nullable=False, server_default=""),
    Column("waiting", Integer, nullable=False, server_default="0"),
    Column("waiting_since_at", BigInteger),
    Column("last_change_at", BigInteger),
    Column("held_until_at", BigInteger),
    Column("told_at", BigInteger),
    Column("stopped_at", BigInteger),
    Column("last_action_id", _ID),
    PrimaryKeyConstraint("organization_id", "subscription_id"),
    UniqueConstraint(
        "organization_id",
        "topic",
        "project",
        "work_item",
        "member_id",
        name="subscriptions_by_topic",
    ),
    Index("subscriptions_by_member", "organization_id", "member_id"),
    Index("subscriptions_by_item", "organization_id", "work_item"),
    Index("subscriptions_waiting", "organization_id", "waiting_since_at"),
)

# What a subscription waits to be told; `subject_id` is an event, approval, ask or action.
subscription_changes = Table(
    "subscription_changes",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("subscription_id", _ID, nullable=False),
    Column("subject_id", _ID, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "subscription_id", "subject_id"),
)

reminders = Table(
    "reminders",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("reminder_id", _ID, nullable=False),
    *_person(),
    Column("is_here", SmallInteger, nullable=False),
    Column("channel", _KEY),
    Column("thread_id", _KEY),
    Column("project", _WORD),
    Column("work_item", _WORD),
    Column("content_id", _ID, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("set_by", _WORD, nullable=False),
    Column("fired_at", BigInteger),
    PrimaryKeyConstraint("organization_id", "reminder_id"),
    Index("reminders_by_due", "organization_id", "fired_at", "due_at"),
    Index("reminders_by_owner", "organization_id", "set_by", "fired_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("feedback_id", _ID, nullable=False),
    Column("decision_id", _ID, nullable=False),
    Column("ask_id", _ID),
    *_person(),
    Column("project", _WORD),
    Column("work_item", _WORD),
    Column("is_asker", SmallInteger, nullable=False),
    Column("content_id", _ID),
    Column("undo_action_id", _ID),
    Column("given_at", BigInteger, nullable=False),
    Column("given_by", _WORD, nullable=False),
    PrimaryKeyConstraint("organization_id", "feedback_id"),
    UniqueConstraint("organization_id", "decision_id", "given_by", name="feedback_by_decision"),
)

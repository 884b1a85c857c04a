"""The first tables, and policy version 1, which simulates everything."""

import sqlalchemy as sa
from alembic import op

revision = "m0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "actions",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("action_id", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("ask_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=400), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "action_id"),
    )
    op.create_index("actions_by_ask", "actions", ["organization_id", "ask_id"], unique=False)
    op.create_index(
        "actions_by_decision", "actions", ["organization_id", "decision_id"], unique=False
    )
    op.create_index(
        "actions_by_state", "actions", ["organization_id", "state", "next_attempt_at"], unique=False
    )
    op.create_table(
        "api_keys",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "key_id"),
        sa.UniqueConstraint("secret_digest", name="api_keys_by_secret"),
    )
    op.create_table(
        "approvals",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("approval_id", sa.String(length=40), nullable=False),
        sa.Column("short_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=40), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("decided_via", sa.String(length=64), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "approval_id"),
        sa.UniqueConstraint("organization_id", "action_id", "ordinal", name="approvals_by_action"),
    )
    op.create_index(
        "approvals_by_short_id", "approvals", ["organization_id", "short_id"], unique=False
    )
    op.create_index(
        "approvals_by_state", "approvals", ["organization_id", "state", "expires_at"], unique=False
    )
    op.create_table(
        "asks",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("ask_id", sa.String(length=40), nullable=False),
        sa.Column("ask_key", sa.String(length=400), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("work_item", sa.String(length=64), nullable=False),
        sa.Column("comment_id", sa.String(length=64), nullable=False),
        sa.Column("asker_id", sa.String(length=64), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("check_own_mark", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "ask_id"),
        sa.UniqueConstraint("organization_id", "ask_key", name="asks_by_key"),
    )
    op.create_index(
        "asks_by_work_item", "asks", ["organization_id", "work_item", "ask_id"], unique=False
    )
    op.create_index("asks_by_event", "asks", ["organization_id", "event_id"], unique=False)
    op.create_index(
        "asks_by_state", "asks", ["organization_id", "state", "next_attempt_at"], unique=False
    )
    op.create_table(
        "audit_heads",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id"),
    )
    op.create_table(
        "audit_records",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "seq"),
    )
    op.create_index(
        "audit_records_by_subject",
        "audit_records",
        ["organization_id", "subject_id", "seq"],
        unique=False,
    )
    op.create_table(
        "connections",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("bot_account_id", sa.String(length=400), nullable=True),
        sa.Column("bot_name", sa.Text(), nullable=False),
        sa.Column("first_connected_at", sa.BigInteger(), nullable=True),
        sa.Column("last_ok_at", sa.BigInteger(), nullable=True),
        sa.Column("last_failure_at", sa.BigInteger(), nullable=True),
        sa.Column("last_failure", sa.Text(), nullable=False),
        sa.Column("last_delivery_at", sa.BigInteger(), nullable=True),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "connection_id"),
    )
    op.create_table(
        "contents",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("retention_class", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "content_id"),
    )
    op.create_index(
        "contents_by_age",
        "contents",
        ["organization_id", "retention_class", "created_at"],
        unique=False,
    )
    op.create_table(
        "decisions",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("ask_id", sa.String(length=40), nullable=True),
        sa.Column("ask_revision", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=True),
        sa.Column("work_item", sa.String(length=64), nullable=True),
        sa.Column("asker_id", sa.String(length=64), nullable=True),
        sa.Column("verdict", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("confidence_percent", sa.SmallInteger(), nullable=False),
        sa.Column("urgency", sa.String(length=64), nullable=False),
        sa.Column("audience_scope", sa.String(length=400), nullable=False),
        sa.Column("audience_visibility", sa.Text(), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=True),
        sa.Column("answer_digest", sa.String(length=64), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "decision_id"),
    )
    op.create_index(
        "decisions_by_answer",
        "decisions",
        ["organization_id", "work_item", "verdict", "decided_at"],
        unique=False,
    )
    op.create_index("decisions_by_ask", "decisions", ["organization_id", "ask_id"], unique=False)
    op.create_index(
        "decisions_by_event", "decisions", ["organization_id", "event_id"], unique=False
    )
    op.create_table(
        "deliveries",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("delivery_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("delivery_key", sa.String(length=400), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("dispatched_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("duplicate_of", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "delivery_id"),
    )
    op.create_index(
        "deliveries_by_event", "deliveries", ["organization_id", "event_id"], unique=False
    )
    op.create_index(
        "deliveries_by_first_event", "deliveries", ["organization_id", "duplicate_of"], unique=False
    )
    op.create_table(
        "effects",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("effect_id", sa.String(length=40), nullable=False),
        sa.Column("action_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=400), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("intended_at", sa.BigInteger(), nullable=False),
        sa.Column("settle_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.String(length=400), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "effect_id"),
        sa.UniqueConstraint("organization_id", "action_id", name="effects_by_action"),
    )
    op.create_index(
        "effects_by_external_id",
        "effects",
        ["organization_id", "connection_id", "external_id"],
        unique=False,
    )
    op.create_table(
        "events",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("event_key", sa.String(length=400), nullable=False),
        sa.Column("delivery_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=True),
        sa.Column("work_item", sa.String(length=64), nullable=True),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("content_id", sa.String(length=40), nullable=True),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "event_id"),
        sa.UniqueConstraint("organization_id", "event_key", name="events_by_key"),
    )
    op.create_index(
        "events_by_work_item", "events", ["organization_id", "work_item", "event_id"], unique=False
    )
    op.create_table(
        "notices",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("notice_id", sa.String(length=40), nullable=False),
        sa.Column("notice_key", sa.String(length=400), nullable=False),
        sa.Column("severity", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=400), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "notice_id"),
        sa.UniqueConstraint("organization_id", "notice_key", name="notices_by_key"),
    )
    op.create_table(
        "policy_versions",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "version"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("policy_versions")
    op.drop_table("notices")
    op.drop_index("events_by_work_item", table_name="events")
    op.drop_table("events")
    op.drop_index("effects_by_external_id", table_name="effects")
    op.drop_table("effects")
    op.drop_index("deliveries_by_first_event", table_name="deliveries")
    op.drop_index("deliveries_by_event", table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index("decisions_by_event", table_name="decisions")
    op.drop_index("decisions_by_ask", table_name="decisions")
    op.drop_index("decisions_by_answer", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index("contents_by_age", table_name="contents")
    op.drop_table("contents")
    op.drop_table("connections")
    op.drop_index("audit_records_by_subject", table_name="audit_records")
    op.drop_table("audit_records")
    op.drop_table("audit_heads")
    op.drop_index("asks_by_state", table_name="asks")
    op.drop_index("asks_by_event", table_name="asks")
    op.drop_table("asks")
    op.drop_index("approvals_by_state", table_name="approvals")
    op.drop_index("approvals_by_short_id", table_name="approvals")
    op.drop_table("approvals")
    op.drop_table("api_keys")
    op.drop_index("actions_by_state", table_name="actions")
    op.drop_index("actions_by_decision", table_name="actions")
    op.drop_index("actions_by_ask", table_name="actions")
    op.drop_table("actions")

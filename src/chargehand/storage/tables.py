"""The tables of `main`; the inbox has its own in `storage/inbox`.

`organization_id` leads every key and index. `_at` columns are integer microseconds UTC, money is
integer micro-dollars. Names and texts of people live in `contents`, so that they can be erased
while the rows and the audit chain around them stay whole.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

_ID = String(40)
_WORD = String(64)
_KEY = String(400)
# Words with a space between; NULL is all there are.
_SCOPE = String(1000)


def _organization() -> Column[str]:
    return Column("organization_id", _ID, nullable=False)


deliveries = Table(
    "deliveries",
    metadata,
    _organization(),
    Column("delivery_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("connector", _WORD, nullable=False),
    Column("delivery_key", _KEY, nullable=False),
    Column("source", _WORD, nullable=False),
    Column("lane", _WORD, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("dispatched_at", BigInteger, nullable=False),
    Column("event_id", _ID, nullable=False),
    Column("duplicate_of", _ID),
    PrimaryKeyConstraint("organization_id", "delivery_id"),
    Index("deliveries_by_event", "organization_id", "event_id"),
    Index("deliveries_by_first_event", "organization_id", "duplicate_of"),
)

events = Table(
    "events",
    metadata,
    _organization(),
    Column("event_id", _ID, nullable=False),
    Column("event_key", _KEY, nullable=False),
    Column("delivery_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("connector", _WORD, nullable=False),
    Column("kind", _WORD, nullable=False),
    Column("project", _WORD),
    Column("work_item", _WORD),
    Column("actor_id", _WORD),
    Column("content_id", _ID),
    Column("occurred_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "event_id"),
    UniqueConstraint("organization_id", "event_key", name="events_by_key"),
    Index("events_by_work_item", "organization_id", "work_item", "event_id"),
)

asks = Table(
    "asks",
    metadata,
    _organization(),
    Column("ask_id", _ID, nullable=False),
    Column("ask_key", _KEY, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("event_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("project", _WORD, nullable=False),
    Column("work_item", _WORD, nullable=False),
    Column("comment_id", _WORD, nullable=False),
    Column("asker_id", _WORD),
    Column("asked_at", BigInteger, nullable=False),
    Column("content_id", _ID),
    Column("state", _WORD, nullable=False),
    Column("check_own_mark", SmallInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", BigInteger),
    Column("recorded_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("closed_by", _WORD),
    Column("problem", _WORD, nullable=False),
    PrimaryKeyConstraint("organization_id", "ask_id"),
    UniqueConstraint("organization_id", "ask_key", name="asks_by_key"),
    Index("asks_by_state", "organization_id", "state", "next_attempt_at"),
    Index("asks_by_event", "organization_id", "event_id"),
    Index("asks_by_work_item", "organization_id", "work_item", "ask_id"),
)

decisions = Table(
    "decisions",
    metadata,
    _organization(),
    Column("decision_id", _ID, nullable=False),
    Column("event_id", _ID, nullable=False),
    Column("ask_id", _ID),
    Column("ask_revision", Integer, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("project", _WORD),
    Column("work_item", _WORD),
    Column("asker_id", _WORD),
    Column("verdict", _WORD, nullable=False),
    Column("reason", _WORD, nullable=False),
    Column("decided_by", _WORD, nullable=False),
    Column("confidence_percent", SmallInteger, nullable=False),
    Column("urgency", _WORD, nullable=False),
    Column("audience_scope", _KEY, nullable=False),
    Column("audience_visibility", Text, nullable=False),
    Column("content_id", _ID),
    Column("answer_digest", String(64), nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("model_provider", _WORD),
    Column("model", String(200)),
    Column("prompt_version", _WORD),
    Column("reservation_id", _ID),
    PrimaryKeyConstraint("organization_id", "decision_id"),
    Index("decisions_by_event", "organization_id", "event_id"),
    Index("decisions_by_ask", "organization_id", "ask_id"),
    Index("decisions_by_answer", "organization_id", "work_item", "verdict", "decided_at"),
)

actions = Table(
    "actions",
    metadata,
    _organization(),
    Column("action_id", _ID, nullable=False),
    Column("decision_id", _ID, nullable=False),
    Column("ask_id", _ID),
    Column("kind", _WORD, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("project", _WORD, nullable=False),
    Column("target", _KEY, nullable=False),
    Column("content_id", _ID, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("mode", _WORD, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("result", Text, nullable=False),
    Column("problem", _WORD, nullable=False),
    Column("waits", Integer),
    # Who and what it goes back to; None in actions that were proposed before this was kept.
    Column("requested_by", _KEY),
    Column("agent", _WORD),
    Column("origin", _WORD),
    Column("trust", _WORD),
    PrimaryKeyConstraint("organization_id", "action_id"),
    Index("actions_by_state", "organization_id", "state", "next_attempt_at"),
    Index("actions_by_decision", "organization_id", "decision_id"),
    Index("actions_by_ask", "organization_id", "ask_id"),
)

approvals = Table(
    "approvals",
    metadata,
    _organization(),
    Column("approval_id", _ID, nullable=False),
    Column("short_id", _WORD, nullable=False),
    Column("action_id", _ID, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", _WORD, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", _WORD, nullable=False),
    Column("decided_via", _WORD, nullable=False),
    Column("content_id", _ID),
    # When somebody may have to be reminded next; null when nobody has to be.
    Column("look_at", BigInteger),
    # The roles it was put before because nobody decided, with a blank between them.
    Column("escalated_to", String(255), nullable=False, server_default=""),
    # The policy in force when it was opened; null for those of before this was kept.
    Column("policy_version", Integer),
    PrimaryKeyConstraint("organization_id", "approval_id"),
    UniqueConstraint("organization_id", "action_id", "ordinal", name="approvals_by_action"),
    Index("approvals_by_state", "organization_id", "state", "expires_at"),
    Index("approvals_by_look", "organization_id", "state", "look_at"),
    Index("approvals_by_short_id", "organization_id", "short_id"),
)

effects = Table(
    "effects",
    metadata,
    _organization(),
    Column("effect_id", _ID, nullable=False),
    Column("action_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("target", _KEY, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", _WORD, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("intended_at", BigInteger, nullable=False),
    Column("settle_at", BigInteger),
    Column("settled_at", BigInteger),
    Column("external_id", _KEY, nullable=False),
    Column("url", Text, nullable=False),
    # What caps count by, beside the target; older lines have none.
    Column("kind", _WORD),
    Column("requested_by", String(400)),
    PrimaryKeyConstraint("organization_id", "effect_id"),
    UniqueConstraint("organization_id", "action_id", name="effects_by_action"),
    Index("effects_by_external_id", "organization_id", "connection_id", "external_id"),
    Index("effects_by_kind", "organization_id", "kind", "intended_at"),
    Index("effects_by_target", "organization_id", "target", "intended_at"),
    Index("effects_by_requester", "organization_id", "requested_by", "intended_at"),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    _organization(),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", _WORD, nullable=False),
    PrimaryKeyConstraint("organization_id", "version"),
)

audit_records = Table(
    "audit_records",
    metadata,
    _organization(),
    Column("seq", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("tag", _WORD, nullable=False),
    Column("subject_id", _KEY, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("organization_id", "seq"),
    Index("audit_records_by_subject", "organization_id", "subject_id", "seq"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    _organization(),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("organization_id"),
)

contents = Table(
    "contents",
    metadata,
    _organization(),
    Column("content_id", _ID, nullable=False),
    Column("salt", String(32), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("retention_class", _WORD, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "content_id"),
    Index("contents_by_age", "organization_id", "retention_class", "created_at"),
)

connections = Table(
    "connections",
    metadata,
    _organization(),
    Column("connection_id", _ID, nullable=False),
    Column("connector", _WORD, nullable=False),
    Column("site", Text, nullable=False),
    Column("bot_account_id", _KEY),
    Column("bot_name", Text, nullable=False),
    Column("first_connected_at", BigInteger),
    Column("last_ok_at", BigInteger),
    Column("last_failure_at", BigInteger),
    Column("last_failure", Text, nullable=False),
    Column("last_delivery_at", BigInteger),
    Column("polled_at", BigInteger),
    Column("cursor", Text),
    PrimaryKeyConstraint("organization_id", "connection_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _organization(),
    Column("key_id", _ID, nullable=False),
    Column("name", _WORD, nullable=False),
    Column("secret_digest", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", _WORD, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("permissions", _SCOPE),
    Column("projects", _SCOPE),
    Column("member_id", _ID),
    Column("expires_at", BigInteger),
    PrimaryKeyConstraint("organization_id", "key_id"),
    UniqueConstraint("secret_digest", name="api_keys_by_secret"),
)

notices = Table(
    "notices",
    metadata,
    _organization(),
    Column("notice_id", _ID, nullable=False),
    Column("notice_key", _KEY, nullable=False),
    Column("severity", _WORD, nullable=False),
    Column("code", _WORD, nullable=False),
    Column("subject_id", _KEY, nullable=False),
    Column("text", Text, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", "notice_id"),
    UniqueConstraint("organization_id", "notice_key", name="notices_by_key"),
)

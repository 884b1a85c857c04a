"""What code hosts and wikis told of: tables of `main`, see `tables` for the rules of all of them.

Every id is a digest of what names the row at its host, whatever the case of a repository's name. So
no text stands in a key, and every text can be erased.
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
    Text,
)

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)
_HASH = String(80)
_PLACE = String(255)

# The newest that was heard of each pull request; `checks` are those of `head_commit`.
pull_requests = Table(
    "pull_requests",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("pull_request_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("repository", _PLACE, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("is_draft", SmallInteger, nullable=False),
    Column("is_private", SmallInteger, nullable=False),
    Column("url", Text, nullable=False),
    Column("source_repository", _PLACE, nullable=False),
    Column("source_branch", Text, nullable=False),
    Column("target_branch", Text, nullable=False),
    Column("head_commit", _HASH, nullable=False),
    Column("author_id", _PLACE, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("reviewers", Text, nullable=False),
    Column("checks", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "pull_request_id"),
    Index("pull_requests_by_head", "organization_id", "connection_id", "head_commit"),
    Index("pull_requests_by_update", "organization_id", "updated_at"),
)

# `branch_id` is the branch a commit was pushed to, None for everything else.
code_references = Table(
    "code_references",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("reference_id", _ID, nullable=False),
    Column("subject_id", _ID, nullable=False),
    Column("branch_id", _ID),
    Column("connection_id", _ID, nullable=False),
    Column("work_item", _WORD, nullable=False),
    Column("kind", _WORD, nullable=False),
    Column("place", _PLACE, nullable=False),
    Column("subject", Text, nullable=False),
    Column("found_in", _PLACE, nullable=False),
    Column("branch", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("is_private", SmallInteger, nullable=False),
    Column("author_id", _PLACE, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "reference_id"),
    Index("code_references_by_item", "organization_id", "work_item", "seen_at"),
    Index("code_references_by_subject", "organization_id", "subject_id"),
    Index("code_references_by_branch", "organization_id", "branch_id"),
    Index("code_references_by_source", "organization_id", "connection_id", "found_in"),
    Index("code_references_by_age", "organization_id", "seen_at"),
)

# `reset_at` is when the branch last lost what was on it; a push from before that adds nothing.
code_branches = Table(
    "code_branches",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("branch_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("repository", _PLACE, nullable=False),
    Column("branch", Text, nullable=False),
    Column("head_commit", _HASH, nullable=False),
    Column("is_gone", SmallInteger, nullable=False),
    Column("pushed_at", BigInteger, nullable=False),
    Column("reset_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "branch_id"),
    Index("code_branches_by_push", "organization_id", "pushed_at"),
)

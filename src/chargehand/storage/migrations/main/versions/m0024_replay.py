"""What decisions were made from, so that they can be made again."""

import sqlalchemy as sa
from alembic import op

revision = "m0024"
down_revision = "m0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "decision_inputs",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "decision_id"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("decision_inputs")

"""The policy version under which an approval was opened."""

import sqlalchemy as sa
from alembic import op

revision = "m0029"
down_revision = "m0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of approvals from before it is unknown."""
    op.add_column("approvals", sa.Column("policy_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("approvals", "policy_version")

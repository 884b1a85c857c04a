"""Who and what an action goes back to."""

import sqlalchemy as sa
from alembic import op

revision = "m0019"
down_revision = "m0018"
branch_labels = None
depends_on = None

# Who caused an older action was not written down; None says so.
_COLUMNS = (
    ("requested_by", sa.String(400)),
    ("agent", sa.String(64)),
    ("origin", sa.String(64)),
    ("trust", sa.String(64)),
)


def upgrade() -> None:
    """Add the columns."""
    for name, type_ in _COLUMNS:
        op.add_column("actions", sa.Column(name, type_, nullable=True))


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("actions") as table:
        for name, _ in _COLUMNS:
            table.drop_column(name)

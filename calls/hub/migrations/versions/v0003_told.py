"""Who was asked to look in: they are told as well that it is over."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; nobody is asked of an alarm from before."""
    op.add_column(
        "alarm", sa.Column("told", sa.Text(), nullable=False, server_default="[]")
    )

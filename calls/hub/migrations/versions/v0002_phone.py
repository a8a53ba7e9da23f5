"""The number at which somebody wants text messages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has given one yet."""
    with op.batch_alter_table("account") as account:
        account.add_column(
            sa.Column("phone", sa.String(length=16), nullable=False, server_default="")
        )

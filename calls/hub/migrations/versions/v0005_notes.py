"""Questions to one member, and what they answer."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "note",
        sa.Column("id", sa.String(64), nullable=False),
        *(
            sa.Column(
                table,
                sa.String(64),
                sa.ForeignKey(
                    f"{table}.id", name=f"fk_note_{table}", ondelete="CASCADE"
                ),
                nullable=table == "member",
            )
            for table in ("household", "member")
        ),
        sa.Column("about", sa.String(20), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("seen_at", sa.Float()),
        sa.Column("reply", sa.String(20)),
        sa.Column("said", sa.String(200), nullable=False, server_default=""),
        sa.Column("answers", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("over", sa.String(20)),
        sa.Column("over_at", sa.Float()),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
    )
    for table in ("household", "member"):
        op.create_index(f"ix_note_{table}", "note", [table])

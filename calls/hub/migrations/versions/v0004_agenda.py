"""What is shared of agendas, and what members propose for them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; nobody who follows sees an agenda without being agreed to."""
    op.add_column(
        "member",
        sa.Column(
            "sees_agenda",
            sa.Boolean(create_constraint=False),
            nullable=False,
            server_default="0",
        ),
    )
    op.create_table(
        "shared_agenda",
        sa.Column(
            "household",
            sa.String(64),
            sa.ForeignKey(
                "household.id",
                name="fk_shared_agenda_household",
                ondelete="CASCADE",
            ),
            nullable=False,
        ),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("household", name="pk_shared_agenda"),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(64), nullable=False),
        *(
            sa.Column(
                table,
                sa.String(64),
                sa.ForeignKey(
                    f"{table}.id", name=f"fk_proposal_{table}", ondelete="CASCADE"
                ),
                nullable=False,
            )
            for table in ("household", "member")
        ),
        sa.Column("what", sa.String(80), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("time", sa.String(5), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("repeats", sa.String(10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("withdrawn_at", sa.Float()),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
    )
    for table in ("household", "member"):
        op.create_index(f"ix_proposal_{table}", "proposal", [table])

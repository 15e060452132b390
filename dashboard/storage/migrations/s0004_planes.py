"""What measuring keeps of each plane: its digests, and how its light lies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "measured_planes",
        sa.Column("plate", sa.String(100), primary_key=True),
        sa.Column("channel", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("well", sa.String(300), primary_key=True),
        sa.Column("field", sa.String(300), primary_key=True),
        sa.Column("version", sa.String(200), primary_key=True),
        sa.Column("t", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("z", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("exact", sa.String(64), nullable=False),
        sa.Column("coarse", sa.String(200), nullable=False),
        sa.Column("mean", sa.Float, nullable=True),
        sa.Column("light", sa.LargeBinary, nullable=True),
    )

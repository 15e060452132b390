"""Details of acts such as a sign-off, revisions of settings, and who is here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give the ledger a column, and make two tables."""
    op.add_column(
        "review_acts",
        sa.Column("details", sa.Text, nullable=False, server_default="{}"),
    )
    op.create_table(
        "settings_revisions",
        sa.Column("revision", sa.String(40), primary_key=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "presence",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("plate", sa.String(100), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("known", sa.String(20), nullable=False),
        sa.Column("well", sa.String(300), nullable=False),
        sa.Column("field", sa.String(300), nullable=False),
        sa.Column("deciding", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("presence_by_plate", "presence", ["plate", "at"])

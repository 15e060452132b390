"""Settings, metric values and events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "settings",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "metric_values",
        sa.Column("plate", sa.String(100), primary_key=True),
        sa.Column("well", sa.String(300), primary_key=True),
        sa.Column("field", sa.String(300), primary_key=True),
        sa.Column("version", sa.String(200), primary_key=True),
        sa.Column("metric", sa.String(200), primary_key=True),
        sa.Column("value", sa.Float, nullable=True),
        sa.Column("reason", sa.Text, nullable=True),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("plate", sa.String(100), nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("well", sa.String(300), nullable=False),
        sa.Column("field", sa.String(300), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("supersedes", sa.String(200), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("known", sa.String(20), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("events_by_plate", "events", ["plate", "id"])

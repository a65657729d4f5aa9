"""Decisions of rules about cases that were open; and with what open cases were looked at last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("matches", sa.Column("late", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "match_looks",
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow", name=op.f("pk_match_looks")),
        sqlite_strict=True,
    )

"""The suspense account on which a bank transaction stands that nobody has decided about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("matches", sa.Column("suspense", sa.Text()))
    where = sa.text("suspense IS NOT NULL")
    op.create_index("ix_matches_suspense", "matches", ["suspense"], sqlite_where=where, postgresql_where=where)

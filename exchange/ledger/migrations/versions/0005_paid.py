"""What payments are for, so that none is paid twice unseen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "paid",
        sa.Column("key", big, autoincrement=False, nullable=False),
        sa.Column("payment", big, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_paid")),
        sqlite_strict=True,
    )
    op.create_table(
        "paid_before",
        sa.Column("key", big, autoincrement=False, nullable=False),
        sa.Column("payment", big, autoincrement=False, nullable=False),
        sa.Column("before", big, nullable=False),
        sa.PrimaryKeyConstraint("key", "payment", name=op.f("pk_paid_before")),
        sqlite_strict=True,
    )

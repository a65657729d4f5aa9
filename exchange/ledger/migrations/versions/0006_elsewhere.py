"""Money that left without having been sent from here, for the guard against paying twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "booked_elsewhere",
        sa.Column("n", big, nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("line", big),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", big, nullable=False),
        sa.Column("amount", big, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booked", sa.Text()),
        sa.Column("payee", sa.Text()),
        sa.Column("payee_account", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("invoices", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("end_to_end_id", sa.Text()),
        sa.Column("bank_reference", sa.Text()),
        sa.CheckConstraint("kind IN ('booking', 'return')", name=op.f("ck_booked_elsewhere_kind")),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_booked_elsewhere_arrival_arrivals")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_booked_elsewhere")),
        sqlite_strict=True,
    )
    op.create_index("ix_booked_elsewhere_arrival", "booked_elsewhere", ["arrival"])
    op.create_index("ix_booked_elsewhere_key", "booked_elsewhere", ["key"])
    op.create_index("ix_booked_elsewhere_end_to_end_id", "booked_elsewhere", ["end_to_end_id"])

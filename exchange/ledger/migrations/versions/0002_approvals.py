"""Approvals: what they cover as text, how much each person let leave, and which became void."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("approvals", sa.Column("amounts", sa.Text(), nullable=False, server_default="{}"))
    op.create_index("ix_approvals_at", "approvals", ["at"])
    op.create_table(
        "statements",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_statements_arrival")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_statements")),
        sqlite_strict=True,
    )
    op.create_table(
        "voids",
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("event", big, nullable=False),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_voids_arrival")),
        sa.ForeignKeyConstraint(["event"], ["events.n"], name=op.f("fk_voids_event")),
        sa.PrimaryKeyConstraint("statement", name=op.f("pk_voids")),
        sqlite_strict=True,
    )
    for table in ("approvals", "statements", "voids"):
        _guard(table)


def _guard(table: str) -> None:
    """Rows of the table are neither changed nor deleted (changing approvals was refused before)."""
    say = f"{table} are for ever"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('{say}')"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_stay_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{say}'); END"
        )

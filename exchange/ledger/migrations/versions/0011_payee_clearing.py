"""Of which bank a payee's account is, where the number of the account alone does not tell."""

from __future__ import annotations

from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE payments ADD COLUMN payee_clearing TEXT")

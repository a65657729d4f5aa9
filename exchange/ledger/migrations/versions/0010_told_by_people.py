"""A person, too, may say that a payment was carried out, or that it will not be."""

from __future__ import annotations

from alembic import op


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOVE = (
    "UPDATE moves SET who = 'any' WHERE thing = 'payment' AND (new = 'booked' OR "
    "new = 'cancelled' AND old IN ('sent', 'received', 'accepted'))"
)
UNCHANGED = {
    "postgresql": (
        "DROP TRIGGER moves_unchanged ON moves",
        "CREATE TRIGGER moves_unchanged BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON moves "
        "FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('legal moves change with the schema only')",
    ),
    "sqlite": (
        "DROP TRIGGER move_unchanged",
        "CREATE TRIGGER move_unchanged BEFORE UPDATE ON moves BEGIN "
        "SELECT RAISE(ABORT, 'legal moves change with the schema only'); END",
    ),
}


def upgrade() -> None:
    connection = op.get_bind()
    let, forbid = UNCHANGED[connection.dialect.name]
    for statement in (let, MOVE, forbid):
        connection.exec_driver_sql(statement)

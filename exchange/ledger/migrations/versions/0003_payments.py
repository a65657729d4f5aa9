"""Payments that leave, the batches they stand in, and what banks answer about them."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOVES = (
    ("payment", "", "ordered", "machine"),
    ("payment", "sent", "received", "machine"),
    ("payment", "sent", "accepted", "machine"),
    ("payment", "sent", "rejected", "machine"),
    ("payment", "sent", "cancelled", "machine"),
    ("payment", "sent", "booked", "machine"),
    ("payment", "sent", "returned", "machine"),
    ("payment", "received", "accepted", "machine"),
    ("payment", "received", "rejected", "machine"),
    ("payment", "received", "cancelled", "machine"),
    ("payment", "received", "booked", "machine"),
    ("payment", "received", "returned", "machine"),
    ("payment", "accepted", "rejected", "machine"),
    ("payment", "accepted", "cancelled", "machine"),
    ("payment", "accepted", "booked", "machine"),
    ("payment", "accepted", "returned", "machine"),
    ("payment", "rejected", "booked", "machine"),
    ("payment", "cancelled", "booked", "machine"),
    ("payment", "booked", "returned", "machine"),
)


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    _batches()
    _payments()
    _answers()
    connection = op.get_bind()
    postgresql = connection.dialect.name == "postgresql"
    connection.exec_driver_sql(
        "DROP TRIGGER moves_unchanged ON moves" if postgresql else "DROP TRIGGER move_added"
    )
    table = sa.table("moves", *(sa.column(name) for name in ("thing", "old", "new", "who")))
    op.bulk_insert(table, [dict(zip(("thing", "old", "new", "who"), move)) for move in MOVES])
    triggers = Path(__file__).with_name(f"0003_{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in triggers.split("--;;\n"):
        connection.exec_driver_sql(statement.replace("%", "%%") if postgresql else statement)


def _batches() -> None:
    op.create_table(
        "payment_batches",
        sa.Column("n", _big(), autoincrement=False, nullable=False),
        _text("delivery", nullable=False),
        _text("message_id"),
        _text("payment_info_id"),
        _text("account"),
        _text("currency", nullable=False),
        _text("execution_date"),
        sa.Column("event", _big(), nullable=False),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name=op.f("fk_payment_batches_delivery")),
        sa.ForeignKeyConstraint(["event"], ["events.n"], name=op.f("fk_payment_batches_event")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_payment_batches")),
        sqlite_strict=True,
    )
    for name in ("delivery", "message_id", "payment_info_id"):
        op.create_index(f"ix_payment_batches_{name}", "payment_batches", [name])


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("n", _big(), nullable=False),
        sa.Column("batch", _big(), nullable=False),
        sa.Column("line", _big()),
        _text("key"),
        _text("instruction_id"),
        _text("end_to_end_id"),
        sa.Column("amount", _big(), nullable=False),
        _text("payee"),
        _text("payee_account"),
        _text("reference"),
        _text("invoices"),
        _text("text"),
        _text("stage", nullable=False),
        _text("code"),
        _text("reason"),
        _text("posting"),
        sa.Column("event", _big()),
        sa.CheckConstraint(
            "stage NOT IN ('approved', 'sent', 'withdrawn', 'posted')", name=op.f("ck_payments_stages_of_its_own")
        ),
        sa.ForeignKeyConstraint(["batch"], ["payment_batches.n"], name=op.f("fk_payments_batch")),
        sa.ForeignKeyConstraint(["posting"], ["arrivals.id"], name=op.f("fk_payments_posting")),
        sa.ForeignKeyConstraint(["event"], ["events.n"], name=op.f("fk_payments_event")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_payments")),
        sqlite_strict=True,
    )
    op.create_index("ix_payments_batch", "payments", ["batch"])
    op.create_index("ix_payments_end_to_end_id", "payments", ["end_to_end_id"])
    there = sa.text("instruction_id IS NOT NULL")
    op.create_index(
        "ix_payments_instruction_id",
        "payments",
        ["instruction_id"],
        sqlite_where=there,
        postgresql_where=there,
    )


def _answers() -> None:
    op.create_table(
        "payment_answers",
        sa.Column("n", _big(), nullable=False),
        _text("arrival", nullable=False),
        sa.Column("line", _big()),
        _text("kind", nullable=False),
        sa.Column("payment", _big()),
        sa.Column("batch", _big()),
        _text("status"),
        _text("verdict", nullable=False),
        _text("code"),
        _text("reason"),
        sa.Column("amount", _big()),
        _text("currency"),
        _text("day"),
        _text("reference"),
        sa.Column("event", _big(), nullable=False),
        sa.CheckConstraint(
            "(payment IS NULL) <> (batch IS NULL)", name=op.f("ck_payment_answers_about_one_thing")
        ),
        sa.CheckConstraint("kind IN ('status', 'booking', 'return')", name=op.f("ck_payment_answers_kind")),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_payment_answers_arrival")),
        sa.ForeignKeyConstraint(["payment"], ["payments.n"], name=op.f("fk_payment_answers_payment")),
        sa.ForeignKeyConstraint(["batch"], ["payment_batches.n"], name=op.f("fk_payment_answers_batch")),
        sa.ForeignKeyConstraint(["event"], ["events.n"], name=op.f("fk_payment_answers_event")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_payment_answers")),
        sqlite_strict=True,
    )
    for name in ("arrival", "payment", "batch"):
        op.create_index(f"ix_payment_answers_{name}", "payment_answers", [name])

"""The tables of payments that leave, of the batches they stand in, and of what banks answer about them."""

from __future__ import annotations

import hashlib

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, text

from exchange.ledger.schema import Big, metadata

batches = Table(
    "payment_batches",
    metadata,
    Column("n", Big, primary_key=True, autoincrement=False),
    Column("delivery", Text, ForeignKey("deliveries.id"), nullable=False),
    Column("message_id", Text),
    Column("payment_info_id", Text),
    Column("account", Text),
    Column("currency", Text, nullable=False),
    Column("execution_date", Text),
    Column("event", Big, ForeignKey("events.n"), nullable=False),
    Index("ix_payment_batches_delivery", "delivery"),
    Index("ix_payment_batches_message_id", "message_id"),
    Index("ix_payment_batches_payment_info_id", "payment_info_id"),
    sqlite_strict=True,
)

payments = Table(
    "payments",
    metadata,
    Column("n", Big, primary_key=True),
    Column("batch", Big, ForeignKey("payment_batches.n"), nullable=False),
    Column("line", Big),
    Column("key", Text),
    Column("instruction_id", Text),
    Column("end_to_end_id", Text),
    # exact: in hundred-thousandths of the currency's unit, the finest that ISO 20022 writes
    Column("amount", Big, nullable=False),
    Column("payee", Text),
    Column("payee_account", Text),
    Column("reference", Text),
    Column("invoices", Text),
    Column("text", Text),
    Column("stage", Text, nullable=False),
    Column("code", Text),
    Column("reason", Text),
    # the arrival whose voucher posts the booking
    Column("posting", Text, ForeignKey("arrivals.id")),
    Column("event", Big, ForeignKey("events.n")),
    # of which bank the account is, where its number alone does not tell; empty also for what older programs entered
    Column("payee_clearing", Text),
    CheckConstraint("stage NOT IN ('approved', 'sent', 'withdrawn', 'posted')", name="stages_of_its_own"),
    Index("ix_payments_batch", "batch"),
    Index("ix_payments_end_to_end_id", "end_to_end_id"),
    Index(
        "ix_payments_instruction_id",
        "instruction_id",
        sqlite_where=text("instruction_id IS NOT NULL"),
        postgresql_where=text("instruction_id IS NOT NULL"),
    ),
    sqlite_strict=True,
)

# what payments are for: 64 bits of each key (see `paid`) and the newest payment that has it
paid = Table(
    "paid",
    metadata,
    Column("key", Big, primary_key=True, autoincrement=False),
    Column("payment", Big, nullable=False),
    sqlite_strict=True,
)

# the one that had the key before
paid_before = Table(
    "paid_before",
    metadata,
    Column("key", Big, primary_key=True, autoincrement=False),
    Column("payment", Big, primary_key=True, autoincrement=False),
    Column("before", Big, nullable=False),
    sqlite_strict=True,
)

# movements of an account that no payment of ours is meant by, once for each key of what they may be for (of returns: 0)
elsewhere = Table(
    "booked_elsewhere",
    metadata,
    Column("n", Big, primary_key=True),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("line", Big),
    Column("kind", Text, nullable=False),
    Column("key", Big, nullable=False),
    Column("amount", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("booked", Text),
    Column("payee", Text),
    Column("payee_account", Text, nullable=False),
    Column("reference", Text),
    Column("invoices", Text),
    Column("text", Text),
    Column("end_to_end_id", Text),
    Column("bank_reference", Text),
    CheckConstraint("kind IN ('booking', 'return')", name="kind"),
    Index("ix_booked_elsewhere_arrival", "arrival"),
    Index("ix_booked_elsewhere_key", "key"),
    Index("ix_booked_elsewhere_end_to_end_id", "end_to_end_id"),
    sqlite_strict=True,
)

answers = Table(
    "payment_answers",
    metadata,
    Column("n", Big, primary_key=True),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("line", Big),
    Column("kind", Text, nullable=False),
    Column("payment", Big, ForeignKey("payments.n")),
    Column("batch", Big, ForeignKey("payment_batches.n")),
    Column("status", Text),
    Column("verdict", Text, nullable=False),
    Column("code", Text),
    Column("reason", Text),
    Column("amount", Big),
    Column("currency", Text),
    Column("day", Text),
    Column("reference", Text),
    Column("event", Big, ForeignKey("events.n"), nullable=False),
    CheckConstraint("(payment IS NULL) <> (batch IS NULL)", name="about_one_thing"),
    CheckConstraint("kind IN ('status', 'booking', 'return')", name="kind"),
    Index("ix_payment_answers_arrival", "arrival"),
    Index("ix_payment_answers_payment", "payment"),
    Index("ix_payment_answers_batch", "batch"),
    sqlite_strict=True,
)


def hashed(key: str) -> int:
    """64 bits of a key of what is paid for, as a whole number with its sign."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)

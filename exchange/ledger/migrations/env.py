"""Alembic runs this for every command; the connection comes from `exchange.ledger.migrate`, already in a
transaction.
"""

from __future__ import annotations

from alembic import context

from exchange.ledger.payment_tables import payments

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=payments.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()

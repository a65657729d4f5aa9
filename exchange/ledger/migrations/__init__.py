"""The history of the ledger's schema (Alembic). A released file is never changed."""

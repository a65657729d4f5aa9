"""The tables of what the reconciliation decided: each transaction, the items it closed, the statements it came from.

What a person decided (`decided_by`) stays when an arrival is read again; what the engine decided is entered anew. Amounts are
whole numbers of the currency's smallest unit.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from exchange.ledger.schema import Big, metadata


def _partly(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


matches = Table(
    "matches",
    metadata,
    Column("n", Big, primary_key=True, autoincrement=False),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("position", Big, nullable=False),
    Column("flow", Text, nullable=False),
    Column("key", Text),
    Column("bank_account", Text),
    Column("booked", Text),
    Column("units", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("rule", Text),
    Column("side", Text),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("proposals", Text, nullable=False),
    Column("payer", Text),
    Column("payer_name", Text),
    Column("mask", Text, nullable=False),
    Column("entry", Text),
    Column("end_to_end", Text),
    Column("teaches", Integer, nullable=False),
    Column("postings", Text, nullable=False),
    # the ledger account that it was posted to while it was open, and is posted from when it is decided
    Column("suspense", Text),
    # who decided it after its file was read: a person, or the engine itself (late); and what the engine had decided before
    Column("decided_by", Text),
    Column("was_rule", Text),
    # 1: rules decided it once there were other open items or rules
    Column("late", Integer, nullable=False, server_default="0"),
    # the document that goes on its way from such a decision, and whether its file was written
    Column("document", Text),
    Column("sent", Integer, nullable=False),
    Column("event", Big, ForeignKey("events.n"), nullable=False),
    CheckConstraint("decision IN ('matched', 'booked', 'unmatched', 'closed')", name="decision"),
    CheckConstraint("(document IS NULL) OR (decided_by IS NOT NULL)", name="people_send"),
    Index("ix_matches_place", "arrival", "position", unique=True),
    _partly("ix_matches_open", "flow", "n", where="decision = 'unmatched'"),
    _partly("ix_matches_suspense", "suspense", where="suspense IS NOT NULL"),
    _partly("ix_matches_payer", "payer", where="teaches = 1"),
    _partly("ix_matches_mask", "mask", where="decided_by IS NOT NULL"),
    _partly("ix_matches_end_to_end", "end_to_end", where="end_to_end IS NOT NULL"),
    _partly("ix_matches_entry", "entry", where="entry IS NOT NULL"),
    _partly("ix_matches_unsent", "flow", "n", where="sent = 0"),
    sqlite_strict=True,
)

match_items = Table(
    "match_items",
    metadata,
    Column("n", Big, primary_key=True),
    Column("match", Big, ForeignKey("matches.n"), nullable=False),
    Column("key", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("account", Text),
    Column("used", Big, nullable=False),
    Column("closed", Big, nullable=False),
    Column("base", Big, nullable=False),
    Index("ix_match_items_match", "match"),
    Index("ix_match_items_key", "key"),
    sqlite_strict=True,
)

# with which open items and declarations the open cases of a flow were looked at last
looks = Table(
    "match_looks",
    metadata,
    Column("flow", Text, primary_key=True),
    Column("seen", Text, nullable=False),
    sqlite_strict=True,
)

statements = Table(
    "bank_statements",
    metadata,
    Column("n", Big, primary_key=True),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("flow", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("sequence", Text),
    Column("opening", Text),
    Column("closing", Text),
    Column("day", Text),
    Index("ix_bank_statements_account", "account", "n"),
    Index("ix_bank_statements_arrival", "arrival"),
    sqlite_strict=True,
)

"""What the reconciliation decided, and the statements that were taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    _matches()
    _match_items()
    _statements()


def _matches() -> None:
    op.create_table(
        "matches",
        sa.Column("n", _big(), autoincrement=False, nullable=False),
        _text("arrival", nullable=False),
        sa.Column("position", _big(), nullable=False),
        _text("flow", nullable=False),
        _text("key"),
        _text("bank_account"),
        _text("booked"),
        sa.Column("units", _big(), nullable=False),
        _text("currency", nullable=False),
        _text("decision", nullable=False),
        _text("rule"),
        _text("side"),
        _text("reason", nullable=False),
        _text("evidence", nullable=False),
        _text("proposals", nullable=False),
        _text("payer"),
        _text("payer_name"),
        _text("mask", nullable=False),
        _text("entry"),
        _text("end_to_end"),
        sa.Column("teaches", sa.Integer(), nullable=False),
        _text("postings", nullable=False),
        _text("decided_by"),
        _text("was_rule"),
        _text("document"),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("event", _big(), nullable=False),
        sa.CheckConstraint(
            "decision IN ('matched', 'booked', 'unmatched', 'closed')", name=op.f("ck_matches_decision")
        ),
        sa.CheckConstraint(
            "(document IS NULL) OR (decided_by IS NOT NULL)", name=op.f("ck_matches_people_send")
        ),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_matches_arrival")),
        sa.ForeignKeyConstraint(["event"], ["events.n"], name=op.f("fk_matches_event")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_matches")),
        sqlite_strict=True,
    )
    op.create_index("ix_matches_place", "matches", ["arrival", "position"], unique=True)
    for name, columns, where in (
        ("open", ["flow", "n"], "decision = 'unmatched'"),
        ("payer", ["payer"], "teaches = 1"),
        ("mask", ["mask"], "decided_by IS NOT NULL"),
        ("end_to_end", ["end_to_end"], "end_to_end IS NOT NULL"),
        ("entry", ["entry"], "entry IS NOT NULL"),
        ("unsent", ["flow", "n"], "sent = 0"),
    ):
        partly = sa.text(where)
        op.create_index(
            f"ix_matches_{name}", "matches", columns, sqlite_where=partly, postgresql_where=partly
        )


def _match_items() -> None:
    op.create_table(
        "match_items",
        sa.Column("n", _big(), nullable=False),
        sa.Column("match", _big(), nullable=False),
        _text("key", nullable=False),
        _text("number", nullable=False),
        _text("party", nullable=False),
        _text("name", nullable=False),
        _text("account"),
        sa.Column("used", _big(), nullable=False),
        sa.Column("closed", _big(), nullable=False),
        sa.Column("base", _big(), nullable=False),
        sa.ForeignKeyConstraint(["match"], ["matches.n"], name=op.f("fk_match_items_match")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_match_items")),
        sqlite_strict=True,
    )
    op.create_index("ix_match_items_match", "match_items", ["match"])
    op.create_index("ix_match_items_key", "match_items", ["key"])


def _statements() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("n", _big(), nullable=False),
        _text("arrival", nullable=False),
        _text("flow", nullable=False),
        _text("account", nullable=False),
        _text("id", nullable=False),
        _text("sequence"),
        _text("opening"),
        _text("closing"),
        _text("day"),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_bank_statements_arrival")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_bank_statements")),
        sqlite_strict=True,
    )
    op.create_index("ix_bank_statements_account", "bank_statements", ["account", "n"])
    op.create_index("ix_bank_statements_arrival", "bank_statements", ["arrival"])

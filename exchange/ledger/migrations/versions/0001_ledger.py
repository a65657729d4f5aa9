"""The ledger as first released."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


MOVES = (
    ("arrival", "", "claimed", "any"),
    ("arrival", "", "duplicate", "machine"),
    ("arrival", "", "held", "machine"),
    ("arrival", "claimed", "read", "machine"),
    ("arrival", "claimed", "held", "machine"),
    ("arrival", "claimed", "rejected", "person"),
    ("arrival", "read", "written", "machine"),
    ("arrival", "read", "claimed", "machine"),
    ("arrival", "read", "held", "machine"),
    ("arrival", "written", "approved", "person"),
    ("arrival", "written", "delivered", "machine"),
    ("arrival", "written", "held", "machine"),
    ("arrival", "written", "rejected", "person"),
    ("arrival", "approved", "delivered", "machine"),
    ("arrival", "approved", "held", "machine"),
    ("arrival", "approved", "rejected", "person"),
    ("arrival", "delivered", "done", "machine"),
    ("arrival", "held", "claimed", "person"),
    ("arrival", "held", "written", "person"),
    ("arrival", "held", "approved", "person"),
    ("arrival", "held", "rejected", "person"),
    ("arrival", "held", "superseded", "machine"),
    ("arrival", "done", "claimed", "person"),
    ("arrival", "done", "written", "person"),
    ("arrival", "rejected", "claimed", "person"),
    ("arrival", "duplicate", "claimed", "person"),
    ("arrival", "superseded", "claimed", "person"),
    ("delivery", "", "ready", "any"),
    ("delivery", "ready", "sending", "machine"),
    ("delivery", "ready", "held", "machine"),
    ("delivery", "ready", "withdrawn", "person"),
    ("delivery", "sending", "staged", "machine"),
    ("delivery", "sending", "ready", "machine"),
    ("delivery", "sending", "held", "machine"),
    ("delivery", "staged", "delivered", "machine"),
    ("delivery", "staged", "ready", "machine"),
    ("delivery", "staged", "held", "machine"),
    ("delivery", "held", "ready", "person"),
    ("delivery", "held", "delivered", "person"),
    ("delivery", "held", "withdrawn", "person"),
)


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column(
            "n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "actor = 'engine' OR coalesce(because, '') <> ''", name=op.f("ck_events_people_say_why")
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_events")),
        sa.UniqueConstraint("hash", name=op.f("uq_events_hash")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_subject", ["subject", "n"], unique=False)

    op.create_table(
        "moves",
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint("who IN ('machine', 'person', 'any')", name=op.f("ck_moves_who")),
        sa.PrimaryKeyConstraint("thing", "old", "new", name=op.f("pk_moves")),
        sqlite_strict=True,
    )
    op.create_table(
        "stops",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_stops")),
        sqlite_strict=True,
    )
    op.create_table(
        "troubles",
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("flow", name=op.f("pk_troubles")),
        sqlite_strict=True,
    )
    op.create_table(
        "arrivals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("name_raw", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("marker", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("repaired", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("claimed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_done", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("forced", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("next_try", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("duplicate_of", sa.Text(), nullable=True),
        sa.Column("supersedes", sa.Text(), nullable=True),
        sa.Column("approvals_needed", sa.Integer(), nullable=False),
        sa.Column("manifested", sa.Integer(), nullable=False),
        sa.Column("event", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "(stage = 'held') = (hold IS NOT NULL)", name=op.f("ck_arrivals_held_for_a_reason")
        ),
        sa.CheckConstraint("source_done IN (0, 1)", name=op.f("ck_arrivals_source_done")),
        sa.ForeignKeyConstraint(["duplicate_of"], ["arrivals.id"], name=op.f("fk_arrivals_duplicate_of")),
        sa.ForeignKeyConstraint(["event"], ["events.n"], name=op.f("fk_arrivals_event")),
        sa.ForeignKeyConstraint(["supersedes"], ["arrivals.id"], name=op.f("fk_arrivals_supersedes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("arrivals", schema=None) as batch_op:
        batch_op.create_index(
            "ix_arrivals_claim_in_place",
            ["flow", "name_raw", "fingerprint"],
            unique=True,
            sqlite_where=sa.text("moved = 0"),
            postgresql_where=sa.text("moved = 0"),
        )
        batch_op.create_index("ix_arrivals_claimed_at", ["claimed_at"], unique=False)
        batch_op.create_index("ix_arrivals_name", ["flow", "name_raw", "id"], unique=False)
        batch_op.create_index(
            "ix_arrivals_one_content",
            ["flow", "sha256"],
            unique=True,
            sqlite_where=sa.text("duplicate_of IS NULL"),
            postgresql_where=sa.text("duplicate_of IS NULL"),
        )
        batch_op.create_index(
            "ix_arrivals_uncleared",
            ["flow", "id"],
            unique=False,
            sqlite_where=sa.text("source_done = 0"),
            postgresql_where=sa.text("source_done = 0"),
        )
        batch_op.create_index(
            "ix_arrivals_unmanifested",
            ["flow", "id"],
            unique=False,
            sqlite_where=sa.text("manifested = 0"),
            postgresql_where=sa.text("manifested = 0"),
        )
        batch_op.create_index(
            "ix_arrivals_work",
            ["flow", "stage", "id"],
            unique=False,
            sqlite_where=sa.text("stage <> 'done'"),
            postgresql_where=sa.text("stage <> 'done'"),
        )

    op.create_table(
        "approvals",
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_approvals_arrival")),
        sa.PrimaryKeyConstraint("arrival", "statement", "actor", name=op.f("pk_approvals")),
        sqlite_strict=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("ord", sa.Integer(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_index", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("documents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("totals", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("tmp", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("next_try", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("delivered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("resend_of", sa.Text(), nullable=True),
        sa.Column("event", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "(stage = 'held') = (hold IS NOT NULL)", name=op.f("ck_deliveries_held_for_a_reason")
        ),
        sa.CheckConstraint(
            "stage <> 'delivered' OR proof IS NOT NULL", name=op.f("ck_deliveries_delivered_with_proof")
        ),
        sa.CheckConstraint(
            "stage NOT IN ('sending', 'staged') OR tmp IS NOT NULL",
            name=op.f("ck_deliveries_staged_under_a_name"),
        ),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_deliveries_arrival")),
        sa.ForeignKeyConstraint(["event"], ["events.n"], name=op.f("fk_deliveries_event")),
        sa.ForeignKeyConstraint(["resend_of"], ["deliveries.id"], name=op.f("fk_deliveries_resend_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("arrival", "run", "ord", "copy", name=op.f("uq_deliveries_arrival_run_ord_copy")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deliveries_one_name",
            ["target", "name", "copy"],
            unique=True,
            sqlite_where=sa.text("stage <> 'withdrawn'"),
            postgresql_where=sa.text("stage <> 'withdrawn'"),
        )
        batch_op.create_index("ix_deliveries_sha256", ["sha256"], unique=False)
        batch_op.create_index(
            "ix_deliveries_work",
            ["flow", "stage", "id"],
            unique=False,
            sqlite_where=sa.text("stage <> 'delivered'"),
            postgresql_where=sa.text("stage <> 'delivered'"),
        )

    op.create_table(
        "documents",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("released", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_documents_arrival")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_documents")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.create_index("ix_documents_arrival", ["arrival"], unique=False)
        batch_op.create_index(
            "ix_documents_one_key",
            ["flow", "kind", "key"],
            unique=True,
            sqlite_where=sa.text("released = 0"),
            postgresql_where=sa.text("released = 0"),
        )

    op.create_table(
        "finding_counts",
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_finding_counts_arrival")),
        sa.PrimaryKeyConstraint("arrival", "severity", "code", name=op.f("pk_finding_counts")),
        sqlite_strict=True,
    )
    op.create_table(
        "findings",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("column", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_findings_arrival")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_findings")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.create_index("ix_findings_arrival", ["arrival", "n"], unique=False)

    op.create_table(
        "references_used",
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_references_used_arrival")),
        sa.PrimaryKeyConstraint("arrival", "run", "name", name=op.f("pk_references_used")),
        sqlite_strict=True,
    )
    op.create_table(
        "sightings",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("name_raw", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mtime_ns", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_seen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unchanged_since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(disposition = 'taken') = (arrival IS NOT NULL)", name=op.f("ck_sightings_taken_is_an_arrival")
        ),
        sa.CheckConstraint(
            "disposition IN ('waiting', 'ignored', 'unreadable', 'gone', 'taken')",
            name=op.f("ck_sightings_disposition"),
        ),
        sa.ForeignKeyConstraint(["arrival"], ["arrivals.id"], name=op.f("fk_sightings_arrival")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_sightings")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.create_index("ix_sightings_arrival", ["arrival"], unique=False)
        batch_op.create_index("ix_sightings_first_seen", ["first_seen"], unique=False)
        batch_op.create_index(
            "ix_sightings_present",
            ["flow", "name_raw"],
            unique=True,
            sqlite_where=sa.text("present = 1"),
            postgresql_where=sa.text("present = 1"),
        )
    table = sa.table("moves", *(sa.column(name) for name in ("thing", "old", "new", "who")))
    op.bulk_insert(table, [dict(zip(("thing", "old", "new", "who"), move)) for move in MOVES])
    triggers = Path(__file__).with_name(f"0001_{op.get_bind().dialect.name}.sql").read_text(encoding="utf-8")
    for statement in triggers.split("--;;\n"):
        op.get_bind().exec_driver_sql(
            statement.replace("%", "%%") if "postgres" in op.get_bind().dialect.name else statement
        )

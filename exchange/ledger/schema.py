"""The tables of the ledger. Triggers (in the migrations) enforce the moves of `stages`.

Moments are whole milliseconds since 1970 in UTC; JSON is canonical text (sorted keys, no spaces); file names
are kept as bytes beside a form fit for people. Nothing is deleted from `arrivals`, `deliveries` or `events`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

ENGINE = "engine"
"""The actor of everything that no person did."""

Big = BigInteger().with_variant(Integer(), "sqlite")
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

moves = Table(
    "moves",
    metadata,
    Column("thing", Text, primary_key=True),
    Column("old", Text, primary_key=True),
    Column("new", Text, primary_key=True),
    Column("who", Text, nullable=False),
    CheckConstraint("who IN ('machine', 'person', 'any')", name="who"),
    sqlite_strict=True,
)

events = Table(
    "events",
    metadata,
    Column("n", Big, primary_key=True, autoincrement=False),
    Column("at", Big, nullable=False),
    Column("actor", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("because", Text),
    Column("data", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    CheckConstraint("actor = 'engine' OR coalesce(because, '') <> ''", name="people_say_why"),
    Index("ix_events_subject", "subject", "n"),
    sqlite_strict=True,
)

arrivals = Table(
    "arrivals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("name_raw", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("moved", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("identity", Text),
    Column("marker", LargeBinary),
    Column("size", Big, nullable=False),
    Column("mtime_ns", Big),
    Column("sha256", Text, nullable=False),
    # the archived bytes that are read instead: the original with a person's repair laid over it
    Column("repaired", Text),
    Column("seen_at", Big, nullable=False),
    Column("claimed_at", Big, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_done", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("hold", Text),
    Column("reason", Text),
    Column("run", Integer, nullable=False),
    Column("forced", Integer, nullable=False),
    Column("version", Text),
    Column("crashes", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failing_since", Big),
    Column("next_try", Big),
    Column("duplicate_of", Text, ForeignKey("arrivals.id")),
    Column("supersedes", Text, ForeignKey("arrivals.id")),
    Column("approvals_needed", Integer, nullable=False),
    Column("manifested", Integer, nullable=False),
    Column("event", Big, ForeignKey("events.n"), nullable=False),
    CheckConstraint("(stage = 'held') = (hold IS NOT NULL)", name="held_for_a_reason"),
    CheckConstraint("source_done IN (0, 1)", name="source_done"),
    # a file that stays at its source is claimed by this row alone
    Index(
        "ix_arrivals_claim_in_place",
        "flow",
        "name_raw",
        "fingerprint",
        unique=True,
        sqlite_where=text("moved = 0"),
        postgresql_where=text("moved = 0"),
    ),
    Index(
        "ix_arrivals_unmanifested",
        "flow",
        "id",
        sqlite_where=text("manifested = 0"),
        postgresql_where=text("manifested = 0"),
    ),
    Index("ix_arrivals_name", "flow", "name_raw", "id"),
    # the claim: one content of a flow goes through once, unless a person lets a duplicate pass
    Index(
        "ix_arrivals_one_content",
        "flow",
        "sha256",
        unique=True,
        sqlite_where=text("duplicate_of IS NULL"),
        postgresql_where=text("duplicate_of IS NULL"),
    ),
    Index(
        "ix_arrivals_work",
        "flow",
        "stage",
        "id",
        sqlite_where=text("stage <> 'done'"),
        postgresql_where=text("stage <> 'done'"),
    ),
    Index(
        "ix_arrivals_uncleared",
        "flow",
        "id",
        sqlite_where=text("source_done = 0"),
        postgresql_where=text("source_done = 0"),
    ),
    Index("ix_arrivals_claimed_at", "claimed_at"),
    sqlite_strict=True,
)

sightings = Table(
    "sightings",
    metadata,
    Column("n", Big, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("name_raw", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("size", Big),
    Column("mtime_ns", Big),
    Column("first_seen", Big, nullable=False),
    Column("unchanged_since", Big, nullable=False),
    Column("present", Integer, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("arrival", Text, ForeignKey("arrivals.id")),
    CheckConstraint(
        "disposition IN ('waiting', 'ignored', 'unreadable', 'gone', 'taken')", name="disposition"
    ),
    CheckConstraint("(disposition = 'taken') = (arrival IS NOT NULL)", name="taken_is_an_arrival"),
    Index(
        "ix_sightings_present",
        "flow",
        "name_raw",
        unique=True,
        sqlite_where=text("present = 1"),
        postgresql_where=text("present = 1"),
    ),
    Index("ix_sightings_arrival", "arrival"),
    Index("ix_sightings_first_seen", "first_seen"),
    sqlite_strict=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("run", Integer, nullable=False),
    Column("ord", Integer, nullable=False),
    Column("copy", Integer, nullable=False),
    Column("flow", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("target_index", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", Big, nullable=False),
    Column("documents", Big, nullable=False),
    Column("totals", Text, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("stage", Text, nullable=False),
    Column("hold", Text),
    Column("reason", Text),
    Column("tmp", Text),
    Column("attempts", Integer, nullable=False),
    Column("failing_since", Big),
    Column("next_try", Big),
    Column("delivered_at", Big),
    Column("proof", Text),
    Column("resend_of", Text, ForeignKey("deliveries.id")),
    Column("event", Big, ForeignKey("events.n"), nullable=False),
    UniqueConstraint("arrival", "run", "ord", "copy"),
    CheckConstraint("(stage = 'held') = (hold IS NOT NULL)", name="held_for_a_reason"),
    CheckConstraint("stage <> 'delivered' OR proof IS NOT NULL", name="delivered_with_proof"),
    CheckConstraint("stage NOT IN ('sending', 'staged') OR tmp IS NOT NULL", name="staged_under_a_name"),
    Index(
        "ix_deliveries_one_name",
        "target",
        "name",
        "copy",
        unique=True,
        sqlite_where=text("stage <> 'withdrawn'"),
        postgresql_where=text("stage <> 'withdrawn'"),
    ),
    Index(
        "ix_deliveries_work",
        "flow",
        "stage",
        "id",
        sqlite_where=text("stage <> 'delivered'"),
        postgresql_where=text("stage <> 'delivered'"),
    ),
    Index("ix_deliveries_sha256", "sha256"),
    sqlite_strict=True,
)

documents = Table(
    "documents",
    metadata,
    Column("n", Big, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("line", Big),
    Column("amount", Text),
    Column("currency", Text),
    Column("released", Integer, nullable=False),
    Index(
        "ix_documents_one_key",
        "flow",
        "kind",
        "key",
        unique=True,
        sqlite_where=text("released = 0"),
        postgresql_where=text("released = 0"),
    ),
    Index("ix_documents_arrival", "arrival"),
    sqlite_strict=True,
)

findings = Table(
    "findings",
    metadata,
    Column("n", Big, primary_key=True),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("advice", Text, nullable=False),
    Column("line", Big),
    Column("column", Big),
    Column("path", Text),
    Column("field", Text),
    Column("value", Text),
    Index("ix_findings_arrival", "arrival", "n"),
    sqlite_strict=True,
)

finding_counts = Table(
    "finding_counts",
    metadata,
    Column("arrival", Text, ForeignKey("arrivals.id"), primary_key=True),
    Column("severity", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("count", Big, nullable=False),
    sqlite_strict=True,
)

references = Table(
    "references_used",
    metadata,
    Column("arrival", Text, ForeignKey("arrivals.id"), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    sqlite_strict=True,
)

approvals = Table(
    "approvals",
    metadata,
    Column("arrival", Text, ForeignKey("arrivals.id"), primary_key=True),
    Column("statement", Text, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("at", Big, nullable=False),
    # what the person let leave with it: JSON, currency → sum
    Column("amounts", Text, nullable=False, server_default="{}"),
    Index("ix_approvals_at", "at"),
    sqlite_strict=True,
)

# what approvals cover, as text that anybody can read, under its hash
statements = Table(
    "statements",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("text", Text, nullable=False),
    sqlite_strict=True,
)

# approvals of these statements count no more; the event says why
voids = Table(
    "voids",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("arrival", Text, ForeignKey("arrivals.id"), nullable=False),
    Column("event", Big, ForeignKey("events.n"), nullable=False),
    sqlite_strict=True,
)

stops = Table(
    "stops",
    metadata,
    Column("name", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Big, nullable=False),
    sqlite_strict=True,
)

troubles = Table(
    "troubles",
    metadata,
    Column("flow", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Big, nullable=False),
    sqlite_strict=True,
)

"""The tables of the ledger, the stages and the legal moves. Triggers (in the migrations) enforce what is
said here.

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

ARRIVAL_STAGES = (
    "claimed",  # the original is in the archive, the ledger knows it
    "read",  # handed to reading and mapping; still here after a crash = the crash is counted
    "written",  # the results are in the archive, its deliveries wait
    "approved",  # as many people as the flow asks for have approved exactly these bytes
    "delivered",  # every delivery has its proof
    "done",  # and the manifest is written: nothing more to do
    "held",  # a person must decide; `hold` says about what
    "rejected",  # a person refused it
    "duplicate",  # the same bytes came before; dropped with a notice
    "superseded",  # a newer version under the same name took its place
)
DELIVERY_STAGES = (
    "ready",  # the bytes are in the archive
    "sending",  # the temporary name is in the ledger; nothing can stand under the final name yet
    "staged",  # whole under the temporary name; from here on only a look tells whether it was published
    "delivered",  # published, with proof
    "held",  # a person must look at the target
    "withdrawn",  # will not be sent
)
PAYMENT_STAGES = (
    "ordered",  # it stands in a file that waits to be sent
    "approved",  # as many people as the flow asks for have approved that file
    "sent",  # the file lies at the bank, with proof
    "received",  # the bank has it and has not decided yet
    "accepted",  # the bank will carry it out, or says that it has
    "rejected",  # the bank refused it; the reason stands beside it
    "cancelled",  # it was called back before it was carried out
    "booked",  # a statement or an advice shows that the money left
    "posted",  # the voucher of that booking was delivered to the books
    "returned",  # the money came back
    "withdrawn",  # its file will not be sent
)
FOLLOWS_ITS_FILE = ("ordered", "approved", "sent", "withdrawn")
"""Stages of a payment that are those of its file: the row says `ordered`, the file's rows say how far it is."""
HOLDS = (
    "content",  # the file has errors
    "crash",  # the program died three times while reading it
    "duplicate",  # the same bytes came before
    "version",  # other bytes came before under the same name
    "key",  # a business key that went through before
    "name",  # the name of an output is used already
    "same",  # a replay gave the same bytes as what was delivered
    "world",  # a place or the disk did not do its part for a whole day, or refused for good
    "doubt",  # it cannot be known whether a delivery was published
    "archive",  # archived bytes are not what the ledger says
    "late",  # the file at the source changed after it was taken
    "broken",  # a bug: reading or mapping raised
    "empty",  # documents went in and no output came out
    "approval",  # what was approved is not what would be sent
)

MOVES: tuple[tuple[str, str, str, str], ...] = (
    # thing, from, to, by whom
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
    # what a payment's file does, the payment does with it: approved, sent and withdrawn are no moves of its own row
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

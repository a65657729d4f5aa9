"""How far things are, why they are held, and the legal moves, which the database enforces."""

from __future__ import annotations

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
AS_KNOWN, PAID_AGAIN = 1, 2
"""What a person has forced (`forced`, added up): bytes, keys and names that are known, and payments ordered before."""
HOLDS = (
    "content",  # the file has errors
    "crash",  # the program died three times while reading it
    "duplicate",  # the same bytes came before
    "version",  # other bytes came before under the same name
    "key",  # a business key that went through before
    "paid",  # a payment of it was ordered before
    "name",  # the name of an output is used already
    "same",  # the replay of a payment file gave the same bytes as what was delivered
    "world",  # a place or the disk did not do its part for a whole day, or refused for good
    "doubt",  # it cannot be known whether a delivery was published
    "archive",  # archived bytes are not what the ledger says
    "late",  # the file at the source changed after it was taken
    "broken",  # a bug: reading or mapping raised
    "empty",  # documents went in and no output came out
    "approval",  # what was approved is not what would be sent
    "passed",  # a day of execution passed before it could be sent
    "answer",  # a bank speaks of a payment that is not known, or contradicts what is known
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
    ("payment", "sent", "cancelled", "any"),
    ("payment", "sent", "booked", "any"),
    ("payment", "sent", "returned", "machine"),
    ("payment", "received", "accepted", "machine"),
    ("payment", "received", "rejected", "machine"),
    ("payment", "received", "cancelled", "any"),
    ("payment", "received", "booked", "any"),
    ("payment", "received", "returned", "machine"),
    ("payment", "accepted", "rejected", "machine"),
    ("payment", "accepted", "cancelled", "any"),
    ("payment", "accepted", "booked", "any"),
    ("payment", "accepted", "returned", "machine"),
    ("payment", "rejected", "booked", "any"),
    ("payment", "cancelled", "booked", "any"),
    ("payment", "booked", "returned", "any"),
)

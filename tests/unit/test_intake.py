"""Which files are whole and wanted: every rule, each with the sentence a person reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.bound import Verdict, Watched
from exchange.declare.flow import DoneFile, Renamed, Unchanged
from exchange.intake import Rules, marker_of
from exchange.transports.contract import Entry

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT_ONCE = Renamed("*.part")


def file(name: bytes, size: int | None = 10, mtime_ns: int = 5, identity: str = "1:1") -> Entry:
    return Entry(name, "regular", size, mtime_ns, identity)


def seen(entry: Entry, seconds_ago: float) -> dict[bytes, Watched]:
    moment = NOON - timedelta(seconds=seconds_ago)
    return {entry.name: Watched(entry.fingerprint, moment, moment)}


def one(rules: Rules, entry: Entry, watched: dict[bytes, Watched] | None = None) -> Verdict:
    (verdict,) = rules.judge([entry], watched or {}, NOON)
    return verdict


RESTING = Rules(("*.csv",), Unchanged(30))


def test_a_new_file_waits() -> None:
    verdict = one(RESTING, file(b"a.csv"))
    assert (verdict.disposition, verdict.why) == ("waiting", "It must stay unchanged for 30 s.")


@pytest.mark.parametrize(
    ("ago", "disposition"), [(0, "waiting"), (29.9, "waiting"), (30, "ready"), (9e6, "ready")]
)
def test_unchanged_for_long_enough(ago: float, disposition: str) -> None:
    entry = file(b"a.csv")
    assert one(RESTING, entry, seen(entry, ago)).disposition == disposition


@pytest.mark.parametrize(
    "changed",
    [file(b"a.csv", size=11), file(b"a.csv", mtime_ns=6), file(b"a.csv", identity="1:2")],
    ids=["size", "time", "another file"],
)
def test_any_change_makes_it_wait_again(changed: Entry) -> None:
    assert one(RESTING, changed, seen(file(b"a.csv"), 1000)).disposition == "waiting"


@pytest.mark.parametrize("mtime_ns", [0, -1, 4 * 10**18, 2**63])
def test_file_times_are_never_compared_with_our_clock(mtime_ns: int) -> None:
    entry = file(b"a.csv", mtime_ns=mtime_ns)
    assert one(RESTING, entry).disposition == "waiting"
    assert one(RESTING, entry, seen(entry, 31)).disposition == "ready"


def test_a_clock_put_back_makes_it_wait() -> None:
    entry = file(b"a.csv")
    assert one(RESTING, entry, seen(entry, -3600)).disposition == "waiting"


def test_the_sentence_stays_the_same_while_it_waits() -> None:
    entry = file(b"a.csv")
    assert {one(RESTING, entry, seen(entry, ago)).why for ago in (0, 7, 29)} == {one(RESTING, entry).why}


def test_hidden_ignored_and_unmatched_names_say_by_which_rule() -> None:
    rules = Rules(("ORD_*.csv", "*.xml"), AT_ONCE, ("*.tmp", "Thumbs.db"))
    why = {
        verdict.entry.name: (verdict.disposition, verdict.why)
        for verdict in rules.judge(
            [file(n) for n in (b".x", b"ORD_1.tmp", b"readme", b"ORD_1.csv")], {}, NOON
        )
    }
    assert why == {
        b".x": ("ignored", "Hidden names (with a dot in front) are never taken."),
        b"ORD_1.tmp": ("ignored", "The flow ignores *.tmp."),
        b"readme": ("ignored", "The flow takes only ORD_*.csv, *.xml."),
        b"ORD_1.csv": ("ready", "It is whole."),
    }


@pytest.mark.parametrize("name", [b"ORDERS.CSV", "tila\u0308.csv".encode()])
def test_a_near_miss_is_named(name: bytes) -> None:
    verdict = one(Rules(("orders.csv", "til\u00e4.csv"), AT_ONCE), file(name))
    assert verdict.disposition == "ignored"
    assert "but for capitals or the way accents are stored" in verdict.why


def test_odd_bytes_in_names_match_patterns() -> None:
    assert one(Rules(("tilaus?.csv",), AT_ONCE), file(b"tilaus\xe4.csv")).disposition == "ready"
    assert one(Rules(("tilaus?.csv",), AT_ONCE), file("tilausä.csv".encode())).disposition == "ready"


def test_what_is_no_file_and_what_cannot_be_read() -> None:
    rules = Rules(("*",), AT_ONCE)
    link = Entry(b"link", "other", reason="It is a symbolic link; only regular files are taken.")
    odd = Entry(b"odd", "unreadable", reason="The right to read it is missing.")
    assert [(v.disposition, v.why) for v in rules.judge([odd, link], {}, NOON)] == [
        ("ignored", link.reason),
        ("unreadable", odd.reason),
    ]


class TestSizes:
    RULES = Rules(("*",), AT_ONCE, min_size=5, max_size=100)

    @pytest.mark.parametrize(
        ("size", "disposition"),
        [(4, "waiting"), (5, "ready"), (100, "ready"), (101, "waiting"), (None, "waiting")],
    )
    def test_both_ends_are_allowed(self, size: int | None, disposition: str) -> None:
        assert one(self.RULES, file(b"a", size)).disposition == disposition

    def test_the_sentences(self) -> None:
        assert one(self.RULES, file(b"a", 0)).why.startswith("It is empty. A person must look")
        assert one(self.RULES, file(b"a", 4)).why.startswith("It is too small: 4 bytes, the limit is 5.")
        assert one(self.RULES, file(b"a", 101)).why.startswith("It is too big: 101 bytes, the limit is 100.")
        assert "`max size`" in one(self.RULES, file(b"a", 101)).why

    def test_a_small_file_that_may_still_grow_waits_for_that(self) -> None:
        assert one(Rules(("*",), Unchanged(30)), file(b"a", 0)).why == "It must stay unchanged for 30 s."


class TestDoneFile:
    RULES = Rules(("*.csv",), DoneFile("{name}.done"))

    def judged(self, *names: bytes, rules: Rules | None = None) -> dict[bytes, Verdict]:
        return {v.entry.name: v for v in (rules or self.RULES).judge([file(n) for n in names], {}, NOON)}

    def test_it_waits_for_its_done_file(self) -> None:
        verdict = self.judged(b"a.csv")[b"a.csv"]
        assert (verdict.disposition, verdict.why) == ("waiting", "It waits for its done file a.csv.done.")

    def test_announced_it_is_ready_and_brings_the_marker(self) -> None:
        found = self.judged(b"a.csv", b"a.csv.done", b"b.csv")
        assert (found[b"a.csv"].disposition, found[b"a.csv"].marker) == ("ready", b"a.csv.done")
        assert found[b"b.csv"].disposition == "waiting"
        assert found[b"a.csv.done"].why == "It is the done file of a.csv and goes with it."

    def test_an_orphan_waits_visibly(self) -> None:
        verdict = self.judged(b"a.csv.done")[b"a.csv.done"]
        assert (verdict.disposition, verdict.why) == (
            "waiting",
            "It is a done file, and what it announces has not come.",
        )

    def test_a_done_file_is_never_taken_as_data(self) -> None:
        found = self.judged(b"a.csv.done", b"a.csv.done.done", rules=Rules(("*",), DoneFile("{name}.done")))
        assert {v.disposition for v in found.values()} == {"waiting"}

    def test_by_stem(self) -> None:
        found = self.judged(b"a.csv", b"a.ok", rules=Rules(("*.csv",), DoneFile("{stem}.ok")))
        assert (found[b"a.csv"].disposition, found[b"a.csv"].marker) == ("ready", b"a.ok")

    def test_a_folder_of_that_name_announces_nothing(self) -> None:
        entries = [file(b"a.csv"), Entry(b"a.csv.done", "other", reason="It is a folder.")]
        assert self.RULES.judge(entries, {}, NOON)[0].disposition == "waiting"

    def test_an_empty_done_file_is_fine(self) -> None:
        (data, _) = self.RULES.judge([file(b"a.csv"), file(b"a.csv.done", 0)], {}, NOON)
        assert data.disposition == "ready"

    @given(st.binary(min_size=1, max_size=40))
    def test_any_bytes_have_a_marker(self, name: bytes) -> None:
        assert marker_of(DoneFile("{name}.done"), name) == name + b".done"


def test_renamed_files_are_taken_at_once_and_unfinished_ones_wait() -> None:
    rules = Rules(("*.csv",), Renamed("*.part"))
    assert one(rules, file(b"a.csv")).disposition == "ready"
    verdict = one(rules, file(b"a.csv.part"))
    assert (verdict.disposition, verdict.why) == (
        "waiting",
        "The sender still writes it: it has not its final name yet.",
    )


@given(
    st.lists(
        st.builds(file, st.binary(min_size=1, max_size=12), st.integers(0, 200)), unique_by=lambda e: e.name
    ),
    st.sampled_from(
        [Unchanged(0), Unchanged(30), DoneFile("{name}.done"), DoneFile("{stem}.ok"), Renamed("*.part")]
    ),
)
def test_every_name_gets_exactly_one_verdict_with_a_reason(entries: list[Entry], ready: object) -> None:
    rules = Rules(("*a*", "b?"), ready, ("*c",), 1, 100)  # type: ignore[arg-type]
    verdicts = rules.judge(entries, {}, NOON)
    assert [v.entry.name for v in verdicts] == sorted(e.name for e in entries)
    assert all(v.why for v in verdicts)

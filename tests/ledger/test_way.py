"""The way of a file through the real pipeline: the four cases, errors, poison, duplicates, people's acts."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.errors import UnknownNameError, UseError
from exchange.ledger import acts, approving, queries
from exchange.model import ArrivalFacts
from exchange.outcome import Outcome
from tests.ledger.conftest import Site
from tests.support.tiny import TinyFlow, expected, tiny_flow

ANNA = {"actor": "anna", "because": "I looked"}
BEN = {"actor": "ben", "because": "I looked too"}


def outputs(name: str, content: bytes, mark: bytes = b"") -> dict[str, bytes]:
    return {f"{name}.{n}.out": expected(content, n, mark) for n in range(2)}


def test_a_good_file_is_delivered_whole_with_proof(here: Site) -> None:
    here.put("a.txt", b"hello\ndoc 1\n")
    here.run()
    story = here.story("a.txt")
    assert here.out() == outputs("a.txt", b"hello\ndoc 1\n")
    assert story.arrival.stage == "done"
    assert [each.stage for each in story.deliveries] == ["delivered", "delivered"]
    assert all('"published"' in (each.proof or "") for each in story.deliveries)
    assert story.documents == 1
    assert story.references == {"tiny": "v1"}
    moves = [each.what for each in story.events if each.subject == story.arrival.id]
    assert moves == [f"arrival {stage}" for stage in ("claimed", "read", "written", "delivered", "done")]
    assert not list((here.root / "inbox").glob("*.txt"))
    assert here.store.archive.path(story.arrival.sha256).stat().st_mode & 0o777 == 0o400


def test_a_second_run_does_nothing(here: Site) -> None:
    here.put("a.txt", b"hello")
    here.run()
    with here.ledger.read() as connection:
        before = queries.events(connection, limit=1)
    report = here.run()
    with here.ledger.read() as connection:
        assert queries.events(connection, limit=1) == before
    assert not report.rounds["tiny"].moved


def test_reference_data_has_no_output(here: Site) -> None:
    here.put("a.txt", b"hello")
    flow = here.flow()
    here.run(type(flow)(flow.source, []))
    assert here.arrival("a.txt").stage == "done"
    assert here.deliveries() == []


def test_new_name_same_bytes_is_dropped(here: Site) -> None:
    here.put("a.txt", b"hello")
    here.run()
    here.put("b.txt", b"hello")
    here.run()
    first, second = here.arrivals()
    assert (second.stage, second.duplicate_of) == ("duplicate", first.id)
    assert here.seen()["b.txt"].disposition == "duplicate"
    assert first.id in here.seen()["b.txt"].why
    assert set(here.out()) == set(outputs("a.txt", b""))
    assert not list((here.root / "inbox").glob("*.txt"))


def test_same_name_same_bytes_is_dropped(here: Site) -> None:
    for _ in range(2):
        here.put("a.txt", b"hello")
        here.run()
    assert [row.stage for row in here.arrivals()] == ["done", "duplicate"]


def test_same_bytes_in_one_scan_go_through_once(here: Site) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        here.put(name, b"hello")
    here.run()
    assert sorted(row.stage for row in here.arrivals()) == ["done", "duplicate", "duplicate"]


def test_same_name_new_bytes_is_a_new_version(here: Site) -> None:
    here.put("a.txt", b"one")
    here.run()
    here.put("a.txt", b"two")
    here.run(here.flow(names="{stem}.{id}.{n}"))
    first, second = here.arrivals()
    assert (first.stage, second.stage, second.supersedes) == ("done", "done", first.id)


@pytest.mark.parametrize(
    ("name", "content", "hold"), [("b.txt", b"one", "duplicate"), ("a.txt", b"two", "version")]
)
def test_payment_flows_hold_what_came_before(here: Site, name: str, content: bytes, hold: str) -> None:
    here.options["on_duplicate"] = "hold"
    here.put("a.txt", b"one")
    here.run()
    here.put(name, content)
    here.run()
    assert (here.arrivals()[-1].stage, here.arrivals()[-1].hold) == ("held", hold)
    assert len(here.out()) == 2
    acts.release(here.ledger, here.arrivals()[-1].id, **ANNA)
    here.run(here.flow(names="{stem}.{id}.{n}"))
    assert here.arrivals()[-1].stage == "done"
    assert len(here.out()) == 4


def test_a_payment_file_that_was_wrong_is_cured_by_a_new_version(here: Site) -> None:
    here.options["on_duplicate"] = "hold"
    here.put("a.txt", b"bad")
    here.run()
    here.put("a.txt", b"two")
    here.run()
    assert [(row.stage, row.hold) for row in here.arrivals()] == [("superseded", None), ("done", None)]
    here.put("a.txt", b"three")
    here.run()
    assert (here.arrivals()[-1].stage, here.arrivals()[-1].hold) == ("held", "version")


def test_a_payment_file_that_a_person_rejected_leaves_its_name(here: Site) -> None:
    here.options |= {"on_duplicate": "hold", "approvals": 1}
    here.put("a.txt", b"one")
    here.run()
    acts.reject(here.ledger, here.arrivals()[-1].id, **ANNA)
    here.put("a.txt", b"one")
    here.run()
    assert (here.arrivals()[-1].stage, here.arrivals()[-1].hold) == ("held", "duplicate")
    acts.reject(here.ledger, here.arrivals()[-1].id, **ANNA)
    here.put("a.txt", b"two")
    here.run(here.flow(names="{stem}.{id}.{n}"))
    newest = here.arrivals()[-1]
    assert (newest.stage, newest.supersedes) == ("written", here.arrivals()[-2].id)


def test_a_name_under_which_payments_were_sent_is_never_free_again(here: Site) -> None:
    here.options["on_duplicate"] = "hold"
    for content in (b"one", b"two", b"three"):
        here.put("a.txt", content)
        here.run()
        if content == b"two":
            acts.reject(here.ledger, here.arrivals()[-1].id, **ANNA)
    assert [row.stage for row in here.arrivals()] == ["done", "rejected", "held"]
    assert here.arrivals()[-1].hold == "version"


@pytest.mark.parametrize(("again", "came"), [("newest", "done"), ("ask", "held")])
def test_bytes_older_than_the_newest_count_anew_where_the_newest_counts(
    here: Site, again: str, came: str
) -> None:
    here.options["on_duplicate"] = again
    for name, content in (("a", b"one"), ("b", b"two"), ("c", b"one"), ("d", b"two")):
        here.put(f"{name}.txt", content)
        here.run()
    assert [row.stage for row in here.arrivals()] == ["done", "done", came, came]
    assert here.arrivals()[2].duplicate_of == here.arrivals()[0].id


def test_what_a_person_rejected_comes_in_again_through_a_person_only(here: Site) -> None:
    here.options["on_duplicate"] = "newest"
    here.put("a.txt", b"bad")
    here.run()
    acts.reject(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.put("b.txt", b"bad")
    here.run()
    assert here.arrival("b.txt").stage == "duplicate"
    here.put("c.txt", b"two")
    here.run()
    here.put("d.txt", b"bad")
    here.run()
    assert (here.arrival("d.txt").stage, here.arrival("d.txt").hold) == ("held", "duplicate")


def test_a_dropped_duplicate_can_be_let_through(here: Site) -> None:
    here.put("a.txt", b"hello\ndoc 1")
    here.run()
    here.put("b.txt", b"hello\ndoc 1")
    here.run()
    acts.release(here.ledger, here.arrival("b.txt").id, **ANNA)
    here.run()
    assert here.arrival("b.txt").stage == "done"
    assert here.out() == outputs("a.txt", b"hello\ndoc 1") | outputs("b.txt", b"hello\ndoc 1")


def test_errors_hold_the_file_with_all_findings(here: Site) -> None:
    here.put("a.txt", b"".join(b"bad %d\n" % n for n in range(1500)))
    here.run()
    story = here.story("a.txt")
    assert (story.arrival.stage, story.arrival.hold) == ("held", "content")
    assert "1500 errors. Line 1: The line says it is bad: 0." in (story.arrival.reason or "")
    assert story.finding_counts == {("error", "TINY1"): 1500}
    assert len(story.findings) == 1000
    assert (story.findings[999].line, story.findings[999].value) == (1000, "999")
    assert here.out() == {}
    with pytest.raises(UseError, match="cannot be released"):
        acts.release(here.ledger, story.arrival.id, **ANNA)


def test_a_corrected_file_takes_the_place_of_a_held_one(here: Site) -> None:
    here.put("a.txt", b"bad thing")
    here.run()
    here.put("a.txt", b"good thing")
    here.run()
    first, second = here.arrivals()
    assert (first.stage, second.stage, second.supersedes) == ("superseded", "done", first.id)
    assert second.id in (first.reason or "")


def test_a_bug_holds_one_file_and_no_other(here: Site) -> None:
    here.put("a.txt", b"bug")
    here.put("b.txt", b"fine")
    here.run()
    assert here.arrival("a.txt").hold == "broken"
    assert "ZeroDivisionError: a bug (tiny.py" in (here.arrival("a.txt").reason or "")
    assert here.arrival("b.txt").stage == "done"


def test_a_file_that_kills_the_program_is_held_and_the_others_go_through(here: Site) -> None:
    here.put("a.txt", b"fine")
    here.put("b.txt", b"die")
    here.put("c.txt", b"fine too")
    for _ in range(4):
        child = os.fork()
        if child == 0:
            try:
                here.run()
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            break
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert os.waitstatus_to_exitcode(status) == 0
    assert (here.arrival("b.txt").hold, here.arrival("b.txt").reason) == (
        "crash", "The program died 3 times while reading this file.",
    )  # fmt: skip
    assert {here.arrival("a.txt").stage, here.arrival("c.txt").stage} == {"done"}


def test_a_broken_world_is_tried_again_and_at_last_held(here: Site) -> None:
    here.put("a.txt", b"wait")
    here.run()
    row = here.arrival("a.txt")
    assert (row.stage, row.attempts) == ("claimed", 1)
    assert "No space left" in (row.reason or "")
    here.run()
    assert here.arrival("a.txt").attempts == 2
    here.hours += 25
    here.run()
    assert (here.arrival("a.txt").stage, here.arrival("a.txt").hold) == ("held", "world")


def test_a_waiting_arrival_can_be_hurried(here: Site) -> None:
    here.put("a.txt", b"wait")
    here.run()
    acts.retry(here.ledger, here.arrival("a.txt").id, **ANNA)
    assert here.arrival("a.txt").next_try is None


def test_a_business_key_goes_through_once(here: Site) -> None:
    here.put("a.txt", b"one\ndoc 7")
    here.run()
    here.put("b.txt", b"two\ndoc 8\ndoc 7")
    here.run()
    story = here.story("b.txt")
    assert (story.arrival.stage, story.arrival.hold, story.documents) == ("held", "key", 0)
    assert [(each.code, each.line, each.value) for each in story.findings] == [("KEY001", 3, "7")]
    assert "a.txt" in story.findings[0].message
    assert len(here.out()) == 2
    acts.release(here.ledger, story.arrival.id, **ANNA)
    here.run()
    story = here.story("b.txt")
    assert (story.arrival.stage, story.documents) == ("done", 2)
    assert len(here.out()) == 4


def test_a_key_twice_in_one_file(here: Site) -> None:
    here.put("a.txt", b"doc 7\ndoc 7")
    here.run()
    story = here.story("a.txt")
    assert story.arrival.hold == "key"
    assert [(each.code, each.line) for each in story.findings] == [("KEY002", 2)]
    acts.release(here.ledger, story.arrival.id, **ANNA)
    here.run()
    assert (here.arrival("a.txt").stage, here.story("a.txt").documents) == ("done", 2)


def test_documents_without_any_output_are_not_lost_in_silence(here: Site) -> None:
    flow = here.flow()
    here.put("a.txt", b"doc 1")

    class Empty(TinyFlow):
        def process(self, path: Path, facts: ArrivalFacts, work: Path) -> Outcome:
            return replace(super().process(path, facts, work), outputs=[])

    here.run(Empty(flow.source, flow.targets))
    assert here.arrival("a.txt").hold == "empty"


def test_names_at_the_target_are_never_used_twice(here: Site) -> None:
    here.put("a.txt", b"one")
    here.put("b.txt", b"two")
    here.run(here.flow(names="always the same {n}"))
    assert [(row.stage, row.hold) for row in here.arrivals()] == [("done", None), ("held", "name")]
    assert "{arrival.id}" in (here.arrival("b.txt").reason or "")
    assert here.out() == {"always the same 0": b"0:ONE", "always the same 1": b"1:ONE"}


def test_a_foreign_file_under_the_name_is_not_overwritten(here: Site) -> None:
    (here.root / "outbox" / "a.txt.1.out").write_bytes(b"somebody else's")
    here.put("a.txt", b"one")
    here.run()
    first, second = here.deliveries(here.arrival("a.txt"))
    assert (first.stage, second.stage, second.hold) == ("delivered", "held", "name")
    assert here.arrival("a.txt").stage == "held"
    assert here.out()["a.txt.1.out"] == b"somebody else's"
    (here.root / "outbox" / "a.txt.1.out").unlink()
    acts.retry(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.run()
    assert here.arrival("a.txt").stage == "done"
    assert here.out() == outputs("a.txt", b"one")


def test_names_that_lead_elsewhere_are_refused(here: Site) -> None:
    here.put("a.txt", b"one")
    here.run(here.flow(names="../{n}"))
    assert (here.arrival("a.txt").hold, here.deliveries()) == ("name", [])


def test_resend_sends_the_same_bytes_once_more(here: Site) -> None:
    here.put("a.txt", b"one")
    here.run()
    old = here.deliveries()[-1]
    for path in (here.root / "outbox").glob("*.out"):
        path.unlink()
    acts.resend(here.ledger, old.id, **ANNA)
    here.run()
    assert here.out() == {old.name: here.store.archive.path(old.sha256).read_bytes()}
    assert here.arrival("a.txt").stage == "done"
    assert here.deliveries()[0].resend_of == old.id


def test_replay_with_the_same_result_sends_nothing_again(here: Site) -> None:
    here.put("a.txt", b"one\ndoc 1")
    here.run()
    acts.replay(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.run()
    row = here.arrival("a.txt")
    assert (row.stage, row.hold, row.run) == ("done", None, 1)
    assert len(here.deliveries()) == 2
    assert [each.code for each in here.story("a.txt").findings] == ["RUN002"]


def test_replay_by_force_sends_again(here: Site) -> None:
    here.put("a.txt", b"one\ndoc 1")
    here.run()
    for path in (here.root / "outbox").glob("*.out"):
        path.unlink()
    acts.replay(here.ledger, here.arrival("a.txt").id, **ANNA, force=True)
    here.run()
    assert here.arrival("a.txt").stage == "done"
    assert here.out() == outputs("a.txt", b"one\ndoc 1")
    assert here.story("a.txt").documents == 1


def test_replay_with_another_mapping_needs_another_name(here: Site) -> None:
    here.put("a.txt", b"one\ndoc 1")
    here.run()
    acts.replay(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.run(here.flow(mark=b"new ", version_hash="v2"))
    assert here.arrival("a.txt").hold == "name"
    reason = here.arrival("a.txt").reason or ""
    assert "with other bytes than were brought to" in reason and "--force" in reason
    assert "{arrival.id}" not in reason
    acts.replay(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.run(here.flow(mark=b"new ", version_hash="v2", names="{stem}.{n}.v2"))
    assert here.arrival("a.txt").stage == "done"
    assert here.out()["a.txt.0.v2"] == b"new 0:ONE\nDOC 1"
    assert here.story("a.txt").references == {"tiny": "v2"}
    (here.root / "outbox" / "a.txt.0.out").unlink()
    acts.replay(here.ledger, here.arrival("a.txt").id, **ANNA, force=True)
    here.run(here.flow(mark=b"new ", version_hash="v2"))
    assert here.out()["a.txt.0.out"] == b"new 0:ONE\nDOC 1"


def test_a_rejected_file_goes_nowhere(here: Site) -> None:
    here.put("a.txt", b"bad")
    here.run()
    acts.reject(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.run()
    row = here.arrival("a.txt")
    assert (row.stage, row.reason, row.manifested) == ("rejected", "anna: I looked", 1)
    assert here.seen()["a.txt"].disposition == "rejected"
    with pytest.raises(UseError, match="no longer"):
        acts.reject(here.ledger, row.id, **ANNA)


def test_four_eyes_before_anything_is_sent(here: Site) -> None:
    here.options["approvals"] = 2
    here.put("a.txt", b"one")
    here.run()
    here.run()
    row = here.arrival("a.txt")
    assert (row.stage, here.out()) == ("written", {})
    approving.approve(here.ledger, row.id, **ANNA)
    with pytest.raises(UseError, match="already approved"):
        approving.approve(here.ledger, row.id, **ANNA)
    here.run()
    assert here.out() == {}
    approving.approve(here.ledger, row.id, **BEN)
    assert here.arrival("a.txt").stage == "approved"
    here.run()
    assert here.out() == outputs("a.txt", b"one")
    assert here.arrival("a.txt").stage == "done"


def test_an_approved_arrival_can_be_rejected_before_it_is_sent(here: Site) -> None:
    here.options["approvals"] = 1
    here.put("a.txt", b"one")
    here.run()
    approving.approve(here.ledger, here.arrival("a.txt").id, **ANNA)
    acts.reject(here.ledger, here.arrival("a.txt").id, **BEN)
    here.run()
    assert here.out() == {}
    assert {each.stage for each in here.deliveries()} == {"withdrawn"}


def test_every_act_needs_a_name_and_a_reason(here: Site) -> None:
    here.put("a.txt", b"bad")
    here.run()
    row = here.arrival("a.txt")
    for actor, because in (("", "x"), ("engine", "x"), ("anna", " ")):
        with pytest.raises(UseError):
            acts.retry(here.ledger, row.id, actor=actor, because=because)
    acts.retry(here.ledger, row.id, **ANNA)
    last = here.story("a.txt").events[-1]
    assert (last.actor, last.because, last.what) == ("anna", "I looked", "arrival claimed")


def test_identifiers_may_be_shortened_to_their_end(here: Site) -> None:
    here.put("a.txt", b"one")
    here.run()
    row = here.arrival("a.txt")
    with here.ledger.read() as connection:
        assert queries.arrival(connection, row.id[-6:].lower()).id == row.id
        with pytest.raises(UnknownNameError, match="There is no arrival"):
            queries.arrival(connection, "ZZZZZZ")
        with pytest.raises(UnknownNameError):
            queries.arrival(connection, "")


def test_a_kept_source_is_taken_once_and_again_when_it_changes(here: Site) -> None:
    here.options["after"] = "keep"
    here.put("a.txt", b"one")
    here.run()
    here.run()
    assert [row.stage for row in here.arrivals()] == ["done"]
    assert here.seen()["a.txt"].present
    here.put("a.txt", b"two!")
    here.run(here.flow(names="{id}.{n}"))
    assert [row.stage for row in here.arrivals()] == ["done", "done"]
    os.utime(here.root / "inbox" / "a.txt", ns=(1, 1))
    here.run()
    assert [row.stage for row in here.arrivals()] == ["done", "done", "duplicate"]


def test_every_name_has_one_disposition(here: Site) -> None:
    here.put("a.part", b"half")
    here.put(".hidden", b"x")
    (here.root / "inbox" / "folder").mkdir()
    here.put("b.txt", b"whole")
    here.run()
    seen = {name: each.disposition for name, each in here.seen().items()}
    assert seen == {"a.part": "waiting", ".hidden": "ignored", "folder": "ignored", "b.txt": "taken"}
    (here.root / "inbox" / "a.part").unlink()
    here.run()
    gone = here.seen()["a.part"]
    assert gone.disposition == "gone"
    assert gone.why == (
        "It is gone and was not taken itself. The sender still writes it: it has not its final name yet."
    )


def test_odd_bytes_in_a_name_survive(here: Site) -> None:
    name = b"tilaus\xe4.txt"
    with open(os.fsencode(here.root / "inbox") + b"/" + name, "wb") as file:
        file.write(b"one")
    here.run(here.flow(names="{id}.{n}"))
    [row] = here.arrivals()
    assert (row.name_raw, row.name, row.stage) == (name, r"tilaus\xe4.txt", "done")


def test_a_flow_without_its_target_holds(here: Site) -> None:
    here.options["approvals"] = 1
    here.put("a.txt", b"one")
    here.run()
    approving.approve(here.ledger, here.arrival("a.txt").id, **ANNA)
    elsewhere = tiny_flow(here.root, approvals=1)
    moved = type(elsewhere)(
        elsewhere.source, [type(elsewhere.targets[0])("folder:other", elsewhere.targets[0].open)]
    )
    here.run(moved)
    assert here.arrival("a.txt").hold == "world"
    assert "no longer has the target folder:outbox" in (here.arrival("a.txt").reason or "")

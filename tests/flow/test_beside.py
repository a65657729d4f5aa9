"""Documents made by a process beside this one are those that this one would make, and nothing of it is left behind."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.findings import Finding
from exchange.flow import beside
from exchange.flow.beside import ReaderDiedError, is_worth, made_beside
from exchange.flow.content import Content, Intake
from exchange.flow.site import open_site
from exchange.mapping.tally import Tally
from exchange.model import Batch
from exchange.outcome import Gathered
from tests.flow.test_straight import FACTS, HEAD, SITE, row


@pytest.fixture
def payments(tmp_path: Path) -> Path:
    """Some thousand payments, right and wrong in many ways: more findings than are kept."""
    random.seed(7)
    path = tmp_path / "payments.csv"
    path.write_text("\r\n".join([HEAD, *map(row, range(4_000))]), "windows-1252", newline="")
    return path


def intake() -> Intake:
    """How the demo reads payments, with a mapping whose payments are followed."""
    content = open_site(SITE).flows["supplier-payments"].content
    assert isinstance(content, Content)
    return Intake(content.intake.reader, [*content.intake.chain, *content.ways[0].chain])


def everything(path: Path) -> dict[str, Any]:
    """All that comes of reading: documents, findings, keys, payments, counts; and how far it was read."""
    found, tallies, notes, read = Gathered(), list[Tally](), list[Any](), list[int]()

    def count(_: object) -> Tally:
        tallies.append(Tally(follow=notes.extend))
        return tallies[-1]

    documents = list(intake().documents(path, FACTS, found, count, read.append))
    kept = [
        (tally.taken, tally.left_out, tally.others, tally.failed, tally.results, tally.sums, tally.keys)
        for tally in tallies
    ]
    return {
        "documents": documents, "findings": found.kept, "counts": found.counts, "tallies": kept, "notes": notes, "read": read
    }  # fmt: skip


def test_beside_as_alone(payments: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = everything(payments)
    assert len(alone["documents"]) > 1
    assert sum(alone["counts"].values()) > len(alone["findings"]) == 1_000
    assert alone["notes"]
    begun = []
    monkeypatch.setattr(beside, "is_worth", lambda path: True)
    monkeypatch.setattr("exchange.flow.content.is_worth", lambda path: True)
    monkeypatch.setattr(
        "exchange.flow.content.made_beside", lambda *given: begun.append(1) or made_beside(*given)
    )
    assert everything(payments) == alone
    assert begun
    assert not multiprocessing.active_children()


def test_only_big_files_with_two_processors_where_no_flow_has_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    assert not is_worth(path)
    os.truncate(path, beside.BIG)
    assert is_worth(path)
    answers: list[bool] = []
    other = threading.Thread(target=lambda: answers.append(is_worth(path)))
    other.start()
    other.join()
    assert answers == [False]
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1})
    assert not is_worth(path)


def numbered(end: BaseException | None = None) -> beside.Make:
    """Makes batches without end, or until something is raised."""

    def make(found: Gathered, tallies: Iterator[Tally], progress: object) -> Iterator[Batch]:
        number = 0
        while end is None or number < 3:
            number += 1
            found(Finding("TST1", "info", f"{number}"))
            yield [{"number": number}]
        raise end

    return make


def test_what_is_raised_there_is_raised_here() -> None:
    found = Gathered()
    taken: list[Batch] = []
    with pytest.raises(OSError, match="no disk") as raised:
        taken.extend(made_beside(numbered(OSError(5, "no disk")), [], found, None))
    assert raised.value.errno == 5
    assert raised.value.__notes__[-1].startswith("test_beside.py, line ")
    assert taken == [[{"number": 1}], [{"number": 2}], [{"number": 3}]]
    assert [finding.message for finding in found.kept] == ["1", "2", "3"]
    assert not multiprocessing.active_children()


class Stubborn(Exception):
    """Cannot be put together again from what it was made of."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def test_what_cannot_travel_is_told_in_words() -> None:
    with pytest.raises(RuntimeError, match="Stubborn: no way") as raised:
        list(made_beside(numbered(Stubborn("no", "way")), [], Gathered(), None))
    assert raised.value.__notes__[-1].startswith("test_beside.py, line ")


def test_who_stops_in_the_middle_leaves_no_process() -> None:
    documents = made_beside(numbered(), [], Gathered(), None)
    assert next(documents) == [{"number": 1}]
    assert multiprocessing.active_children()
    documents.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_who_is_asked_to_stop_reads_on_until_told_by_the_one_that_began_it() -> None:
    documents = made_beside(numbered(), [], Gathered(), None)
    next(documents)
    (process,) = multiprocessing.active_children()
    assert process.pid is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(process.pid, number)
    assert [next(documents)[0]["number"] for _ in range(5_000)] == list(range(2, 5_002))
    documents.close()  # type: ignore[attr-defined]


def test_the_end_of_the_program_waits_for_nobody() -> None:
    text = (
        "from exchange.flow.beside import made_beside\n"
        "from exchange.outcome import Gathered\n"
        "from tests.flow.test_beside import numbered\n"
        "documents = made_beside(numbered(), [], Gathered(), None)\n"
        "print(next(documents))\n"
        "import sys; sys.last = documents\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "[{'number': 1}]\n"), done.stderr


def test_a_process_that_is_killed_is_told() -> None:
    documents = made_beside(numbered(), [], Gathered(), None)
    next(documents)
    (process,) = multiprocessing.active_children()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(ReaderDiedError, match=r"ended from outside \(exit status -9\).*tried again"):
        list(documents)

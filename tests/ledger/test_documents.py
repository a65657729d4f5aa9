"""Business keys against a plain model: whatever comes in whichever order, a key goes through once unless forced."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from exchange.ledger import Ledger, Writing, claims, contents, open_ledger, schema
from exchange.ledger.rows import Arrival
from exchange.model import DocumentKey
from tests.ledger.test_law import arrive, newcomer

KEYS = st.lists(st.sampled_from("ABCDE"), max_size=6)


@pytest.fixture(scope="module")
def book() -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger("sqlite", Path(folder) / "ledger.db")
        yield ledger
        ledger.close()


class Undone(Exception):
    pass


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(KEYS, st.booleans()), max_size=6))
def test_a_key_goes_through_once_unless_forced(book: Ledger, files: list[tuple[list[str], bool]]) -> None:
    known: set[str] = set()
    stored = 0
    with pytest.raises(Undone), book.write() as writing:
        for number, (keys, forced) in enumerate(files):
            row = _arrival(book, writing, f"{number}", forced)
            with writing.attempt() as undo:
                numbers, clash = contents.store_documents(
                    writing, [(row, [DocumentKey("d", key) for key in keys])]
                )
                if clash is not None:
                    undo()
            clashes = len(set(keys)) < len(keys) or bool(set(keys) & known)
            assert (clash is not None) == (clashes and not forced)
            if clash is None:
                known |= set(keys)
                stored += len(keys)
                assert numbers[row.id] == len(keys)
        count = select(func.count()).select_from(schema.documents)
        assert writing.connection.scalar(count) == stored
        unique = count.where(schema.documents.c.released == 0)
        assert writing.connection.scalar(unique) == len(known)
        raise Undone


def _arrival(book: Ledger, writing: Writing, name: str, forced: bool) -> Arrival:

    new = newcomer(book, name, name)
    [row] = claims.enter(writing, "tiny", [new], on_duplicate="skip", approvals=0)
    return replace(row, forced=int(forced))


def test_many_documents_stream_through(ledger: Ledger) -> None:
    row = arrive(ledger)
    keys = (DocumentKey("d", f"{number}", number) for number in range(5_000))
    with ledger.write() as writing:
        numbers, clash = contents.store_documents(writing, [(row, keys)])
    assert (numbers[row.id], clash) == (5_000, None)


def test_the_clash_is_named_with_its_line_and_its_file(ledger: Ledger) -> None:
    first, second = arrive(ledger, "a.txt", "aa"), arrive(ledger, "b.txt", "bb")
    with ledger.write() as writing:
        contents.store_documents(writing, [(first, [DocumentKey("common/invoice", "17", 2)])])
    with ledger.write() as writing, writing.attempt() as undo:
        keys = [DocumentKey("common/invoice", "16", 3), DocumentKey("common/invoice", "17", 4)]
        _, clash = contents.store_documents(writing, [(second, keys)])
        undo()
    assert clash is not None
    assert (clash.code, clash.line) == ("KEY001", 4)
    assert clash.message == f"common/invoice 17 went through before, with a.txt (arrival {first.id})."


def test_what_says_how_things_stand_comes_again_but_not_twice_in_one_file(ledger: Ledger) -> None:
    rows = [arrive(ledger, f"{name}.txt", name * 2) for name in "abc"]
    stock = DocumentKey("common/stock", "CUP-B", 2, is_standing=True)
    for row in rows[:2]:
        with ledger.write() as writing:
            assert contents.store_documents(writing, [(row, [stock])])[1] is None
    with ledger.write() as writing, writing.attempt() as undo:
        _, clash = contents.store_documents(writing, [(rows[2], [stock, replace(stock, line=3)])])
        undo()
    assert clash is not None and (clash.code, clash.line) == ("KEY002", 3)

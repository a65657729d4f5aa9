"""The promises of `transports.contract`, on every transport."""

from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path

import pytest

from exchange.errors import RefusedError, TransportError
from exchange.transports.contract import (
    Claim,
    Entry,
    Fetched,
    GoneError,
    NameTakenError,
    NotStableError,
    Source,
)
from tests.transports.conftest import Served

DATA = b"order;1\n" * 20_000
SHA = hashlib.sha256(DATA).hexdigest()


def entry_of(source: Source, name: bytes = b"a.csv") -> Entry:
    return next(entry for entry in source.scan() if entry.name == name)


def claimed(source: Source, name: bytes = b"a.csv", claim_id: str = "01A", **more: bytes) -> Claim:
    claim = source.claim(entry_of(source, name), claim_id, **more)  # type: ignore[arg-type]
    assert claim is not None
    return claim


def fetched(source: Source, claim: Claim) -> tuple[bytes, Fetched]:
    out = io.BytesIO()
    facts = source.fetch(claim, out)
    return out.getvalue(), facts


class TestScan:
    def test_sees_names_sizes_and_kinds(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        served.put(b"empty", b"")
        (served.path / "below").mkdir()
        (served.path / "link").symlink_to("/etc/passwd")
        (served.path / "dangling").symlink_to("nowhere")
        os.mkfifo(served.path / "pipe")
        found = {entry.name: entry for entry in served.source().scan()}
        assert {n: e.kind for n, e in found.items()} == {
            b"a.csv": "regular", b"empty": "regular", b"below": "other",
            b"link": "other", b"dangling": "other", b"pipe": "other",
        }  # fmt: skip
        assert (found[b"a.csv"].size, found[b"empty"].size) == (len(DATA), 0)
        assert found[b"pipe"].reason == "It is a pipe; only regular files are taken."
        assert found[b"link"].reason == "It is a symbolic link; only regular files are taken."

    @pytest.mark.parametrize(
        "name",
        [
            b"tilaus\xe4.csv",
            b"a\nb",
            b"-rf",
            b"..hidden",
            b"\xe2\x80\xaefdp.exe",
            b"x" * 255,
            b" ",
            b"%2e%2e",
        ],
        ids=["latin-1", "newline", "dash", "dots", "right-to-left", "255 bytes", "space", "percent"],
    )
    def test_odd_names_are_files_like_others(self, served: Served, name: bytes) -> None:
        served.put(name, b"odd")
        served.put(b"plain.csv", b"plain")
        source = served.source()
        assert sorted(entry.name for entry in source.scan()) == sorted((name, b"plain.csv"))
        claim = claimed(source, name)
        data, facts = fetched(source, claim)
        assert data == b"odd"
        source.finish(claim, facts, "delete")
        assert served.names() == [".claim", "plain.csv"]

    def test_own_folders_are_not_shown(self, served: Served) -> None:
        for name in (".claim", ".archive", ".staging"):
            (served.path / name).mkdir()
        assert list(served.source().scan()) == []

    def test_a_listing_that_failed_is_no_empty_listing(self, served: Served) -> None:
        source = served.source()
        served.path.rmdir()
        with pytest.raises(TransportError):
            list(source.scan())
        served.path.write_bytes(b"now a file")
        with pytest.raises(TransportError):
            list(source.scan())


class TestClaim:
    def test_moves_fetches_and_deletes(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        source = served.source()
        claim = claimed(source)
        assert claim.moved
        assert served.names() == [".claim"]
        data, facts = fetched(source, claim)
        assert (data == DATA, facts.size, facts.sha256) == (True, len(DATA), SHA)
        source.finish(claim, facts, "delete")
        assert served.names(".claim") == []
        source.finish(claim, facts, "delete")

    def test_archives(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        served.put(b"a.csv.done", b"")
        source = served.source()
        claim = claimed(source, marker=b"a.csv.done")
        _, facts = fetched(source, claim)
        source.finish(claim, facts, "archive")
        assert served.names(".archive", "site.01A") == [".marker", "a.csv"]
        assert served.names(".claim") == []
        source.finish(claim, facts, "archive")
        assert served.names() == [".archive", ".claim"]

    def test_the_marker_goes_with_its_file(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        served.put(b"a.csv.done", b"")
        source = served.source()
        claim = claimed(source, marker=b"a.csv.done")
        assert served.names() == [".claim"]
        assert [left.name for left in source.leftover_claims()] == [b"a.csv"]
        _, facts = fetched(source, claim)
        source.finish(claim, facts, "delete")
        assert served.names(".claim") == []

    def test_gone_is_no_error(self, served: Served) -> None:
        path = served.put(b"a.csv", DATA)
        source = served.source()
        entry = entry_of(source)
        path.unlink()
        assert source.claim(entry, "01A") is None
        assert source.claim(entry, "01A", move=False) is None

    def test_a_changed_file_is_not_claimed(self, served: Served) -> None:
        path = served.put(b"a.csv", DATA)
        source = served.source()
        entry = entry_of(source)
        with path.open("ab") as stream:
            stream.write(b"more")
        with pytest.raises(NotStableError):
            source.claim(entry, "01A")
        assert served.names() == ["a.csv"]

    def test_a_link_put_in_its_place_is_not_claimed(self, served: Served) -> None:
        path = served.put(b"a.csv", DATA)
        source = served.source()
        entry = entry_of(source)
        path.unlink()
        path.symlink_to("/etc/passwd")
        with pytest.raises(NotStableError):
            source.claim(entry, "01A")

    def test_one_winner(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        one, two = served.source(owner="one"), served.source(owner="two")
        entry = entry_of(one)
        assert one.claim(entry, "01A") is not None
        assert two.claim(entry, "01B") is None
        assert [claim.id for claim in one.leftover_claims()] == ["01A"]
        assert list(two.leftover_claims()) == []

    def test_leftovers_survive_a_new_object_and_empty_ones_are_swept(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        claimed(served.source())
        (served.path / ".claim" / "site.01B").mkdir()
        (served.path / ".claim" / "stray").write_bytes(b"")
        source = served.source()
        (left,) = source.leftover_claims()
        assert (left.id, left.name, left.moved) == ("01A", b"a.csv", True)
        data, facts = fetched(source, left)
        assert data == DATA
        source.finish(left, facts, "delete")
        assert served.names(".claim") == ["stray"]

    def test_no_claims_at_all(self, served: Served) -> None:
        assert list(served.source().leftover_claims()) == []

    @pytest.mark.parametrize("name", [b"../a", b"a/b", b"", b".", b"..", b"a\0b", b"x" * 256])
    def test_names_that_lead_elsewhere_are_refused(self, served: Served, name: bytes) -> None:
        with pytest.raises(RefusedError):
            served.source().claim(Entry(name, "regular", 1, 1), "01A")
        with pytest.raises(RefusedError):
            served.source().fetch(Claim("01A", name, True), io.BytesIO())
        with pytest.raises(RefusedError):
            served.target().publish(b".t", name)
        with pytest.raises(RefusedError):
            served.target().stage(name, io.BytesIO(), 0)


class TestInPlace:
    def test_keep_leaves_the_file_alone(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        source = served.source()
        entry = entry_of(source)
        claim = source.claim(entry, "01A", move=False)
        assert claim is not None
        assert not claim.moved
        assert claim.fingerprint == entry.fingerprint
        data, facts = fetched(source, claim)
        assert data == DATA
        source.finish(claim, facts, "keep")
        assert served.names() == ["a.csv"]
        assert entry_of(source).fingerprint == entry.fingerprint

    @pytest.mark.parametrize("after", ["delete", "archive"])
    def test_clearing_in_place(self, served: Served, after: str) -> None:
        served.put(b"a.csv", DATA)
        served.put(b"a.ok", b"")
        source = served.source()
        claim = source.claim(entry_of(source), "01A", marker=b"a.ok", move=False)
        assert claim is not None
        _, facts = fetched(source, claim)
        source.finish(claim, facts, after)  # type: ignore[arg-type]
        source.finish(claim, facts, after)  # type: ignore[arg-type]
        assert [name for name in served.names() if not name.startswith(".")] == []

    def test_a_replaced_file_is_not_fetched(self, served: Served) -> None:
        path = served.put(b"a.csv", DATA)
        source = served.source()
        claim = source.claim(entry_of(source), "01A", move=False)
        assert claim is not None
        path.write_bytes(b"another")
        with pytest.raises(NotStableError):
            source.fetch(claim, io.BytesIO())
        path.unlink()
        with pytest.raises(GoneError):
            source.fetch(claim, io.BytesIO())


class _Meddling(io.BytesIO):
    """Does something to the file as soon as the first bytes of it arrive."""

    def __init__(self, act: object) -> None:
        super().__init__()
        self.act = act

    def write(self, data: object) -> int:
        act, self.act = self.act, None
        if callable(act):
            act()
        return super().write(data)  # type: ignore[arg-type]


class TestFetch:
    BIG = os.urandom(1 << 20) * 6

    def grow(self, path: Path) -> None:
        with path.open("ab") as stream:
            stream.write(b"more")

    def shrink(self, path: Path) -> None:
        os.truncate(path, 1000)

    def overwrite(self, path: Path) -> None:
        with path.open("r+b") as stream:
            stream.write(b"X" * len(self.BIG))
        os.utime(path, ns=(0, 77_000_000_000))

    @pytest.mark.parametrize("how", ["grow", "shrink", "overwrite"])
    @pytest.mark.parametrize("move", [True, False])
    def test_changes_under_our_hands_are_noticed(self, served: Served, how: str, move: bool) -> None:
        served.put(b"a.csv", self.BIG)
        source = served.source()
        claim = source.claim(entry_of(source), "01A", move=move)
        assert claim is not None
        path = served.path / (".claim/site.01A/a.csv" if move else "a.csv")
        with pytest.raises(NotStableError):
            source.fetch(claim, _Meddling(lambda: getattr(self, how)(path)))
        assert path.exists()

    def test_afterwards_the_same_claim_can_be_fetched(self, served: Served) -> None:
        served.put(b"a.csv", self.BIG)
        source = served.source()
        claim = claimed(source)
        path = served.path / ".claim/site.01A/a.csv"
        with pytest.raises(NotStableError):
            source.fetch(claim, _Meddling(lambda: self.grow(path)))
        data, facts = fetched(source, claim)
        assert data == self.BIG + b"more"
        assert facts.size == len(data)

    @pytest.mark.parametrize("size", [0, 1, 32_767, 32_768, 32_769, 65_536, (1 << 20) + 1])
    def test_every_size(self, served: Served, size: int) -> None:
        data = os.urandom(size)
        served.put(b"a.csv", data)
        source = served.source()
        got, facts = fetched(source, claimed(source))
        assert (got == data, facts.size, facts.sha256) == (True, size, hashlib.sha256(data).hexdigest())

    def test_late_bytes_keep_the_file_from_being_cleared(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        source = served.source()
        claim = claimed(source)
        _, facts = fetched(source, claim)
        self.grow(served.path / ".claim/site.01A/a.csv")
        with pytest.raises(NotStableError):
            source.finish(claim, facts, "delete")
        assert served.names(".claim", "site.01A") == ["a.csv"]

    def test_a_link_in_the_claim_is_not_followed(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        source = served.source()
        claim = claimed(source)
        path = served.path / ".claim/site.01A/a.csv"
        path.unlink()
        path.symlink_to("/etc/passwd")
        out = io.BytesIO()
        with pytest.raises(TransportError):
            source.fetch(claim, out)
        assert out.getvalue() == b""

    def test_a_pipe_in_the_claim_does_not_block(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        source = served.source()
        claim = claimed(source)
        path = served.path / ".claim/site.01A/a.csv"
        path.unlink()
        os.mkfifo(path)
        began = time.monotonic()
        with pytest.raises(TransportError):
            source.fetch(claim, io.BytesIO())
        assert time.monotonic() - began < 5


class TestDelivery:
    TMP, FINAL = b".x-01A-1.part", b"invoice-1.xml"

    def test_stages_and_publishes(self, served: Served) -> None:
        target = served.target()
        staged = target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        assert (staged.size, staged.sha256) == (len(DATA), SHA)
        assert [name for name in served.names() if not name.startswith(".")] == []
        presence = target.look(self.TMP, self.FINAL, len(DATA), SHA)
        assert (presence.tmp, presence.final, presence.atomic) == ("same", "absent", True)
        target.publish(self.TMP, self.FINAL)
        assert (served.path / "invoice-1.xml").read_bytes() == DATA
        presence = target.look(self.TMP, self.FINAL, len(DATA), SHA)
        assert (presence.tmp, presence.final) == ("absent", "same")

    @pytest.mark.parametrize("data", [b"", b"x", os.urandom(32_768), os.urandom(3_000_001)])
    def test_every_size(self, served: Served, data: bytes) -> None:
        target = served.target()
        target.stage(self.TMP, io.BytesIO(data), len(data))
        target.publish(self.TMP, self.FINAL)
        assert (served.path / "invoice-1.xml").read_bytes() == data

    def test_an_existing_name_is_never_overwritten(self, served: Served) -> None:
        served.put(self.FINAL, b"theirs")
        target = served.target()
        target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        with pytest.raises(NameTakenError, match=r"invoice-1\.xml is already used"):
            target.publish(self.TMP, self.FINAL)
        assert (served.path / "invoice-1.xml").read_bytes() == b"theirs"
        presence = target.look(self.TMP, self.FINAL, len(DATA), SHA)
        assert (presence.tmp, presence.final) == ("same", "different")

    def test_even_a_dangling_link_is_a_used_name(self, served: Served) -> None:
        (served.path / "invoice-1.xml").symlink_to("nowhere")
        target = served.target()
        target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        with pytest.raises(NameTakenError):
            target.publish(self.TMP, self.FINAL)
        assert target.look(self.TMP, self.FINAL, len(DATA), SHA).final == "different"

    def test_the_announced_size_must_be_right(self, served: Served) -> None:
        target = served.target()
        for size in (len(DATA) - 1, len(DATA) + 1):
            with pytest.raises(TransportError, match="announced"):
                target.stage(self.TMP, io.BytesIO(DATA), size)
            assert target.look(self.TMP, self.FINAL, len(DATA), SHA).tmp in ("absent", "unknown")

    def test_a_temporary_name_is_used_once(self, served: Served) -> None:
        target = served.target()
        target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        with pytest.raises(TransportError, match="exists already"):
            target.stage(self.TMP, io.BytesIO(b"other"), 5)
        assert target.look(self.TMP, self.FINAL, len(DATA), SHA).tmp == "same"

    def test_discards(self, served: Served) -> None:
        target = served.target()
        assert not target.discard(self.TMP)
        target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        assert target.discard(self.TMP)
        assert not target.discard(self.TMP)

    def test_publishing_what_is_gone_is_an_error(self, served: Served) -> None:
        target = served.target()
        target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        target.discard(self.TMP)
        with pytest.raises(TransportError):
            target.publish(self.TMP, self.FINAL)
        assert not (served.path / "invoice-1.xml").exists()

    def test_one_of_thief_and_zombie_wins(self, served: Served) -> None:
        target = served.target()
        target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        assert target.take_over(self.TMP, b".x-01A-2.part")
        with pytest.raises(TransportError):
            target.publish(self.TMP, self.FINAL)
        target.publish(b".x-01A-2.part", self.FINAL)
        assert not target.take_over(b".x-01A-2.part", b".x-01A-3.part")
        assert (served.path / "invoice-1.xml").read_bytes() == DATA

    def test_odd_names(self, served: Served) -> None:
        target = served.target()
        name = b"lasku\xe4 \n\xe2\x82\xac.xml"
        target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        target.publish(self.TMP, name)
        assert os.listdir(os.fsencode(served.path)).count(name) == 1

    def test_a_missing_folder_is_tried_again_and_never_made(self, served: Served) -> None:
        target = served.target()
        served.path.rmdir()
        with pytest.raises(TransportError) as caught:
            target.stage(self.TMP, io.BytesIO(DATA), len(DATA))
        assert not isinstance(caught.value, RefusedError)
        assert not served.path.exists()


class TestProbe:
    def test_all_well(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        probed = [*served.source().probe(), *served.target().probe()]
        assert [line for line in probed if not line.ok] == []
        assert "1 name waits" in probed[0].say
        assert [name for name in served.names() if not name.startswith(".")] == ["a.csv"]
        assert not list(served.path.rglob(".probe*"))

    def test_a_missing_place_is_a_result(self, served: Served) -> None:
        served.path.rmdir()
        assert [line.ok for line in (*served.source().probe(), *served.target().probe())] == [False, False]

    def test_another_owner_is_pointed_out(self, served: Served) -> None:
        served.put(b"a.csv", DATA)
        claimed(served.source(owner="old-server"))
        (line,) = [line for line in served.source().probe() if not line.ok]
        assert "old-server" in line.say

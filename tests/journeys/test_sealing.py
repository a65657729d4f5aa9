"""A flow that seals what it writes for Bankgirot, and one that takes only files whose seal holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.journeys.conftest import Shell

KEY = "1234567890ABCDEF" * 2
"""Bankgirot's public test key."""
ROWS = (
    "0120240416AUTOGIRO                                            0069240009925256",
    "82202404220    000000000020790200000008000000099252560040106553200145",
)
PLAIN = "".join(f"{row.ljust(80)}\r\n" for row in ROWS).encode("iso-8859-1")
SITE = "site: sealing\ntime zone: Europe/Stockholm\n"
FLOW = """flow: {name}
from: {{at: "folder:in/{name}", match: "*.txt", ready: renamed from *.part{verify}}}
layout: bankgirot/autogiro-request
to:
  - {{write: bankgirot/autogiro-request, at: "folder:out/{name}", name: "{{arrival.stem}}.ag"{seal}}}
"""


def site(folder: Path) -> None:
    (folder / "exchange.yaml").write_text(SITE, "utf-8")
    (folder / "flows").mkdir()
    for name, verify, seal in (("out", "", ", seal: env:BG_KEY"), ("back", ", seal: env:BG_KEY", "")):
        (folder / "flows" / f"{name}.yaml").write_text(
            FLOW.format(name=name, verify=verify, seal=seal), "utf-8"
        )
        for place in ("in", "out"):
            (folder / place / name).mkdir(parents=True)


def test_what_is_written_is_sealed_and_what_is_read_is_verified(exchange: Shell, tmp_path: Path) -> None:
    site(tmp_path)
    (tmp_path / "in" / "out" / "a.txt").write_bytes(PLAIN)
    exchange("run", "--once", BG_KEY=KEY)
    sealed = (tmp_path / "out" / "out" / "a.ag").read_bytes()
    assert sealed.startswith(b"00") and b"HMAC" in sealed and PLAIN in sealed
    exchange("seal", tmp_path / "out" / "out" / "a.ag", "--verify", "--key", "env:BG_KEY", BG_KEY=KEY)

    (tmp_path / "in" / "back" / "good.txt").write_bytes(sealed)
    (tmp_path / "in" / "back" / "changed.txt").write_bytes(sealed.replace(b"0000008000", b"0000009000"))
    (tmp_path / "in" / "back" / "plain.txt").write_bytes(PLAIN)
    exchange("run", "--once", code=3, BG_KEY=KEY)
    assert [path.name for path in (tmp_path / "out" / "back").glob("*.ag")] == ["good.ag"]
    assert (tmp_path / "out" / "back" / "good.ag").read_bytes() == PLAIN
    told = exchange("findings").out
    assert "FIX036" in told and "FIX029" in told
    assert KEY not in told and KEY.encode() not in (tmp_path / "var" / "ledger.db").read_bytes()


def test_a_wrong_key_sends_nothing(exchange: Shell, tmp_path: Path) -> None:
    site(tmp_path)
    (tmp_path / "in" / "out" / "a.txt").write_bytes(PLAIN)
    exchange("run", "--once", code=3, BG_KEY="abc")
    assert "32 hexadecimal digits" in " ".join(exchange("findings").out.split())
    assert list((tmp_path / "out" / "out").glob("*.ag")) == []


def test_only_files_that_can_have_a_seal(exchange: Shell, tmp_path: Path) -> None:
    site(tmp_path)
    flow = tmp_path / "flows" / "out.yaml"
    flow.write_text(flow.read_text("utf-8").replace("bankgirot/autogiro-request", "bankgirot/bgmax"), "utf-8")
    told = exchange("check", "--offline", code=2)
    assert "Files of bankgirot/bgmax have no seal." in told.out + told.err


def test_the_day_of_the_seal_is_that_of_the_arrival(exchange: Shell, tmp_path: Path) -> None:
    site(tmp_path)
    (tmp_path / "in" / "out" / "a.txt").write_bytes(PLAIN)
    exchange("run", "--once", BG_KEY=KEY)
    day = (tmp_path / "out" / "out" / "a.ag").read_bytes()[2:8].decode()
    assert day == f"{date.fromisoformat(exchange.now[:10]):%y%m%d}"

"""`exchange run` over the demo's files, killed at random moments: afterwards everything is as if nothing had happened.

python -m tests.faults.demo --kills 200 [--seed S]

A reference site runs undisturbed. Then a site with the same files is run again and again and killed each time, until it
comes to its end by itself. What is in its outbox must be what is in the reference's: the same names and the same bytes,
but for the arrivals' identifiers and moments, which are each site's own.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from exchange.ledger import open_ledger, queries
from exchange.operations import proving

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples/nordkaffe"
COMMAND = [sys.executable, "-m", "exchange", "run", "--once", "--site"]
MOMENT = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")


def make_site(folder: Path) -> Path:
    """The demo's site with its files waiting, nothing run yet."""
    shutil.copytree(SAMPLES / "site", folder)
    for flow in (path for path in SAMPLES.iterdir() if path.is_dir() and path.name != "site"):
        inbox = folder / "inbox" / flow.name
        inbox.mkdir(parents=True)
        for file in flow.glob("*.in.*"):
            shutil.copyfile(file, inbox / file.name)
    for flow_file in (folder / "flows").glob("*.yaml"):
        for place in re.findall(r'"folder:([^"]+)"', flow_file.read_text(encoding="utf-8")):
            (folder / place).mkdir(parents=True, exist_ok=True)
    return folder


def run(site: Path, kill_after: float | None) -> bool:
    """Run the site; killed after so many seconds, unless it ended before. Whether it ended by itself."""
    engine = subprocess.Popen(
        [*COMMAND, str(site)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        engine.wait(kill_after)
        return True
    except subprocess.TimeoutExpired:
        os.kill(engine.pid, signal.SIGKILL)
        engine.wait()
        return False


def outcome(site: Path) -> tuple[dict[str, bytes], dict[tuple[str, str], str]]:
    """What lies in the outbox, and each arrival's stage, with identifiers and moments made alike."""
    ledger = open_ledger("sqlite", site / "var/ledger.db")
    with ledger.read() as connection:
        arrivals = queries.arrivals(connection, limit=10_000)
    ledger.close()
    named = {row.id.encode(): f"<{row.flow}/{row.name}>".encode() for row in arrivals}
    named |= {id[-8:]: name for id, name in named.items()}  # as cases are called

    def alike(text: bytes) -> bytes:
        for identifier, name in named.items():
            text = text.replace(identifier, name)
        return MOMENT.sub(b"<moment>", text)

    files = [path for path in (site / "outbox").rglob("*") if path.is_file() and ".staging" not in path.parts]
    shown = {alike(str(path.relative_to(site)).encode()).decode(): alike(path.read_bytes()) for path in files}
    assert len(shown) == len(files), "two files of one arrival"
    stages = [((row.flow, row.name), row.stage) for row in arrivals]
    assert len(dict(stages)) == len(stages), "a file was taken twice"
    return shown, dict(stages)


def leftovers(site: Path) -> list[str]:
    """What must not be left: claims, temporary files."""
    parts = (path for path in site.rglob("*") if path.is_file() and {".claim", ".staging"} & set(path.parts))
    return [str(path.relative_to(site)) for path in parts]


def trial(base: Path, number: int, moments: list[float]) -> list[str]:
    """One site killed at these moments, one after the other, then run to its end; what is wrong."""
    site = make_site(base / f"site{number}")
    for moment in moments:
        if run(site, moment):
            break
    run(site, None)
    wrong = [] if outcome(site) == outcome(base / "reference") else ["another outcome than undisturbed"]
    wrong += [f"left over: {name}" for name in leftovers(site)]
    wrong += proving.verify(site, files=True).problems
    if not wrong:
        shutil.rmtree(site)
    return wrong


def play(kills: int, seed: int, base: Path) -> list[str]:
    """So many kills, in trials of one to four; what is wrong with the moments at which it went wrong."""
    chance = random.Random(seed)
    begin = time.monotonic()
    run(make_site(base / "reference"), None)
    longest = (
        time.monotonic() - begin
    )  # so that kills fall on every part of a run, however slow the machine is
    wrong: list[str] = []
    number = 0
    while kills > 0:
        moments = [chance.uniform(0.1, 1) * longest for _ in range(min(kills, chance.randint(1, 4)))]
        kills -= len(moments)
        number += 1
        wrong += [f"trial {number}, killed after {moments}: {each}" for each in trial(base, number, moments)]
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as base:
        wrong = play(options.kills, options.seed, Path(base))
    print(
        f"exchange run over the demo, {options.kills} kills: {len(wrong)} violations, {time.monotonic() - begin:.0f} s"
    )
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

"""Every job against its limit on the same data in the same run: records a second, ratios, memory, growth.

python -m tests.bench [JOB ...] [--full] [--runs N] [--records N] [--processors N]

Ours and the other run in turn, each in a process of its own; medians are shown. Ratios of seconds are what a user
feels; ratios of processor seconds tell more where other programs work on the same machine.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench import traps, truth
from tests.bench.jobs import JOBS, Job, payments

ROOT = Path(__file__).parents[2]
GROWTH = ((10_000, 100_000), (100_000, 1_000_000))
"""From how many rows to how many growth is measured: quick, full."""


@dataclass(frozen=True)
class Measured:
    """Seconds, seconds of the processor, peak of memory in MiB."""

    seconds: float
    processor: float
    memory: int


def measure(*command: str) -> Measured:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.work", *command], capture_output=True, text=True, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(f"{command}: {done.stdout}{done.stderr}")
    seconds, processor, memory = done.stdout.split()
    return Measured(float(seconds), float(processor), int(memory))


def trial(job: Job, folder: Path, records: int) -> tuple[Measured, Measured]:
    """Ours and the other, once each, in a folder that is removed afterwards."""
    folder.mkdir()
    try:
        prepared = job.prepare(folder, records)
        if prepared.before is not None:
            measure(*prepared.before)
        return measure(*prepared.ours), measure(*prepared.other())
    finally:
        shutil.rmtree(folder)


def run(job: Job, base: Path, records: int, runs: int) -> str:
    pairs = [trial(job, base / f"{job.name}-{number}", records) for number in range(runs)]
    seconds = statistics.median(ours.seconds for ours, _ in pairs)
    ratio = _ratio(job, [(ours.seconds, other.seconds) for ours, other in pairs])
    worked = _ratio(job, [(ours.processor, other.processor) for ours, other in pairs])
    memory = max(ours.memory for ours, _ in pairs)
    limit = job.aim_of_two if job.aim_of_two and len(os.sched_getaffinity(0)) > 1 else job.aim
    aim = f"≥ {limit:g} times faster" if job.is_textbook else f"≤ {limit:g}"
    return (
        f"{job.name:<19} {records:>9,} {records / seconds:>9,.0f}/s {ratio:>6.2f} {worked:>6.2f} {memory:>5}   "
        f"{job.title} against {job.other} ({aim}, ≤ {job.memory} MiB)"
    )


def _ratio(job: Job, pairs: list[tuple[float, float]]) -> float:
    """Ours to the other; of a handbook's program how many times faster ours is."""
    return statistics.median(other / ours if job.is_textbook else ours / other for ours, other in pairs)


def growth(base: Path, rows: tuple[int, int]) -> str:
    """How the time of one job grows with its size; the start, measured with one row, is left out."""
    times, memory = [], []
    for number in (1, *rows):
        folder = base / f"growth-{number}"
        folder.mkdir()
        measured = measure(*payments(folder, number).ours)
        shutil.rmtree(folder)
        times.append(measured.processor)
        memory.append(measured.memory)
    start, small, big = times
    exponent = math.log((big - start) / (small - start)) / math.log(rows[1] / rows[0])
    return (
        f"growth of payments from {rows[0]:,} to {rows[1]:,} rows: exponent {exponent:.2f} (≤ 1.05), "
        f"memory {memory[1]} → {memory[2]} MiB"
    )


def main() -> None:
    names = [job.name for job in JOBS]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "jobs", nargs="*", metavar="JOB", help=f"some of: {', '.join(names)}, growth, truth (default: all)"
    )
    parser.add_argument("--full", action="store_true", help="big inputs: takes an hour or so")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured")
    parser.add_argument("--records", type=int, help="this many records in every job")
    parser.add_argument("--dir", type=Path, default=Path("/var/tmp"), help="where to work (a real disk)")
    parser.add_argument(
        "--processors", type=int, default=1, help="how many of the processors may be used (default: 1)"
    )
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.processors])
    unknown = set(options.jobs) - {*names, "growth", "truth"}
    if unknown:
        parser.error(
            f"there is no job {', '.join(sorted(unknown))}; there are {', '.join(names)}, growth, truth"
        )
    print(f"{'':<19} {'records':>9} {'ours':>11} {'ratio':>6} {'cpu':>6} {'MiB':>5}")
    with tempfile.TemporaryDirectory(dir=options.dir, prefix="bench-") as base:
        for job in JOBS:
            if not options.jobs or job.name in options.jobs:
                records = options.records or (job.full if options.full else job.quick)
                print(run(job, Path(base), records, options.runs), flush=True)
        if not options.jobs or "growth" in options.jobs:
            print(growth(Path(base), GROWTH[options.full]), flush=True)
    if not options.jobs or "truth" in options.jobs:
        print("\n".join(truth.report(range(20 if options.full else 5)).lines()), flush=True)
        print("\n".join(traps.report(range(60 if options.full else 15)).lines()), flush=True)


if __name__ == "__main__":
    main()

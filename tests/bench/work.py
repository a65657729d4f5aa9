"""One piece of work in a process of its own, so that its time and memory are its own: `python -m tests.bench.work …`.

Prints seconds and the peak memory in MiB.
"""

from __future__ import annotations

import csv
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat


def run_site(site: Path) -> None:
    """The whole product: claim, archive, read, check, map, write, deliver with proof, everything synced."""
    from exchange.operations.running import run

    report = run(site, once=True)
    if report.troubles:
        raise SystemExit(f"troubles: {report.troubles}")


def bare_csv(source: Path, result: Path) -> None:
    """The limit: read every row, and write bytes that are already there, synced."""
    with source.open(encoding="windows-1252", newline="") as stream:
        for _ in csv.reader(stream, delimiter=";", strict=True):
            pass
    _copy(result)


def bare_xml(source: Path, result: Path) -> None:
    """The limit: an XML parser in C that does nothing with what it reads, and the bytes written, synced."""
    parser = expat.ParserCreate()
    with source.open("rb") as stream:
        parser.ParseFile(stream)
    _copy(result)


def _copy(result: Path) -> None:
    with result.open("rb") as stream, result.with_suffix(".copy").open("wb") as out:
        while block := stream.read(1 << 20):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())


WORK: dict[str, Callable[..., None]] = {"site": run_site, "csv": bare_csv, "xml": bare_xml}


def main() -> None:
    name, *paths = sys.argv[1:]
    begin = time.perf_counter()
    WORK[name](*map(Path, paths))
    seconds = time.perf_counter() - begin
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


if __name__ == "__main__":
    main()

"""One piece of work in a process of its own, so that its time and memory are its own: `python -m tests.bench.work …`.

Prints seconds, seconds of the processor, and the peak of memory of a process in MiB. What is imported does not count, nor what work
does before it yields: it is ready then.
"""

from __future__ import annotations

import csv
import functools
import inspect
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from xml.parsers import expat

from lxml import etree

from exchange import disk
from exchange.declare.catalogue import Catalogue
from exchange.flow.library import Library
from exchange.ledger.connect import sqlite_module
from exchange.operations.running import run
from exchange.outcome import Gathered

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas/iso20022"
BATCH = 200
COMMITS = ("entered", "cleared", "begun", "written", "sending", "staged", "delivered", "settled", "done")
"""What the ledger commits for each batch of files on their way."""


def run_site(site: Path, comes: Path | None = None, to: Path | None = None) -> None:
    """The whole product: claim, archive, read, check, map, write, deliver with proof, everything synced.

    comes, to: a file that comes now, and where to.
    """
    if comes is not None and to is not None:
        comes.rename(to)
    report = run(site, once=True)
    if report.troubles:
        raise SystemExit(f"troubles: {report.troubles}")


def read(site: Path, layout: Path, source: Path) -> Iterator[None]:
    """Every record of a file, by the compiled reader of a layout of ours."""
    reader = Library(Catalogue.of(site)).reader(str(layout))
    assert reader is not None
    found = Gathered()
    yield
    with source.open("rb") as stream:
        records = sum(len(batch) for batch in reader.read(stream, found))
    if found.errors or not records:
        raise SystemExit(f"{records} records, {found.kept[:3]}")


def bare_csv(source: Path, *results: Path) -> None:
    """Read every row, and write bytes that are already there, synced."""
    with source.open(encoding="windows-1252", newline="") as stream:
        for _ in csv.reader(stream, delimiter=";", strict=True):
            pass
    _copy(results)


def bare_xml(source: Path, *results: Path) -> None:
    """An XML parser in C that does nothing with what it reads, and the bytes written, synced."""
    parser = expat.ParserCreate()
    with source.open("rb") as stream:
        parser.ParseFile(stream)
    _copy(results)


def bare_json(source: Path, *results: Path) -> None:
    """Every order by the standard library, one after the other, and the bytes written, synced."""
    with source.open("rb") as stream:
        for line in stream:
            json.loads(line)
    _copy(results)


def bare_copy(source: Path, result: Path) -> None:
    """csv.reader into csv.writer, synced."""
    with (
        source.open(encoding="windows-1252", newline="") as stream,
        result.with_suffix(".copy").open("w", encoding="utf-8", newline="") as out,
    ):
        csv.writer(out).writerows(csv.reader(stream, delimiter=";", strict=True))
        out.flush()
        os.fsync(out.fileno())


def bare_entries(source: Path) -> None:
    """lxml.iterparse over the entries of a statement, every text of each looked at."""
    for _, entry in etree.iterparse(str(source), tag="{*}Ntry"):
        for element in entry.iter():
            _ = element.text
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]


def bare_fixed(source: Path) -> None:
    """Every line cut into its columns."""
    ends = (1, 15, 21, 27, 43, 63, 75, 76, 77, 87, 88, 89, 90)
    with source.open(encoding="iso-8859-1", newline="\n") as stream:
        for line in stream:
            _ = [line[start:end] for start, end in pairwise(ends)]


def bare_small(inputs: Path) -> None:
    """The files, names, syncs and commits of the protocol, batch by batch, and nothing else: no content is looked at."""
    home = inputs.with_name("bare")
    for name in ("claim", "taken", "archive", "work", "staging", "out"):
        (home / name).mkdir(parents=True)
    place = os.open(home, os.O_RDONLY)
    ledger = sqlite_module().connect(home / "ledger.db", isolation_level=None)
    ledger.execute("PRAGMA journal_mode = wal")
    ledger.execute("PRAGMA synchronous = full")
    ledger.execute("CREATE TABLE steps (step TEXT, first TEXT)")
    names = sorted(os.listdir(inputs))
    for start in range(0, len(names), BATCH):
        _bare_batch(inputs, home, place, ledger, names[start : start + BATCH])


def _bare_batch(inputs: Path, home: Path, place: int, ledger: object, names: list[str]) -> None:
    steps = iter(COMMITS)

    def commit() -> None:
        ledger.execute("INSERT INTO steps VALUES (?, ?)", (next(steps), names[0]))  # type: ignore[attr-defined]

    def move(old: Path, new: Path) -> None:
        for name in names:
            os.rename(old / name, new / name)
        disk.sync_disk(place)

    def write(old: Path, new: Path, prefix: str = "") -> None:
        for name in names:
            (new / f"{prefix}{name}").write_bytes((old / name).read_bytes())
        disk.sync_disk(place)

    for name in names:
        (home / "claim" / name).mkdir()
        os.rename(inputs / name, home / "claim" / name / name)
        (home / "archive" / f".{name}").write_bytes((home / "claim" / name / name).read_bytes())
    disk.sync_disk(place)
    for name in names:
        os.rename(home / "archive" / f".{name}", home / "archive" / name)
    disk.sync_disk(place)
    commit()
    move(home / "claim", home / "taken")
    commit()
    commit()
    write(home / "archive", home / "work", "result-")
    for name in names:
        os.rename(home / "work" / f"result-{name}", home / "archive" / f"result-{name}")
    disk.sync_disk(place)
    commit()
    commit()
    write(home / "archive", home / "staging")
    _append(home / "witness", names)
    commit()
    move(home / "staging", home / "out")
    commit()
    commit()
    _append(home / "manifest", names)
    commit()


def _append(path: Path, lines: Iterable[str]) -> None:
    with path.open("a") as out:
        out.writelines(f"{line}\n" for line in lines)
        out.flush()
        os.fsync(out.fileno())


def textbook_payments(source: Path, result: Path) -> None:
    """What a handbook would do: csv.DictReader, a tree of lxml, validated, written."""
    space = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
    root = etree.Element(f"{{{space}}}Document", nsmap={None: space})

    def add(parent: etree._Element, path: str, text: str | None = None, **attributes: str) -> etree._Element:
        for name in path.split("/"):
            parent = etree.SubElement(parent, f"{{{space}}}{name}", attributes)
        parent.text = text
        return parent

    with source.open(encoding="windows-1252", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    amounts = [row["Summa"].replace(",", ".") for row in rows]
    initiation = add(root, "CstmrCdtTrfInitn")
    header = add(initiation, "GrpHdr")
    add(header, "MsgId", "BENCH")
    add(header, "CreDtTm", "2026-11-23T21:00:00")
    add(header, "NbOfTxs", str(len(rows)))
    add(header, "InitgPty/Nm", "Nordkaffe Oy")
    batch = add(initiation, "PmtInf")
    add(batch, "PmtInfId", "1")
    add(batch, "PmtMtd", "TRF")
    add(batch, "ReqdExctnDt/Dt", "2026-12-01")
    add(batch, "Dbtr/Nm", "Nordkaffe Oy")
    add(batch, "DbtrAcct/Id/IBAN", "FI2112345600000785")
    add(batch, "DbtrAgt/FinInstnId/BICFI", "NDEAFIHH")
    for row, amount in zip(rows, amounts, strict=True):
        payment = add(batch, "CdtTrfTxInf")
        add(payment, "PmtId/EndToEndId", row["MaksuId"])
        add(add(payment, "Amt"), "InstdAmt", amount, Ccy=row["Valuutta"])
        creditor = add(payment, "Cdtr")
        add(creditor, "Nm", row["Toimittaja"])
        address = add(creditor, "PstlAdr")
        for tag, column in (
            ("StrtNm", "Katu"),
            ("BldgNb", "Talo"),
            ("PstCd", "Postinro"),
            ("TwnNm", "Kaupunki"),
        ):
            add(address, tag, row[column])
        add(address, "Ctry", row["Maa"])
        add(payment, "CdtrAcct/Id/IBAN", row["Maksutili"])
        add(payment, "RmtInf/Strd/CdtrRefInf/Ref", row["Viite"])
    etree.XMLSchema(file=str(SCHEMAS / "pain.001.001.09.xsd")).assertValid(root)
    etree.ElementTree(root).write(str(result), xml_declaration=True, encoding="UTF-8")
    _sync(result)


def textbook_statement(source: Path, result: Path) -> None:
    """What a handbook would do: a tree of lxml, validated, values by findtext, rows by csv.DictWriter."""
    tree = etree.parse(str(source))
    etree.XMLSchema(file=str(SCHEMAS / "camt.053.001.08.xsd")).assertValid(tree)
    wanted = {
        "ref": "NtryRef", "amount": "Amt", "side": "CdtDbtInd", "booked": "BookgDt/Dt", "value": "ValDt/Dt",
        "bank": "AcctSvcrRef", "domain": "BkTxCd/Domn/Cd", "family": "BkTxCd/Domn/Fmly/Cd",
        "id": "NtryDtls/TxDtls/Refs/EndToEndId", "name": "NtryDtls/TxDtls/RltdPties/Dbtr/Pty/Nm",
        "reference": "NtryDtls/TxDtls/RmtInf/Strd/CdtrRefInf/Ref",
    }  # fmt: skip
    paths = {name: "/".join(f"{{*}}{part}" for part in path.split("/")) for name, path in wanted.items()}
    with result.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(wanted))
        for entry in tree.iterfind(".//{*}Ntry"):
            writer.writerow({name: entry.findtext(path) for name, path in paths.items()})
    _sync(result)


def _copy(results: Iterable[Path]) -> None:
    for result in results:
        with result.open("rb") as stream, result.with_suffix(".copy").open("wb") as out:
            while block := stream.read(1 << 20):
                out.write(block)
            out.flush()
            os.fsync(out.fileno())


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


WORK: dict[str, Callable[..., Iterator[None] | None]] = {
    "site": run_site,
    "read": read,
    "csv": bare_csv,
    "xml": bare_xml,
    "json": bare_json,
    "copy": bare_copy,
    "entries": bare_entries,
    "fixed": bare_fixed,
    "small": bare_small,
    "textbook-payments": textbook_payments,
    "textbook-statement": textbook_statement,
}


def main() -> None:
    name, *paths = sys.argv[1:]
    work = functools.partial(WORK[name], *map(Path, paths))
    if inspect.isgeneratorfunction(WORK[name]):
        prepared = work()
        next(prepared)
        work = functools.partial(list, prepared)
    begin, worked = time.perf_counter(), _processor()
    work()
    seconds, processor = time.perf_counter() - begin, _processor() - worked
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(seconds, processor, peak // 1024)


def _processor() -> float:
    """Seconds of the processors, those of processes that this one began included."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()

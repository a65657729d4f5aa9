"""Trying a flow on files without side effects, and the pairs of files that keep it right.

`01-daily.in.csv` may have expected results beside it: `01-daily.out.1.xml` is what the first target must get (with
`per: document`, `01-daily.out.1-2.xml` is its second file), `01-daily.findings` what must be found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from hashlib import file_digest
from pathlib import Path

from exchange.declare.calendar import Calendar
from exchange.declare.layout import GroupingLayout
from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError, UseError
from exchange.findings import Finding
from exchange.flow.bound import Bound
from exchange.flow.library import Chain
from exchange.flow.reconciling import NoMemory, Reference
from exchange.flow.site import OpenSite, open_site
from exchange.formats.encoding import guess
from exchange.mapping.repeated import Seen
from exchange.model import NO_ARRIVAL, ArrivalFacts
from exchange.operations.predicting import Execution, executions
from exchange.outcome import Outcome, Output

DAY = date(2000, 1, 1)
"""The day on which a tried file pretends to have come: always the same, so that expected files stay right."""
INPUT, OUTPUT, FINDINGS = ".in", ".out.", ".findings"
SHOWN = 40
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Result:
    """One output of a tried file. beginning: its first lines; expected: the file it was compared with, if any."""

    target: str
    name: str
    size: int
    documents: int
    totals: Mapping[str, object]
    beginning: str
    expected: Path | None = None
    is_expected: bool | None = None


@dataclass(slots=True)
class Tried:
    """What a flow made of one file."""

    file: Path
    outcome: Outcome
    results: list[Result] = field(default_factory=list)
    documents: dict[str, int] = field(default_factory=dict)
    executions: list[Execution] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """Whether the file differs from what is expected, or would be held and nothing beside it said so."""
        return bool(self.differences) or (self.outcome.is_bad and not self.is_held_as_expected)

    @property
    def is_held_as_expected(self) -> bool:
        """Whether the findings that hold the file are those that stood beside it."""
        is_told = _expected_findings(self.file).is_file() and not self.written
        return self.outcome.is_bad and is_told and not self.differences


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a mapping does not touch: source fields it does not read, required fields it does not set.

    reads_file: the mapping begins with the layout of the flow's files.
    """

    mapping: str
    reads_file: bool
    unused: Sequence[str]
    missing: Sequence[str]


def try_flow(
    folder: Path,
    flow: str,
    files: Sequence[Path],
    *,
    day: date | datetime = DAY,
    references: Mapping[str, Path] | None = None,
    write: bool = False,
    progress: Progress | None = None,
) -> tuple[list[Tried], list[Coverage]]:
    """The whole way of each file, without ledger, archive or places. write: make the expected files beside them.

    day: of the arrival, at midnight, or the moment of it. references: files that stand for the newest ones of other
    flows. DeclarationError when the flow is not sound; what is wrong with other flows stops nobody.
    """
    opened = open_site(folder, _newest(references or {}), only=flow)
    trial = _trial(opened, flow)
    tried = [_one(trial, file, day, write, progress) for file in files]
    return tried, list(_coverage(opened, trial.bound))


def try_pairs(site: Path, samples: Path) -> list[Tried]:
    """Every sample below `samples/FLOW/` through that flow; the first sample of each other flow is its newest file.
    DeclarationError when any flow of the site is not sound.
    """
    inputs = sorted(samples.glob(f"*/*{INPUT}.*"))
    newest = {path.parent.name: path for path in reversed(inputs)}
    opened = open_site(site, _newest(newest))
    trials = {flow: _trial(opened, flow) for flow in sorted(newest)}
    return [
        _one(trial, file, DAY, False, None)
        for flow, trial in trials.items()
        for file in inputs
        if file.parent.name == flow
    ]


@dataclass(frozen=True, slots=True)
class _Trial:
    """What is tried. encodings: of each target's files, None where the layout names none; banks: the profile of each
    target, None where it names none.
    """

    bound: Bound
    encodings: Sequence[str | None]
    banks: Sequence[str | None]
    calendars: Mapping[str, Calendar]


def _trial(opened: OpenSite, name: str) -> _Trial:
    if name not in opened.flows:
        known = opened.declared_flows
        raise UnknownNameError(f'There is no flow "{name}".', advice=did_you_mean(name, known))
    targets = opened.declared_flows[name].to
    layouts = [opened.library.layout(target.write) for target in targets]
    encodings = [getattr(layout, "encoding", None) for layout in layouts]
    return _Trial(
        opened.flows[name], encodings, [target.bank for target in targets], opened.library.calendars()
    )


def _newest(references: Mapping[str, Path]) -> NoMemory:
    """Nothing is remembered but the newest files of other flows."""
    return NoMemory({name: _reference(path) for name, path in references.items()})


def _reference(path: Path) -> Reference:
    with path.open("rb") as stream:
        return Reference(NO_ARRIVAL, file_digest(stream, "sha256").hexdigest(), path)


def _one(trial: _Trial, file: Path, day: date | datetime, write: bool, progress: Progress | None) -> Tried:
    if not file.is_file():
        raise UseError(f"{file} is not a file.")
    with file.open("rb") as stream:
        sha256 = file_digest(stream, "sha256").hexdigest()
    bound = trial.bound
    moment = day if isinstance(day, datetime) else datetime.combine(day, time())
    facts = ArrivalFacts(NO_ARRIVAL, bound.name, file.name, sha256, moment.replace(tzinfo=bound.zone))
    with tempfile.TemporaryDirectory() as work:
        outcome, _ = bound.content.process(file, facts, Path(work), progress)
        tried = Tried(file, outcome)
        seen = Seen()
        for document in outcome.documents:
            for finding in seen.again(document.kind, [(document.key, document.line, None, None)]):
                outcome.findings(finding)
            tried.documents[document.kind] = tried.documents.get(document.kind, 0) + 1
        _compare(trial, tried, write)
    for way, bank in zip(bound.content.ways, trial.banks, strict=True):
        tried.executions += executions(bound.content.intake, way.chain, file, facts, trial.calendars, bank)
    return tried


def _compare(trial: _Trial, tried: Tried, write: bool) -> None:
    """Results against the expected files beside the input; with `write`, these are made anew."""
    outputs = [] if tried.outcome.is_bad else tried.outcome.outputs
    made = {_expected(tried.file, output, position): output for position, output in _numbered(outputs)}
    there = _there(tried.file)
    if write:
        _write(tried, made, there)
        there = _there(tried.file)
    for path, output in made.items():
        expected = path if path in there else None
        same = expected.read_bytes() == output.path.read_bytes() if expected else None
        if same is False:
            tried.differences.append(f"{output.name} differs from {path.name}.")
        tried.results.append(_result(trial, output, expected, same))
    tried.differences += [
        f"{path.name} is expected, but nothing like it was made." for path in sorted(there - made.keys())
    ]
    _compare_findings(tried)


def _numbered(outputs: Sequence[Output]) -> Iterator[tuple[int | None, Output]]:
    """Outputs with their number within their target, None where it is the only one."""
    for output in outputs:
        same = [other for other in outputs if other.target == output.target]
        yield (same.index(output) + 1 if len(same) > 1 else None), output


def _stem(file: Path) -> str:
    """`01-daily` of `01-daily.in.csv`, of any other file its name without the ending."""
    name = file.name
    return name.partition(f"{INPUT}.")[0] if f"{INPUT}." in name else file.stem


def _expected(file: Path, output: Output, position: int | None) -> Path:
    number = f"{output.target + 1}" if position is None else f"{output.target + 1}-{position}"
    return file.with_name(f"{_stem(file)}{OUTPUT}{number}{Path(output.name).suffix}")


def _there(file: Path) -> set[Path]:
    return set(file.parent.glob(f"{_glob(_stem(file))}{OUTPUT}*"))


def _glob(text: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in text)


def _write(tried: Tried, made: Mapping[Path, Output], there: set[Path]) -> None:
    for path in there - made.keys():
        path.unlink()
    for path, output in made.items():
        path.write_bytes(output.path.read_bytes())
        tried.written.append(path)
    findings = _expected_findings(tried.file)
    lines = finding_lines(tried.outcome.findings.kept)
    if lines:
        findings.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        tried.written.append(findings)
    else:
        findings.unlink(missing_ok=True)


def unproven(tried: Tried) -> list[str]:
    """What was made of a file that nothing beside it expects: such a sample proves nothing."""
    missing = [
        f"nothing beside it says that {result.name} is right."
        for result in tried.results
        if not result.expected
    ]
    is_silent = tried.outcome.is_bad and not _expected_findings(tried.file).is_file()
    return missing + ["it would be held, and nothing beside it says why."] * is_silent


def _expected_findings(file: Path) -> Path:
    """Where the findings stand that a file must give."""
    return file.with_name(_stem(file) + FINDINGS)


def _compare_findings(tried: Tried) -> None:
    """Findings against the expected ones; only where a pair exists, so that any file may be tried."""
    path = _expected_findings(tried.file)
    if not path.is_file() and not any(result.expected for result in tried.results):
        return
    expected = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = finding_lines(tried.outcome.findings.kept)
    tried.differences += [f"Not found, but expected: {line}" for line in expected if line not in found]
    tried.differences += [f"Found, but not expected: {line}" for line in found if line not in expected]


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Findings as lines of a `.findings` file: `error VAL010 2:18 net "470,4O": sentence`."""
    return [_line(finding) for finding in findings]


def _line(finding: Finding) -> str:
    place = (
        ":".join(str(part) for part in (finding.line, finding.column) if part is not None)
        or finding.path
        or "-"
    )
    value = "" if finding.value is None else f' "{finding.value}"'
    words = f"{finding.severity} {finding.code} {place} {finding.field or '-'}{value}: {finding.message}"
    return " ".join(words.split())


def _result(trial: _Trial, output: Output, expected: Path | None, same: bool | None) -> Result:
    with output.path.open("rb") as stream:
        sample = stream.read(4_000)
    beginning = sample.decode(trial.encodings[output.target] or guess(sample).encoding, "replace")
    shown = "\n".join(beginning.splitlines()[:SHOWN])
    way = trial.bound.content.ways[output.target]
    size = output.path.stat().st_size
    return Result(way.title, output.name, size, output.documents, output.totals, shown, expected, same)


def _coverage(opened: OpenSite, bound: Bound) -> Iterator[Coverage]:
    """Each mapping of the flow once, in the order of its chains."""
    layout = opened.declared_flows[bound.name].layout
    chains: list[Chain] = [bound.content.intake.chain, *(way.chain for way in bound.content.ways)]
    steps = {step.name: step.compiled for chain in chains for together in chain for step in together}
    for name, compiled in steps.items():
        reads_file = compiled.source_shape.layout == layout
        read_twice = _repeated(opened, layout) if reads_file else set()
        written_twice = _repeated(opened, compiled.target_shape.layout)
        unused = [field for field in compiled.unused_source_fields() if field not in read_twice]
        missing = [field for field in compiled.missing_required_targets() if field not in written_twice]
        yield Coverage(name, reads_file, unused, missing)


def _repeated(opened: OpenSite, name: str) -> set[str]:
    """The fields that every line of a group has from the record which the lines become."""
    layout = opened.library.layout(name)
    group = layout.group if isinstance(layout, GroupingLayout) else None
    return {f"{group.children}.{field}" for field in group.shared} if group else set()


def untouched(coverage: Sequence[Coverage]) -> list[str]:
    """The fields of the flow's files that none of its mappings reads."""
    unread = [set(each.unused) for each in coverage if each.reads_file]
    return sorted(set.intersection(*unread)) if unread else []

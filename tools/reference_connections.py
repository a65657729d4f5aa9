"""The page of connections: which file becomes which, for each document between them; every mark is a sample that runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reference_keys import table

from exchange.declare.catalogue import SITE_FILE
from exchange.flow.binder import MATCH, TRANSACTION
from exchange.flow.declared import DeclaredSite, read_site
from exchange.flow.library import Library

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = "common/"
OUTCOMES = ROOT / "tests" / "samples" / "connections.txt"
"""What a test saw: document, source, target and what came of it on each line."""
WRITTEN, REFUSED, NONE = "written", "refused", "none"
Graph = Mapping[str, Sequence[str]]
"""From a layout to those that mappings make of it."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A flow of samples: a file of `source` becomes `document`, and that a file of `target`."""

    source: str
    document: str
    target: str
    samples: Path


def connections_page(library: Library) -> str:
    """Sources × targets for each document."""
    graph = _graph(library)
    shown = list(connections())
    parts = [
        "# Connections",
        "Which file becomes which. A partner is mapped once to and from a document, so every source of a document meets "
        "every target of it. **sample**: a pair of files shows it, and a test runs it. For the other cells a test takes the "
        "documents of a sample of the source through the mappings to the target: *written*, one of them at least is written "
        "whole; *refused*, each is held with a finding that says what the target needs and the source does not "
        "tell (its site has the values and tables of all sample sites, and knows all accounts); *none*, the "
        "target is for other documents than these, such as a collection among payments. *possible*: the mappings meet, and "
        "the source has no sample, or the target needs more than a file (open items, to match). Blank: no mappings meet. Only mappings "
        "of the product are counted, and those of the samples. An invoice whose target knows lines only goes through "
        "common/adjustments-as-lines first.",
    ]
    for document in sorted({connection.document for connection in shown} | _documents(graph)):
        parts += _section(document, graph, [each for each in shown if each.document == document])
    return "\n\n".join(parts)


def outcomes() -> Mapping[tuple[str, str, str], str]:
    """What came of each cell in the test of connections: by document, source and target."""
    lines = OUTCOMES.read_text(encoding="utf-8").splitlines() if OUTCOMES.is_file() else []
    return {
        (through, source, target): came
        for through, source, target, came in (line.split("\t") for line in lines)
    }


def connections() -> Iterator[Connection]:
    """Every connection that a flow of the samples makes."""
    for path in sorted((ROOT / "samples").rglob(SITE_FILE)):
        site = read_site(path.parent)
        samples = path.parent.parent if path.parent.name == "site" else path.parent / "samples"
        for name, flow in sorted(site.declared_flows.items()):
            start = [flow.layout, *_results(site, flow.map)]
            matched = [MATCH] if flow.match else []
            for target in flow.to:
                way = [*start, *matched, *_results(site, target.map)]
                document = next((each for each in way if each.startswith(DOCUMENTS)), None)
                if document is not None and flow.layout != document != target.write:
                    yield Connection(flow.layout, document, target.write, samples / name)


def _results(site: DeclaredSite, names: Sequence[object]) -> Iterator[str]:
    """The layouts that mappings lead to, one after the other."""
    for item in names:
        name = item[0] if isinstance(item, list) else item
        yield end_of(site.library, str(name), "to")


def end_of(library: Library, mapping: str, key: str) -> str:
    node, _ = library.catalogue.load("mapping", mapping)
    end = node.get(key) if node is not None else None
    return str(end.text) if end is not None and end.text is not None else ""


def _graph(library: Library) -> Graph:
    graph = {TRANSACTION: [MATCH]}  # what matching makes of it, without a mapping
    for name in library.catalogue.names("mapping"):
        graph.setdefault(end_of(library, name, "from"), []).append(end_of(library, name, "to"))
    return graph


def _documents(graph: Graph) -> set[str]:
    return {each for targets in graph.values() for each in targets if each.startswith(DOCUMENTS)}


def _reach(graph: Graph, document: str) -> set[str]:
    """The layouts of files that a document can become, by way of other documents, too."""
    seen, open_ = {document}, [document]
    while open_:
        for target in graph.get(open_.pop(), ()):
            if target not in seen:
                seen.add(target)
                open_ += [target] if target.startswith(DOCUMENTS) else []
    return {layout for layout in seen if not layout.startswith(DOCUMENTS)}


def _section(document: str, graph: Graph, shown: Sequence[Connection]) -> list[str]:
    mapped = {
        source
        for source, targets in graph.items()
        if document in targets and not source.startswith(DOCUMENTS)
    }
    reached = _reach(graph, document)
    sources = sorted(mapped | {each.source for each in shown})
    targets = sorted(reached | {each.target for each in shown})
    if not sources or not targets:
        return []
    cells = {(each.source, each.target): each.samples for each in shown}
    seen = outcomes()

    def cell(source: str, target: str) -> str:
        came = seen.get(
            (document, source, target), "possible" if source in mapped and target in reached else ""
        )
        return _cell(cells.get((source, target)), came)

    rows = [(source, *(cell(source, target) for target in targets)) for source in sources]
    return [f"## {document}", table(("from \\ to", *targets), rows)]


def _cell(samples: Path | None, came: str) -> str:
    if samples is None:
        return f"*{came}*" if came else ""
    return f"[**sample**]({os.path.relpath(samples, ROOT / 'docs' / 'reference')})"

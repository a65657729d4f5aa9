"""Reads the records of an XML layout: pieces, one pass over each record, findings instead of exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from exchange.findings import Finding, Found
from exchange.formats.contract import Progress
from exchange.formats.xml.complaints import WRONG_ROOT
from exchange.formats.xml.layout import Layout
from exchange.formats.xml.names import Names, PlainNames, can_be_plain, split
from exchange.formats.xml.plan import Plan
from exchange.formats.xml.scan import Cutting, Pieces
from exchange.formats.xml.skim import Skimmer
from exchange.formats.xml.source import Source
from exchange.formats.xml.walk import Code, Late, Walker, look_ahead
from exchange.formats.xml.walkcode import Fast, Functions, Slow
from exchange.model import Batch


class XmlReader:
    """The reader of one layout; the code is generated once."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._plan = Plan(layout)
        direct = not layout.prefixes
        self._code = {plain: _code(self._plan, plain, direct and plain) for plain in (False, True)}
        self._cutting = Cutting(
            self._plan.ends, self._plan.splits, partial(can_be_plain, layout), layout.concatenated
        )

    @property
    def source(self) -> str:
        """The generated Python source of the fast path."""
        return self._code[False].fast.source

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The records in batches, in the order of the file; every record shares the records of what is around it."""
        stream.seek(0)
        source = Source(stream, found, progress)
        told = _Noted(found)
        walker = Walker(self._plan, self._code, told, lambda: self._look_ahead(stream))
        pieces = Pieces(source, self._cutting, told)
        skimmer = Skimmer(self._plan, pieces, walker)
        for piece in pieces:
            walker.walk(piece)
            yield from walker.batches()
            while skimmer.reads_on(piece):
                yield from walker.batches()
        yield from walker.batches(ended=True)
        if not walker.began and not told.any and not source.broken:
            why = walker.strange_root() if walker.fits else self._wrong_root(walker.root)
            if why is not None:
                found(why)

    def _look_ahead(self, stream: BinaryIO) -> Late:
        """Read the whole file for what stands late, then go on where the reading was."""
        place = stream.tell()
        stream.seek(0)
        late = look_ahead(self._plan, self._code, Pieces(Source(stream, _ignored), self._cutting, _ignored))
        stream.seek(place)
        return late

    def _wrong_root(self, root: str) -> Finding:
        """Why nothing was found: another root, or the right one in another namespace."""
        wanted = next(kind for kind in self._layout.kinds().values() if kind.inside is None).places[0]
        namespace, local = split(root)
        said = namespace or "no namespace"
        expected = " or ".join(space or "no namespace" for space in self._layout.namespaces)
        if not wanted.anywhere and local == wanted.steps[0].name.rpartition(":")[2]:
            why = f"its {local} is in {said}, the layout has {expected}"
        else:
            why = f"its outermost element is {local} in {said}"
        return WRONG_ROOT.at(line=1, path=str(wanted), value=root, want=wanted, why=why)


def _code(plan: Plan, plain: bool, direct: bool) -> Code:
    names = PlainNames(plan.layout) if plain else Names(plan.layout)
    return Code(names, Functions(plan, names, Fast(), direct), Functions(plan, names, Slow()))


class _Noted:
    """Passes findings on and remembers whether there were any."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self.any = False

    def __call__(self, finding: Finding) -> None:
        self.any = True
        self._found(finding)


def _ignored(_finding: Finding) -> None:
    """The first reading of a file tells what is wrong; the look ahead need not."""

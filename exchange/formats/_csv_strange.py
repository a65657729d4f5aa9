"""What a csv file is whose first row is not what the layout says: told once, and not column by column.

Its columns stand between another delimiter; or it has no header; or its header is further down, or quite another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from exchange.findings import Finding, code
from exchange.formats._csv_columns import Column, split
from exchange.formats.encoding import canonical, meant_by
from exchange.formats.values import Codec

if TYPE_CHECKING:
    from exchange.formats.csv import Layout

DELIMITERS = (";", ",", "\t", "|")
"""The usual ones."""
AHEAD = 30
"""In so many lines a header is looked for that does not stand where it should."""
SHOWN = 6
"""So many names of a header are shown."""

OTHER_DELIMITER = code(
    "CSV012",
    "error",
    "The columns stand between {actual}, but the layout declares {declared}: read with {actual}, line {line} has {got} "
    "of the {want} columns of the layout.",
    advice="{remedy}",
)
NO_HEADER = code(
    "CSV013",
    "error",
    "Line {line} should be the header, but none of the {want} columns that the layout needs is in it{seen}.",
    advice="{remedy}",
)
_LOST = (
    "Compare the file with the layout: it is probably of another kind, or its columns have got other names."
)


class FirstRow:
    """The first row of a file, held against a layout. line: its physical number."""

    def __init__(self, layout: Layout, columns: Mapping[str, Column], text: str, line: int) -> None:
        self._layout, self._columns = layout, columns
        self._text, self._line = text, line
        self._needed = [column for column in columns.values() if not column.optional]

    def strange(
        self, delimiter: str, width: int, codecs: Mapping[str, Codec], following: Iterator[str]
    ) -> Finding | None:
        """What it is instead, None when it is as declared or a matter of single columns.

        delimiter: that of the file, of those declared; width: the number of columns where there is no header;
        codecs: of all fields; following: the lines from there on, of which some are taken when it is no header.
        """
        cells = self._cells(self._text, delimiter)
        if not self._layout.dialect.header:
            return None if len(cells) == width else self._otherwise(0, width, width)
        known = self._known(cells)
        if known == len(self._needed):
            return None
        other = self._otherwise(known, (len(self._needed) + 1) // 2, len(self._needed))
        if other is not None or known or not cells:
            return other
        remedy, seen = self._headless(cells, delimiter, codecs, following)
        return NO_HEADER.at(line=self._line, column=1, want=len(self._needed), seen=seen, remedy=remedy)

    def is_misread(self, delimiter: str) -> bool:
        """Whether it is a header in UTF-8 that is read in another encoding: that is told already, by its bytes, and says
        all; that columns with ä in their names are missing then is no news."""
        declared = self._layout.encoding
        if not self._layout.dialect.header or self._text.isascii() or canonical(declared) == "utf-8":
            return False
        raw = self._text.encode(declared, "replace")
        if meant_by(raw, declared) != "utf-8":
            return False
        meant = self._cells(raw.decode("utf-8", "replace"), delimiter)
        return self._known(meant) > self._known(self._cells(self._text, delimiter))

    def _otherwise(self, known: int, enough: int, want: int) -> Finding | None:
        """The finding, where another delimiter shows more of the columns, and enough of them."""
        declared = self._layout.dialect.delimiters
        shown = {one: self._shown(one) for one in DELIMITERS if one not in declared}
        best = max(shown, key=lambda one: shown[one], default=None)
        if best is None or shown[best] <= known or shown[best] < enough or want < 2:
            return None
        if not self._layout.dialect.header and shown[best] != want:
            return None
        return OTHER_DELIMITER.at(
            line=self._line,
            column=1,
            actual=_word(best),
            declared=" or ".join(map(_word, declared)),
            got=shown[best],
            want=want,
            remedy=self._remedy(best),
        )

    def _shown(self, delimiter: str) -> int:
        """How many columns of the layout a delimiter shows; without a header, how many there are."""
        cells = self._cells(self._text, delimiter)
        return self._known(cells) if self._layout.dialect.header else len(cells)

    def _remedy(self, best: str) -> str:
        key = "tab" if best == "\t" else f'"{best}"'
        either = (
            f", or, if files come both ways, `other delimiters: [{key}]`"
            if self._layout.dialect.header
            else ""
        )
        decimal = " Numbers will be written otherwise, too: look at `decimal`."
        return (
            f"Ask the sender why the delimiter has changed. If it stays so, declare `delimiter: {key}` under `dialect` "
            f"in the layout{either}.{decimal if best == self._layout.dialect.decimal else ''}"
        )

    def _headless(
        self, cells: Sequence[str], delimiter: str, codecs: Mapping[str, Codec], following: Iterator[str]
    ) -> tuple[str, str]:
        """The next step, and what the line is instead."""
        if self._is_data(cells, codecs):
            remedy = (
                "Ask the sender for the file with its header. If files never have one, declare `header: false` under "
                "`dialect` in the layout, with the numbers of the columns instead of their names."
            )
            return remedy, "; it looks like the first row of data"
        for number, line in enumerate(islice(following, AHEAD), self._layout.before + 1):
            if self._known(self._cells(line, delimiter)) == len(self._needed):
                skip = number - 1 - (self._layout.head is not None)
                remedy = (
                    f"The header is line {number}: declare `skip: {skip}` under `dialect` in the layout, or `begin` "
                    "if the number of lines before it varies."
                )
                return remedy, ""
        names = ", ".join(f'"{cell}"' for cell in cells[:SHOWN])
        more = " and others" if len(cells) > SHOWN else ""
        return _LOST, f". It has {names}{more}"

    def _is_data(self, cells: Sequence[str], codecs: Mapping[str, Codec]) -> bool:
        """Whether cells fit as values of the columns in their declared order, and are plainly no names."""
        if len(cells) != len(codecs):
            return False
        fit = not any(codec.read(cell)[1] for codec, cell in zip(codecs.values(), cells, strict=True))
        return fit and any(character.isdigit() for character in "".join(cells))

    def _known(self, cells: Collection[str]) -> int:
        return sum(column.find(list(cells)) is not None for column in self._needed)

    def _cells(self, line: str, delimiter: str) -> list[str]:
        return split(line, self._layout.dialect.options | {"delimiter": delimiter})


def _word(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else f'"{delimiter}"'

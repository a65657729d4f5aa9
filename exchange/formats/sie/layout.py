"""What a layout of SIE files may say. Records and fields are those of the standard."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field as Described
from pydantic import model_validator

from exchange.declare.layout import KindBase, LayoutBase
from exchange.formats.encoding import EncodingName
from exchange.formats.sie.records import ENCODING, Kind, Type, kinds

IMPORT: Type = "4I"
"""The type that is booked: it must be right in all points, where a history is read and its faults are told."""


class Layout(LayoutBase):
    """A type of SIE file.

    Objects of dimensions stand in an open map under the names declared here, or under their numbers.
    """

    format: Literal["sie"]
    type: Type = Described(description="1, 2, 3 balances; 4E vouchers exported; 4I vouchers for import")
    encoding: EncodingName = Described(
        ENCODING,
        description="how files are read when the sender breaks the standard; written is always cp437",
    )
    program: str = Described("Exchange", min_length=1, description="written as #PROGRAM")
    program_version: str = Described("1", min_length=1, description="written as the version in #PROGRAM")
    unknown_characters: Literal["replace", "refuse"] = Described(
        "replace",
        alias="unknown characters",
        description="what happens to characters that cp437 does not have",
    )
    checksum: bool = Described(False, description="write #KSUMMA")
    newline: Literal["crlf", "lf"] = Described(
        "crlf", description="line ends that are written; both are read"
    )
    dimensions: dict[str, int] = Described(
        {}, description="names of dimensions and their numbers; the first name of a number is used in reading"
    )

    @model_validator(mode="after")
    def _numbers_usable(self) -> Self:
        wrong = [name for name, number in self.dimensions.items() if number < 1]
        if wrong:
            raise ValueError(f'the dimension "{wrong[0]}" needs a number above 0')
        return self

    @cached_property
    def known_kinds(self) -> dict[str, Kind]:
        """The kinds of records of this type."""
        return kinds(self.type)

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of each dimension, by its number."""
        return {str(number): str(name) for name, number in reversed(self.dimensions.items())}

    def kinds(self) -> Mapping[str, KindBase]:
        """The file, and in it balances and vouchers, as the type has them."""
        return self.known_kinds

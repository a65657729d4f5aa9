"""The characters between columns and around values: what a layout may declare."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _delimiter(text: str) -> str:
    named = {"tab": "\t"}.get(text, text)
    if len(named) != 1 or named in "\r\n\0":
        raise ValueError(f'"{text}" cannot separate columns; use one character, or tab')
    return named


def _quote(text: str) -> str:
    if text != "none" and (len(text) != 1 or text.isalnum() or text in " \r\n\t\0"):
        raise ValueError(f'"{text}" cannot stand around values; use one character that is no letter, or none')
    return text


Delimiter = Annotated[str, AfterValidator(_delimiter)]
"""One character; `tab` is read as the character."""
Quote = Annotated[str, AfterValidator(_quote)]
"""One character, or `none`."""


def need_to_differ(quote: str, *delimiters: str) -> None:
    """Raises ValueError when the quote is one of the delimiters."""
    if quote in delimiters:
        raise ValueError(f"{quote} cannot stand both around values and between columns")

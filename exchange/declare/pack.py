"""A pack: what one partner needs, handed on as one signed file. Declared in `packs/<name>.yaml`.

pack: acme-shop
version: 1.2.0
meaning: Orders of the Acme shop, as sales invoices
publisher: Acme Integrations Oy
contains: [schemas/acme, mappings/acme, tables/acme-vat.yaml, tables/acme-vat.csv, samples/acme]

Samples lie in `samples/acme/<flow>/` as pairs; `samples/acme/site/` is the small site whose flows they go through.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from exchange.declare.declared import Declared, Wrong
from exchange.declare.places import PlacedText

PACK_NAME = r"^[a-z0-9][a-z0-9-]{0,59}$"
VERSION = r"^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}$"
FOLDERS = ("schemas", "mappings", "tables", "samples")
"""Where the files of a pack may lie. Flows are not among them: a pack never makes a site move files by itself."""


def _pack_name(name: PlacedText) -> PlacedText:
    if not re.fullmatch(PACK_NAME, name):
        raise Wrong(f'"{name}" is not a usable name: lower-case letters, digits and -, at most 60', at=name)
    return name


def _part(path: PlacedText) -> PlacedText:
    fault = path_fault(path)
    if fault:
        raise Wrong(fault, at=path, advice=f"Name a file or folder below {', '.join(FOLDERS)}.")
    return path


def path_fault(path: str) -> str | None:
    """Why a path cannot be that of a pack's file, None when it can: relative, plain, below one of the folders."""
    parts = PurePosixPath(path).parts
    if path != "/".join(parts) or not parts or path.startswith("/") or any(p in (".", "..") for p in parts):
        return f'"{path}" is not a plain relative path'
    if parts[0] not in FOLDERS or len(parts) < 2:
        return f'"{path}" lies outside the folders of a pack'
    if any(part.startswith(".") or "\\" in part or not part.isprintable() for part in parts):
        return f'"{path}" holds a hidden or unreadable name'
    return None


PackName = Annotated[
    PlacedText, AfterValidator(_pack_name), WithJsonSchema({"type": "string", "pattern": PACK_NAME})
]
Part = Annotated[PlacedText, AfterValidator(_part), WithJsonSchema({"type": "string"})]


class Pack(Declared):
    """One pack: its name, its version and which files belong to it."""

    pack: PackName = Field(description="its name: that of the file, without .yaml")
    version: Annotated[str, Field(pattern=VERSION, description="such as 1.2.0; a later one replaces it")]
    meaning: str = Field(description="what it is for, in one line")
    publisher: str | None = Field(None, description="who answers for it")
    licence: str | None = Field(None, description="under which terms it may be used")
    contains: list[Part] = Field(min_length=1, description="folders and files that belong to it")
    needs: list[PackName] = Field([], description="packs whose documents, layouts or tables it uses")

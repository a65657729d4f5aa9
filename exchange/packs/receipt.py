"""The receipt of an installed pack, `packs/NAME.installed.json`: which files it brought, and who signed them.

{"pack": …, "version": …, "key": "ed25519:…", "sha256": …, "files": {path: SHA-256}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from exchange.errors import UseError

ENDING = ".installed.json"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was installed. files: the SHA-256 of each file as it came, by its path in the site."""

    pack: str
    version: str
    key: str
    sha256: str
    files: Mapping[str, str]


def receipts(site: Path) -> Iterator[Receipt]:
    """The receipts of all packs that are installed in a site, by name."""
    for path in sorted((site / "packs").glob(f"*{ENDING}")):
        try:
            yield Receipt(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            advice = "Put the file back from a copy, or remove it and install the pack again."
            raise UseError(f"{path} cannot be understood: {error}.", advice=advice) from error


def store(site: Path, receipt: Receipt) -> None:
    """Write the receipt, in place of an earlier one, whole or not at all."""
    text = json.dumps(asdict(receipt), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    put(site / "packs" / f"{receipt.pack}{ENDING}", text.encode())


def put(path: Path, text: bytes) -> None:
    """A file with this content, durable before it has its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

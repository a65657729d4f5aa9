"""The file of a pack, `NAME-VERSION.pack`: a zip whose first entries say what is inside and who signed that.

    PACK.json   {"format": 1, "pack": …, "version": …, "files": {path: SHA-256}}; the signed bytes
    PACK.sig    {"key": "ed25519:…", "signature": base64}
    packs/NAME.yaml, schemas/…, mappings/…, tables/…, samples/…

The same files and key give the same bytes: entries in order, no times, no compression levels that differ.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.declare.pack import PACK_NAME, VERSION, path_fault
from exchange.errors import UseError
from exchange.packs.signing import Signature, is_signed, sign

CONTENT, SIGNATURE = "PACK.json", "PACK.sig"
FORMAT = 1
ENDING = ".pack"
FILE_LIMIT = 50_000_000
TOTAL_LIMIT = 200_000_000
COUNT_LIMIT = 10_000
"""Bigger than this is no pack: bytes of one file, bytes of all, number of files."""
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
)
"""What `zipfile` raises on damaged files (NotImplementedError is a RuntimeError)."""
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A pack as it came: its files by path, all hashes and the signature proven. sha256: of the signed content."""

    pack: str
    version: str
    key: str
    files: Mapping[str, bytes]
    sha256: str

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each file, by path."""
        return {path: hashlib.sha256(text).hexdigest() for path, text in self.files.items()}


def write(path: Path, pack: str, version: str, files: Mapping[str, bytes], key: Path) -> str:
    """Write a signed pack; gives the key that signed it. An existing file is never overwritten."""
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    content = _json({"format": FORMAT, "pack": pack, "version": version, "files": hashes})
    signature = sign(content, key)
    signed = _json({"key": signature.key, "signature": base64.b64encode(signature.value).decode("ascii")})
    try:
        with zipfile.ZipFile(path, "x") as out:
            for name, text in ((CONTENT, content), (SIGNATURE, signed), *sorted(files.items())):
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.external_attr = 0o100644 << 16
                out.writestr(entry, text, zipfile.ZIP_DEFLATED, 9)
    except FileExistsError:
        advice = "Give the pack a new version, or name another file with --out."
        raise UseError(f"{path} is there already.", advice=advice) from None
    return signature.key


def read(path: Path) -> Bundle:
    """A pack from its file. Raises UseError with the reason when anything about it is not as it was signed."""
    try:
        with zipfile.ZipFile(path) as opened:
            entries = _entries(opened, path)
            content, signed = entries.pop(CONTENT, None), entries.pop(SIGNATURE, None)
    except FileNotFoundError:
        raise UseError(f"{path} is not there.") from None
    except DAMAGES as error:
        raise UseError(f"{path} is not a pack: {error}.") from error
    if content is None or signed is None:
        raise UseError(f"{path} is not a pack: {CONTENT} or {SIGNATURE} is missing.")
    signature = _signature(signed, path)
    if not is_signed(content, signature):
        raise _broken(path, "the signature does not fit its content")
    pack, version, hashes = _content(content, path)
    if hashes != {name: hashlib.sha256(text).hexdigest() for name, text in entries.items()}:
        differing = sorted(hashes.keys() ^ entries.keys()) or sorted(
            name for name, text in entries.items() if hashes[name] != hashlib.sha256(text).hexdigest()
        )
        raise _broken(path, f"{differing[0]} is not as it was signed")
    for name in entries:
        _expect_place(name, pack, path)
    return Bundle(pack, version, signature.key, entries, hashlib.sha256(content).hexdigest())


def _entries(opened: zipfile.ZipFile, path: Path) -> dict[str, bytes]:
    """All entries; sizes are limited before anything is unpacked, links and folders refused."""
    listed = opened.infolist()
    names = [entry.filename for entry in listed]
    if len(set(names)) < len(names):
        raise _broken(path, "it holds a name twice")
    if len(listed) > COUNT_LIMIT or sum(entry.file_size for entry in listed) > TOTAL_LIMIT:
        raise UseError(f"{path} is too big for a pack.")
    found = {}
    for entry in listed:
        kind = entry.external_attr >> 28
        if entry.is_dir() or kind not in (0, 8) or entry.file_size > FILE_LIMIT:
            raise _broken(path, f"{entry.filename} is no plain file of a usual size")
        with opened.open(entry) as stream:
            found[entry.filename] = stream.read(FILE_LIMIT + 1)
    return found


def _signature(text: bytes, path: Path) -> Signature:
    try:
        told = json.loads(text)
        return Signature(str(told["key"]), base64.b64decode(told["signature"], validate=True))
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise _broken(path, f"{SIGNATURE} cannot be understood") from None


def _content(text: bytes, path: Path) -> tuple[str, str, dict[str, str]]:
    try:
        told: Any = json.loads(text)
        pack, version, files = told["pack"], told["version"], told["files"]
        usual = re.fullmatch(PACK_NAME, pack) and re.fullmatch(VERSION, version) and isinstance(files, dict)
    except (ValueError, KeyError, TypeError):
        usual = False
    if not usual:
        raise _broken(path, f"{CONTENT} cannot be understood")
    if told.get("format") != FORMAT:
        advice = "It was made by another version of Exchange: bring this one up to date."
        raise UseError(f"{path} has the pack format {told.get('format')}; {FORMAT} is known.", advice=advice)
    return pack, version, files


def _expect_place(name: str, pack: str, path: Path) -> None:
    fault = None if name == manifest_path(pack) else path_fault(name)
    if fault:
        raise _broken(path, fault)


def manifest_path(pack: str) -> str:
    """Where the declaration of a pack lies, in a pack as in a site."""
    return f"packs/{pack}.yaml"


def _broken(path: Path, why: str) -> UseError:
    advice = "It is damaged or was changed after it was signed: ask the publisher for it again."
    return UseError(f"{path} is refused: {why}.", advice=advice)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"

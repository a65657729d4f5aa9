"""Folders of this machine, or mounted on it: `folder:inbox/orders` (seen from the site) or `folder:/srv/in`.

Options: `mode`, the rights of delivered files in octal (0640 when not declared).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from exchange.errors import UseError
from exchange.transports.contract import Place
from exchange.transports.folder.inbound import FolderSource
from exchange.transports.folder.outbound import FolderTarget

_OPTIONS = ("mode",)
_MODE = "0640"


def check(place: Place) -> list[str]:
    """See `contract.Transport.check`."""
    problems = [
        f"A folder has no option {name!r}; it has: mode." for name in place.options if name not in _OPTIONS
    ]
    path = place.at.partition(":")[2]
    if not path:
        problems.append("The folder is not named: write folder:PATH.")
    if ".." in PurePosixPath(path).parts:
        problems.append(f"The folder {path!r} leaves the site by '..': write the whole path from / instead.")
    if "\0" in path:
        problems.append("The folder's path contains a NUL character.")
    if place.host_keys or place.secret is not None:
        problems.append("A folder needs neither a host key nor a secret.")
    mode = place.options.get("mode", _MODE)
    if not (mode and set(mode) <= set("01234567") and int(mode, 8) <= 0o777):
        problems.append(f"The mode {mode!r} is not one of 000 to 777 (octal, as chmod takes it).")
    return problems


def source(place: Place) -> FolderSource:
    """See `contract.Transport.source`."""
    return FolderSource(_path(place), place.owner)


def target(place: Place) -> FolderTarget:
    """See `contract.Transport.target`."""
    return FolderTarget(_path(place), int(place.options.get("mode", _MODE), 8), place.owner)


def _path(place: Place) -> Path:
    problems = check(place)
    if problems:
        raise UseError(" ".join(problems))
    return place.base / place.at.partition(":")[2]

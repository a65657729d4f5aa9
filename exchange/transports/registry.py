"""The transports there are, found by walking this folder; each is imported on first use only."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache
from typing import cast

import exchange.transports
from exchange.errors import UnknownNameError
from exchange.transports.contract import Place, Source, Target, Transport

_NOT_TRANSPORTS = ("contract", "registry")


@cache
def names() -> tuple[str, ...]:
    """The names of all transports: what may stand before the colon of a place."""
    found = (module.name for module in pkgutil.iter_modules(exchange.transports.__path__))
    return tuple(sorted(name for name in found if name not in _NOT_TRANSPORTS))


def get(name: str) -> Transport:
    """The transport of that name; UnknownNameError with the nearest right name."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownNameError(
            f"There is no transport {name!r}.{meant}", advice=f"The transports are {', '.join(names())}."
        )
    return cast(Transport, importlib.import_module(f"{exchange.transports.__name__}.{name}"))


def check(place: Place) -> list[str]:
    """Problems of a declared place, as sentences; nothing outside the process is touched."""
    try:
        transport = get(place.scheme)
    except UnknownNameError as error:
        return [str(error)]
    return transport.check(place)


def source(place: Place) -> Source:
    """The end of the place that files are taken from."""
    return get(place.scheme).source(place)


def target(place: Place) -> Target:
    """The end of the place that files are brought to."""
    return get(place.scheme).target(place)

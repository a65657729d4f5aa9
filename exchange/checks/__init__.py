"""Checks: named tests of one value (IBAN, viite, OCR, KID, Y-tunnus …), one module for each.

A check is a module of this folder; its file name with `-` for `_` is its name. Each module has

    compact(value: str) -> str         the electronic form: separators removed, upper case where it applies
    fault(value: str) -> str | None    None when valid, else a sentence fragment; never raises for any text

and, where it makes sense, `complete(body) -> str` (adds the check digits; ValueError when that cannot be
done) and `pretty(value) -> str` (the form people write). The first line of the module's docstring is its
summary. Modules whose names begin with `_` are shared parts, not checks. A check is imported when it is first
asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Check:
    """One named test of one value; `complete` and `pretty` are None where the kind has no such thing."""

    name: str
    summary: str
    compact: Callable[[str], str]
    fault: Callable[[str], str | None]
    complete: Callable[[str], str] | None
    pretty: Callable[[str], str] | None


class UnknownCheckError(KeyError):
    """No check has this name; the message tells the nearest right one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nearest = _nearest(name)
        super().__init__(name)

    def __str__(self) -> str:
        hint = f'did you mean "{self.nearest}"?' if self.nearest else f"known are {', '.join(names())}"
        return f'no check is called "{self.name}"; {hint}'


@cache
def names() -> tuple[str, ...]:
    """The names of all checks, in order."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in modules if not name.startswith("_")))


@cache
def get(name: str) -> Check:
    """The check of that name; UnknownCheckError (a KeyError) when there is none."""
    if name not in names():
        raise UnknownCheckError(name)
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    summary = (module.__doc__ or name).partition("\n")[0]
    complete, pretty = getattr(module, "complete", None), getattr(module, "pretty", None)
    return Check(name, summary, module.compact, module.fault, complete, pretty)


def _nearest(name: str) -> str | None:
    import difflib  # only needed for a mistake: keeps `import exchange.checks` cheap

    near = difflib.get_close_matches(name.lower().replace("_", "-"), names(), n=1)
    return near[0] if near else None

"""Compiling generated row functions so that tracebacks and `explain --code` show their source."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any


def compile_function(name: str, source: str, names: dict[str, object], title: str) -> Callable[..., Any]:
    """The function of that name in the source; `names` are its globals, title stands for a file name."""
    file = f"<{title}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), names)  # made from a layout, never from the content of a file
    function: Callable[..., Any] = names[name]  # type: ignore[assignment]
    return function

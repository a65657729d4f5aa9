"""Commands as processes of their own, each forked from one process that has imported the program: hundreds of commands in tests
cost no start of Python. That commands also run from a cold start is shown by the tests of the docs, of the daemon and of the wheel.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from select import select

_NURSERY = """
import importlib, json, os, pkgutil, sys, time
from datetime import UTC, datetime
import exchange.cli, exchange.engine, exchange.operations
from exchange import clock
from exchange.__main__ import main
for package in (exchange.cli, exchange.operations):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
while line := sys.stdin.readline():
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        time.tzset()
        for number, (path, flags) in enumerate([(os.devnull, os.O_RDONLY), *((p, os.O_WRONLY | os.O_CREAT) for p in asked["told"])]):
            os.dup2(os.open(path, flags, 0o600), number)
        if asked["now"]:
            now = datetime.fromisoformat(asked["now"]).astimezone(UTC)
            clock.set_clock(lambda: now)
        sys.argv = ["exchange", *asked["words"]]
        main()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@cache
def _nursery() -> subprocess.Popen[str]:
    """The process that others are forked from; it ends with its standard input."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", _NURSERY], text=True, start_new_session=True, **pipes)  # type: ignore[call-overload,no-any-return]


def run(
    words: list[str],
    folder: Path,
    environment: dict[str, str],
    told: tuple[Path, Path],
    *,
    now: str | None,
    seconds: int = 120,
) -> int:
    """Run `exchange` with these words; its exit code. told: where its two outputs go. now: see `Shell`."""
    nursery = _nursery()
    asked = {
        "words": words,
        "folder": str(folder),
        "environment": environment,
        "told": [*map(str, told)],
        "now": now,
    }
    assert nursery.stdin is not None and nursery.stdout is not None
    nursery.stdin.write(json.dumps(asked) + "\n")
    nursery.stdin.flush()
    ready, _, _ = select([nursery.stdout], [], [], seconds)
    if not ready:
        os.killpg(nursery.pid, signal.SIGKILL)
        _nursery.cache_clear()
        raise TimeoutError(f"exchange {' '.join(words)} did not end within {seconds} s")
    return int(nursery.stdout.readline())

"""The engine as a service: it takes what comes while it runs, and ends in order."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_first_day import GOOD, drop, made


def wait_for(folder: Path, pattern: str, seconds: float = 30) -> list[Path]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = list(folder.glob(pattern))
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing like {pattern} came to {folder}")


def test_a_running_engine_takes_a_file_at_once_and_stops_in_order(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    command = [sys.executable, "-m", "exchange", "run", "--site", str(site)]
    engine = subprocess.Popen(command, env={**os.environ, "NO_COLOR": "1"}, stdout=subprocess.PIPE, text=True)
    try:
        wait_for(site / "outbox/import", "*.csv")
        begin = time.monotonic()
        drop(site, "second.csv", GOOD.replace("1001", "1002"))
        while len(wait_for(site / "outbox/import", "*.csv")) < 2:
            assert time.monotonic() - begin < 30
            time.sleep(0.05)
        refused = exchange("run", "--once", "--site", site, code=2)
        assert "works on this site already" in refused.err
        assert exchange("status", "--site", site, "--json").json()["flows"]["orders"] == {"done": 2}
    finally:
        engine.send_signal(signal.SIGTERM)
        engine.communicate(timeout=30)
    assert engine.returncode == 0
    assert exchange("verify", "--site", site, "--json").json()["problems"] == []


SILENT = """
flow: silent
from: {{at: "sftp://bank@127.0.0.1:{port}/out", match: "*.csv", ready: unchanged for 1s, secret: env:PASSWORD,
       host key: "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDXuUZiGLZzbVbC1Pk"}}
to: []
{declared}
"""


def test_a_server_that_hangs_stops_neither_other_flows_nor_the_end(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    with socket.create_server(("127.0.0.1", 0)) as server:
        orders = (site / "flows/orders.yaml").read_text(encoding="utf-8")
        declared = re.findall(r"^(?:layout|map):.*$", orders, re.MULTILINE)
        silent = SILENT.format(port=server.getsockname()[1], declared="\n".join(declared))
        (site / "flows/silent.yaml").write_text(silent, encoding="utf-8")
        command = [sys.executable, "-m", "exchange", "run", "--site", str(site)]
        engine = subprocess.Popen(
            command, env={**os.environ, "NO_COLOR": "1", "PASSWORD": "x"}, stderr=subprocess.PIPE, text=True
        )
        try:
            connection, _ = server.accept()  # from now on it waits for an answer
            drop(site, "second.csv", GOOD.replace("1001", "1002"))
            while len(wait_for(site / "outbox/import", "*.csv")) < 2:
                time.sleep(0.05)
            begin = time.monotonic()
        finally:
            engine.send_signal(signal.SIGTERM)
            _, said = engine.communicate(timeout=60)
        connection.close()
    assert time.monotonic() - begin < 25
    assert engine.returncode in (0, 3), said  # it was given up, or it had given up itself in time
    (site / "flows/silent.yaml").unlink()
    exchange("run", "--once", "--site", site)
    assert exchange("status", "--site", site, "--json").json()["flows"]["orders"] == {"done": 2}
    assert exchange("verify", "--site", site, "--json").json()["problems"] == []

"""A real OpenSSH server on a free port of this machine, for tests; and a small proxy to break connections.

It starts as root and serves root by key; nothing outside its own folder (and /run/sshd) is touched.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin") or ""
SFTP_SERVER = "/usr/lib/openssh/sftp-server"


def missing() -> str | None:
    """Why no server can be started here, None when one can."""
    if not SSHD or not Path(SFTP_SERVER).exists():
        return "openssh-server is not installed"
    return None if os.geteuid() == 0 else "sshd needs root here"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sshd:
    """One server with its own keys; `key` is the user's private key as text."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.make_key("id", "ed25519")
        self.make_key("host_ed25519", "ed25519")
        self.make_key("host_rsa", "rsa")
        self.key = (home / "id").read_text()
        shutil.copy(home / "id.pub", home / "authorized")

    def make_key(self, name: str, kind: str) -> None:
        path = self.home / name
        path.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)

    def fingerprint(self, name: str = "host_ed25519") -> str:
        shown = subprocess.run(
            ["ssh-keygen", "-l", "-f", self.home / f"{name}.pub"], check=True, capture_output=True, text=True
        )
        return shown.stdout.split()[1]

    def start(self, *, subsystem: str = SFTP_SERVER, more: tuple[str, ...] = ()) -> Sshd:
        config = self.home / "sshd_config"
        lines = (
            f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {self.home}/host_ed25519",
            f"HostKey {self.home}/host_rsa", f"PidFile {self.home}/pid", "UsePAM no", "StrictModes no",
            f"AuthorizedKeysFile {self.home}/authorized", "PermitRootLogin yes", "LogLevel VERBOSE",
            "PasswordAuthentication yes", f"Subsystem sftp {subsystem}", *more,
        )  # fmt: skip
        config.write_text("\n".join(lines) + "\n")
        Path("/run/sshd").mkdir(exist_ok=True)
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stderr=log)
        known = self.connections()
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        for _ in range(200):
            if self.connections() > known or self.process.poll() is not None:
                break
            time.sleep(0.01)
        if self.process.poll() is not None:
            raise RuntimeError(self.log())
        return self

    def connections(self) -> int:
        """How many connections the server has seen so far."""
        return self.log().count("Connection from 127.0.0.1")

    def log(self) -> str:
        return (self.home / "log").read_text(errors="replace")

    def children(self) -> list[int]:
        """The processes below the server, deepest last."""
        assert self.process is not None
        found, todo = [], [self.process.pid]
        while todo:
            for task in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
                below = [int(pid) for pid in task.read_text().split()]
                found += below
                todo += below
        return found

    def signal_children(self, what: signal.Signals) -> None:
        for pid in self.children():
            os.kill(pid, what)

    def stop(self) -> None:
        if self.process is None:
            return
        for pid in self.children():
            try:
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.terminate()
        self.process.wait(10)
        self.process = None


class Proxy:
    """Stands between client and server; from `swallow` on, nothing the server says reaches the client."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.swallow = threading.Event()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            self._pairs.append((client, server))
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, from_server: bool) -> None:
        try:
            while data := source.recv(65536):
                if not (from_server and self.swallow.is_set()):
                    sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self) -> None:
        """Break all connections now."""
        for pair in self._pairs:
            for end in pair:
                end.close()
        self._pairs.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()

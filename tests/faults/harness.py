"""Kills and errors at every system call of a real run, and an independent judge of what became of the files.

strace counts `when=N` for each system call's name and for each thread alone, so every name has its own loop,
up to the first N that no thread reaches. The program is loaded once; each case runs in a forked child to
which strace attaches.

The judge: every input has exactly one arrival and it is done; every output was visible exactly once under
its final name, byte for byte; database, chain, archive, witness and manifests verify; nothing is left lying
about.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exchange import clock, disk
from exchange.engine import Engine
from exchange.ledger import acts, queries
from exchange.verify import verify
from tests.support.sshd import SFTP_SERVER, Sshd
from tests.support.tiny import OUTPUTS, TinyFlow, expected, site

CALLS = (
    "openat", "write", "writev", "pwrite64", "fsync", "fdatasync", "syncfs", "rename", "renameat", "renameat2", "link",
    "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "ftruncate", "fchmod", "flock", "sendto", "close",
)  # fmt: skip
"""Every call by which a run changes the world or tells somebody something, and those around them."""
ERROR_CALLS = tuple(call for call in CALLS if call not in ("close", "flock", "fchmod"))
INPUTS = {"a.txt": b"hello " * 3000 + b"\ndoc A\n", "b.txt": b"world\ndoc B\n"}
HOUR = 3600
PATIENCE = 60
"""Seconds after which a run counts as hanging."""
ATTEMPTS = 4
"""How many undisturbed runs a recovery may need: an error plans another attempt for later. As often strace is asked
to attach, which fails now and then on a busy machine."""


@dataclass(frozen=True)
class Scene:
    """A kind of run: which flow, whether a consumer takes files at once, how many hands, how it is
    disturbed.
    """

    name: str
    flow: Callable[[Path], TinyFlow]
    greedy: bool = False
    hands: int = 1
    nested: int = 0
    error: str = ""
    for_ever: bool = False
    calls: tuple[str, ...] = CALLS
    archives: bool = False
    """Whether the source keeps what was taken in its `.archive`."""
    shares_syncs: bool = False
    """Whether already two files are so many that they share the syncs of their disk."""
    server: Sshd | None = None
    """The SFTP server that is killed, where it is not the engine."""

    def injection(self, call: str, n: int) -> str:
        """What strace does to the N-th call of a name."""
        if self.error:
            return f"{call}:error={self.error}:when={n}{'+' if self.for_ever else ''}"
        return f"{call}:signal=KILL:when={n}"


@dataclass
class Found:
    """How many points were tried, and what was wrong at which."""

    scene: str
    points: Counter[str] = field(default_factory=Counter)
    violations: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    seconds: float = 0.0

    def line(self) -> str:
        kinds = Counter(each.split(":")[0] for bad in self.violations.values() for each in bad)
        return (
            f"{self.scene}: {self.points.total()} points, {len(self.violations)} violations {dict(kinds) or ''} "
            f"in {self.seconds:.0f} s {dict(self.points)}"
        )


class Stage:
    """A folder in which the cases of one scene are played."""

    def __init__(self, scene: Scene, home: Path) -> None:
        self.scene = scene
        self.root = home / "site"
        self.trace = home / "strace.log"
        self.errors = home / "errors.log"
        self._template = home / "template"
        self._visible: dict[str, list[bytes]] = {}
        ledger, store = site(self._template)
        store.archive.close()
        ledger.close()

    def points(self) -> list[tuple[str, int]]:
        """Every point there is, found by an undisturbed run that only counts."""
        self.reset()
        watched = f"trace={','.join(self.scene.calls)}"
        self._disturbed(["-e", watched])
        counts: dict[str, Counter[str]] = {}
        for line in self.trace.read_text(errors="replace").splitlines():
            thread, _, rest = line.partition(" ")
            call = rest.strip().partition("(")[0]
            if call in self.scene.calls:
                counts.setdefault(call, Counter())[thread] += 1
        return [(call, n) for call, threads in counts.items() for n in range(1, max(threads.values()) + 1)]

    def _disturbed(self, options: list[str]) -> int:
        """A run under strace, or against a server under strace."""
        if self.scene.server is None:
            return self.run(options)
        script = self.trace.with_name("subsystem.sh")
        self.trace.unlink(missing_ok=True)
        strace = ["strace", "-f", "-qq", "-A", "-o", str(self.trace), *options, SFTP_SERVER]
        script.write_text(f"#!/bin/sh\nexec {shlex.join(strace)}\n")
        script.chmod(0o755)
        self.scene.server.stop()
        self.scene.server.start(subsystem=str(script))
        code = self.run()
        self.scene.server.stop()
        self.scene.server.start()
        return code

    def play(self, call: str, n: int, chance: random.Random) -> list[str] | None:
        """One case: disturb, recover, judge. What is wrong; None when the point was not reached."""
        self.reset()
        what = ["-e", f"trace={call}", "-e", f"inject={self.scene.injection(call, n)}"]
        code = self._disturbed(what)
        if code == -signal.SIGABRT:
            return [f"HUNG: {PATIENCE} s"]
        if not self._was_hit(code):
            return None
        self.consume()
        shift = 0
        for _ in range(self.scene.nested):
            again = f"{chance.choice(self.scene.calls)}:signal=KILL:when={chance.randint(1, 6)}"
            self.run(["-e", f"trace={again.partition(':')[0]}", "-e", f"inject={again}"], shift=shift)
            self.consume()
        for _ in range(ATTEMPTS):
            shift += HOUR
            if self.scene.nested:
                self._retry_what_seemed_to_kill()
            code = self.run(shift=shift)
            self.consume()
            if code == 0 and not self.judge():
                return []
        return self.judge() if code == 0 else [f"RECOVERY: exit {code}: {self.errors.read_text()[-300:]}"]

    def _retry_what_seemed_to_kill(self) -> None:
        """What a person does with a file that is held because the program died three times while reading it."""
        ledger, store = site(self.root)
        with ledger.read() as connection:
            held = [row for row in queries.arrivals(connection) if row.hold == "crash"]
        for row in held:
            acts.retry(ledger, row.id, actor="judge", because="It was not the file.")
        store.archive.close()
        ledger.close()

    def reset(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self._template, self.root)
        self._visible = {}
        for name, content in INPUTS.items():
            (self.root / "inbox" / name).write_bytes(content)

    def run(self, strace: list[str] | None = None, *, shift: int = 0) -> int:
        """One run of the engine in a child; the exit code, or minus the signal that ended it."""
        self.errors.write_bytes(b"")
        gate_out, gate_in = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(gate_in)
            os.read(gate_out, 1)  # until strace is there
            self._child(shift)
        os.close(gate_out)
        tracer = self._attach(child, strace) if strace else None
        os.close(gate_in)
        status = self._wait(child)
        if tracer:
            tracer.wait()
        return os.waitstatus_to_exitcode(status)

    def _wait(self, child: int) -> int:
        """The status of the child; one that hangs is ended with SIGABRT, which no scene uses."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return status
            time.sleep(0.002)
        os.kill(child, signal.SIGABRT)
        return os.waitpid(child, 0)[1]

    def _child(self, shift: int) -> None:
        """The run itself; never returns."""
        code = 1
        try:
            code = self._engine(shift)
        except BaseException:
            self.errors.write_text(traceback.format_exc())
        finally:
            os._exit(code)

    def _engine(self, shift: int) -> int:
        clock.set_clock(lambda: datetime.now(UTC) + timedelta(seconds=shift))
        if self.scene.shares_syncs:
            disk.MANY = 1
        ledger, store = site(self.root, threads=self.scene.hands)
        flow = self.scene.flow(self.root)
        with Engine(ledger, store, [flow], lock=self.root / "var" / "lock", hands=self.scene.hands) as engine:
            report = engine.run(once=True)
        ledger.close()
        if report.troubles:
            self.errors.write_text(str(report.troubles))
        return 3 if report.troubles else 0

    def _attach(self, child: int, options: list[str]) -> subprocess.Popen[bytes]:
        self.trace.unlink(missing_ok=True)
        command = ["strace", "-f", "-qq", "-o", str(self.trace), *options, "-p", str(child)]
        for _ in range(ATTEMPTS):
            tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            while tracer.poll() is None:
                if "TracerPid:\t0\n" not in Path(f"/proc/{child}/status").read_text():
                    return tracer
                time.sleep(0.001)
        os.kill(child, signal.SIGKILL)
        raise RuntimeError("strace could not attach")

    def _was_hit(self, code: int) -> bool:
        if self.scene.server is not None:
            return "killed by SIGKILL" in self.trace.read_text(errors="replace")
        if self.scene.error:
            return "INJECTED" in self.trace.read_text(errors="replace")
        return code == -signal.SIGKILL

    def consume(self) -> None:
        """What a reader of the target sees now; a greedy one takes it away."""
        if not self.scene.greedy:
            self._visible = {}
        for path in (self.root / "outbox").iterdir():
            if not path.name.startswith("."):
                self._visible.setdefault(path.name, []).append(path.read_bytes())
                if self.scene.greedy:
                    path.unlink()

    def judge(self) -> list[str]:
        """Everything that is not as it must be at the end."""
        bad = []
        wanted = {
            f"{name}.{n}.out": expected(content, n)
            for name, content in INPUTS.items()
            for n in range(OUTPUTS)
        }
        for name, content in wanted.items():
            got = self._visible.get(name, [])
            if len(got) != 1:
                bad.append(f"{'DUPLICATED' if got else 'LOST'}: {name} was visible {len(got)} times")
            bad += [f"CHANGED: {name}" for each in got if each != content]
        bad += [f"FOREIGN: {name}" for name in self._visible.keys() - wanted.keys()]
        return bad + self._leftovers() + self._books()

    def _leftovers(self) -> list[str]:
        bad = []
        for folder in ("inbox", "outbox", "var/work"):
            for path in (self.root / folder).rglob("*"):
                is_ours = ".archive" in path.parts or (path.is_dir() and path.name in (".claim", ".staging"))
                if not is_ours and not (folder == "outbox" and not path.name.startswith(".")):
                    bad.append(f"LEFT: {path.relative_to(self.root)}")
        kept = sorted(path.name for path in (self.root / "inbox").glob(".archive/*/*"))
        if kept != (sorted(INPUTS) if self.scene.archives else []):
            bad.append(f"ARCHIVED: {kept}")
        bad += [f"LEFT: {path.name}" for path in (self.root / "var" / "archive").glob(".tmp-*")]
        return bad

    def _books(self) -> list[str]:
        ledger, store = site(self.root)
        try:
            with ledger.read() as connection:
                rows = queries.arrivals(connection)
                stages = Counter((row.name, row.stage, row.source_done) for row in rows)
                sightings = Counter(each.name for each in queries.seen(connection))
            bad = [f"BOOKS: {problem}" for problem in verify(ledger, store).problems]
            if stages != Counter((name, "done", 1) for name in INPUTS):
                bad.append(f"ARRIVALS: {dict(stages)} {[row.reason for row in rows]}")
            if sightings != Counter(list(INPUTS)):
                bad.append(f"SEEN: {dict(sightings)}")
            return bad
        finally:
            store.archive.close()
            ledger.close()


def explore(scene: Scene, home: Path, *, sample: int | None, seed: int) -> Found:
    """Play every point of a scene (or a sample of them) and report."""
    begun = time.monotonic()
    found = Found(scene.name)
    stage = Stage(scene, home)
    points = stage.points()
    stage.consume()
    if undisturbed := stage.judge():
        raise AssertionError(f"{scene.name}: already the undisturbed run is wrong: {undisturbed}")
    chance = random.Random(seed)
    chosen = points if sample is None else _some(points, sample, chance)
    for call, n in chosen:
        bad = stage.play(call, n, chance)
        if bad is not None:
            found.points[call] += 1
        if bad:
            found.violations[call, n] = bad
            print(f"  {scene.name} {call} {n}: {bad}", file=sys.stderr)
    found.seconds = time.monotonic() - begun
    return found


def _some(points: list[tuple[str, int]], number: int, chance: random.Random) -> list[tuple[str, int]]:
    """So many points, each call having its turn, so that the many calls of one name do not crowd out the
    rest.
    """
    chance.shuffle(points)
    rank: Counter[str] = Counter()
    ranked = []
    for point in points:
        rank[point[0]] += 1
        ranked.append((rank[point[0]], chance.random(), point))
    return [point for *_, point in sorted(ranked)[:number]]

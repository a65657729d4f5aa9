"""Kill the engine at every system call, and see whether anything is lost, changed or sent twice.

    python -m tests.faults.run --all                      every point of every scene
    python -m tests.faults.run --sample 20 --seed 7       some of each
    python -m tests.faults.run --all --scene "to SFTP"    scenes whose name holds the text
    python -m tests.faults.run --all --jobs 4             so many scenes at the same time

Exit status: 0 no violation, 1 some. Needs strace, and root with openssh-server for the SFTP scenes.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.harness import Found, Scene, explore
from tests.faults.scenes import folder_scenes, server_scenes, sftp_scenes
from tests.support import sshd

MEMORY = Path("/dev/shm")


def main() -> int:
    options = _options()
    if shutil.which("strace") is None:
        print("strace is not installed: nothing can be tried.", file=sys.stderr)
        return 1
    if options.jobs > 1:
        return _side_by_side(options)
    sample = None if options.all else options.sample
    home = Path(tempfile.mkdtemp(prefix="faults-", dir=options.dir or (MEMORY if MEMORY.is_dir() else None)))
    results: list[Found] = []
    try:
        for scene in _scenes(home):
            if options.scene in scene.name and options.only in ("", scene.name):
                place = home / str(len(results))
                place.mkdir()
                results.append(explore(scene, place, sample=sample, seed=options.seed))
                shutil.rmtree(place)
                print(results[-1].line(), flush=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    points = sum(each.points.total() for each in results)
    bad = sum(len(each.violations) for each in results)
    print(f"{points} points in {len(results)} scenes: {bad} violations.")
    return 1 if bad or not points else 0


def _scenes(home: Path) -> list[Scene]:
    scenes = folder_scenes()
    missing = sshd.missing()
    if missing:
        print(f"The SFTP scenes are left out: {missing}.", file=sys.stderr)
        return scenes
    keys = home / "sshd"
    keys.mkdir()
    server = sshd.Sshd(keys).start(more=("MaxStartups 100:30:200",))
    _servers.append(server)
    return [*scenes, *sftp_scenes(server), *server_scenes(server)]


def _side_by_side(options: argparse.Namespace) -> int:
    """Each scene in a process of its own, with a server of its own; the worst exit status."""
    home = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        names = [scene.name for scene in _scenes(home) if options.scene in scene.name]
    finally:
        shutil.rmtree(home)
    how = ["--all"] if options.all else ["--sample", str(options.sample)]
    how += ["--seed", str(options.seed), *(["--dir", str(options.dir)] if options.dir else [])]

    def play(name: str) -> int:
        command = [sys.executable, "-m", "tests.faults.run", *how, "--only", name]
        done = subprocess.run(command, capture_output=True, text=True)
        print(done.stderr + done.stdout, end="", flush=True)
        return done.returncode

    with ThreadPoolExecutor(options.jobs) as threads:
        return max(threads.map(play, names), default=1)


_servers: list[sshd.Sshd] = []


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="every point (takes some twenty minutes)")
    parser.add_argument("--sample", type=int, default=10, metavar="N", help="so many points of each scene")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scene", default="", metavar="TEXT", help="only scenes whose name holds this")
    parser.add_argument("--only", default="", metavar="NAME", help="the scene of exactly this name")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many scenes at the same time")
    parser.add_argument("--dir", type=Path, help="where to play (default: in memory)")
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped
    try:
        sys.exit(main())
    finally:
        for each in _servers:
            each.stop()

"""The kinds of runs that are disturbed: places, consumers, threads, kills and errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from exchange.transports.contract import Place
from exchange.transports.sftp import inbound, outbound  # noqa: F401 - loaded before the children are forked
from tests.faults.harness import ERROR_CALLS, Scene
from tests.support.sshd import Sshd
from tests.support.tiny import TinyFlow, tiny_flow

SERVER_CALLS = (
    "write", "link", "unlink", "rename", "ftruncate", "openat", "close", "fchmod", "fstat", "lstat", "newfstatat",
    "fsync", "mkdir",
)  # fmt: skip


class _Key:
    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text


def sftp_place(server: Sshd, path: Path) -> Place:
    at = f"sftp://root@127.0.0.1:{server.port}{path}"
    return Place(at, secret=_Key(server.key), host_keys=(server.fingerprint(),))


def folder_scenes() -> list[Scene]:
    """Kills and errors of runs from folder to folder."""

    def flow(root: Path) -> TinyFlow:
        return tiny_flow(root)

    plain = Scene("folder", flow)
    threads = replace(plain, name="folder, 4 hands", hands=4)
    archived = Scene("folder, source archived", lambda root: tiny_flow(root, after="archive"), archives=True)
    many = [
        replace(plain, name="folder, syncs shared", shares_syncs=True),
        replace(archived, name="folder, syncs shared, source archived", shares_syncs=True, nested=1),
    ]
    errors = [
        Scene(
            f"folder, {error}{' for ever' if for_ever else ''}",
            flow,
            error=error,
            for_ever=for_ever,
            calls=ERROR_CALLS,
        )
        for error in ("EIO", "ENOSPC")
        for for_ever in (False, True)
    ]
    errors += [replace(each, name=f"{each.name}, syncs shared", shares_syncs=True) for each in errors]
    greedy = replace(plain, name="folder, consumer takes at once", greedy=True)
    nested = replace(plain, name="folder, recovery killed too", nested=2)
    return [plain, greedy, nested, threads, archived, *many, *errors]


def sftp_scenes(server: Sshd) -> list[Scene]:
    """Kills of runs from folder to an SFTP server, and from an SFTP server to a folder."""

    def out(root: Path) -> TinyFlow:
        return tiny_flow(root, target=sftp_place(server, root / "outbox"))

    def taken(root: Path) -> TinyFlow:
        return tiny_flow(root, target=sftp_place(server, root / "outbox"), consumes=True)

    def in_(root: Path) -> TinyFlow:
        return tiny_flow(root, source=sftp_place(server, root / "inbox"))

    return [
        Scene("to SFTP", out),
        Scene("to SFTP, consumer takes at once", taken, greedy=True),
        Scene("to SFTP, recovery killed too", out, nested=2),
        Scene("from SFTP", in_),
    ]


def server_scenes(server: Sshd) -> list[Scene]:
    """The SFTP server is killed instead of the engine."""
    quiet, greedy, *_ = sftp_scenes(server)
    return [
        replace(quiet, name="SFTP server killed", calls=SERVER_CALLS, server=server),
        replace(greedy, name="SFTP server killed, consumer takes at once", calls=SERVER_CALLS, server=server),
    ]

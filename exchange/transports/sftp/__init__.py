"""SFTP servers: `sftp://user@host:port/path` (`/~/path` is seen from the user's own folder).

Needs a secret (password or private key) and the server's pinned host key. Options: `read back: yes` reads
every upload again and compares; `staging: NAME` keeps temporary files in a folder below the place instead of
in it.
"""

from __future__ import annotations

from exchange.errors import UseError
from exchange.transports.contract import Place, Source, Target
from exchange.transports.sftp import address


def check(place: Place) -> list[str]:
    """See `contract.Transport.check`."""
    return address.problems(place)


def source(place: Place) -> Source:
    """See `contract.Transport.source`."""
    _expect_right(place)
    from exchange.transports.sftp.inbound import SftpSource  # paramiko takes its time to load

    return SftpSource(place)


def target(place: Place) -> Target:
    """See `contract.Transport.target`."""
    _expect_right(place)
    from exchange.transports.sftp.outbound import SftpTarget  # paramiko takes its time to load

    return SftpTarget(place)


def _expect_right(place: Place) -> None:
    problems = check(place)
    if problems:
        raise UseError(" ".join(problems))

"""What goes wrong on the way to a server, in our own errors; the only place that knows paramiko's exceptions.

Most specific first, and one question decides: does trying again help (TransportError), or must a person act
(RefusedError)?
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from paramiko.ssh_exception import (
    AuthenticationException,
    BadHostKeyException,
    ChannelException,
    IncompatiblePeer,
    NoValidConnectionsError,
    SSHException,
)

from exchange.errors import RefusedError, TransportError
from exchange.transports.contract import GoneError
from exchange.transports.sftp.wire import NO_SUCH_FILE, PERMISSION_DENIED, ProtocolError, StatusError

BROKEN = (SSHException, ProtocolError, OSError, EOFError, ValueError)
"""What leaves a connection unusable; a StatusError does not."""
_PASSING = ("timeout", "transport shut down", "saw eof", "no existing session")
"""paramiko calls these authentication failures too, but the server never said no."""
_OLD_SERVER = (
    "Ask the server's owner for current algorithms (ssh-ed25519 or rsa-sha2, curve25519, AES-CTR or GCM)."
    " For a server that has SHA-1 only, install paramiko 4."
)


class HostKeyError(SSHException):
    """The server showed a key that is not pinned. is_any_pinned: whether one is."""

    def __init__(self, kind: str, fingerprint: str, *, is_any_pinned: bool = True) -> None:
        self.kind = kind
        self.fingerprint = fingerprint
        self.is_any_pinned = is_any_pinned
        super().__init__(fingerprint)


@contextmanager
def translated(doing: str, where: str) -> Iterator[None]:
    """Turn everything that can go wrong into one of our errors; `doing` continues the sentence "Cannot …"."""
    try:
        yield
    except StatusError as error:
        raise of_status(error, doing, where) from error
    except BROKEN as error:
        raise of_connection(error, doing, where) from error


def of_status(error: StatusError, doing: str, where: str) -> TransportError:
    """Our error for a refusal of the server."""
    if error.code == NO_SUCH_FILE:
        return GoneError(f"Cannot {doing} at {where}: it is not there.")
    if error.code == PERMISSION_DENIED:
        advice = "Ask the server's owner for the right to do so."
        return RefusedError(f"Cannot {doing} at {where}: the server denies permission.", advice=advice)
    advice = "Its disk may be full, or its rules forbid this; the server says no more. It is tried again."
    return TransportError(f"Cannot {doing} at {where}: the server answered {error.text!r}.", advice=advice)


def of_connection(error: Exception, doing: str, where: str) -> TransportError:
    """Our error for a connection that could not be made or broke."""
    if isinstance(error, AuthenticationException) and not _passing(error):
        return RefusedError(
            f"Cannot {doing}: {where} does not accept our user name or secret.",
            advice="Check the user, the secret and whether the account is locked. It is not tried again.",
        )
    if isinstance(error, HostKeyError | BadHostKeyException):
        return _of_host_key(error, doing, where)
    if isinstance(error, IncompatiblePeer):
        return RefusedError(f"Cannot {doing}: {where} has no safe algorithm ({error}).", advice=_OLD_SERVER)
    return TransportError(f"Cannot {doing}: {where} {_happened(error)}.", advice="It is tried again.")


def _of_host_key(error: HostKeyError | BadHostKeyException, doing: str, where: str) -> TransportError:
    shown = f" ({error.kind} {error.fingerprint})" if isinstance(error, HostKeyError) else ""
    if isinstance(error, HostKeyError) and not error.is_any_pinned:
        return RefusedError(
            f"Cannot {doing}: no `host key` is declared for {where}, which shows {error.kind} {error.fingerprint}. No "
            "secret was sent.",
            advice="Ask the server's owner, by telephone for example, if that is their key; if so, declare it as `host "
            "key` beside the place.",
        )
    return RefusedError(
        f"Cannot {doing}: the host key of {where} is not the pinned one{shown}. No secret was sent.",
        advice="Ask the server's owner, by telephone for example, if that is their key; if so, pin it under `host key`.",
    )


def _passing(error: Exception) -> bool:
    return any(hint in str(error).lower() for hint in _PASSING)


def _happened(error: Exception) -> str:
    if isinstance(error, TimeoutError) or "timeout" in str(error).lower():
        return "says nothing"
    if isinstance(error, socket.gaierror):
        return f"has no address ({error.strerror})"
    if isinstance(error, NoValidConnectionsError | ConnectionRefusedError):
        return "does not take connections"
    if isinstance(error, ChannelException):
        return f"opens no further session ({error})"
    if isinstance(error, ProtocolError | ValueError):
        return f"talks nonsense ({error})"
    return f"broke off ({str(error) or 'the connection ended'})"

"""Connections to SFTP servers: the host key first, then the secret, and never more than a few per server.

All sources and targets of the process share `POOL`: at most four connections go to one server at once (a
default OpenSSH refuses almost half of a hundred), idle ones are used again, and a server that refused us for
good is left alone for a while, so that no account gets locked by our persistence.
"""

from __future__ import annotations

import hashlib
import io
import logging
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import paramiko
from paramiko.ssh_exception import IncompatiblePeer, SSHException

from exchange import clock
from exchange.errors import RefusedError, TransportError
from exchange.transports.contract import GoneError, NotStableError
from exchange.transports.sftp.address import Address, fingerprint
from exchange.transports.sftp.faults import BROKEN, HostKeyError, translated
from exchange.transports.sftp.wire import StatusError, Wire

logging.getLogger("paramiko").addHandler(logging.NullHandler())
"""What goes wrong becomes one of our errors; the tracebacks that paramiko would print besides help nobody."""

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 20.0
"""How long a server may say nothing before it counts as gone."""
PER_SERVER = 4
IDLE_SECONDS = 60.0
REFUSED_SECONDS = 1200.0
"""How long a refusal (secret or host key) is believed without asking again: three times an hour."""

_KEY_KINDS = {
    "ed25519": ("ssh-ed25519",),
    "ecdsa": ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    "rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
_SHOWN_AS = {"ed25519": ("ssh-ed25519",), "ecdsa": ("ecdsa-",), "rsa": ("ssh-rsa", "rsa-sha2")}
_WEAK_KEYS = ("ssh-rsa", "ssh-dss")
_WEAK = {
    "kex": (
        "diffie-hellman-group1-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group-exchange-sha1",
    ),
    "ciphers": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc", "blowfish-cbc"),
    "macs": ("hmac-md5", "hmac-md5-96", "hmac-sha1-96"),
}


@dataclass(slots=True)
class Connection:
    """One live connection with its SFTP session."""

    client: paramiko.SSHClient
    wire: Wire
    used: float = field(default_factory=clock.monotonic)

    def alive(self) -> bool:
        """Whether it may still be used."""
        transport = self.client.get_transport()
        fresh = clock.monotonic() - self.used < IDLE_SECONDS
        return fresh and transport is not None and transport.is_active()


class _Pinned(paramiko.MissingHostKeyPolicy):
    """Accepts pinned keys only; asked before any secret is sent."""

    def __init__(self, address: Address) -> None:
        self._fingerprints = {pin.fingerprint for pin in address.pins}

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        shown = fingerprint(key.asbytes())
        if shown not in self._fingerprints:
            raise HostKeyError(key.get_name(), shown, is_any_pinned=bool(self._fingerprints))


def connect(address: Address) -> Connection:
    """A new connection; the server's key is checked before any secret is sent.

    A server has several keys and shows the kind we prefer, and a fingerprint does not tell its kind: the
    other kinds are asked for before the key counts as a wrong one.
    """
    kinds = _kinds(address)
    first: HostKeyError | None = None
    while kinds:
        try:
            return _connect(address, kinds)
        except HostKeyError as error:
            first = first or error
            kinds = {name for name in kinds if address.pins and not error.kind.startswith(_SHOWN_AS[name])}
        except IncompatiblePeer:
            if first is None:
                raise
            break
    raise first or HostKeyError("no usable key", "none")


def _kinds(address: Address) -> set[str]:
    """The kinds of host keys to ask for: those that are pinned when all pins tell, else all."""
    told = [pin.kind for pin in address.pins]
    if not told or None in told:
        return set(_KEY_KINDS)
    return {name for name, shown in _SHOWN_AS.items() if any((kind or "").startswith(shown) for kind in told)}


def _connect(address: Address, kinds: set[str]) -> Connection:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_Pinned(address))
    try:
        _log_in(client, address, kinds)
        with _closed_after(SILENCE_SECONDS, client):
            return Connection(client, _session(client))
    except (*BROKEN, StatusError):
        client.close()
        raise


def _log_in(client: paramiko.SSHClient, address: Address, kinds: set[str]) -> None:
    text = "" if address.secret is None else address.secret.reveal()
    key = _private_key(text) if text.startswith("-----BEGIN") else None
    client.connect(
        address.host,
        address.port,
        address.user,
        password=None if key else text,
        pkey=key,
        sock=_socket(address),
        timeout=CONNECT_SECONDS,
        banner_timeout=CONNECT_SECONDS,
        auth_timeout=SILENCE_SECONDS,
        channel_timeout=SILENCE_SECONDS,
        allow_agent=False,
        look_for_keys=False,
        disabled_algorithms=_disabled(kinds),
    )


def _socket(address: Address) -> socket.socket:
    """A connection to the first address that answers; the kernel gives up on data that nobody takes."""
    connected = socket.create_connection((address.host, address.port), CONNECT_SECONDS)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENCE_SECONDS * 1000))
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return connected


def _session(client: paramiko.SSHClient) -> Wire:
    transport = client.get_transport()
    if transport is None:
        raise SSHException("The connection ended before it began")
    transport.set_keepalive(int(SILENCE_SECONDS))
    channel = transport.open_session(timeout=SILENCE_SECONDS)
    channel.settimeout(SILENCE_SECONDS)
    channel.invoke_subsystem("sftp")
    return Wire(channel)


@contextmanager
def _closed_after(seconds: float, client: paramiko.SSHClient) -> Iterator[None]:
    """Close the client when something takes too long: paramiko waits for some answers without any limit."""
    guard = threading.Timer(seconds, client.close)
    guard.daemon = True
    guard.start()
    try:
        yield
    finally:
        guard.cancel()


def _disabled(kinds: set[str]) -> dict[str, list[str]]:
    """What paramiko must not agree to: weak algorithms, and host keys of kinds that are not asked for."""
    other_keys = [name for kind, names in _KEY_KINDS.items() if kind not in kinds for name in names]
    disabled = {what: list(names) for what, names in _WEAK.items()}
    return {**disabled, "keys": [*_WEAK_KEYS, *other_keys], "pubkeys": list(_WEAK_KEYS)}


def _private_key(text: str) -> paramiko.PKey:
    """The key in a secret's text; RefusedError, without a word of the text, when it cannot be read."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text))
        except paramiko.PasswordRequiredException as error:
            raise RefusedError(
                "The private key is protected by a passphrase.",
                advice="Keep a key without one in a file only the exchange may read (mode 0600).",
            ) from error
        except (SSHException, ValueError):
            continue
    raise RefusedError(
        "The secret begins as a private key but is none that can be read.",
        advice="Use an Ed25519, ECDSA or RSA key as ssh-keygen writes it.",
    )


class _Server:
    """What is known of one server: how many connections may still be made, and who was refused and why."""

    def __init__(self) -> None:
        self.places = threading.BoundedSemaphore(PER_SERVER)
        self.idle: dict[str, list[Connection]] = defaultdict(list)
        self.refused: dict[str, tuple[float, RefusedError]] = {}


class Pool:
    """The connections of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: dict[tuple[str, int], _Server] = defaultdict(_Server)

    @contextmanager
    def lease(self, address: Address, doing: str) -> Iterator[Wire]:
        """A session for one piece of work, with everything that goes wrong turned into our errors.

        A refusal of the server leaves the connection in use, anything else ends it.
        """
        key = _key(address)
        with self._lock:
            server = self._servers[address.host, address.port]
        _expect_not_refused(server, key)
        if not server.places.acquire(timeout=SILENCE_SECONDS):
            raise TransportError(f"Cannot {doing}: all {PER_SERVER} connections to {address} are busy.")
        try:
            with translated(doing, str(address)), self._connection(server, key, address) as connection:
                yield connection.wire
        finally:
            server.places.release()

    @contextmanager
    def _connection(self, server: _Server, key: str, address: Address) -> Iterator[Connection]:
        connection = self._idle(server, key) or _connect_remembering(server, key, address)
        usable = False
        try:
            yield connection
            usable = True
        except (StatusError, RefusedError, NotStableError, GoneError):
            usable = True
            raise
        finally:
            connection.used = clock.monotonic()
            if usable and connection.alive():
                with self._lock:
                    server.idle[key].append(connection)
            else:
                connection.client.close()

    def _idle(self, server: _Server, key: str) -> Connection | None:
        """A live idle connection; dead and stale ones of this server are closed on the way."""
        with self._lock:
            stale = [one for idle in server.idle.values() for one in idle if not one.alive()]
            for idle in server.idle.values():
                idle[:] = [one for one in idle if one not in stale]
            found = server.idle[key].pop() if server.idle[key] else None
        for connection in stale:
            connection.client.close()
        return found

    def close(self, address: Address) -> None:
        """Close the idle connections of one address; those in use are not touched."""
        with self._lock:
            server = self._servers[address.host, address.port]
            ending = server.idle.pop(_key(address), [])
        for connection in ending:
            connection.client.close()

    def forget_refusals(self) -> None:
        """Ask every server again, also those that refused us lately (`exchange check` does)."""
        with self._lock:
            for server in self._servers.values():
                server.refused.clear()


POOL = Pool()


def _key(address: Address) -> str:
    """What addresses must have in common to share a connection; it changes with the secret but hides it."""
    secret = "" if address.secret is None else address.secret.reveal()
    told = (address.user, address.pins, hashlib.sha256(secret.encode()).hexdigest())
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _expect_not_refused(server: _Server, key: str) -> None:
    until, error = server.refused.get(key, (0.0, None))
    if error is not None and clock.monotonic() < until:
        raise RefusedError(error.message, advice=error.advice)


def _connect_remembering(server: _Server, key: str, address: Address) -> Connection:
    try:
        with translated("connect", str(address)):
            connection = connect(address)
    except RefusedError as error:
        server.refused[key] = (clock.monotonic() + REFUSED_SECONDS, error)
        raise
    server.refused.pop(key, None)
    return connection

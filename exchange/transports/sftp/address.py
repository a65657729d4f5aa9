"""The address of an SFTP place and the pinned keys of its server."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from exchange.transports.contract import Place, SecretText

OPTIONS = {"read back": ("yes", "no"), "staging": None}
"""`read back`: read every upload again and compare; `staging`: a folder below the place for temporary files.
"""


_KEY_KINDS = ("ssh-ed25519", "ssh-rsa", *(f"ecdsa-sha2-nistp{bits}" for bits in (256, 384, 521)))


@dataclass(frozen=True, slots=True)
class Pin:
    """A key that the server may show: its SHA-256 fingerprint, and its type when it was pinned as a whole
    key.
    """

    fingerprint: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Who to be, at which server, with which keys pinned; two equal addresses may share connections."""

    user: str
    host: str
    port: int
    pins: tuple[Pin, ...]
    secret: SecretText | None = field(repr=False)

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


def problems(place: Place) -> list[str]:
    """Problems of a declared SFTP place, as sentences."""
    found = [*_option_problems(place), *_url_problems(place)]
    for key in place.host_keys:
        try:
            pin(key)
        except ValueError as error:
            found.append(f"The host key {key[:60]!r} cannot be used: {error}.")
    if place.secret is None:
        found.append("The secret is missing: write `secret: env:NAME`, `file:PATH` or `credentials:NAME`.")
    return found


def _option_problems(place: Place) -> list[str]:
    found = []
    for name, value in place.options.items():
        allowed = OPTIONS.get(name, ())
        if name not in OPTIONS:
            found.append(f"An SFTP place has no option {name!r}; it has: {', '.join(OPTIONS)}.")
        elif allowed and value not in allowed:
            found.append(f"The option {name!r} is {value!r}; it may be {' or '.join(allowed)}.")
    staging = place.options.get("staging", ".staging")
    if staging in ("", ".", "..") or "/" in staging or "\0" in staging:
        found.append(f"The option 'staging' must be the name of a folder below the place, not {staging!r}.")
    return found


def _url_problems(place: Place) -> list[str]:
    url = urlsplit(place.at)
    try:
        port_is_right = url.port != 0
    except ValueError:
        port_is_right = False
    found = []
    if not url.hostname:
        found.append("The server is missing: write sftp://user@host/path.")
    if not url.username:
        found.append("The user is missing: write sftp://user@host/path.")
    if url.password is not None:
        found.append("A password must not stand in the address: write `secret: env:NAME` beside it.")
    if not port_is_right:
        found.append("The port must be a number from 1 to 65535.")
    if url.query or url.fragment:
        found.append("An SFTP address has neither '?' nor '#'; write %3F or %23 instead.")
    if b".." in unquote_to_bytes(url.path).split(b"/"):
        found.append("The path must not contain '..'.")
    return found


def address(place: Place) -> Address:
    """The address of a place without problems."""
    url = urlsplit(place.at)
    assert url.username and url.hostname
    user = unquote_to_bytes(url.username).decode()
    pins = tuple(pin(key) for key in place.host_keys)
    return Address(user, url.hostname, url.port or 22, pins, place.secret)


def folder(place: Place) -> bytes:
    """The folder on the server, as raw bytes: `/path` from its root, `/~/path` from the user's own folder."""
    path = unquote_to_bytes(urlsplit(place.at).path).rstrip(b"/")
    if path == b"/~":
        return b"."
    return path.removeprefix(b"/~/") if path.startswith(b"/~/") else path or b"/"


def pin(text: str) -> Pin:
    """A pinned key: `SHA256:…` (as ssh-keygen -l shows it), `ssh-ed25519 AAAA…`, or a whole line of
    known_hosts.

    ValueError, with the reason, for anything else.
    """
    if text.startswith("SHA256:"):
        digest = text.removeprefix("SHA256:").rstrip("=")
        if len(_decoded(digest + "=")) != hashlib.sha256().digest_size:
            raise ValueError("a SHA-256 fingerprint has 43 characters after 'SHA256:'")
        return Pin(f"SHA256:{digest}")
    words = text.split()
    at = next((index for index, word in enumerate(words[:-1]) if words[index + 1].startswith("AAAA")), None)
    if at is None:
        raise ValueError("write a fingerprint SHA256:… or a line of known_hosts")
    if words[at] not in _KEY_KINDS:
        raise ValueError(
            f"a key of kind {words[at]!r} is not used here; the kinds are {', '.join(_KEY_KINDS)}"
        )
    return Pin(fingerprint(_decoded(words[at + 1])), words[at])


def fingerprint(key: bytes) -> str:
    """The SHA-256 fingerprint of a public key, as ssh-keygen -l shows it."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")
    return f"SHA256:{digest.rstrip('=')}"


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("it is not whole (base64)") from error

"""Ed25519 keys and signatures (RFC 8032). A key is written `ed25519:` and the base64 of its 32 public bytes."""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exchange.errors import UseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "ed25519:"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed (a public key as text) and the 64 bytes of the signature."""

    key: str
    value: bytes


def make_key(path: Path) -> str:
    """A new private key in a file that only its owner can read; gives the public key. Never overwrites."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UseError(
            f"{path} is there already.", advice="A key is never overwritten. Name a new file."
        ) from None
    with os.fdopen(handle, "wb") as out:
        out.write(text)
    return _public_text(key)


def sign(message: bytes, path: Path) -> Signature:
    """Signed with the private key in a file (PEM PKCS#8 or OpenSSH, without a passphrase)."""
    key = _private_key(path)
    return Signature(_public_text(key), key.sign(message))


def is_signed(message: bytes, signature: Signature) -> bool:
    """Whether the signature is that of its key over this very message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    raw = public_bytes(signature.key)
    if raw is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature.value, message)
    except InvalidSignature:
        return False
    return True


def public_bytes(key: str) -> bytes | None:
    """The 32 bytes of a public key written as text, None when it is none."""
    try:
        raw = base64.b64decode(key.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if key.startswith(PREFIX) and len(raw) == 32 else None


def _private_key(path: Path) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        text = path.read_bytes()
    except OSError as error:
        advice = "Make a key with `exchange pack key FILE`."
        raise UseError(f"The key {path} cannot be read: {error.strerror}.", advice=advice) from error
    load = (
        serialization.load_ssh_private_key
        if b"OPENSSH PRIVATE KEY" in text
        else serialization.load_pem_private_key
    )
    try:
        key = load(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UseError(f"{path} holds no usable private key: {error}.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UseError(f"{path} is not an Ed25519 key.", advice="Make one with `exchange pack key FILE`.")
    return key


def _public_text(key: Ed25519PrivateKey) -> str:
    return PREFIX + base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")

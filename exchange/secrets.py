"""Secrets are references; their text is fetched when it is needed and shown by nothing.

env:NAME            an environment variable
file:PATH           a file (seen from the site's folder) that only its owner may read
credentials:NAME    a file that systemd hands over (LoadCredential=, in $CREDENTIALS_DIRECTORY)
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NoReturn

from exchange.errors import RefusedError, UseError

KINDS = ("env", "file", "credentials")
_LONGEST = 65_536
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Secret:
    """A secret's text together with its reference; repr, str, logs and pickles never contain the text."""

    __slots__ = ("_text", "reference")

    def __init__(self, reference: str, text: str) -> None:
        self.reference = reference
        self._text = text

    def reveal(self) -> str:
        """The text itself; never to be kept, logged or put into a message."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({self.reference!r}, ****)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never written anywhere")


def problem(reference: str) -> str | None:
    """Why a text is no reference to a secret, as a sentence; None when it is one. Nothing is looked up."""
    kind, colon, name = reference.partition(":")
    if not colon or kind not in KINDS:
        return "A secret is never written down: refer to it by env:NAME, file:PATH or credentials:NAME."
    if not name or "\0" in name:
        return f"The reference {kind}: names nothing."
    if kind == "env" and "=" in name:
        return "The name of an environment variable has no '='; the secret itself must not be written here."
    if kind == "credentials" and ("/" in name or name in (".", "..")):
        return "The name of a credential has no '/'."
    return None


def resolve(reference: str, base: Path) -> Secret:
    """The secret a reference stands for; base is the site's folder.

    UseError when the text is no reference; RefusedError, saying what to do, when the secret cannot be had.
    """
    wrong = problem(reference)
    if wrong:
        raise UseError(wrong)
    kind, _, name = reference.partition(":")
    if kind == "env":
        return Secret(reference, _from_environment(name))
    if kind == "file":
        return Secret(reference, _from_file(reference, base / name, private=True))
    return Secret(reference, _from_file(reference, _credentials() / name, private=False))


def _from_environment(name: str) -> str:
    text = os.environ.get(name, "")
    if not text:
        raise RefusedError(
            f"The environment variable {name} is not set.",
            advice="Set it for the user that runs the exchange.",
        )
    return text


def _credentials() -> Path:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise RefusedError(
            "No credentials were handed over: CREDENTIALS_DIRECTORY is not set.",
            advice="Start the exchange by systemd with LoadCredential=, or refer to the secret by file:PATH.",
        )
    return Path(folder)


def _from_file(reference: str, path: Path, *, private: bool) -> str:
    try:
        with path.open("rb") as stream:
            _expect_private(reference, os.fstat(stream.fileno()), private)
            data = stream.read(_LONGEST + 1)
    except OSError as error:
        raise RefusedError(
            f"The secret {reference} cannot be read: {error.strerror}.",
            advice="Put the file there, mode 0600.",
        ) from error
    text = _decoded(data)
    if text is None:
        raise RefusedError(f"The secret {reference} is not text in UTF-8.", advice="Write it as text.")
    if not text.strip() or len(data) > _LONGEST:
        raise RefusedError(
            f"The secret {reference} is empty or longer than {_LONGEST} bytes.", advice="Look at the file."
        )
    return text if text.startswith("-----BEGIN") else text.removesuffix("\n").removesuffix("\r")


def _decoded(data: bytes) -> str | None:
    """The text, None when it is none; no error leaves here, because Python's would carry the bytes."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _expect_private(reference: str, found: os.stat_result, private: bool) -> None:
    """A file that others may read is no secret; what systemd hands over is guarded by its folder."""
    if not stat.S_ISREG(found.st_mode):
        raise RefusedError(f"The secret {reference} is no regular file.", advice="Put a plain file there.")
    if private and (found.st_mode & _OTHERS or found.st_uid not in (os.geteuid(), 0)):
        raise RefusedError(
            f"The secret {reference} can be read or changed by others.",
            advice="Give it to the user that runs the exchange, mode 0600 (chmod 600).",
        )

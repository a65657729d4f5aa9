"""Secrets: had by reference, shown by nothing."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest

from exchange import secrets
from exchange.errors import RefusedError, UseError
from exchange.secrets import Secret

TEXT = "s3same-öffne"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(TEXT + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP_KEY", TEXT)
    assert secrets.resolve("env:SHOP_KEY", tmp_path).reveal() == TEXT
    monkeypatch.setenv("SHOP_KEY", "")
    with pytest.raises(RefusedError, match="SHOP_KEY is not set"):
        secrets.resolve("env:SHOP_KEY", tmp_path)


def test_from_a_file_without_its_last_line_end(file: Path) -> None:
    assert secrets.resolve("file:key", file.parent).reveal() == TEXT
    assert secrets.resolve(f"file:{file}", Path("/")).reveal() == TEXT
    file.write_bytes(b" a \r\n")
    assert secrets.resolve("file:key", file.parent).reveal() == " a "


def test_a_private_key_keeps_its_lines(file: Path) -> None:
    file.write_text("-----BEGIN X\nabc\n")
    assert secrets.resolve("file:key", file.parent).reveal() == "-----BEGIN X\nabc\n"


def test_from_systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as patch:
        patch.delenv("CREDENTIALS_DIRECTORY", raising=False)
        with pytest.raises(RefusedError, match="LoadCredential"):
            secrets.resolve("credentials:shop", tmp_path)
    (tmp_path / "shop").write_text(TEXT)
    (tmp_path / "shop").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secrets.resolve("credentials:shop", Path("/nowhere")).reveal() == TEXT


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o644])
def test_a_file_that_others_may_use_is_no_secret(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(RefusedError, match="by others") as caught:
        secrets.resolve("file:key", file.parent)
    assert "0600" in caught.value.advice


@pytest.mark.parametrize(
    ("content", "say"),
    [(b"", "empty"), (b"\n", "empty"), (b"x" * 70_000, "longer"), (b"\xff\xfe" + TEXT.encode(), "UTF-8")],
)
def test_unusable_content(file: Path, content: bytes, say: str) -> None:
    file.write_bytes(content)
    with pytest.raises(RefusedError, match=say) as caught:
        secrets.resolve("file:key", file.parent)
    assert "s3same" not in "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value
    while error is not None:
        assert not isinstance(error, UnicodeDecodeError), "it carries the bytes"
        error = error.__cause__ or error.__context__


def test_missing_and_odd_files(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="No such file"):
        secrets.resolve("file:nothing", tmp_path)
    with pytest.raises(RefusedError):
        secrets.resolve(f"file:{tmp_path}", tmp_path)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        TEXT,
        "env:",
        "file:",
        "vault:x",
        "ENV:X",
        "env:KEY=" + TEXT,
        "credentials:../x",
        "credentials:..",
        "file:a\0b",
    ],
)
def test_what_is_no_reference(reference: str, tmp_path: Path) -> None:
    problem = secrets.problem(reference)
    assert problem is not None
    assert TEXT not in problem
    with pytest.raises(UseError) as caught:
        secrets.resolve(reference, tmp_path)
    assert TEXT not in str(caught.value)


def test_references(tmp_path: Path) -> None:
    assert [secrets.problem(f"{kind}:x") for kind in secrets.KINDS] == [None] * len(secrets.KINDS)


def test_nothing_shows_the_text(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret("env:X", TEXT)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("t").warning("%s %r", secret, secret)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>80}",
        repr([secret]),
        caplog.text,
    ]
    assert all(TEXT not in text and "env:X" in text for text in shown)
    for write in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            write(secret)
    assert not hasattr(secret, "__dict__")

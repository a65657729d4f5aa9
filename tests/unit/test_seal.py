"""Bankgirot's seal: against a public sealed file's values, and every byte that is another one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from bank_files import codes, documents, errors, filled, inspected
from click.testing import CliRunner

from exchange.cli.seal import command
from exchange.formats.fixed.seal import check_value, fault, sealed

KEY = bytes.fromhex("1234567890ABCDEF" * 2)
"""Bankgirot's public test key."""
DAY = date(2024, 4, 29)
BODY = filled(
    "0120240416AUTOGIRO                                            0069240009925256",
    "82202404220    000000000020790200000008000000099252560040106553200145",
    "82202404260    000000000021458700000004000000099252560040107191200141",
    "82202404220    000000000012095900000007500000099252560040106552200146",
)


def test_the_values_of_a_public_sealed_file() -> None:
    data = sealed(BODY, KEY, DAY)
    tail = data.splitlines()[-1].decode()
    assert tail.rstrip() == "99240429FF365893D899291C3BF505FB3175E880284F075A27506C1F5C4EBAEB812D6BAE"
    assert check_value(KEY) == "FF365893D899291C3BF505FB3175E880"
    assert len(tail) == 80 and data.startswith(b"00240429HMAC ")
    assert fault(data, KEY) is None


def test_what_may_change_and_what_may_not() -> None:
    data = sealed(BODY.replace(b"\r\n", b"\n\n") + b"\xc5\xe4\n", KEY, DAY)
    assert fault(data, KEY) is None and fault(data.replace(b"\r\n", b"\n"), KEY) is None
    for at in range(0, len(data), 7):
        if data[at : at + 1] in b"\r\n ":
            continue
        other = data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :]
        assert fault(other, KEY) is not None, at
    assert [one.code for one in (fault(data, bytes(16)), fault(BODY, KEY)) if one] == ["FIX035", "FIX029"]
    cut = fault(data[: data.rindex(b"99240429")], KEY)
    assert cut is not None and cut.code == "FIX028"
    with pytest.raises(ValueError, match="already"):
        sealed(data, KEY, DAY)
    with pytest.raises(ValueError, match="80 characters"):
        sealed(b"x" * 81, KEY, DAY)


def test_sealed_files_are_read_and_their_seal_is_told_of(tmp_path: Path) -> None:
    data = sealed(BODY, KEY, DAY)
    docs, found = documents("bankgirot/autogiro-request", data)
    assert len(docs) == 3 and codes(found) == [] and next(one.code for one in found) == "FIX027"
    assert inspected(data, tmp_path).layout == "bankgirot/autogiro-request"
    cut = data[: data.rindex(b"99240429")]
    assert "FIX028" in errors(documents("bankgirot/autogiro-request", cut)[1])
    twice = data + data.splitlines(keepends=True)[-1]
    assert "FIX003" in errors(documents("bankgirot/autogiro-request", twice)[1])


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BG_KEY", KEY.hex())
    plain, out = tmp_path / "plain.txt", tmp_path / "sealed.txt"
    plain.write_bytes(BODY)
    run, key = CliRunner(), ["--key", "env:BG_KEY"]
    made = run.invoke(command, [str(plain), *key, "--output", str(out), "--date", "2024-04-29"])
    assert made.exit_code == 0 and "FF365893D899291C3BF505FB3175E880" in made.output
    assert KEY.hex() not in made.output and out.read_bytes() == sealed(BODY, KEY, DAY)
    assert run.invoke(command, [str(out), *key, "--verify"]).exit_code == 0
    out.write_bytes(out.read_bytes().replace(b"0000008000", b"0000009000"))
    changed = run.invoke(command, [str(out), *key, "--verify"])
    assert changed.exit_code == 3 and "FIX036" in changed.output
    assert run.invoke(command, [str(plain), *key, "--output", str(out)]).exit_code != 0
    monkeypatch.setenv("BG_KEY", "abc")
    assert run.invoke(command, [str(out), *key, "--verify"]).exit_code != 0

"""Strict decoding with evidence, and hints that point at the right encoding for Nordic text."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.findings import Finding
from exchange.formats import encoding
from exchange.formats.encoding import Unreadable

FINNISH = "nimi;summa\nMäkinen Päivi, Hämeenlinna;12,50\nÖljy Oy, Älvsjö;13,00\nKäyttötili;14,00\n"
NORWEGIAN = "navn;beløp\nBjørn Ødegård, Tromsø;12,50\nÅse Kjær;13,00\n"


def read(raw: bytes, declared: str, size: int = encoding.BLOCK) -> tuple[str, list[Finding]]:
    found: list[Finding] = []
    text = "".join(encoding.blocks(io.BytesIO(raw), declared, found.append, size=size))
    return text, found


def refused(raw: bytes, declared: str, size: int = encoding.BLOCK) -> Finding:
    with pytest.raises(Unreadable) as stopped:
        read(raw, declared, size)
    return stopped.value.finding


@pytest.mark.parametrize("declared", ["utf-8", "windows-1252", "iso-8859-1", "utf-16", "cp850", "mac-roman"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_text_as_declared(declared: str, size: int) -> None:
    assert read(FINNISH.encode(declared), declared, size) == (FINNISH, [])


def test_a_mark_is_taken_off_and_another_ones_mark_refused() -> None:
    assert read(b"\xef\xbb\xbfa", "utf-8")[0] == "a"
    finding = refused(b"\xef\xbb\xbfa", "windows-1252")
    assert (finding.code, finding.line, finding.value) == ("ENC002", 1, "EF BB BF")
    assert refused("a".encode("utf-16"), "utf-8").code == "ENC002"
    assert refused(b"\xff\xfea\0", "utf-16-be").code == "ENC002"
    assert read(b"\xff\xfea\0", "utf-16-le")[0] == "a"
    assert refused(b"a\0", "utf-16").code == "ENC006"
    assert read(b"", "utf-16") == ("", [])


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize(("actual", "byte"), [("windows-1252", "E4"), ("cp850", "84"), ("mac-roman", "8A")])
def test_undecodable_byte_has_place_and_hint(actual: str, byte: str, size: int) -> None:
    raw = FINNISH.encode(actual)
    finding = refused(raw, "utf-8", size)
    assert (finding.code, finding.line, finding.column, finding.value) == ("ENC001", 2, 2, byte)
    assert f"offset {raw.index(bytes.fromhex(byte))}" in finding.message
    if size == 10_000:
        assert f'look like {actual}, in which the text reads "Mäkinen"' in finding.message


def test_a_cut_character_at_the_end_is_told() -> None:
    finding = refused("päivä".encode()[:-1], "utf-8", 2)
    assert (finding.line, finding.column, finding.value) == (1, 5, "C3")


def test_iso_8859_holds_no_control_characters() -> None:
    finding = refused("a\nhinta 5 €\n".encode("windows-1252"), "iso-8859-1")
    assert (finding.code, finding.line, finding.column, finding.value) == ("ENC001", 2, 9, "80")


@pytest.mark.parametrize("text", [FINNISH, NORWEGIAN])
def test_utf8_declared_as_latin(text: str) -> None:
    for declared in ("windows-1252", "iso-8859-1", "cp850"):
        try:
            found = read(text.encode(), declared)[1]
        except Unreadable as stopped:  # some bytes of UTF-8 do not exist in these
            found = [stopped.finding]
        assert found[0].severity == "error"
        assert "utf-8" in found[0].message
    finding = read("a\nMäkinen".encode(), "windows-1252")[1][0]
    assert (finding.code, finding.line, finding.value) == ("ENC003", 2, "Mäkinen")
    assert "C3 A4" in finding.message and "MÃ¤kinen" in finding.message


@pytest.mark.parametrize("actual", ["cp437", "cp850", "mac-roman"])
def test_old_encodings_declared_as_windows(actual: str) -> None:
    text = FINNISH.replace("Å", "").replace("å", "")
    (finding,) = read(text.encode(actual), "windows-1252")[1]
    assert (finding.code, finding.line, finding.severity) == ("ENC005", 2, "warning")
    best = "cp850" if actual == "cp437" else actual
    assert f'would read "Mäkinen" in {best}' in finding.message


def test_norwegian_in_cp865_declared_as_windows() -> None:
    text = "navn\nBjørn Sæther, Tromsø\nKjær\n"
    (finding,) = read(text.encode("cp865"), "windows-1252")[1]
    assert finding.code == "ENC005"
    assert encoding.guess(text.encode("cp850")).encoding == "cp850"
    assert encoding.guess(text.encode("cp865")).encoding in ("cp850", "cp865")


def test_right_files_raise_no_doubt() -> None:
    others = "Žižkov, Šimon; Crème brûlée; Straße; 50 % – “quoted” … € 5; ½ l; n°5\n"
    quoted = "“word” ‘or’ “words” – and so on… (don’t)\n" * 50
    for text in (FINNISH, NORWEGIAN, others, quoted, quoted + "Schlüssel\n"):
        assert read(text.encode("windows-1252", "replace"), "windows-1252")[1] == []
        assert read(text.encode(), "utf-8")[1] == []


def test_mojibake_inside_the_text_is_a_warning() -> None:
    (finding,) = read("a\nb;MÃ¤kinen PÃ¤ivi\n".encode(), "utf-8")[1]
    assert (finding.code, finding.severity, finding.line, finding.column) == ("ENC004", "warning", 2, 4)
    assert "Mäkinen" in finding.message
    assert read("São João; Ângela; COMPÃO".encode(), "utf-8")[1] == []


@pytest.mark.parametrize(
    ("raw", "want"),
    [
        (b"abc", "ascii"),
        (FINNISH.encode(), "utf-8"),
        (FINNISH.encode()[:14], "utf-8"),
        (FINNISH.encode("windows-1252"), "windows-1252"),
        (FINNISH.encode("utf-16"), "utf-16"),
        (FINNISH.encode("utf-16-le"), "utf-16-le"),
        (FINNISH.encode("utf-16-be"), "utf-16-be"),
        (FINNISH.encode("cp850"), "cp850"),
        (FINNISH.encode("mac-roman"), "mac-roman"),
        (NORWEGIAN.encode("windows-1252"), "windows-1252"),
        ("Schlüssel – – – – “Geschäft”".encode("windows-1252"), "windows-1252"),
        ("5 €".encode("windows-1252"), "windows-1252"),
        (NORWEGIAN.encode("mac-roman"), "mac-roman"),
    ],
)
def test_guess(raw: bytes, want: str) -> None:
    assert encoding.guess(raw).encoding == want
    assert encoding.guess(raw).reason


def test_names_of_encodings() -> None:
    assert encoding.known("windows-1252") == "windows-1252"
    for wrong in ("windows-125", "base64", "rot13", ""):
        with pytest.raises(ValueError, match="no known encoding"):
            encoding.known(wrong)


def test_a_character_that_cannot_be_written() -> None:
    finding = encoding.unwritable_finding("5 €", "iso-8859-1", line=3, field="note")
    assert finding is not None and (finding.code, finding.line, finding.field) == ("ENC010", 3, "note")
    assert "U+20AC" in finding.message
    assert encoding.unwritable_finding("ä", "iso-8859-1", field="note") is None


@given(
    st.binary(max_size=300),
    st.sampled_from(["utf-8", "windows-1252", "iso-8859-1", "cp850", "utf-16", "utf-16-le"]),
)
def test_any_bytes_are_text_or_one_finding(raw: bytes, declared: str) -> None:
    for size in (1, 7, 1000):
        try:
            text, _ = read(raw, declared, size)
        except Unreadable as stopped:
            assert stopped.finding.severity == "error"
        else:
            assert text == raw.decode(declared).removeprefix("\ufeff")
    encoding.guess(raw)


def test_judging_is_linear_in_any_input() -> None:
    for raw in (b"a" * 250_000 + b"\xe4", b"\xe4" * 250_000, b"a\xe4" * 125_000):
        read(raw, "windows-1252")
        encoding.guess(raw)
        with pytest.raises(Unreadable):
            read(raw, "utf-8")

"""Text that was damaged before it was sent is told: whole words, what they were, and nothing about right text."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.findings import Finding
from exchange.formats import encoding
from tests.unit.formats.xml_cases import layout, one
from tests.unit.formats.xml_cases import read as read_xml

NAMES = ("Åke Ängström", "Mäkinen", "Käyttötili", "Ærø", "Öberg", "Élodie", "5 €", "São João", "Šimon")


def look(text: str, declared: str = "utf-8", stored: str | None = None) -> list[Finding]:
    found: list[Finding] = []
    list(encoding.blocks(io.BytesIO(text.encode(stored or declared)), declared, found.append))
    return found


def told(text: str, **how: str) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.value) for finding in look(text, **how)]


def refusal(raw: bytes, declared: str) -> Finding:
    with pytest.raises(encoding.Unreadable) as stopped:
        list(encoding.blocks(io.BytesIO(raw), declared, lambda finding: None))
    return stopped.value.finding


@pytest.mark.parametrize(
    ("text", "value", "meant"),
    [
        ("x;Ã…ke Ã„ngstrÃ¶m;1\nÃ–berg", "Ã…ke Ã„ngstrÃ¶m", "Åke Ängström"),
        ("x;KÃ¤yttÃ¶tili\nPÃ¤ivi", "KÃ¤yttÃ¶tili", "Käyttötili"),
        ("Oy KÃ¤rnÃ¤ Ab", "KÃ¤rnÃ¤", "Kärnä"),
        ("ÃƒÂ…ke", "ÃƒÂ…ke", "Åke"),
        ("Ã\x85ke", "Ã\x85ke", "Åke"),
        ("hinta 5 â‚¬", "â‚¬", "€"),
        ("a" * 120 + "Ã¤", "a" * 120 + "Ã¤", "a" * 120 + "ä"),
    ],
)
def test_utf8_read_as_windows_is_quoted_whole(text: str, value: str, meant: str) -> None:
    (finding,) = look(text)
    assert (finding.code, finding.severity, finding.value) == ("ENC004", "warning", value)
    assert f'"{value}" looks like "{meant}",' in finding.message
    assert "UTF-8 was read as Windows-1252" in finding.advice


@pytest.mark.parametrize(
    ("text", "value", "meant"),
    [
        ("nimi\n1;K„rn„ M„kinen;2", "K„rn„ M„kinen", "Kärnä Mäkinen"),
        ("G”teborg", "G”teborg", "Göteborg"),
        ("Malm” K”ping", "K”ping", "Köping"),
        ("BJ™RK", "BJ™RK", "BJÖRK"),
        ("B†stad", "B†stad", "Båstad"),
        ("K\x84rn\x84", "K\x84rn\x84", "Kärnä"),
    ],
)
def test_a_dos_code_page_read_as_windows(text: str, value: str, meant: str) -> None:
    (finding,) = look(text)
    assert (finding.code, finding.severity, finding.value) == ("ENC004", "warning", value)
    assert f'"{value}" looks like "{meant}",' in finding.message
    assert "DOS code page" in finding.advice


def test_dos_text_of_a_single_byte_layout_is_judged_by_its_bytes_alone() -> None:
    assert [finding.code for finding in look("K„rn„ M„kinen\n", "windows-1252")] == ["ENC005"]


@pytest.mark.parametrize("lost", ["\ufffd", "ï¿½"])
def test_lost_characters(lost: str) -> None:
    (finding,) = look(f"a\nx;K{lost}rn{lost};1\nM{lost}kinen\n")
    assert (finding.code, finding.severity, finding.line, finding.column) == ("ENC007", "warning", 2, 4)
    assert finding.value == "K\ufffdrn\ufffd"


@pytest.mark.parametrize(
    "text",
    [
        "”Hej”och „Hallo“ – “so‘s” don’t “a”b",
        "Sony™ Brand™Name Köln† ‹x› 5”x3” 19”TFT",
        "São João; Ângela; COMPÃO; Žižkov; NÄ…; KÖ”",
        "Crème brûlée — 5 € · n° 5 · 2 × 3 … «ja» § 4",
        "Zürich, Łódź, Ćwikła, Ærøskøbing, Þórður, Õun, Şişli",
        "Ελλάδα, Привет, 日本語",
    ],
)
def test_right_text_raises_no_doubt(text: str) -> None:
    assert told(text) == [] and told(text, declared="utf-16") == []
    assert read_xml(layout(), one(f"<text>{text}</text>"))[1] == []


def test_a_file_in_a_wrong_encoding_is_not_called_misread_by_the_sender() -> None:
    assert told("Mäkinen\nÅsa K�\n", declared="windows-1252", stored="utf-8") == [("ENC003", "Mäkinen")]
    twice = "Mäkinen\n".encode().decode("windows-1252")
    assert [code for code, _ in told(twice, declared="windows-1252", stored="utf-8")] == ["ENC003"]
    assert told("MÃ¤kinen Åsa\n", declared="windows-1252") == [("ENC004", "MÃ¤kinen")]


@pytest.mark.parametrize(
    ("text", "actual", "declared", "reads"),
    [
        ("x;Åsa Öberg;1", "iso-8859-1", "utf-8", "Åsa"),
        ("x;5 €;1", "windows-1252", "iso-8859-1", "€"),
        ("x;5 €;1", "windows-1252", "iso-8859-15", "€"),
        ("x;Åsa Öberg;1", "cp850", "utf-8", "Åsa"),
    ],
)
def test_a_hint_is_printed_and_spoken_of(text: str, actual: str, declared: str, reads: str) -> None:
    finding = refusal(text.encode(actual), declared)
    likely = "cp850" if actual == "cp850" else "windows-1252"
    assert f'look like {likely}, in which the text reads "{reads}"' in finding.message
    assert f"`encoding: {likely}`" in finding.advice


def test_without_a_hint_none_is_spoken_of() -> None:
    finding = refusal(b"x;5 \xff;1", "utf-8")
    assert (finding.code, finding.message[-10:]) == ("ENC001", "not utf-8.")
    assert "hint" not in finding.advice and "If " not in finding.advice
    assert "Ask the sender" in finding.advice


@pytest.mark.parametrize("chunk", [None, 4096])
@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("Ã…ke Ã„ngstrÃ¶m", "ENC004", "Ã…ke Ã„ngstrÃ¶m"),
        ("K„rn„ M„kinen", "ENC004", "K„rn„ M„kinen"),
        ("K�rn�", "ENC007", "K�rn�"),
    ],
)
def test_xml_tells_too(text: str, code: str, value: str, chunk: int | None) -> None:
    data = one(f"\n\n<text>{text}</text>")
    (record,), found = read_xml(layout(), data, chunk)
    sign = next(place for place, character in enumerate(text) if not character.isascii())
    before = data.decode()[: data.decode().index(text) + sign].split("\n")
    assert record["texts"] == [text]
    assert [(finding.code, finding.value, finding.line, finding.column) for finding in found] == [
        (code, value, len(before), len(before[-1]) + 1)
    ]


def test_xml_in_a_wrong_encoding_is_told_once() -> None:
    data = one("<text>Mäkinen</text>").replace(b'encoding="utf-8"', b'encoding="windows-1252"')
    assert [finding.code for finding in read_xml(layout(), data)[1]] == ["XML005"]


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_whatever_was_misread_is_given_back(first: str, second: str) -> None:
    text = f"{first}\n{second}"
    raw = text.encode()
    misread = "".join(bytes((byte,)).decode("windows-1252", "ignore") or chr(byte) for byte in raw)
    assert told(text) == []
    found = look(misread)
    if any(sign in misread for sign in "ÃÂâ"):
        assert len(found) == 1
        meant = found[0].message.split('looks like "')[1].split('"')[0]
        assert meant in text


def test_looking_is_linear_in_any_input() -> None:
    for text in ("Ã¤" * 200_000, "a„b\n" * 200_000, "Ã¤\n" * 200_000, "�" * 200_000, "Ã€„" * 100_000):
        look(text)

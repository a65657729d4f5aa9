"""Records that are written alike are read without a parser: never others than the parser would give."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.formats import xml
from exchange.formats.xml import skim
from exchange.formats.xml.alike import specimen
from exchange.formats.xml.walk import Walker
from tests.unit.formats.test_xml_scan import ITEMS
from tests.unit.formats.xml_cases import document, layout, read

TAKEN = "exchange.formats.xml.walk.Walker.add"


def both_ways(of: xml.Layout, data: bytes, chunk: int) -> int:
    """Read a file with and without what is tested; how many records were read without a parser."""
    with mock.patch.object(skim.Skimmer, "reads_on", lambda *_: False):
        expected = read(of, data, chunk)
    with mock.patch(TAKEN, autospec=True, side_effect=Walker.add) as add:
        assert read(of, data, chunk) == expected
    return add.call_count


FIELDS: dict[str, object] = {
    "id": {"path": "@id", "required": True},
    "money": {"path": "m", "type": "money"},
    "exact": {"path": "x/@v", "type": "money", "scale": 2},
    "made": {"path": "d", "type": "date"},
    "either": {"path": ["e/t", "e"]},
    "second": {"path": "n[2]/t"},
    "all": {"path": "n/t", "many": True},
    "inner": {"path": "s", "fields": {"a": {"path": "a"}, "b": {"path": "b/@b"}}},
    "list": {"many": True, "path": ["n", "."], "fields": {"t": {"path": "t"}, "k": {"path": "@k"}}},
}
ROWS = layout(
    {
        "layout": "acme/rows",
        "format": "xml",
        "namespace": "u",
        "records": {
            "file": {"at": "f", "fields": {"made": {"path": "h/d", "type": "date"}}},
            "row": {"inside": "file", "at": "r", "fields": FIELDS},
        },
    }
)
TEXTS = [
    "a",
    "B ö",
    "€𝄞",
    " c",
    "c\t",
    "x y",
    "&amp;",
    "",
    " ",
    "1\n2",
    "]]&gt;",
    "<![CDATA[z]]>",
    "v<!-- -->w",
    ">",
]
NUMBERS = [
    "1.50",
    "12",
    "-3.00",
    "0.10",
    "1,5",
    "",
    "1e3",
    "00.20",
    "123456789012345678.99",
    "+1.00",
    "1.234567",
]
ROWS_WRITTEN: list[Callable[[random.Random], str]] = [
    lambda r: f'<r id="{r.choice("123")}"><m>{r.choice(NUMBERS)}</m><e>{r.choice(TEXTS)}</e></r>',
    lambda r: (
        f"<r id='{r.choice('123')}' >\n <e><t>{r.choice(TEXTS)}</t></e>\n <x v='{r.choice(NUMBERS)}'/>\n</r>"
    ),
    lambda r: (
        f'<r\nid="1"><n k="{r.choice("ab ")}"><t>{r.choice(TEXTS)}</t></n><n><t>{r.choice(TEXTS)}</t></n></r>'
    ),
    lambda r: (
        f'<r id="2"><n k="{r.choice("ab ")}"><t>{r.choice(TEXTS)}</t></n><n k=""><t>q</t><t>p</t></n></r>'
    ),
    lambda r: (
        f'<r id="3"><s><a>{r.choice(TEXTS)}</a></s><d>2026-0{r.choice("123")}-3{r.choice("01")}</d><u>1</u></r>'
    ),
    lambda r: f'<r id=""><s> <b b="{r.choice("12")}"/></s><other><r><m>x</m></r></other></r>',
    lambda r: f"<r id='4'>{r.choice(TEXTS)}<s>{r.choice(TEXTS)}</s>{r.choice(TEXTS)}</r>",
    lambda r: '<r id="5" xmlns:q="v"><q:m>1</q:m><m>2</m></r>',
    lambda r: "<!-- <r/> -->",
]


@settings(max_examples=150)
@given(
    st.randoms(use_true_random=False),
    st.sets(st.sampled_from(ROWS_WRITTEN), min_size=1, max_size=3),
    st.sampled_from([1, 200, 1000]),
    st.sampled_from(["\n", "", "\r\n"]),
    st.sampled_from(["", "p:"]),
)
def test_the_same_records_and_findings_as_by_the_parser(
    randoms: random.Random,
    written: set[Callable[[random.Random], str]],
    chunk: int,
    newline: str,
    prefix: str,
) -> None:
    kinds = sorted(written, key=ROWS_WRITTEN.index)
    rows = newline.join(randoms.choice(kinds)(randoms).replace("\n", newline or " ") for _ in range(60))
    text = f"<f><h><d>2026-01-31</d></h>{rows}</f>"
    if prefix:
        text = re.sub(r"<(/?)(?=[a-z])(?!q:)", rf"<\1{prefix}", text)
    space = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    both_ways(ROWS, text.replace(f"<{prefix}f>", f'<{prefix}f {space}="u">', 1).encode(), chunk)


def test_most_records_are_read_without_a_parser() -> None:
    row = '<r id="{0}"><m>{0}.10</m>\n<e>Ö{0}</e></r>\n'
    data = f'<f xmlns="u"><h/>{"".join(row.format(number) for number in range(500))}</f>'.encode()
    assert both_ways(ROWS, data, 500) > 400


def test_a_value_that_is_wrong_is_told_and_the_others_go_on() -> None:
    rows = [
        f'<r id="{number}"><d>2026-01-{"32" if number == 300 else "01"}</d></r>\n' for number in range(500)
    ]
    data = f'<f xmlns="u"><h/>{"".join(rows)}</f>'.encode()
    assert both_ways(ROWS, data, 500) > 400
    records, findings = read(ROWS, data, 500)
    assert len(records) == 499 and [finding.line for finding in findings] == [301]


def test_records_inside_others_and_conditions_are_left_to_the_parser() -> None:
    order = '<order no="1"><phone kind="home">2</phone></order>'
    assert both_ways(layout(), document(f'<group code="A">{order * 50}</group>' * 3), 200) == 0
    box = "<box>" + "<item><item><t>1</t></item><t>2</t></item>" * 50 + "</box>"
    assert both_ways(ITEMS, f'<f xmlns="u"><boxes>{box * 2}</boxes></f>'.encode(), 200) > 50


@pytest.mark.parametrize("bad", ["\x01", "\r", "]]>", "&nope;", "\ufffe", "<"])
def test_what_xml_does_not_allow_is_found(bad: str) -> None:
    rows = ['<r id="1"><e>ab</e></r>'] * 200
    rows[150] = f'<r id="1"><e>a{bad}b</e></r>'
    both_ways(ROWS, f'<f xmlns="u">{"".join(rows)}</f>'.encode(), 300)


@pytest.mark.parametrize(
    "text", ["<a>x&amp;y</a>", "<a><!-- --></a>", "<a q:b='1'/>", "<a xmlns='u'/>", "<a><b/>x</a>", "x"]
)
def test_what_is_not_taken_apart(text: str) -> None:
    assert specimen(text, 0) is None

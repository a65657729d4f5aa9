"""What becomes of bytes that came before, by what a flow is for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from exchange.declare.flow import Flow
from exchange.declare.parse import parse
from exchange.declare.yaml import load
from exchange.flow.bound import when_again

LIST = 'flow: list\nfrom: {{at: "folder:in", match: "*"}}\nlayout: o/l\nto: {to}\n'
KEPT, SENT = "[]", '[{write: o/l, at: "folder:out", name: "{arrival.id}"}]'


def declared(text: str) -> Flow:
    node, problems = load(text, "flow.yaml")
    assert node is not None, problems
    flow, problems = parse(Flow, node)
    assert flow is not None, problems
    return flow


@pytest.mark.parametrize(
    ("to", "uses", "money", "becomes"),
    [
        (KEPT, [], False, "skip"),
        (KEPT, [""], False, "newest"),
        (SENT, [""], False, "ask"),
        (KEPT, [", every file: [items]"], False, "skip"),
        (KEPT, [", every file: [items]", ""], False, "ask"),
        (KEPT, [""], True, "hold"),
    ],
)
def test_what_becomes_of_bytes_that_came_before(
    to: str, uses: Sequence[str], money: bool, becomes: str
) -> None:
    flow = declared(LIST.format(to=to))
    users = [
        declared(
            f'flow: user\nfrom: {{at: "folder:in", match: "*"}}\nlayout: o/l\nto: []\nwith: {{items: list}}\n'
            f"match: {{against: items{more}}}\n"
        )
        for more in uses
    ]
    assert when_again(flow, [flow, *users], money=money) == becomes
    stands = when_again(flow, [flow, *users], money=money, stands=True)
    assert stands == ("newest" if becomes == "skip" else becomes)

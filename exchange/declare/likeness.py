"""`like: iso20022/pain.001.001.09`: a declared file that is as another one of its kind, but for what it says itself.

    layout: iso20022/pain.001.001.03
    like: iso20022/pain.001.001.09
    namespace: urn:iso:std:iso:20022:tech:xsd:pain.001.001.03
    records: {payment: {fields: {creditor_agent: {fields: {bic: {path: BIC}}}}}}

Keys go into each other as deep as both have keys; any other value takes the place of the one it is called like; a key
without a value takes the other file's key away. Places stay those of the file in which a text stands.
"""

from __future__ import annotations

from exchange.declare.places import PlacedText
from exchange.declare.yaml import Node

LIKE = "like"


def merged(other: Node, own: Node) -> Node:
    """The nodes of both files in one tree; `own` goes before `other`. Neither is changed."""
    together: dict[PlacedText, Node] = dict(other.entries())
    for key, node in own.entries().items():
        below = other.get(key)
        if below is None:
            together[key] = node
        elif node.text is not None and node.text.is_empty:
            del together[key]
        else:
            together[key] = merged(below, node) if below.entries() and node.entries() else node
    return Node(own.start, together, other.size + own.size, max(other.depth, own.depth), own.cut)

"""Random messages from the element tree of a schema, and seeded damage to them; for test_iso20022_xsd."""

import copy
import random
import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
FOREIGN = {
    "SupplementaryDataEnvelope1": "{urn:example}Extra",
    "SignatureEnvelope": "{http://www.w3.org/2000/09/xmldsig#}Signature",
}


class Tree:
    """The element tree of a schema (tab-separated text) to make instances from; an element is its path."""

    def __init__(self, message: str, tree: str) -> None:
        cells = [row.split("\t") for row in tree.splitlines()[1:]]
        self.namespace = NAMESPACE + message
        self.root = cells[0][0].partition("/")[0]
        self.card = {path: card for path, card, *_ in cells}
        self.choices = {path.rpartition("/")[0] for path, _, choice, *_ in cells if choice}
        self.types = {path: type_ for path, _, _, type_, _ in cells}
        self.facets = {path: facets for path, *_, facets in cells}
        self.children: dict[str, list[str]] = {}
        for path in self.card:
            self.children.setdefault(path.rpartition("/")[0], []).append(path)
        self.names = sorted({path.rpartition("/")[2] for path in self.card})
        self.covered: set[str] = set()

    def instance(self, rng: random.Random, fill: float, *, towards: str = "") -> etree._Element:
        """A valid message of some hundred elements at most, the optional ones with probability `fill`.

        With `towards` the first element of that path is surely in it.
        """
        return Builder(self, rng, fill, towards=towards, budget=400).root()

    def whole(self, rng: random.Random, turns: Counter[str]) -> etree._Element:
        """A valid message with every optional element; `turns` picks the next alternative of each choice."""
        return Builder(self, rng, 1.0, turns=turns).root()


@dataclass
class Builder:
    """Makes one instance; `budget` is the number of elements after which optional ones are left out."""

    tree: Tree
    rng: random.Random
    fill: float
    towards: str = ""
    turns: Counter[str] | None = None
    budget: int = 10**9

    def root(self) -> etree._Element:
        tree = self.tree
        root = etree.Element(f"{{{tree.namespace}}}{tree.root}", nsmap={None: tree.namespace})
        self._fill(root, tree.root)
        return root

    def _fill(self, element: etree._Element, path: str) -> None:
        self.budget -= 1
        children = self.tree.children.get(path, [])
        if not children:
            self._value(element, path)
        for child in [self._alternative(path, children)] if path in self.tree.choices else children:
            for _ in range(self._times(child)):
                self.tree.covered.add(child)
                self._fill(etree.SubElement(element, self._tag(child)), child)

    def _tag(self, path: str) -> str:
        return f"{{{self.tree.namespace}}}{path.rpartition('/')[2]}"

    def _leads(self, path: str) -> bool:
        return f"{self.towards}/".startswith(f"{path}/")

    def _alternative(self, path: str, alternatives: list[str]) -> str:
        wanted = [child for child in alternatives if self._leads(child)]
        if self.turns is None:
            return self.rng.choice(wanted or alternatives)
        self.turns[path] += 1
        return alternatives[self.turns[path] % len(alternatives)]

    def _times(self, path: str) -> int:
        low, _, high = self.tree.card[path].partition("..")
        least = max(int(low), 1)
        if self.budget < 0 or self.rng.random() >= self.fill:
            return least if self._leads(path) else int(low)
        most = least + 2 if high == "n" else int(high)
        return self.rng.randint(least, most) if self.rng.random() < 0.1 else least

    def _value(self, element: etree._Element, path: str) -> None:
        if self.tree.types[path] in FOREIGN:
            etree.SubElement(element, FOREIGN[self.tree.types[path]])
            return
        facets = self.tree.facets[path].removesuffix(" @Ccy")
        element.text = _sample(facets, self.rng)
        if facets != self.tree.facets[path]:
            element.set("Ccy", _from_pattern("[A-Z]{3,3}", self.rng))


def probes(tree: Tree, path: str, rng: random.Random) -> Iterator[etree._Element]:
    """Messages at and just over every limit of the type of the element `path`; one object, ever changed."""
    if path in tree.children:
        for child in tree.children[path]:
            yield from _occurrence_probes(tree, child, rng)
        return
    document = tree.instance(rng, 0, towards=path)
    element = _find(document, path)
    yield document
    edges = _edge_values(tree.facets[path], rng) if tree.facets[path] else ()
    for value in dict.fromkeys((*edges, *BAD_TEXT)):
        element.text = value
        yield document
    if element.get("Ccy"):
        element.text = "1"
        for code in ("EUR", "eur", "EU", "EURO", "E1R", ""):
            element.set("Ccy", code)
            yield document
        del element.attrib["Ccy"]
        yield document


def _occurrence_probes(tree: Tree, path: str, rng: random.Random) -> Iterator[etree._Element]:
    document = tree.instance(rng, 0, towards=path)
    element = _find(document, path)
    parent = element.getparent()
    yield document
    high = tree.card[path].partition("..")[2]
    for _ in range(3 if high == "n" else int(high)):
        element.addnext(copy.deepcopy(element))
        yield document
    for sibling in parent.findall(element.tag)[1:]:
        parent.remove(sibling)
    for other in tree.children[path.rpartition("/")[0]]:
        parent.insert(0, _find(tree.instance(rng, 0, towards=other), other))
        yield document
        parent.append(parent[0])
        yield document
        parent.remove(parent[-1])
    for child in parent.findall(element.tag):
        parent.remove(child)
    yield document


def _find(document: etree._Element, path: str) -> etree._Element:
    return next(element for element in document.iter() if _path(element) == path)


def _edge_values(facets: str, rng: random.Random) -> Iterator[str]:
    base, *rest = facets.removesuffix(" @Ccy").split(" ")
    values = dict(part.split("=", 1) for part in rest)
    for code in values.get("enum", "").split("|"):
        yield from (code, code + "X", code[:-1])
    for name in ("minLength", "maxLength"):
        yield from ("ä" * max(int(values.get(name, 1)) + more, 0) for more in (-1, 0, 1))
    for more in (-1, 0, 1) if base == "decimal" else ():
        digits, fraction = int(values["totalDigits"]) + more, int(values["fractionDigits"]) + more
        yield from ("9" * digits, "9." + "1" * max(fraction, 1), "-9", "0", "0.5", "1", "-1")
    for _ in range(10):
        sample = _sample(" ".join([base, *rest]), rng)
        at = rng.randrange(len(sample) + 1)
        yield from (
            sample,
            sample + "0",
            sample[:-1],
            sample[:at] + "a" + sample[at + 1 :],
            sample.swapcase(),
        )


def _sample(facets: str, rng: random.Random) -> str:
    """A value of a simple type, from facets like `string minLength=1 maxLength=35`."""
    base, _, rest = facets.partition(" ")
    values = dict(part.split("=", 1) for part in rest.split()) if rest else {}
    if "enum" in values:
        return rng.choice(values["enum"].split("|"))
    if base == "string" and "pattern" in values:
        return _from_pattern(values["pattern"], rng)
    if base == "decimal":
        return _decimal(values, rng)
    if base in ("string", "base64Binary"):
        low, high = int(values.get("minLength", 0)), int(values.get("maxLength", 9))
        length = rng.choice((max(low, 1), rng.randint(max(low, 1), min(high, 40)), high))
        return "QUJD" * 3 if base == "base64Binary" else "".join(rng.choices("aZ09 -äÖ€😀", k=length))
    zone = "Z" if "pattern" in values else rng.choice(("", "Z", "+02:00", "-11:30"))
    date = f"20{rng.randint(10, 40)}-0{rng.randint(1, 9)}-{rng.randint(10, 28)}"
    time = "23:59:58.123"[: rng.choice((8, 12))]
    samples = {
        "date": date,
        "dateTime": f"{date}T{time}",
        "time": time,
        "gYear": date[:4],
        "gYearMonth": date[:7],
    }
    return rng.choice(("true", "false", "1", "0")) if base == "boolean" else samples[base] + zone


def _decimal(values: dict[str, str], rng: random.Random) -> str:
    fraction = rng.randint(0, min(int(values["fractionDigits"]), 17))
    whole = rng.randint(1, max(1, int(values["totalDigits"]) - fraction))
    digits = str(rng.randint(1, 9)) + "".join(rng.choices(string.digits, k=whole + fraction - 1))
    sign = "" if "minInclusive" in values else rng.choice(("", "-", "+"))
    if len(digits) > int(values["totalDigits"]):
        return sign + "1"
    return f"{sign}{digits[:whole]}.{digits[whole:]}" if fraction else sign + digits


def _from_pattern(pattern: str, rng: random.Random) -> str:
    """Text that the pattern accepts; knows classes, groups, escapes, `.` and quantifiers."""
    text, end = _pattern_run(pattern, 0, rng)
    assert end == len(pattern), f"the sampler does not know {pattern}"
    return text


def _pattern_run(pattern: str, at: int, rng: random.Random) -> tuple[str, int]:
    out = ""
    while at < len(pattern) and pattern[at] != ")":
        start, (_, after) = at, _pattern_atom(pattern, at, rng)
        low, high, at = _quantifier(pattern, after)
        out += "".join(_pattern_atom(pattern, start, rng)[0] for _ in range(rng.randint(low, high)))
    return out, at


def _pattern_atom(pattern: str, at: int, rng: random.Random) -> tuple[str, int]:
    sign = pattern[at]
    assert sign not in "|^*+?{", f"the sampler does not know {pattern}"
    if sign == "(":
        text, end = _pattern_run(pattern, at + 1, rng)
        return text, end + 1
    if sign == "[":
        end = pattern.index("]", at)
        return rng.choice(_members(pattern[at + 1 : end])), end + 1
    return (pattern[at + 1], at + 2) if sign == "\\" else ("x" if sign == "." else sign, at + 1)


def _members(inside: str) -> str:
    found = ""
    while inside:
        if inside[0] == "\\":
            found, inside = found + inside[1], inside[2:]
        elif inside[1:2] == "-" and len(inside) > 2:
            found, inside = found + "".join(map(chr, range(ord(inside[0]), ord(inside[2]) + 1))), inside[3:]
        else:
            found, inside = found + inside[0], inside[1:]
    return found


def _quantifier(pattern: str, at: int) -> tuple[int, int, int]:
    if pattern[at : at + 1] in ("*", "+", "?"):
        return {"*": (0, 3), "+": (1, 3), "?": (0, 1)}[pattern[at]] + (at + 1,)
    if pattern[at : at + 1] != "{":
        return 1, 1, at
    end = pattern.index("}", at)
    low, _, high = pattern[at + 1 : end].partition(",")
    return int(low), int(high or low), end + 1


# --- mutations ------------------------------------------------------------------------------------------

WORDS = """X EUR eur Ä true TRUE yes -1 -0.00 +1.0 0 1e5 1,5 .5 5. 0001.000 NaN INF BOOK CRDT FI SEPA
    2026-02-30 2026-13-01 26-01-01 2026-01-01Z 2026-1-1 2026 2026-06 10:00:00
    2026-01-01T10:00:00 2026-01-01T10:00:00Z 2026-01-01T24:00:01 2026-01-01T10:00
    1234567890123456789 123456789012345678 1.123456 1.12345 0.0000000000001
    FI2112345600000785 NDEAFIHH NDEAFIHHXXX NDEAFIHHX +358-401234567 +358401234567"""
BAD_TEXT = [
    *WORDS.split(),
    *("", "   ", " x", "x ", "x\ny", "😀" * 35, "ä" * 36),
    *("X" * n for n in (4, 5, 16, 17, 35, 36, 70, 71, 140, 141, 2049)),
]


def mutated(document: etree._Element, tree: Tree, rng: random.Random) -> tuple[etree._Element, list[str]]:
    """A copy with one to three seeded mutations, and their names."""
    mutant = copy.deepcopy(document)
    chosen = rng.choices(MUTATORS, k=rng.choice((1, 1, 1, 2, 3)))
    for mutate in chosen:
        elements = [element for element in mutant.iter() if element is not mutant]
        if elements:
            mutate(rng.choice(elements), tree, rng)
    return mutant, [mutate.__name__ for mutate in chosen]


def _path(element: etree._Element) -> str:
    steps = [element, *element.iterancestors()]
    return "/".join(etree.QName(step).localname for step in reversed(steps))


def remove(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    element.getparent().remove(element)


def duplicate(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 7, 10))):
        element.addnext(copy.deepcopy(element))


def swap(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    other = element.getnext()
    if other is not None:
        other.addnext(element)


def move(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    parents = [e for e in element.getroottree().iter() if element not in (e, *e.iterancestors())]
    rng.choice(parents).insert(rng.randint(0, 3), element)


def rename(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    siblings = [path.rpartition("/")[2] for path in tree.children.get(_path(element.getparent()), [])]
    name = rng.choice([*siblings, rng.choice(tree.names), "Unknown", etree.QName(element).localname.lower()])
    namespace = rng.choice((tree.namespace, tree.namespace, "urn:example"))
    element.tag = f"{{{namespace}}}{name}"


def text(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    facets = tree.facets.get(_path(element), "")
    if facets and rng.random() < 0.3:
        own = _sample(facets.removesuffix(" @Ccy"), rng)
        element.text = rng.choice((own, own + "X", own[:-1], own.lower(), own + own, f" {own}", own + "0"))
    else:
        element.text = rng.choice(BAD_TEXT)


def leaf_text(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    leaves = [leaf for leaf in element.iter() if len(leaf) == 0]
    text(rng.choice(leaves), tree, rng)


def limit(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    """The longest or one character longer than the longest text of one leaf."""
    for leaf in element.iter():
        longest = tree.facets.get(_path(leaf), "").partition("maxLength=")[2]
        if longest:
            leaf.text = "x" * (int(longest) + rng.randint(0, 1))
            return
    element.text = ""


def attribute(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    amounts = list(element.getroottree().iterfind(".//*[@Ccy]"))
    if amounts and rng.random() < 0.7:
        element = rng.choice(amounts)
    if "Ccy" in element.attrib and rng.random() < 0.4:
        del element.attrib["Ccy"]
    else:
        name = rng.choice(("Ccy", "Ccy", "ccy", "Extra", "{urn:example}Extra", f"{{{tree.namespace}}}Ccy"))
        element.set(name, rng.choice(("EUR", "eur", "EURO", "", "E1R", " EUR", "XXX")))


def special_attribute(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    instance = "{http://www.w3.org/2001/XMLSchema-instance}"
    name, value = rng.choice(
        (("nil", "true"), ("type", "Nothing"), ("schemaLocation", "urn:x y"), ("odd", "1"))
    )
    element.set(instance + name, value)


def insert(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    names = [
        f"{{{tree.namespace}}}{rng.choice([*tree.names, tree.root, 'Unknown'])}",
        "{urn:example}X",
        "NoNamespace",
    ]
    new = etree.Element(rng.choice(names))
    new.text = rng.choice(("", "x", "1", "2026-01-01"))
    rng.choice((element.addnext, element.addprevious, element.append))(new)


def empty(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    for child in list(element):
        element.remove(child)
    element.text = rng.choice((None, "", " "))


def envelope(element: etree._Element, tree: Tree, rng: random.Random) -> None:
    """Supplementary data with one, none or two foreign elements, or with a whole message inside."""
    new = etree.SubElement(element, f"{{{tree.namespace}}}SplmtryData")
    inside = etree.SubElement(new, f"{{{tree.namespace}}}Envlp")
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        inside.append(rng.choice((etree.Element("{urn:example}X"), tree.instance(rng, 0.1))))


MUTATORS: tuple[Callable[[etree._Element, Tree, random.Random], None], ...] = (
    *(remove, duplicate, swap, move, rename, text, leaf_text, limit),
    *(attribute, special_attribute, insert, empty, envelope),
)

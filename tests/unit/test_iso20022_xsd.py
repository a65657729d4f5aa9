"""The XML schemas of this project give the verdict of the published ones.

The published schemas, their element trees and other people's files lie beside the repository, never in it;
without them only the tests of the tools and of the committed schemas run. `EXCHANGE_DEEP=1` runs the whole
comparison, otherwise a seeded sample of it; `-s` prints the figures.
"""

import copy
import functools
import os
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(Path(__file__).parent)]
import iso20022_tree  # noqa: E402
import iso20022_xsd  # noqa: E402
from iso20022_instances import MUTATORS, NAMESPACE, Tree, mutated, probes  # noqa: E402

OWN = ROOT / "schemas" / "iso20022"
MESSAGES = sorted(path.stem for path in OWN.glob("*.xsd"))
BANK = ROOT.parent / "shared" / "corpus" / "bank"
TREES = ROOT.parent / "shared" / "facts" / "bank" / "schema-trees"
DEEP = os.environ.get("EXCHANGE_DEEP") == "1"
INSTANCES, MUTATIONS, MUTATIONS_PER_FILE, TYPES = (400, 6000, 60, 10**6) if DEEP else (25, 300, 6, 15)
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)

needs_trees = pytest.mark.skipif(not TREES.is_dir(), reason="no element trees beside the repository")
needs_corpus = pytest.mark.skipif(not BANK.is_dir(), reason="no corpus beside the repository")


# --- the tools and what is committed --------------------------------------------------------------------


def test_the_schemas_of_the_main_messages_are_there() -> None:
    wanted = "pain.001.001.03 pain.001.001.09 pain.002.001.03 pain.002.001.10 pain.008.001.02 pain.008.001.08"
    wanted += (
        " camt.052.001.02 camt.053.001.02 camt.054.001.02 camt.052.001.08 camt.053.001.08 camt.054.001.08"
    )
    assert set(wanted.split()) <= set(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_committed_schema_compiles_and_names_its_message(message: str) -> None:
    document = etree.parse(OWN / f"{message}.xsd")
    assert document.getroot().get("targetNamespace") == NAMESPACE + message
    assert "Apache-2.0" in (document.getroot().getprevious().text or "")
    schema = etree.XMLSchema(document)
    root = document.getroot().find("{*}element").get("name")
    assert not schema.validate(etree.Element(f"{{{NAMESPACE}{message}}}{root}"))
    assert "Missing child element" in schema.error_log[0].message


@pytest.mark.parametrize("message", MESSAGES)
def test_a_committed_schema_is_what_its_own_tree_gives(message: str) -> None:
    text = (OWN / f"{message}.xsd").read_text("utf-8")
    assert iso20022_xsd.schema(message, iso20022_tree.tree(text)) == text


@needs_trees
def test_regeneration_gives_the_committed_files(tmp_path: Path) -> None:
    assert iso20022_xsd.main([str(TREES), "--out", str(tmp_path)]) == 0
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in OWN.glob("*.xsd")}


@needs_trees
@needs_corpus
@pytest.mark.parametrize("message", MESSAGES)
def test_own_and_published_schema_have_the_same_tree(message: str) -> None:
    expected = (TREES / f"{message}.tsv").read_text("utf-8")
    assert iso20022_tree.tree(_published(message).read_text("utf-8")) == expected
    assert iso20022_tree.tree((OWN / f"{message}.xsd").read_text("utf-8")) == expected


HEAD = "path\tcard\tchoice\ttype\tfacets"
TEXT = "Max35Text\tstring minLength=1 maxLength=35"


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ([], "line 1: the columns"),
        ([HEAD], "tree is empty"),
        ([HEAD, "Document/A\t1..1\tText"], "line 2: 3 columns"),
        ([HEAD, f"Document/A\t1\t\t{TEXT}"], 'cardinality "1"'),
        ([HEAD, f"Document/A\t0..0\t\t{TEXT}"], "allows nothing"),
        ([HEAD, f"Document/A\t2..1\t\t{TEXT}"], "allows nothing"),
        ([HEAD, f"Document/A\t1..1\tx\t{TEXT}"], '"x" in the column choice'),
        ([HEAD, f"Document/A B\t1..1\t\t{TEXT}"], "not made of element names"),
        (
            [HEAD, f"Document/A\t1..1\t\t{TEXT}", f"Document/B/C\t1..1\t\t{TEXT}"],
            "line 3: Document/B/C stands",
        ),
        ([HEAD, f"Document/A\t1..1\t\t{TEXT}", f"Document/A\t1..1\t\t{TEXT}"], "stands twice"),
        ([HEAD, f"Document/A\t1..1\t\t{TEXT}", f"Document/B\t1..1\tchoice\t{TEXT}"], "mixes choice"),
        ([HEAD, f"Document/A\t1..1\t\t{TEXT}", f"Document/A/B\t1..1\t\t{TEXT}"], "both children and a value"),
        ([HEAD, "Document/A\t1..1\t\tThing1\t"], "neither children nor a value"),
        ([HEAD, f"Document/A\t1..1\t\t{TEXT}", "Document/B\t1..1\t\tMax35Text\tstring"], "differs"),
        ([HEAD, "Document/A\t1..1\t\tX\tfloat minLength=1"], "unknown base or facet"),
        ([HEAD, "Document/A\t1..1\t\tX\tstring length=1"], "unknown base or facet"),
        ([HEAD, "Document/A\t1..1\t\tCurrencyAndAmount\tdecimal @Ccy"], "no currency code type"),
    ],
)
def test_a_wrong_tree_is_refused_with_its_place(
    rows: list[str], cause: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pain.001.001.99.tsv").write_text("\n".join(rows), "utf-8")
    assert iso20022_xsd.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("pain.001.001.99: ") and cause in error
    assert not (tmp_path / "out").exists()


def test_a_tree_of_every_kind_of_row_becomes_a_schema() -> None:
    rows = [
        HEAD,
        "Document/Msg\t1..1\t\tMsgV01\t",
        "Document/Msg/Amt\t0..2\t\tActiveCurrencyAndAmount\tdecimal totalDigits=18 fractionDigits=5 @Ccy",
        "Document/Msg/Cd\t1..n\t\tTwo1Code\tstring enum=A|B",
        'Document/Msg/Odd\t0..1\t\tOddText\tstring pattern=[a "<&]{1,9} maxLength=3',
        "Document/Msg/Ch\t1..1\t\tX1Choice\t",
        "Document/Msg/Ch/A\t1..1\tchoice\tISODate\tdate",
        "Document/Msg/Ch/B\t1..1\tchoice\tISODate\tdate",
    ]
    schema = etree.XMLSchema(
        etree.fromstring(iso20022_xsd.schema("test.001.001.01", "\n".join(rows)).encode())
    )

    def valid(inside: str) -> bool:
        text = f'<Document xmlns="{NAMESPACE}test.001.001.01"><Msg>{inside}</Msg></Document>'
        return bool(schema.validate(etree.fromstring(text)))

    date = "<Ch><A>2026-01-31</A></Ch>"
    amount = '<Amt Ccy="EUR">1.5</Amt>'
    assert valid(f"<Cd>A</Cd>{date}") and valid(f'{amount}{amount}<Cd>A</Cd><Cd>B</Cd><Odd>a "</Odd>{date}')
    for wrong in (
        date,
        f"<Cd>C</Cd>{date}",
        f"{amount * 3}<Cd>A</Cd>{date}",
        f"<Cd>A</Cd><Odd>aaaa</Odd>{date}",
    ):
        assert not valid(wrong)
    assert not valid(f"<Amt>1.5</Amt><Cd>A</Cd>{date}") and not valid("<Cd>A</Cd><Ch/>")


def _xsd(group: str, root: str = "", attributes: str = 'elementFormDefault="qualified"') -> str:
    root = root or '<xs:element name="D" type="D"/>'
    body = f'{root}<xs:complexType name="D">{group}</xs:complexType>'
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" {attributes}>{body}{CODE}</xs:schema>'


def _sequence(inside: str) -> str:
    return _xsd(f"<xs:sequence>{inside}</xs:sequence>")


LENGTH = '<xs:restriction base="xs:string"><xs:length value="1"/></xs:restriction>'
CODE = f'<xs:simpleType name="C">{LENGTH}</xs:simpleType>'
ANY = '<xs:any namespace="##any" processContents="lax"/>'
NOT_SAID = "something other than elements"
NOT_PLAIN = "not one plain sequence"


@pytest.mark.parametrize(
    ("xsd", "cause"),
    [
        ("<a", "not well-formed"),
        ("<a/>", "exactly one global element"),
        (_xsd("", root='<xs:element name="D"/>'), "exactly one global element"),
        (_xsd("", attributes=""), "elementFormDefault"),
        (_sequence('<xs:element name="D" type="D"/>'), "contains itself"),
        (_sequence('<xs:element name="D" type="xs:string"/>'), "type xs:string is not declared"),
        (_sequence('<xs:element name="D" type="C"/>'), "unknown or repeated facet (length)"),
        (_sequence("<xs:choice/><xs:choice/>"), NOT_SAID),
        (_sequence('<xs:element ref="D"/>'), NOT_SAID),
        (_sequence('<xs:choice minOccurs="0"><xs:element name="D" type="D"/></xs:choice>'), NOT_SAID),
        (_sequence(ANY), "wildcard"),
        (_sequence(""), NOT_PLAIN),
        (_xsd("<xs:all/>"), NOT_PLAIN),
        (_xsd('<xs:sequence minOccurs="0"/>'), NOT_PLAIN),
        (_xsd("<xs:sequence/><xs:attribute/>"), NOT_PLAIN),
    ],
)
def test_a_schema_that_no_tree_can_say_is_refused(
    xsd: str, cause: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.xsd").write_text(xsd, "utf-8")
    assert iso20022_tree.main([str(tmp_path / "x.xsd")]) == 2
    assert cause in capsys.readouterr().err


# --- same verdict as the published schema ---------------------------------------------------------------


@functools.cache
def _published(message: str) -> Path:
    path = BANK / "xsd" / message[:4] / f"{message}.xsd"
    if not path.is_file():
        pytest.skip(f"no published schema of {message} beside the repository")
    return path


def _tree(message: str) -> Tree:
    return Tree(message, iso20022_tree.tree(_published(message).read_text("utf-8")))


@functools.cache
def _corpus_documents() -> dict[str, list[etree._Element]]:
    """Namespace → its Document or AppHdr elements, bare or in an envelope, in every file that is XML."""
    found: dict[str, list[etree._Element]] = {}
    for path in sorted((BANK / "iso20022").rglob("*")):
        if path.is_file():
            for element in _documents(etree.parse(path, PARSER).getroot()):
                found.setdefault(etree.QName(element).namespace or "", []).append(element)
    return found


def _documents(root: etree._Element) -> list[etree._Element]:
    return [copy.deepcopy(element) for element in root.iter("{*}Document", "{*}AppHdr")]


def test_header_and_document_are_taken_out_of_an_envelope() -> None:
    inside = f'<AppHdr xmlns="{NAMESPACE}head.001.001.02"/><Document xmlns="{NAMESPACE}pain.001.001.09"/>'
    found = _documents(etree.fromstring(f"<e><body>{inside}</body>tail</e>"))
    assert [etree.QName(element).namespace[-15:] for element in found] == [
        "head.001.001.02",
        "pain.001.001.09",
    ]
    assert all(element.getparent() is None for element in found)


class Judge:
    """Holds both schemas of a message and counts what it compared."""

    def __init__(self, message: str) -> None:
        self.own = etree.XMLSchema(etree.parse(OWN / f"{message}.xsd"))
        self.published = etree.XMLSchema(etree.parse(_published(message)))
        self.counts: Counter[str] = Counter()

    def compare(self, kind: str, document: etree._Element) -> bool:
        """True when both say valid; fails the test unless verdict, places and kinds of error agree."""
        own, published = _verdict(self.own, document), _verdict(self.published, document)
        self.counts[f"{kind} {'invalid' if published else 'valid'}"] += 1
        assert own == published, f"{kind}: own {own}, published {published}\n{_text(document)}"
        return not published


def _verdict(schema: etree.XMLSchema, document: etree._Element) -> list[tuple[str, int]]:
    """Place and kind of each error, sorted: facets of one value report in the order they are declared."""
    valid = schema.validate(document)
    errors = sorted((entry.path or "", entry.type) for entry in schema.error_log)
    assert valid == (not errors)
    return errors


def _moved(document: etree._Element, message: str) -> etree._Element:
    """The document with its own namespace exchanged for that of `message`."""
    old = f"{{{etree.QName(document).namespace}}}"
    moved = copy.deepcopy(document)
    for element in moved.iter():
        element.tag = element.tag.replace(old, f"{{{NAMESPACE}{message}}}")
    return moved


def _text(document: etree._Element) -> str:
    return etree.tostring(document, encoding="unicode")[:20_000]


@needs_corpus
@pytest.mark.parametrize("message", MESSAGES)
def test_same_verdict_on_the_files_of_others(message: str) -> None:
    judge, rng, tree = Judge(message), random.Random(message), _tree(message)
    for namespace, documents in _corpus_documents().items():
        kin = message[:8] in namespace
        for document in documents if kin else ():
            same = namespace == NAMESPACE + message
            moved = document if same else _moved(document, message)
            judge.compare("file" if same else "file of another version", moved)
            for _ in range(MUTATIONS_PER_FILE):
                judge.compare("mutated file", mutated(moved, tree, rng)[0])
    print(message, dict(sorted(judge.counts.items())))


@needs_corpus
@pytest.mark.parametrize("message", MESSAGES)
def test_same_verdict_on_generated_messages(message: str) -> None:
    judge, rng, tree = Judge(message), random.Random(message), _tree(message)
    turns: Counter[str] = Counter()
    for _ in range(40 if DEEP else 2):
        assert judge.compare("whole", tree.whole(rng, turns))
        if tree.covered == tree.facets.keys():
            break
    assert not DEEP or tree.covered == tree.facets.keys()
    instances = [tree.instance(rng, rng.choice((0, 0.1, 0.3, 0.6))) for _ in range(INSTANCES)]
    assert all(judge.compare("random", instance) for instance in instances)
    caught: Counter[str] = Counter()
    for _ in range(MUTATIONS):
        mutant, kinds = mutated(rng.choice(instances), tree, rng)
        if not judge.compare("mutant", mutant) and len(kinds) == 1:
            caught.update(kinds)
    assert judge.counts["mutant invalid"] > MUTATIONS / 3
    assert not DEEP or caught.keys() >= {mutation.__name__ for mutation in MUTATORS}
    share = f"{len(tree.covered)} of {len(tree.facets)} elements"
    print(message, share, dict(sorted(judge.counts.items())), dict(caught.most_common()))


@needs_corpus
@pytest.mark.parametrize("message", MESSAGES)
def test_same_verdict_at_the_limits_of_every_type(message: str) -> None:
    judge, rng, tree = Judge(message), random.Random(message), _tree(message)
    places = {type_: path for path, type_ in reversed(tree.types.items())} | {tree.root: tree.root}
    for type_ in rng.sample(sorted(places), min(TYPES, len(places))):
        for document in probes(tree, places[type_], rng):
            judge.compare("probe", document)
    assert judge.counts["probe valid"] and judge.counts["probe invalid"]
    print(message, f"{len(places)} types", dict(sorted(judge.counts.items())))

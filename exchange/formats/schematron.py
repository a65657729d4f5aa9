"""Business rules as Schematron, compiled to XSLT by whoever publishes them, such as those of EN 16931 and Peppol: failed
asserts become findings. Needs the extra `xml2` (Saxon), because such rules are written in XPath 2 and 3.

    check = SchematronCheck("PEPPOL-EN16931-UBL.xslt", load)   # load() -> bytes of the stylesheet
    check(stream, found)

Source: ISO/IEC 19757-3 (the report language SVRL). A stylesheet is a program: it can read files, so it is as much to be trusted as
whoever gave it.
"""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from lxml import etree

from exchange.errors import UseError
from exchange.findings import Code, Finding, Found, code

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
LARGEST = 32 * 1024 * 1024
"""The size in bytes up to which a file is checked: rules see a file as a whole, in some ten times as much memory."""

BROKEN = code("SCH001", "error", "{rule}: {text}", advice="Look the rule up where {stylesheet} comes from.")
DOUBTED = code(
    "SCH002", "warning", "{rule}: {text}", advice="Look the rule up where {stylesheet} comes from."
)
REMARKED = code("SCH003", "info", "{rule}: {text}", advice="Look the rule up where {stylesheet} comes from.")
UNUSABLE = code(
    "SCH004",
    "error",
    "The file could not be checked by {stylesheet}: {why}.",
    advice="Put the stylesheet there that its publisher compiled from Schematron, whole in one file.",
)
TOO_BIG = code(
    "SCH005",
    "error",
    "The file has {size} bytes; files of more than {most} are not checked by {stylesheet}.",
    advice="Send it in smaller parts, or take the stylesheet out of the flow.",
)
_SEVERITIES = {"warning": DOUBTED, "warn": DOUBTED, "information": REMARKED, "info": REMARKED}
"""By flag or role; any other breaks the file, also none."""
_STEP = re.compile(r"(?:\*:|[\w.-]+:)?(?P<name>[\w.-]+|\*)(?P<conditions>(?:\[[^\]]*\])*)")
_LOCAL = re.compile(r"local-name\(\)\s*=\s*['\"]([^'\"]+)")
_POSITION = re.compile(r"\[(\d+)\]")


class SchematronCheck:
    """Checks XML files by one stylesheet; it is compiled with the first file and kept, for each thread its own."""

    def __init__(self, stylesheet: str, load: Callable[[], bytes]) -> None:
        self._saxon = _saxon()
        self._stylesheet = stylesheet
        self._load = load
        self._kept = threading.local()

    def __call__(self, stream: BinaryIO, found: Found) -> None:
        """All findings of the file; the stream is read from its start. Ill-formed files are the reader's matter."""
        data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            size = stream.seek(0, 2)
            found(TOO_BIG.at(size=size, most=LARGEST, stylesheet=self._stylesheet))
            return
        try:
            root = etree.fromstring(
                data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
            )
        except etree.XMLSyntaxError:
            return
        try:
            report = etree.fromstring(self._report(root).encode())
        except (self._saxon.PySaxonApiError, etree.XMLSyntaxError, UnicodeError) as error:
            why = " ".join(str(error).split()).strip(". ")
            found(UNUSABLE.at(stylesheet=self._stylesheet, why=why or type(error).__name__))
            return
        if report.tag != f"{SVRL}schematron-output":
            why = "it gives no report of Schematron (SVRL)"
            found(UNUSABLE.at(stylesheet=self._stylesheet, why=why))
        for failed in report.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report"):
            found(self._finding(root, failed))

    def _report(self, root: etree._Element) -> str:
        """What the stylesheet says of a document. From text: Saxon does not open paths with blanks."""
        processor, compiled = self._compiled
        text = etree.tostring(root, encoding="unicode")
        return str(compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=text)) or "")

    @property
    def _compiled(self) -> tuple[Any, Any]:
        if not hasattr(self._kept, "compiled"):
            processor = self._saxon.PySaxonProcessor(license=False)
            text = self._load().decode("utf-8-sig")
            made = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=text)
            self._kept.compiled = processor, made
        kept: tuple[Any, Any] = self._kept.compiled
        return kept

    def _finding(self, root: etree._Element, failed: etree._Element) -> Finding:
        kind: Code = _SEVERITIES.get((failed.get("flag") or failed.get("role") or "").lower(), BROKEN)
        steps = list(_steps(failed.get("location") or ""))
        element = _at(root, steps)
        text = " ".join("".join(failed.itertext()).split())
        rule = failed.get("id") or "A rule without a number"
        return kind.at(
            rule=rule,
            text=text.removeprefix(f"[{rule}]").lstrip("- "),
            stylesheet=self._stylesheet,
            line=element.sourceline if element is not None else None,
            path="".join(f"/{name}[{position}]" for name, position in steps) or None,
        )


def _saxon() -> Any:
    try:
        return importlib.import_module("saxonche")
    except ImportError:
        raise UseError(
            "Stylesheets of Schematron run with the extra `xml2`, which is not installed.",
            advice="Install it: pip install 'exchange-engine[xml2]'.",
        ) from None


def _steps(location: str) -> Iterator[tuple[str, int]]:
    """The elements of an XPath as Schematron writes it, by local name and position among those of that name."""
    for step in re.split(r"/(?=[^\]]*(?:\[|/|$))(?![^\[]*\])", location):
        match = _STEP.fullmatch(step.strip())
        if match is None:
            continue
        local = _LOCAL.search(match["conditions"])
        position = _POSITION.search(match["conditions"])
        name = local[1] if local else match["name"]
        if name != "*":
            yield name, int(position[1]) if position else 1


def _at(root: etree._Element, steps: list[tuple[str, int]]) -> etree._Element | None:
    """The element at the end of the steps; None when there is none."""
    here: etree._Element | None = None
    for name, position in steps:
        inner = [root] if here is None else list(here)
        fitting = [
            each for each in inner if isinstance(each.tag, str) and etree.QName(each).localname == name
        ]
        if len(fitting) < position:
            return here
        here = fitting[position - 1]
    return here

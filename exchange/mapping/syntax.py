"""The text of an expression → its tree. A small whitelist of Python's grammar; everything else is a
problem.

Allowed: names and dotted paths, numbers, texts in quotes, `empty`, `true`, `false`, `+ - * /`, comparisons,
`and or not`, `a if c else b`, `in (…)`, calls of functions. Number literals become exact: `1` an int,
`0.10` a Decimal. Texts have no escape sequences: what stands between the quotes is the text.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem

MAX_LENGTH = 2_000
"""How many characters an expression may have."""
MAX_NESTING = 40
"""How deep an expression may be nested."""

WORDS: dict[str, Any] = {"empty": None, "true": True, "false": False, "True": True, "False": False}
_BINARY: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARE: dict[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_PER_CHILD = "Write sum(lines, price * quantity) or only(lines, condition)."
_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Pow: ("`**` is not allowed.", "Multiply instead."),
    ast.Mod: ("`%` is not allowed.", "Use remainder(a, b)."),
    ast.FloorDiv: ("`//` is not allowed.", "Use floor(a / b)."),
    ast.Is: ("`is` is not allowed.", "Compare with ==, for example `x == empty`."),
    ast.IsNot: ("`is not` is not allowed.", "Compare with !=, for example `x != empty`."),
    ast.Lambda: ("`lambda` is not allowed.", "Give the value a name under `let`."),
    ast.Subscript: ("`[…]` is not allowed.", "Use first(list), last(list) or mid(text, start, length)."),
    ast.JoinedStr: ('f"…" texts are not allowed.', "Use concat(a, b)."),
    ast.ListComp: ("Comprehensions are not allowed.", _PER_CHILD),
    ast.GeneratorExp: ("Comprehensions are not allowed.", _PER_CHILD),
    ast.NamedExpr: ("`:=` is not allowed.", "Give the value a name under `let`."),
    ast.Starred: ("`*` before a value is not allowed.", "Write the values one by one."),
    ast.Dict: ("`{…}` is not allowed.", "Structures are written in YAML, below the field."),
    ast.Set: ("`{…}` is not allowed.", 'Write the choices in round brackets: ("A", "B").'),
}
_TEXT = re.compile(r""""[^"]*"|'[^']*'""")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A part of an expression. start and end: characters of the declared text that it stands on."""

    origin: PlacedText
    start: int
    end: int

    @property
    def text(self) -> str:
        """The part as written."""
        return str(self.origin)[self.start : self.end]

    @property
    def place(self) -> str:
        """`file:line:column` of the part."""
        line, column = self.origin.at(self.start)
        return f"{self.origin.file}:{line}:{column}"

    def problem(self, message: str, advice: str = "") -> Problem:
        """A problem that points at this part."""
        return self.origin.problem(message, advice, self.start, max(1, self.end - self.start))


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A constant."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Path(Node):
    """A name, or names with dots."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Get(Node):
    """Fields of a computed structure: `first(items).customer.name`."""

    base: Node
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sign(Node):
    """`-x` or `+x`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Arithmetic(Node):
    """`a + b`, `a - b`, `a * b`, `a / b`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Node):
    """`a == b`, `a < b` …; a chain `a < b < c` is a Junction of these."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Among(Node):
    """`a in (b, c)` or `a in list`."""

    item: Node
    options: tuple[Node, ...]
    list: Node | None
    negated: bool


@dataclass(frozen=True, slots=True, eq=False)
class Not(Node):
    """`not a`."""

    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Junction(Node):
    """`a and b and c` or `a or b or c`."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Node):
    """`a if c else b`."""

    test: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...]


def parse(text: PlacedText) -> tuple[Node | None, list[Problem]]:
    """The tree of an expression (its text begins with `=`), or the problems that it has, all at once."""
    body = str(text)[1:].replace("\n", " ").replace("\t", " ")
    indent = 1 + len(body) - len(body.lstrip(" "))
    if early := _before_parsing(text, body):
        return None, [early]
    # Python sees "\" and "\d" as escapes, we as texts; the texts themselves are taken from what was written.
    plain = _TEXT.sub(lambda quoted: quoted[0].replace("\\", "_"), body)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd and yet allowed, such as `1 is x`
            tree = ast.parse(plain.strip(" "), mode="eval")
    except SyntaxError as wrong:
        advice = f"Python says: {wrong.msg}."
        if "never closed" in str(wrong.msg) or "unterminated" in str(wrong.msg):
            advice = "Inside {…} and […] YAML ends a value at a comma: put the whole expression in quotes."
        offset = min(indent + max((wrong.offset or 1) - 1, 0), max(len(text) - 1, 0))
        return None, [text.problem("This is not an expression that is understood.", advice, offset, 1)]
    except (ValueError, RecursionError, MemoryError):
        return None, [
            text.problem("This expression cannot be read.", "Make it simpler, with names under `let`.")
        ]
    reader = _Reader(text, body.strip(" "), indent)
    node = reader.read(tree.body, 0)
    return (None if reader.problems else node), reader.problems


def _before_parsing(text: PlacedText, body: str) -> Problem | None:
    """What must be refused before Python's parser sees it."""
    if len(body) > MAX_LENGTH:
        return text.problem(
            f"The expression has more than {MAX_LENGTH} characters.", "Split it with names under `let`."
        )
    bare = _TEXT.sub(lambda quoted: "_" * len(quoted[0]), body)
    if not bare.strip():
        return text.problem("There is no expression after `=`.", "Leave the field out, or write `=empty`.")
    for unknown in ("#", "\\", "\r", "\x00"):
        if unknown in bare:
            return text.problem(
                f"The character {unknown!r} is not allowed here.", offset=1 + bare.index(unknown), width=1
            )
    return None


class _Reader:
    """Turns Python's tree into ours and gathers what is refused."""

    def __init__(self, text: PlacedText, body: str, indent: int) -> None:
        self.origin, self.body, self.indent = text, body, indent
        self.encoded = body.encode()
        self.problems: list[Problem] = []

    def span(self, node: ast.expr) -> tuple[PlacedText, int, int]:
        """Where a part stands; Python counts in bytes of UTF-8."""
        begin = len(self.encoded[: node.col_offset].decode())
        end = len(self.encoded[: node.end_col_offset].decode())
        return self.origin, self.indent + begin, self.indent + end

    def refuse(self, node: ast.expr, message: str, advice: str = "") -> Node:
        """Notes a problem; a constant stands for the part so that the others are checked too."""
        span = self.span(node)
        self.problems.append(Node(*span).problem(message, advice))
        return Literal(*span, None)

    def read(self, node: ast.expr, depth: int) -> Node:
        """One part, with all that is in it."""
        if depth > MAX_NESTING:
            return self.refuse(node, "The expression is nested too deep.", "Split it with names under `let`.")
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            return self.refuse(node, *_REFUSED.get(type(node), ("This is not allowed in an expression.", "")))
        result: Node = method(node, depth + 1)
        return result

    def _constant(self, node: ast.Constant, depth: int) -> Node:
        span = self.span(node)
        written = str(self.origin)[span[1] : span[2]]
        if isinstance(node.value, bool):
            return Literal(*span, node.value)
        if isinstance(node.value, str) and _TEXT.fullmatch(written):
            return Literal(*span, written[1:-1])
        if _NUMBER.fullmatch(written):
            return Literal(*span, Decimal(written) if "." in written else int(written))
        if node.value is None:
            return self.refuse(node, "`None` is not a value here.", "Write `empty`.")
        return self.refuse(
            node,
            f"{written} is not a value that is understood.",
            'Numbers look like 12 or 0.5, texts like "x".',
        )

    def _name(self, node: ast.Name, depth: int) -> Node:
        if node.id in WORDS:
            return Literal(*self.span(node), WORDS[node.id])
        return Path(*self.span(node), (node.id,))

    def _attribute(self, node: ast.Attribute, depth: int) -> Node:
        names: list[str] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            names.insert(0, base.attr)
            base = base.value
        if isinstance(base, ast.Name):
            return Path(*self.span(node), (base.id, *names))
        if isinstance(base, ast.Call):
            return Get(*self.span(node), self.read(base, depth), tuple(names))
        return self.refuse(
            node, "A dot may only follow a name or a function.", "Give the value a name under `let`."
        )

    def _unaryop(self, node: ast.UnaryOp, depth: int) -> Node:
        if isinstance(node.op, ast.Invert):
            return self.refuse(node, "`~` is not allowed.")
        operand = self.read(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return Not(*self.span(node), operand)
        return Sign(*self.span(node), "-" if isinstance(node.op, ast.USub) else "+", operand)

    def _binop(self, node: ast.BinOp, depth: int) -> Node:
        left, right = self.read(node.left, depth), self.read(node.right, depth)
        operator = _BINARY.get(type(node.op))
        if operator is None:
            return self.refuse(
                node, *_REFUSED.get(type(node.op), ("This operator is not allowed.", "Allowed: + - * /"))
            )
        return Arithmetic(*self.span(node), operator, left, right)

    def _compare(self, node: ast.Compare, depth: int) -> Node:
        links, left = [], node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            links.append(self._link(node, left, operator, right, depth))
            left = right
        return links[0] if len(links) == 1 else Junction(*self.span(node), "and", tuple(links))

    def _link(
        self, whole: ast.Compare, left: ast.expr, operator: ast.cmpop, right: ast.expr, depth: int
    ) -> Node:
        """One comparison of a chain."""
        origin, start, end = self.span(left)[0], self.span(left)[1], self.span(right)[2]
        item = self.read(left, depth)
        if isinstance(operator, (ast.In, ast.NotIn)):
            negated = isinstance(operator, ast.NotIn)
            if isinstance(right, (ast.Tuple, ast.List)):
                options = tuple(self.read(option, depth) for option in right.elts)
                return Among(origin, start, end, item, options, None, negated)
            return Among(origin, start, end, item, (), self.read(right, depth), negated)
        if type(operator) not in _COMPARE:
            return self.refuse(whole, *_REFUSED[type(operator)])
        return Comparison(origin, start, end, _COMPARE[type(operator)], item, self.read(right, depth))

    def _boolop(self, node: ast.BoolOp, depth: int) -> Node:
        if len(node.values) > MAX_NESTING:
            return self.refuse(
                node, f"There are more than {MAX_NESTING} conditions in one row.", "Use names under `let`."
            )
        operands = tuple(self.read(value, depth) for value in node.values)
        return Junction(*self.span(node), "and" if isinstance(node.op, ast.And) else "or", operands)

    def _ifexp(self, node: ast.IfExp, depth: int) -> Node:
        test, yes, no = (self.read(part, depth) for part in (node.test, node.body, node.orelse))
        return Choice(*self.span(node), test, yes, no)

    def _call(self, node: ast.Call, depth: int) -> Node:
        if not isinstance(node.func, ast.Name):
            return self.refuse(node, "Only functions of the list can be called.", "See `exchange functions`.")
        arguments = tuple(self.read(argument, depth) for argument in node.args)
        named = []
        for keyword in node.keywords:
            if keyword.arg is None:
                return self.refuse(node, "`**` is not allowed.", "Write the arguments one by one.")
            named.append((keyword.arg, self.read(keyword.value, depth)))
        return Call(*self.span(node), node.func.id, arguments, tuple(named))

    def _tuple(self, node: ast.Tuple, depth: int) -> Node:
        return self.refuse(
            node, "A list of values may only stand after `in`.", 'For example: vat in ("A", "B").'
        )

    _list = _tuple

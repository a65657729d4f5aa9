"""Problems: what is wrong in a declared file, where, and what to do. All of a pass are shown together.

flows/orders.yaml:7:1: "ledgr" is not a key that is known here.
    7 | ledgr: sqlite
      | ^^^^^
  Did you mean "ledger"?
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from exchange.errors import UseError

LISTED = 12
"""How many known names a message lists when none is near."""
SNIPPET = 100
"""How many characters of the source line a rendered problem shows."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a declared file. line and column count from 1; None where there is no place.

    snippet is the whole source line, width how many of its characters from `column` on are meant.
    """

    file: str
    line: int | None
    column: int | None
    message: str
    snippet: str = ""
    advice: str = ""
    width: int = 1

    def place(self) -> str:
        """`file:line:column`, as editors jump to."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def render(self) -> str:
        """The problem for people: place and cause, the source line with a caret, the next step."""
        lines = [f"{self.place()}: {self.message}"]
        if self.snippet and self.line is not None and self.column is not None:
            lines += self._pointed(self.line, self.column)
        lines += [f"  {line}" for line in self.advice.splitlines()]
        return "\n".join(lines)

    def _pointed(self, line: int, column: int) -> list[str]:
        """The source line and the caret under it; a long line is cut around the caret."""
        begin = max(0, column - 1 - SNIPPET // 2) if column > SNIPPET else 0
        shown = self.snippet[begin : begin + SNIPPET].rstrip()
        shown = "".join(character if character.isprintable() else " " for character in shown)
        before = column - 1 - begin
        carets = "^" * max(1, min(self.width, len(shown) - before))
        return [f"  {line:>5} | {shown}", f"  {'':>5} | {' ' * before}{carets}"]

    def as_dict(self) -> dict[str, object]:
        """The stable form of `--json`."""
        return {name: getattr(self, name) for name in _JSON_ORDER}


_JSON_ORDER = ("file", "line", "column", "message", "advice", "snippet")


class DeclarationError(UseError):
    """Something declared is wrong: nothing was started. consequence: what that means for whoever asked for something."""

    def __init__(self, problems: Iterable[Problem], consequence: str = "") -> None:
        self.problems = in_order(problems)
        super().__init__("\n\n".join(filter(None, (render(self.problems), consequence))))

    @property
    def files(self) -> list[str]:
        """The files with mistakes."""
        return list(dict.fromkeys(problem.file for problem in self.problems))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file, then by place; each problem once."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (problem.file, problem.line or 0, problem.column or 0))


def render(problems: Iterable[Problem]) -> str:
    """All problems for people, in the order of their places; their number at the end when several."""
    ordered = in_order(problems)
    blocks = [problem.render() for problem in ordered]
    if len(ordered) > 1:
        blocks.append(f"{len(ordered)} problems.")
    return "\n\n".join(blocks)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The known name that looks most like this one, None when none does."""
    known = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), known, n=1)
    return known[close[0]] if close else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The next step after an unknown name: the nearest right one, or else what is known."""
    known = sorted(set(names))
    close = nearest(name, known)
    if close is not None:
        return f'Did you mean "{close}"?'
    if not known:
        return "Nothing is known here."
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    return f"Known here: {', '.join(known[:LISTED])}{more}."

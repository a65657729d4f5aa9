"""Which regular expressions a mapping may use: those that cannot run for long on any text."""

from __future__ import annotations

import re

MAX_PATTERN = 200
MAX_UNBOUNDED = 2
"""How many `*` and `+` a pattern may have: the work grows with the text's length to this power."""
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\(\?|[()|*+?]|\{[0-9]*,?[0-9]*\}|.", re.DOTALL)


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern is refused, None when it is not."""
    if len(pattern) > MAX_PATTERN:
        return f"A pattern has at most {MAX_PATTERN} characters."
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as wrong:
        return f"This is not a pattern: {wrong}."
    return _slow(_TOKEN.findall(pattern))


def _slow(tokens: list[str]) -> str | None:
    """Back references, look-around, repeated groups with a repetition or a choice inside, too many
    repetitions.
    """
    unbounded, groups, closed = 0, [False], False
    for token in tokens:
        repeats = token in ("*", "+") or (token.startswith("{") and token.endswith("}"))
        if token == "(?" or re.fullmatch(r"\\[0-9]", token):
            return "Back references and look-around are not allowed in a pattern."
        if repeats and closed:
            return "A group that has a repetition or a choice inside cannot be repeated."
        unbounded += token in ("*", "+") or token.endswith(",}")
        if unbounded > MAX_UNBOUNDED:
            return f"A pattern has at most {MAX_UNBOUNDED} of * and +; say how many: {{1,10}}."
        closed = False
        if token in ("(", "(?:"):
            groups.append(False)
        elif token == ")":
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        elif repeats or token in ("|", "?"):
            groups[-1] = True
    return None

"""Files as a careful sender hands them over."""

from __future__ import annotations

from pathlib import Path


def hand_over(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write a file under another name, `NAME.part`, and rename it when it is whole."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding=encoding, newline="")
    part.rename(path)

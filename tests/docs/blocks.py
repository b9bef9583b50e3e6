"""Code blocks of a Markdown page, with what the comment before each says about it.

A comment right before a block holds ``key: value`` pairs separated by semicolons:

- ``file: NAME``: the block is written to that file; a later command of the page uses it.
- ``exit: N``: the (last) command ends with this code; 0 where nothing is said.
- ``tested: PATH``: another test runs these commands; it must name each of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "examples" / "flights" / "README.md",
    ROOT / "examples" / "experiment" / "README.md",
    *sorted((ROOT / "docs" / "guide").glob("*.md")),
)
PROSE = (
    *PAGES,
    *(ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "compare").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
    *sorted((ROOT / "docs" / "reference").glob("*.md")),
    ROOT / "examples" / "mortgage" / "README.md",
    ROOT / "examples" / "drift" / "README.md",
    ROOT / "examples" / "llm-assistant" / "README.md",
    ROOT / "examples" / "rag" / "README.md",
)

_COMMENT = re.compile(r"<!-- ((?:file|exit|tested): .*?) -->")
_KEYS = {"file", "exit", "tested"}


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, and what the comment before it says."""

    page: Path
    line: int
    language: str
    text: str
    file: str | None = None
    exit: int = 0
    tested: str | None = None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    return list(_blocks(page, page.read_text(encoding="utf-8").splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    start: int | None = None
    language = indent = ""
    for number, line in enumerate(lines):
        fence = re.fullmatch(r"( *)```(\w*)", line)
        if start is None and fence:
            start, indent, language = number, fence[1], fence[2]
        elif start is not None and line == f"{indent}```":
            text = "\n".join(part.removeprefix(indent) for part in lines[start + 1 : number])
            said = _said(lines[start - 1].strip()) if start else {}
            yield Block(page, start + 1, language, text + "\n", **said)  # type: ignore[arg-type]
            start = None
    assert start is None, f"{page}:{start}: a block is never closed"


def _said(line: str) -> dict[str, str | int]:
    found = _COMMENT.fullmatch(line)
    if not found:
        return {}
    pairs = dict(part.split(": ", 1) for part in found[1].split("; "))
    assert pairs.keys() <= _KEYS, line
    return {key: int(value) if key == "exit" else value for key, value in pairs.items()}

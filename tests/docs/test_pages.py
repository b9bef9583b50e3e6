"""Each page is typed in, block by block, by a reader who compares what is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT, Block, blocks
from tests.docs.reader import Reader


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_the_page_shows_is_so(
    page: Path, workplace: Callable[[Path], Path], tmp_path: Path
) -> None:
    reader = Reader(workplace(page), home=tmp_path)
    shown = blocks(page)
    assert shown, "a page of the guide shows something"
    for block in shown:
        reader.type(block)
    unused = [str(block) for block in shown if block.file and not _used(block, shown)]
    assert unused == [], "a file that no command uses proves nothing"


def _used(file: Block, shown: list[Block]) -> bool:
    """Whether a later block names the file, or the module in it."""
    name = re.compile(rf"\b{re.escape(Path(str(file.file)).stem)}\b")
    return any(name.search(b.text) for b in shown if b.line > file.line and b.language != "text")

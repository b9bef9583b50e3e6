"""Links between pages lead somewhere, and no page names a place that is not there."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.docs.blocks import PROSE, ROOT, blocks

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    """Anchors that GitHub gives the headings of a page."""
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def _broken(page: Path) -> list[str]:
    found = []
    for target in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert _broken(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n[a](#a) [b](#b) [c](gone.md) [d](page.md#a)\n", encoding="utf-8")
    assert _broken(page) == ["#b", "gone.md"]


def test_the_index_names_every_page_of_the_guide() -> None:
    named = set(_LINK.findall((ROOT / "docs" / "index.md").read_text(encoding="utf-8")))
    guide = {f"guide/{page.name}" for page in (ROOT / "docs" / "guide").glob("*.md")}
    assert guide <= named


def test_pictures_are_small() -> None:
    pictures = [p for p in (ROOT / "docs" / "images").iterdir() if p.is_file()]
    assert pictures
    assert {p.name: p.stat().st_size for p in pictures if p.stat().st_size >= 150_000} == {}


def _drawn(name: str) -> set[str]:
    """The words of a picture, which must not call out or name a folder of the machine."""
    svg = (ROOT / "docs" / "images" / name).read_text(encoding="utf-8")
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert "READ_PARQUET(['/" not in html.unescape(svg)
    return _words(html.unescape(re.sub(r"<[^>]*>", " ", svg)))


def _words(text: str) -> set[str]:
    return {word.strip(":.…") for word in text.split()}


def test_the_picture_of_the_terminal_shows_what_the_readme_shows() -> None:
    shown = next(b for b in blocks(ROOT / "README.md") if "release.yaml\n…" in b.text)
    words = _words(shown.text) - {"examples/mortgage/release.yaml"}
    assert words - _drawn("terminal.svg") == set()


def test_the_picture_of_a_plan_shows_what_the_guide_shows() -> None:
    page = ROOT / "docs" / "guide" / "one-scan.md"
    shown = next(b.text for b in blocks(page) if "--explain\n" in b.text)
    words = _words(shown[: shown.index("COUNT(DISTINCT")])
    assert len(words) > 30
    assert words - _drawn("explain.svg") == set()

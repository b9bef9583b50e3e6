"""The page of a profile: everything is there, nothing acts, and a wide table stays a page."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

import assay
from assay.core.profile import (
    Alert,
    ColumnProfile,
    Correlations,
    GapPattern,
    Gaps,
    Histogram,
    Spread,
    TableProfile,
    ValueCount,
)
from assay.report.profile.page import render
from assay.report.profile.write import format_of, to_json, write
from assay.report.write import ReportError

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    "<script>alert('x')</script>",
    '"><img src=x onerror=alert(1)>',
    "\x1b[31m\u202e",
    "",
    "a" * 300,
)


class _Tags(HTMLParser):
    """Elements with their attributes, and whether each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input", "br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _hostile() -> TableProfile:
    """A profile in which every text is one that would act, if it could."""
    spread = Spread(
        n=9, mean=1e300, sd=None, least=-1e300, q05=0, q25=1, median=2, q75=3, q95=HOSTILE[1],
        greatest=1e300, infinite=3, rank_error=0.004,
    )  # fmt: skip
    columns = [
        ColumnProfile(
            name=name, kind="float", native=name, rows=12, nulls=1, distinct=9, distinct_error=0.02,
            spread=spread, histogram=Histogram(edges=[name, 1, 2], counts=[0, 9], above=2),
            top=[ValueCount(value=name, n=9), ValueCount(value=None, n=1)],
            alerts=[Alert(kind="correlated", text=f"it follows {name}")],
        )
        for name in HOSTILE
    ]  # fmt: skip
    names = list(HOSTILE)
    return TableProfile(
        source=HOSTILE[1],
        rows=12,
        columns=columns,
        repeated=4,
        repeated_error=2.0,
        gaps=Gaps(columns=names, patterns=[GapPattern(columns=names, n=12)], left_out=names),
        correlations=Correlations(
            columns=names, values=[[None, *[-0.5] * 4] for _ in names], n=10, left_out=names
        ),
        first=[list(HOSTILE), [None, 1, 2.5, True, "x"]],
        alerts=[Alert(kind="duplicate_rows", text=HOSTILE[0])],
    )


@pytest.fixture(scope="module")
def real() -> TableProfile:
    """A profile with something in every section."""
    rng = np.random.default_rng(3)
    x = rng.lognormal(0, 2, 400)
    holes = rng.random(400) < 0.2
    return assay.profile(
        pa.table(
            {
                "x": x,
                "twice": pa.array(2 * x, mask=holes),
                "also": pa.array(rng.normal(size=400), mask=holes),
                "city": rng.choice(["Ghent", "Lyon", "Porto"], 400, p=[0.7, 0.2, 0.1]),
                "year": pa.array([2024] * 400),
            }
        )
    )


@pytest.mark.parametrize("name", ["real", "hostile"])
def test_nothing_in_it_can_act(name: str, real: TableProfile) -> None:
    text = render(real if name == "real" else _hostile())
    page = _Tags(text)
    assert page.open == []
    tags = {tag for tag, _ in page.seen}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "a:"}
    for tag, attributes in page.seen:
        assert not any(key.startswith("on") or key in {"style", "src"} for key in attributes), tag
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    ids = [a["id"] for _, a in page.seen if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for t, a in page.seen if t == "a" and a["href"]} <= set(ids)
    [css] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"sha256-{digest}" in text
    assert "default-src 'none'" in unescape(text)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_all_that_is_known_is_on_it(real: TableProfile) -> None:
    page = _Tags(render(real, version="9.9"))
    words = " ".join("".join(page.words).split())
    for said in (
        "400 rows, 5 columns", "Worth a look", "Columns that follow another", "One value only",
        "Skewness", "Commonest values", "Ghent", "What is missing together", "also", "r of columns",
        "The first rows", "unless it is named here", "Written by Assay 9.9", "assay.profile/2",
    ):  # fmt: skip
        assert said in words, said
    pictures = [a for t, a in page.seen if t == "svg" and a.get("role") == "img"]
    assert len(pictures) == 3
    assert all("Histogram of" in str(a["aria-label"]) for a in pictures)


def test_what_is_not_exact_is_said() -> None:
    words = "".join(_Tags(render(_hostile())).words)
    assert "estimated from those drawn by lot, within 2 %" in words
    assert "ranks are within 0.4 %" in words
    assert "from 10 rows drawn at random" in words
    assert "within 2 rows" in words
    assert "≈ 9" in words


def test_a_wide_table_stays_a_page() -> None:
    spread = Spread(
        n=9, mean=1.5, sd=1.2345678, skewness=0.1, least=-1.25, q05=0, q25=1, median=2, q75=3,
        q95=4, greatest=5,
    )  # fmt: skip
    histogram = Histogram(edges=list(range(25)), counts=list(range(24)))
    top = [ValueCount(value=f"value {i}", n=20 - i) for i in range(20)]
    alert = [Alert(kind="skewed", text="a long tail")]
    column = ColumnProfile(
        name="", kind="float", native="DOUBLE", rows=100, nulls=3, distinct=80, spread=spread,
        histogram=histogram, top=top, alerts=alert,
    )  # fmt: skip
    columns = [msgspec.structs.replace(column, name=f"column {i}") for i in range(2_000)]
    text = render(TableProfile(source="wide", rows=100, columns=columns))
    assert len(text) < 8_000_000
    page = _Tags(text)
    groups = [a for t, a in page.seen if t == "details" and a.get("class") == "group"]
    assert len(groups) == 20
    assert sum("open" in a for a in groups) == 1


@pytest.mark.parametrize("columns", [0, 1])
def test_a_profile_of_nothing_has_a_page(columns: int) -> None:
    one = ColumnProfile(name="x", kind="float", native="DOUBLE", rows=0, nulls=0, distinct=0)
    text = render(TableProfile(source="empty", rows=0, columns=[one] * columns))
    assert _Tags(text).open == []


def test_files_by_their_endings(tmp_path: Path, real: TableProfile) -> None:
    assert write(real, tmp_path / "new" / "p.html").read_text().startswith("<!doctype html>")
    kept = write(real, tmp_path / "p.json").read_bytes()
    assert kept == to_json(real)
    assert msgspec.json.decode(kept, type=TableProfile) == TableProfile(
        **{field: getattr(real, field) for field in TableProfile.__struct_fields__}
    )
    with pytest.raises(ReportError, match=r"Did you mean '\.html?'"):
        format_of(tmp_path / "p.htlm")
    with pytest.raises(ReportError, match="cannot be written"):
        write(real, tmp_path / "p.json" / "q.html")


def test_a_notebook_gets_a_frame_without_scripts(real: Any) -> None:
    frame = real._repr_html_()
    assert re.match(r'<iframe sandbox title="Assay profile" srcdoc="&lt;!doctype', frame)
    assert frame.count("<") == 2

"""The HTML report, read back by a parser: one file, nothing that acts, everything said."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from tests.report.example_run import example_run, result, share
from tests.report.hostile_run import PAYLOADS

from assay.core.criterion import AtLeast
from assay.report.html import render
from assay.report.html.markup import h, stylesheet
from assay.report.html.style import TOKENS, css
from assay.report.text import visible

if TYPE_CHECKING:
    from assay.core.result import Run

VOID = {"meta", "link", "input", "br"}
URLS = re.compile(r"(?i)(https?:|file:|javascript:|@import|url\((?!#))")


class Page(HTMLParser):
    """Elements, attributes and text; fails where tags do not nest."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.styles: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"repeated attribute in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.styles if self.open and self.open[-1] == "style" else self.text).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(run: Run, earlier: Run) -> Page:
    return Page(render(run, previous=earlier))


@pytest.fixture(scope="module")
def hostile_page(hostile: Run, run: Run) -> Page:
    return Page(render(hostile, previous=run))


def test_nothing_in_it_can_act(page: Page, hostile_page: Page) -> None:
    ours = {tag for tag, _ in page.elements}
    for one in (page, hostile_page):
        assert {tag for tag, _ in one.elements} <= ours
        assert not ours & {"script", "img", "iframe", "object", "embed", "form", "a:href", "base"}
        for tag, attributes in one.elements:
            for name, value in attributes.items():
                assert not name.startswith("on"), (tag, name)
                assert name not in {"style", "src", "srcdoc", "action", "formaction", "xlink:href"}
                if name == "href":
                    assert value is not None
                    assert value == "data:," if tag == "link" else value.startswith("#")


def test_the_policy_allows_its_own_stylesheet_and_nothing_else(page: Page) -> None:
    policy = next(
        m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    assert len(page.styles) == 1
    digest = base64.b64encode(hashlib.sha256(page.styles[0].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )
    assert not URLS.search(page.styles[0])
    # The policy is before anything that it governs.
    order = [tag for tag, a in page.elements if tag == "style" or "http-equiv" in a]
    assert order == ["meta", "style"]


def test_every_payload_is_shown_as_the_text_it_is(hostile_page: Page) -> None:
    shown = "".join(hostile_page.text)
    for payload in PAYLOADS:
        if len(payload) < 300:
            assert visible(payload, lines=True).replace("\r", "") in shown


def test_the_page_survives_its_own_encoding(hostile: Run) -> None:
    render(hostile).encode()


def test_it_answers_from_top_to_bottom(page: Page) -> None:
    ids = [a["id"] for a in page.all("section")]
    assert ids == [
        "decision", "blocking", "undecided", "warning", "moved", "next", "certainty",
        "scores", "changed", "failing",
        "passing", "provenance",
    ]  # fmt: skip
    text = " ".join(" ".join(page.text).split())
    for part in (
        "✗ Blocked", "It must not ship. Exit code 1.", "4 checks failed", "[0.295, 0.4959]",
        "required: at least 0.5 · n = 87 · 95 % wilson", "sha256:" + "ab12" * 16,
        "assay 0.1.0, duckdb 1.4.1", "suite: mortgage-approval", "only 4 rows; min_slice is 30",
        "(10 of 43 rows)", "Confusion matrix", "inconclusive: block, false alarm: 0.05 per family",
    ):  # fmt: skip
        assert part in text, part


def test_it_is_navigable(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert [tags.count(t) for t in ("main", "header", "footer", "nav", "h1")] == [1] * 5
    assert page.all("html") == [{"lang": "en"}]
    ids = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert str(link["href"])[1:] in ids
    assert all(a.get("scope") for a in page.all("th"))
    assert tags.count("caption") == tags.count("table")
    labels = [a["aria-labelledby"] for a in page.all("section")]
    assert set(labels) <= set(ids)
    pictures = [a for a in page.all("svg") if a.get("aria-hidden") != "true"]
    assert all(a.get("role") == "img" and a.get("aria-label") for a in pictures)
    assert sum("scroll" in str(a.get("class")) for a in page.all("div")) == sum(
        a.get("tabindex") == "0" and a.get("role") == "region" for a in page.all("div")
    )


def test_every_chart_is_drawn_once_with_ids_of_its_own(page: Page, run: Run) -> None:
    charts = [e for r in run.results for e in r.evidence if type(e).__name__ == "Chart"]
    overlaid = [e for r in run.results for e in r.evidence if type(e).__name__ == "Distributions"]
    assert len(charts) >= 12
    assert len(overlaid) == 9
    assert len(page.all("figure")) == len(charts) + len(overlaid)
    assert not any("could not be drawn" in text for text in page.text)


def test_a_run_without_failures_says_so() -> None:
    passed = example_run([result("a", "m", AtLeast(0.5), [share(9, 9)])])
    text = " ".join(Page(render(passed)).text)
    assert "✓ Passed" in text
    assert "Nothing: every requirement is met." in text
    assert "What blocks" not in text


def test_an_empty_run_is_a_page() -> None:
    text = " ".join(Page(render(example_run([]))).text)
    assert "✗ Blocked" in text
    assert "Give the suite requirements that can be judged" in text


def test_text_is_escaped_and_links_stay_inside() -> None:
    assert str(h("p", {"title": '"<&>'}, "<b>&", h("b", None, "x"))) == (
        '<p title="&quot;&lt;&amp;&gt;">&lt;b&gt;&amp;<b>x</b></p>'
    )
    assert str(h("input", {"checked": True, "hidden": False, "id": None})) == '<input checked="">'
    for name, attributes in (
        ("script", {}), ("a", {"href": "javascript:alert(1)"}), ("a", {"href": "http://x"}),
        ("p", {"onclick": "x"}), ("p", {"style": "x"}), ("svg:img", {"src": "x"}), ("iframe", {}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="a report"):
            h(name, attributes)
    with pytest.raises(ValueError, match="stylesheet"):
        stylesheet("</style>")


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_a_known_pair() -> None:
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(theme: int) -> None:
    token = {name: pair[theme] for name, pair in TOKENS.items()}
    pairs = [(t, "ground") for t in ("ink", "muted", "accent", "pass", "fail", "open", "aside")]
    pairs += [(t, f"{t}-soft") for t in ("pass", "fail", "open", "aside")]
    pairs += [("ink", "aside-soft")]
    for text, ground in pairs:
        assert _contrast(token[text], token[ground]) >= 4.5, (text, ground)
    for series in range(1, 8):  # graphics: 3 to 1
        assert _contrast(token[f"series-{series}"], token["ground"]) >= 3


def test_every_colour_that_is_used_is_a_token() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", css()))
    assert used - {"tone", "soft"} <= set(TOKENS)
